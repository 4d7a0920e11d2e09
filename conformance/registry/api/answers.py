"""Answers: JSON and problem documents (RFC 9457) in the words of the common part, with headers that keep them safe."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.responses import Response

from conformance.errors import SuiteError
from conformance.registry.api.calls import File
from conformance.registry.refusals import RegistryError

_SAFE: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_RETRY_SECONDS: Final = "10"
PROBLEM: Final = "application/problem+json"


class ProblemDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """Problem details. `detail` has the next step, too."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of one of our values."""
    told = msgspec.json.encode(content)
    return Response(told, status, {**_SAFE, **(headers or {})}, "application/json")


def file_answer(file: File) -> Response:
    """A file to be saved, which no browser shows as a page."""
    shown = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, 200, {**_SAFE, **shown}, file.media_type)


def problem_answer(
    status: int, code: str, detail: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem document."""
    title = HTTPStatus(status).phrase
    told = msgspec.json.encode(ProblemDocument("about:blank", title, status, code, detail[:2000] if detail else None))
    extra = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return Response(told, status, {**_SAFE, **extra, **(headers or {})}, PROBLEM)


def refusal_answer(error: SuiteError) -> Response:
    """The answer for a refusal; what is our own fault is told as no more than that."""
    if isinstance(error, RegistryError):
        later = {"Retry-After": _RETRY_SECONDS} if error.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
        return problem_answer(error.status, error.code, str(error), later)
    return problem_answer(500, "internal_error", "The registry itself failed. It was noted; please try again later.")
