"""Exchanges as HTTP Archive 1.2 entries, and back, without loss of a byte of what matters.

HAR 1.2 (W3C draft of the Web Performance Working Group). Members of our own begin with an underscore.
"""

from __future__ import annotations

import base64
import datetime as dt
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from conformance.model import Exchange, Request, Response

_LARGEST_STATUS: Final = 0xFFFF
_REASONS = {status.value: status.phrase for status in HTTPStatus}


def _pairs(headers: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _content(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode("ascii"), "encoding": "base64"}


def _bytes(content: Content) -> bytes:
    return base64.b64decode(content.text) if content.encoding == "base64" else content.text.encode("utf-8")


def _header(headers: tuple[tuple[str, str], ...], wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _request(request: Request) -> dict[str, Any]:
    query = urlsplit(request.url).query
    entry: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(request.headers),
        "queryString": [{"name": k, "value": v} for k, v in parse_qsl(query, keep_blank_values=True)] if query else [],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        content = _content(request.body)
        entry["postData"] = {"mimeType": _header(request.headers, "content-type"), **content}
    return entry


def _response(response: Response | None) -> dict[str, Any]:
    if response is None:
        return {
            "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
            "content": {"size": 0, "mimeType": ""}, "redirectURL": "", "headersSize": -1, "bodySize": -1,
        }  # fmt: skip
    entry = {
        "status": response.status,
        "statusText": _REASONS.get(response.status, ""),
        "httpVersion": response.http_version,
        "cookies": [],
        "headers": _pairs(response.headers),
        "content": {
            "size": len(response.body),
            "mimeType": _header(response.headers, "content-type"),
            **_content(response.body),
        },
        "redirectURL": _header(response.headers, "location") if 300 <= response.status < 400 else "",
        "headersSize": -1,
        "bodySize": len(response.body),
    }
    if response.truncated:
        entry["_truncated"] = True
    return entry


def to_entry(exchange: Exchange) -> dict[str, Any]:
    """One exchange as a HAR entry."""
    milliseconds = round(exchange.elapsed * 1000, 3)
    started = dt.datetime.fromtimestamp(exchange.started, dt.UTC)
    entry: dict[str, Any] = {
        "startedDateTime": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": milliseconds,
        "request": _request(exchange.request),
        "response": _response(exchange.response),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_step": exchange.step,
    }
    if exchange.role is not None:
        entry["_role"] = exchange.role
    if exchange.trouble is not None:
        entry["_trouble"] = exchange.trouble
    return entry


class Pair(msgspec.Struct, frozen=True):
    """A header field."""

    name: str
    value: str


class Content(msgspec.Struct, frozen=True):
    """A body: text, or base64 where `encoding` says so."""

    text: str = ""
    encoding: str = ""


class SentEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A request."""

    method: str
    url: str
    headers: list[Pair]
    post_data: Content = Content()


class ReceivedEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A response; its status is 0 where there was none."""

    status: Annotated[int, msgspec.Meta(ge=0, le=_LARGEST_STATUS)]
    http_version: str
    headers: list[Pair]
    content: Content
    truncated: bool = msgspec.field(name="_truncated", default=False)


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of an entry: the rest of it is for other tools."""

    started_date_time: str
    time: float
    request: SentEntry
    response: ReceivedEntry
    step: str = msgspec.field(name="_step")
    role: str | None = msgspec.field(name="_role", default=None)
    trouble: str | None = msgspec.field(name="_trouble", default=None)


def from_entry(entry: dict[str, Any]) -> Exchange:
    """The exchange that `to_entry` was given (times to the millisecond). Raises `msgspec.ValidationError`."""
    return exchange_of(msgspec.convert(entry, Entry))


def exchange_of(entry: Entry) -> Exchange:
    """The exchange of an entry. Raises `ValueError`, `OverflowError` for a time or a body that is none."""
    request, response = entry.request, entry.response
    started = dt.datetime.fromisoformat(entry.started_date_time.replace("Z", "+00:00")).timestamp()
    return Exchange(
        step=entry.step,
        request=Request(request.method, request.url, _tuples(request.headers), _bytes(request.post_data)),
        response=None
        if response.status == 0
        else Response(
            response.status,
            _tuples(response.headers),
            _bytes(response.content),
            response.truncated,
            response.http_version,
        ),
        started=started,
        elapsed=entry.time / 1000,
        role=entry.role,
        trouble=entry.trouble,
    )


def _tuples(pairs: list[Pair]) -> tuple[tuple[str, str], ...]:
    return tuple((pair.name, pair.value) for pair in pairs)


def log(exchanges: list[Exchange], version: str) -> dict[str, Any]:
    """A whole HAR file, for browsers and other tools that read it."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "conformance", "version": version},
            "entries": [to_entry(exchange) for exchange in exchanges],
        }
    }
