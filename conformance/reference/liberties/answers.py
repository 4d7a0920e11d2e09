"""Answers that say the same in another way."""

from __future__ import annotations

import dataclasses
import gzip
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import replace, rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Answering = Callable[[Request, Any], Awaitable[Answer]]


@LIBERTIES.add("extra-headers")
def extra_headers(reference: Reference) -> None:
    """Every answer carries headers that no document speaks of."""

    def extended(request: Request, answer: Answer) -> Answer:
        answer.headers += [("X-Request-Id", "7f3a"), ("Server-Timing", "db;dur=2"), ("Vary", "Accept")]
        return answer

    rewrite(reference, extended)


@LIBERTIES.add("gateway-headers")
def gateway_headers(reference: Reference) -> None:
    """Every answer carries what gateways add: cookies, security policies, rate limits, a second Vary, an Age."""

    def extended(request: Request, answer: Answer) -> Answer:
        answer.headers += [
            ("Set-Cookie", "route=a; Path=/; HttpOnly"),
            ("Set-Cookie", "lb=b; Path=/"),
            ("Strict-Transport-Security", "max-age=31536000"),
            ("Content-Security-Policy", "default-src 'none'"),
            ("RateLimit", '"default";r=50;t=30'),
            ("Vary", "Origin"),
            ("Via", "1.1 gateway"),
            ("Server", "gateway/2.1 (Linux)"),
            ("X-Empty", ""),
        ]
        return answer

    rewrite(reference, extended)


@LIBERTIES.add("more-cache-directives")
def more_cache_directives(reference: Reference) -> None:
    """Cache-Control has further directives beside no-store, in two fields and other letter case; Pragma says so too."""

    def extended(request: Request, answer: Answer) -> Answer:
        kept = [field for field in answer.headers if field[0] != "Cache-Control"]
        added = [("Cache-Control", "private, max-age=0"), ("Cache-Control", "No-Store , must-revalidate")]
        answer.headers = [*kept, *added, ("Pragma", "no-cache"), ("Expires", "0")]
        return answer

    rewrite(reference, extended)


@LIBERTIES.add("nosniff-in-capitals")
def nosniff_in_capitals(reference: Reference) -> None:
    """X-Content-Type-Options is written NoSniff."""
    _fields(reference, "X-Content-Type-Options", lambda value, request: "NoSniff")


@LIBERTIES.add("charset-stated")
def charset_stated(reference: Reference) -> None:
    """Media types carry charset=utf-8, as JSON allows and does not need."""
    _media_types(reference, lambda kind: f"{kind};charset=utf-8")


@LIBERTIES.add("media-types-in-other-case")
def media_types_in_other_case(reference: Reference) -> None:
    """Media types are written in other letter case, with a quoted charset behind a blank."""
    _media_types(reference, lambda kind: f'{kind.title()} ; Charset="UTF-8"')


@LIBERTIES.add("absolute-locations")
def absolute_locations(reference: Reference) -> None:
    """Location is an absolute URI."""
    _fields(reference, "Location", lambda value, request: f"http://{request.joined('host')}{value}")


@LIBERTIES.add("relative-locations")
def relative_locations(reference: Reference) -> None:
    """Location is relative to the path of the request, by way of its parent."""

    def relative(value: str, request: Request) -> str:
        up = "../" * (request.path.count("/") - 1)
        return f"{up or './'}{value.removeprefix('/')}"

    _fields(reference, "Location", relative)


@LIBERTIES.add("network-path-locations")
def network_path_locations(reference: Reference) -> None:
    """Location names the host and leaves the scheme out."""
    _fields(reference, "Location", lambda value, request: f"//{request.joined('host')}{value}")


@LIBERTIES.add("challenge-with-realm")
def challenge_with_realm(reference: Reference) -> None:
    """The Bearer challenge is in lower case, with a realm, behind the challenge of another scheme."""

    def more(value: str, request: Request) -> str:
        parameters = value.removeprefix("Bearer").replace(" ", ", ", 1)
        return f'Negotiate, bearer realm="registry, test"{parameters}'

    _fields(reference, "WWW-Authenticate", more)


