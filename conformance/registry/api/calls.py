"""A request as handlers see it, and what an endpoint is: a row of a table from which routes and document are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from conformance.model import Text
from conformance.registry.actors import Actor
from conformance.registry.office import Office


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of a list is wanted."""

    limit: int = 20
    offset: int = 0

    def __post_init__(self) -> None:
        """Raise `ValueError` beyond the bounds."""
        if not 1 <= self.limit <= 100 or not 0 <= self.offset <= 1_000_000:
            raise ValueError("'limit' is from 1 to 100, 'offset' from 0 to 1000000")


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No query at all, or a content without members."""


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is done."""

    why: str


class Made(msgspec.Struct, frozen=True):
    """The id of what was made."""

    id: str


@dataclass(frozen=True)
class Call:
    """A request that has been let in: who asks, what stands in the path, the query, the content."""

    office: Office
    actor: Actor
    path: Mapping[str, str]
    query: Any
    content: Any
    offset: int = 0
    """Of `Upload-Offset`, where pieces are sent."""


@dataclass(frozen=True)
class File:
    """An answer that is no JSON."""

    content: bytes
    media_type: str
    name: str


@dataclass(frozen=True)
class Endpoint:
    """One operation: how it is reached, who may call it at all, what it takes and gives."""

    id: str
    method: str
    path: str
    handler: Callable[[Call], Any]
    title: Text
    gives: Any
    takes: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] = Nothing
    public: bool = False
    status: int = 200
    pieces: bool = False
    """Whether the content is a piece of a file."""
    location: str | None = None
    """Of what was made, with `{id}` for its id."""
    refusals: tuple[int, ...] = field(default=())
    """Statuses beside those that every endpoint of its kind has."""
