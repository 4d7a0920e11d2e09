"""Media types of requests and answers (RFC 9110, 8.3 and 12.5.1), and the size of a body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from conformance.reference.calls import Request
from conformance.reference.problems import Problem
from conformance.reference.schemas import Checker

_QUALITY: Final = re.compile(r"q=(?:0(?:\.0{0,3})?)", re.IGNORECASE)


def check_accept(request: Request, produces: tuple[str, ...]) -> None:
    """Raises 406 where Accept leaves none of the declared media types."""
    accept = request.joined("accept")
    if accept is not None and produces and not _acceptable(accept, produces):
        raise Problem(406, "not_acceptable", f"応答できる形式: {', '.join(produces)} / Answers come in these only")


@lru_cache(maxsize=1024)
def _acceptable(accept: str, produces: tuple[str, ...]) -> bool:
    if not accept.strip():
        return True
    ranges = [part for part in (item.strip() for item in accept.split(",")) if part]
    return any(_allows(ranges, kind.lower()) for kind in produces)


def _allows(ranges: list[str], kind: str) -> bool:
    """The most precise range that matches decides (RFC 9110, 12.5.1)."""
    best, allowed = -1, False
    for entry in ranges:
        name, *parameters = (part.strip() for part in entry.split(";"))
        precision = {"*/*": 0, kind.split("/")[0] + "/*": 1, kind: 2}.get(name.lower(), -1)
        if precision > best:
            best = precision
            allowed = not any(_QUALITY.fullmatch(parameter) for parameter in parameters)
    return allowed


def check_content(request: Request, bodies: Mapping[str, Checker], limit: int) -> None:
    """Raises 415 for another media type, charset or content coding, 413 for a body announced as too long."""
    length = request.joined("content-length")
    announced = int(length) if length is not None and length.isdigit() else None
    has_body = bool(announced) or request.joined("transfer-encoding") is not None
    given = request.joined("content-type")
    if (has_body or given is not None) and _media_type(given or "") not in bodies:
        accepted = (("Accept-Post" if request.method == "POST" else "Accept-Patch", ", ".join(bodies)),)
        raise Problem(
            415, "unsupported_media_type", f"受け付ける形式: {', '.join(bodies)} / Send one of these", (), accepted
        )
    coding = request.joined("content-encoding")
    if coding is not None and coding.strip().lower() != "identity":
        raise Problem(415, "unsupported_media_type", "圧縮された本文は受け付けません / No content coding is accepted")
    if announced is not None and announced > limit:
        raise too_large()


def media_type(request: Request) -> str:
    """The media type of the content that a request announces, in lower case and without parameters."""
    return _media_type(request.joined("content-type") or "") or ""


def checker(request: Request, bodies: Mapping[str, Checker]) -> Checker:
    """The checker of the body's media type."""
    return bodies[_media_type(request.joined("content-type") or "") or next(iter(bodies))]


@lru_cache(maxsize=1024)
def _media_type(given: str) -> str | None:
    """The media type without its parameters; None where the charset is another than UTF-8."""
    name, *parameters = (part.strip().lower() for part in given.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            return None
    return name


def too_large() -> Problem:
    """413."""
    return Problem(413, "payload_too_large", "本文は1 MiBまでです / A body may have 1 MiB at most")
