"""Problem details (RFC 9457) as the reference answers them: one exception, one list of violations, no internals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

TYPE_BASE: Final = "urn:conformance:problem:"
"""Problem types are names, not addresses: RFC 9457, 3.1.1 allows any URI."""

MOST_ERRORS: Final = 100
LONGEST_POINTER: Final = 500


@dataclass(frozen=True, slots=True)
class Violation:
    """One offending place: `pointer` (RFC 6901) into the body, or the name of a `parameter`."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def json(self) -> dict[str, str]:
        """The violation as the published documents write it."""
        place = {"parameter": self.parameter} if self.pointer is None else {"pointer": _bounded(self.pointer)}
        return {**{k: v for k, v in place.items() if v is not None}, "code": self.code, "detail": self.detail}


class Problem(Exception):  # noqa: N818  the word of RFC 9457
    """A refusal. Details never hold a value from the request: they must not repeat a personal number."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        errors: tuple[Violation, ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers

    def json(self, titles: Mapping[str, str]) -> dict[str, Any]:
        """The problem document; `titles` are those of the published codes.

        `instance` names the occurrence, not the path: a path may hold what must not be repeated.
        """
        document: dict[str, Any] = {
            "type": TYPE_BASE + self.code,
            "title": titles.get(self.code, self.code),
            "status": self.status,
            "code": self.code,
            "instance": f"urn:uuid:{uuid4()}",
        }
        if self.detail:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = [error.json() for error in self.errors[:MOST_ERRORS]]
        return document


def _bounded(pointer: str) -> str:
    """The pointer, or the nearest place around it whose pointer is not too long for the document."""
    while len(pointer) > LONGEST_POINTER:
        pointer = pointer.rpartition("/")[0]
    return pointer


def invalid(errors: tuple[Violation, ...]) -> Problem:
    """400: the request violates the published document at the places given."""
    return Problem(
        400, "invalid_request", "要求が公開文書に適合しません / The request does not fit the document", errors
    )


def not_found() -> Problem:
    """404, the same for what never existed and for what the caller may not know of."""
    return Problem(404, "not_found", "該当するものがありません / There is nothing here")


def rule(code: str, detail: str, pointer: str | None = None) -> Problem:
    """422: the request is well formed and breaks a business rule."""
    errors = () if pointer is None else (Violation(code, detail, pointer=pointer),)
    return Problem(422, code, detail, errors)


def conflict(code: str, detail: str, pointer: str | None = None) -> Problem:
    """409: the request conflicts with the current state."""
    errors = () if pointer is None else (Violation(code, detail, pointer=pointer),)
    return Problem(409, code, detail, errors)
