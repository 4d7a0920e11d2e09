"""Scripts with what careless software stumbles over: they claim nothing but what holds for every answer.

Above all no server error: numbers out of any range, deep nesting, text that ends a statement, ids that are no ids.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import JSON, Bench
from conformance.compile.draft import alone, changed, with_query
from conformance.model import Script

FAMILY = "text.hostile"
DEPTH = 20_000
_CONTENTS: dict[str, bytes] = {
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"0",
    "true": b"true",
    "a number out of range": b'{"x":1e999}',
    "an integer of many digits": b'{"x":' + b"9" * 5000 + b"}",
    "deep lists": b"[" * DEPTH + b"]" * DEPTH,
    "deep objects": b'{"x":' * DEPTH + b"1" + b"}" * DEPTH,
    "names that objects of a language have": b'{"__proto__":{"x":1},"constructor":{},"__class__":"x","$ref":"#"}',
    "white space alone": b" \n",
    "a byte order mark alone": b"\xef\xbb\xbf",
    "UTF-16": '{"x":1}'.encode("utf-16"),
}
_TEXTS = ("'", "' OR '1'='1", "%", "\\", "../../etc/passwd", "\U0001f600", "\u0000", "null")
"""Texts for ids and queries: a quote, a wild card, an escape, a path, a character outside the basic plane, NUL."""


def scripts(bench: Bench) -> Iterator[Script]:
    """Every operation with a body, every id in a path, every text in a query."""
    for operation in bench.operations():
        yield from _contents(bench, operation)
        yield from _ids(bench, operation)
        yield from _queries(bench, operation)


def _contents(bench: Bench, operation: Operation) -> Iterator[Script]:
    if bench.body_schema(operation) is None:
        return
    for title, data in _CONTENTS.items():
        call = bench.call(operation)
        body = {"$bytes": base64.b64encode(data).decode("ascii")}
        step = changed(call.call, body=body, media_type=call.call.media_type or JSON)
        yield bench.drafter.script(FAMILY, f"{operation.id} {title}", call, (step,), ())


def _ids(bench: Bench, operation: Operation) -> Iterator[Script]:
    names = [parameter.name for parameter in operation.parameters if parameter.place == "path"]
    if operation.method != "GET" or not names:
        return
    call = alone(bench.first(operation))
    for text in (*_TEXTS, "x" * 300):
        found: dict[str, Any] = dict.fromkeys(names, text)
        step = changed(call.call, path_params=found)
        yield bench.drafter.script(FAMILY, f"{operation.id} of {text[:20]!r}", call, (step,), ())


def _queries(bench: Bench, operation: Operation) -> Iterator[Script]:
    for parameter in operation.parameters:
        if parameter.place != "query" or parameter.schema.get("type", "string") not in {"string", None}:
            continue
        for text in _TEXTS:
            call = bench.first(operation)
            step = with_query(call.call, parameter.name, text)
            yield bench.drafter.script(FAMILY, f"{operation.id} {parameter.name}={text!r}", call, (step,), ())