@LIBERTIES.add("hosts-in-capitals")
def hosts_in_capitals(reference: Reference) -> None:
    """Location is an absolute URI with scheme and host in capitals, which compare without regard to case."""
    _fields(reference, "Location", lambda value, request: f"HTTP://{(request.joined('host') or '').upper()}{value}")


@LIBERTIES.add("encoded-locations")
def encoded_locations(reference: Reference) -> None:
    """Location writes characters of ids as percent-encoded octets that need not be (RFC 3986, 6.2.2.2)."""

    def encoded(value: str, request: Request) -> str:
        path, _, last = value.rpartition("/")
        if last == "protection":
            return value
        return f"{path}/%{ord(last[0]):02x}{last[1:].replace('~', '%7E')}"

    _fields(reference, "Location", encoded)


@LIBERTIES.add("tags-where-none-is-declared")
def tags_where_none_is_declared(reference: Reference) -> None:
    """Answers for which no ETag is declared have a weak one, and the moment of their last change."""

    def tagged(request: Request, answer: Answer) -> Answer:
        if 200 <= answer.status < 300 and all(name != "ETag" for name, _ in answer.headers):
            answer.headers += [("ETag", 'W/"7f3a"'), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")]
        return answer

    rewrite(reference, tagged)


@LIBERTIES.add("refusal-without-challenge")
def refusal_without_challenge(reference: Reference) -> None:
    """A 403 has no challenge, and a 415 does not tell what is accepted."""

    def bare(request: Request, answer: Answer) -> Answer:
        untold = {403: ("WWW-Authenticate",), 415: ("Accept-Post", "Accept-Patch")}.get(answer.status, ())
        answer.headers = [field for field in answer.headers if field[0] not in untold]
        return answer

    rewrite(reference, bare)


@LIBERTIES.add("compressed-where-allowed")
def compressed_where_allowed(reference: Reference) -> None:
    """Content is compressed unless the client says that it must not be (RFC 9110, 12.5.3)."""

    def compressed(request: Request, answer: Answer) -> Answer:
        accepted = request.joined("accept-encoding")
        allowed = accepted is None or "gzip" in accepted
        if allowed and answer.body is not None and request.path not in reference.token_endpoint.paths:
            raw = answer.body if isinstance(answer.body, bytes) else reference.application.encode(answer.body)
            answer.body = gzip.compress(raw, 1)
            answer.headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
        return answer

    rewrite(reference, compressed)


@LIBERTIES.add("tags-of-their-coding")
def tags_of_their_coding(reference: Reference) -> None:
    """What is compressed has an entity tag of its own, as strong tags must (RFC 9110, 8.8.3.3); both are current."""

    def compresses(request: Request) -> bool:
        accepted = request.joined("accept-encoding")
        return accepted is None or "gzip" in accepted

    def without(field: tuple[str, str]) -> tuple[str, str]:
        return (field[0], field[1].replace('-gzip"', '"')) if field[0].startswith("if-") else field

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            return await answering(
                dataclasses.replace(request, headers=tuple(without(field) for field in request.headers)), receive
            )

        return answer

    def coded(request: Request, answer: Answer) -> Answer:
        if not any(name == "ETag" for name, _ in answer.headers) or not compresses(request):
            return answer
        answer.headers = [(n, f'{v[:-1]}-gzip"' if n == "ETag" else v) for n, v in answer.headers]
        answer.headers.append(("Vary", "Accept-Encoding"))
        if answer.body is not None:
            raw = answer.body if isinstance(answer.body, bytes) else reference.application.encode(answer.body)
            answer.body = gzip.compress(raw, 1)
            answer.headers.append(("Content-Encoding", "gzip"))
        return answer

    replace(reference.application, "answer", make)
    rewrite(reference, coded)


def _fields(reference: Reference, name: str, change: Callable[[str, Request], str]) -> None:
    """Has the value of one header field pass through a function of it and the request."""

    def changed(request: Request, answer: Answer) -> Answer:
        answer.headers = [(key, change(value, request) if key == name else value) for key, value in answer.headers]
        return answer

    rewrite(reference, changed)


def _media_types(reference: Reference, change: Callable[[str], str]) -> None:
    """Has the media type of every answer with JSON content pass through a function."""

    def changed(request: Request, answer: Answer) -> Answer:
        if answer.media_type.endswith("json"):
            answer.media_type = change(answer.media_type)
        return answer

    rewrite(reference, changed)
