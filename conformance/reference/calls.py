"""What travels through the pipeline: the request as it arrived, the call that is made of it, the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from conformance.reference.operations import Operation


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request without its body. `path` is raw (percent-encoded), header names are in lower case."""

    method: str
    path: str
    query: bytes
    headers: tuple[tuple[str, str], ...]
    certificate: bytes | None = None

    def all(self, name: str) -> list[str]:
        """The values of every field line with this name."""
        return [value for key, value in self.headers if key == name]

    def joined(self, name: str) -> str | None:
        """The field's value with its lines put together (RFC 9110, 5.3), or None where there is none."""
        values = self.all(name)
        return ", ".join(values) if values else None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a client with its role and the scopes of its token."""

    client: str
    role: str
    scopes: frozenset[str]


@dataclass(slots=True)
class Answer:
    """What goes back. `body` is a JSON value, bytes as they are, or None for no content; `names` are persons in it."""

    status: int
    body: Any = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    media_type: str = "application/json"
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class Call:
    """One request on its way through the pipeline. The stages fill it in."""

    request: Request
    operation: Operation
    path: dict[str, str]
    caller: Caller
    now: int
    query: dict[str, Any] = field(default_factory=dict)
    raw_body: bytes = b""
    body: Any = None
    target: Any = None
    subjects: list[str] = field(default_factory=list)
    withheld: bool = False
    service: str = ""

    @property
    def key(self) -> str | None:
        """The Idempotency-Key, where the operation takes one."""
        return self.request.joined("idempotency-key") if self.operation.declares("idempotency-key") else None

    @property
    def purpose(self) -> str | None:
        """The Access-Purpose, where the operation takes one and the request states one of its form.

        A request refused with 403 may state anything: the form is examined after the scope.
        """
        stated = self.request.joined("access-purpose")
        declared = next((one for one in self.operation.headers if one.name.lower() == "access-purpose"), None)
        return None if stated is None or declared is None or declared.value([stated])[1] else stated


@dataclass(frozen=True)
class Handler:
    """An operation's own part: `locate` the path's resource (404), give its entity tag (`tag`), `perform` the call.

    `locate` puts what it finds into `call.target`; `tag` answers None where the resource does not exist yet.
    """

    perform: Callable[[Call], Answer]
    locate: Callable[[Call], None] | None = None
    tag: Callable[[Call], str | None] | None = None
