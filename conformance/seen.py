"""One exchange as rules and expressions look at it: parsed once, when first asked for."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from conformance.expression import MISSING
from conformance.model import Exchange, Request, Response, Script, Step, Text, Trace

NDJSON = "application/x-ndjson"
_DECODE = msgspec.json.Decoder()
MOST_VALUES = 400_000
"""JSON values in one body at most: each takes far more memory than its text."""
DEEPEST = 100
"""Levels of nesting in a body at most: validators, queries and encoders all have some bound, and not the same one."""
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_STAIRS = re.compile(rb"[\[{]{%d}" % (DEEPEST + 1))
_NO_BRACKET = bytes(byte for byte in range(256) if byte not in b"[]{}")


def media_type(content_type: str | None) -> str:
    """The type/subtype of a Content-Type value, in lower case, without parameters."""
    return (content_type or "").partition(";")[0].strip().lower()


def parsed(body: bytes) -> Any:
    """The value of a JSON text, or `MISSING` where it is none."""
    try:
        return _DECODE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return MISSING


def _ndjson(body: bytes) -> Any:
    try:
        return [_DECODE.decode(line) for line in body.split(b"\n") if line.strip()]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return MISSING


def _beyond(body: bytes) -> Text | None:
    """Why a body is not read as JSON although it may be: it has too many values, or is nested too deeply."""
    opened = body.count(b"[") + body.count(b"{")
    if opened + body.count(b",") > MOST_VALUES:
        return Text(
            ja=f"本文に{MOST_VALUES:,}個を超える値があります", en=f"its body has more than {MOST_VALUES:,} values"
        )
    if opened > DEEPEST and _is_deep(body) and _is_deep(_TEXT.sub(b"", body)):
        return Text(ja=f"本文の入れ子が{DEEPEST}段を超えます", en=f"its body is nested more than {DEEPEST} levels deep")
    return None


def _is_deep(body: bytes) -> bool:
    """Whether brackets are nested too deeply, wherever they stand: level by level the innermost are taken away."""
    brackets = body.translate(None, _NO_BRACKET)
    if _STAIRS.search(brackets):
        return True
    for _ in range(DEEPEST):
        inner = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
    return max(brackets.count(b"["), brackets.count(b"{")) > DEEPEST


class Seen:
    """One exchange with its step, and all exchanges of its trace. Implements `expression.Message`.

    `shared` is one for all exchanges of a trace: what a rule has found out about the whole of it.
    """

    __slots__ = ("__dict__", "exchange", "request", "response", "shared", "step", "trace")

    def __init__(
        self,
        exchange: Exchange,
        step: Step | None,
        trace: tuple[Exchange, ...] = (),
        shared: dict[str, Any] | None = None,
    ) -> None:
        self.exchange = exchange
        self.trace = trace
        self.shared: dict[str, Any] = {} if shared is None else shared
        self.step = step
        self.request: Request = exchange.request
        self.response: Response | None = exchange.response

    @property
    def status(self) -> int | None:
        """The status code, or None where there was no response."""
        return self.response.status if self.response else None

    @property
    def url(self) -> str:
        """The URL as it was sent."""
        return self.request.url

    @property
    def method(self) -> str:
        """The method as it was sent."""
        return self.request.method

    @cached_property
    def headers(self) -> dict[str, list[str]]:
        """Response header values by lower-case name."""
        found: dict[str, list[str]] = {}
        for name, value in self.response.headers if self.response else ():
            found.setdefault(name.lower(), []).append(value)
        return found

    @property
    def fields(self) -> list[str]:
        """The names of the header fields of the response, in lower case and in order."""
        return sorted(self.headers)

    @property
    def cookies(self) -> list[str]:
        """The cookies that the response sets, as a request gives them back (RFC 6265, 5.4)."""
        return [value.partition(";")[0].strip() for value in self.headers.get("set-cookie", [])]

    @cached_property
    def media_type(self) -> str:
        """Media type of the response without parameters."""
        return media_type(self.headers.get("content-type", [""])[0])

    @cached_property
    def is_json(self) -> bool:
        """Whether the response says that it is JSON (RFC 6839 suffix included)."""
        kind = self.media_type
        return kind == "application/json" or kind.endswith("+json")

    @cached_property
    def unread(self) -> Text | None:
        """Why the response's body cannot be looked at as a whole, where it cannot; what is in it is then not known."""
        if not self.response or not self.response.body:
            return None
        if self.response.truncated:
            return Text(
                ja="本文が読み込む上限(max_body_bytes)を超えています",
                en="its body is longer than is read (max_body_bytes)",
            )
        coding = self.headers.get("content-encoding", ["identity"])[0].strip().lower()
        if coding != "identity":
            return Text(
                ja="本文が、求めていない形に圧縮されています", en="its body is compressed although nobody asked for it"
            )
        return _beyond(self.response.body)

    @cached_property
    def body(self) -> Any:
        """The response's JSON value; an array of values for NDJSON; `MISSING` where it is neither or `unread`."""
        if not self.response or not self.response.body or self.unread is not None:
            return MISSING
        if self.media_type == NDJSON:
            return _ndjson(self.response.body)
        return parsed(self.response.body)

    @cached_property
    def sent(self) -> Any:
        """The request's JSON value, or `MISSING`."""
        return parsed(self.request.body) if self.request.body else MISSING

    def header(self, side: str, name: str) -> str | None:
        """The first value of a header on `request` or `response`."""
        if side == "response":
            values = self.headers.get(name.lower())
            return values[0] if values else None
        wanted = name.lower()
        return next((value for key, value in self.request.headers if key.lower() == wanted), None)

    def query(self, name: str) -> str | None:
        """The first value of a query parameter as it was sent."""
        return next((v for k, v in parse_qsl(urlsplit(self.url).query, keep_blank_values=True) if k == name), None)

    def path_parameter(self, name: str) -> str | None:
        """The value of a path parameter as the script gave it, where it is fixed text."""
        parameters: Mapping[str, Any] = self.step.path_params if self.step else {}
        value = parameters.get(name)
        return value if isinstance(value, str) else None

    def json(self, side: str) -> Any:
        """The JSON body of `request` or `response`; the raw text where a response is not JSON."""
        if side == "request":
            return self.sent
        body = self.body
        if body is MISSING and self.response is not None and self.response.body and not self.is_json:
            return self.response.body.decode("utf-8", "replace")
        return body


_SETS_BACK = re.compile(r"/(?:reset|fixture_sets/[^/]+/load)/?")


def sets_back(request: Request) -> bool:
    """Whether a request to the upper tester sets the system back: then ids and tags may be given a second time."""
    return request.method == "POST" and _SETS_BACK.search(urlsplit(request.url).path) is not None


def look(script: Script, trace: Trace) -> list[Seen]:
    """The exchanges of a trace, each with the step of the script that it belongs to."""
    steps = {step.id: step for step in script.steps}
    shared: dict[str, Any] = {}
    return [Seen(exchange, steps.get(exchange.step), trace.exchanges, shared) for exchange in trace.exchanges]


def duplicate_key(body: bytes) -> str | None:
    """The first member name that stands twice in one JSON object (RFC 8259, 4: names should be unique)."""
    found: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) != len(items):
            times = Counter(name for name, _ in items)
            found.extend(name for name, number in times.items() if number > 1)
        return result

    try:
        json.loads(body, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return None
    return found[0] if found else None
