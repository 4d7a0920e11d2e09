"""A tiny service and exchanges with it, for tests of rules, claims, judge and archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from conformance.catalogue.operations import operations
from conformance.catalogue.service import Service
from conformance.model import (
    Check,
    Exchange,
    Level,
    Request,
    Requirement,
    Response,
    Script,
    Source,
    Step,
    Text,
    Trace,
    Verification,
)
from conformance.rules.knowledge import Knowledge
from conformance.seen import Seen

NUMBER = "123456789018"
"""An Individual Number with its right check digit; `WRONG` is one digit off."""
WRONG = "123456789019"
SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_OAUTH = {"oauth2": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "t", "scopes": {"things": "all"}}}}}
_CLOSED: dict[str, Any] = {"type": "object", "additionalProperties": False}
THING: dict[str, Any] = {
    **_CLOSED,
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string", "maxLength": 10},
        "number": {"type": "string", "format": "individual-number"},
        "made_at": {"type": "string", "format": "date-time"},
    },
}
_TAG = {"ETag": {"required": True, "schema": {"type": "string"}}}
_PLACE = {"Location": {"required": True, "schema": {"type": "string"}}, "X-Count": {"schema": {"type": "integer"}}}
_PAGE = {
    **_CLOSED,
    "required": ["resultset", "results"],
    "properties": {
        "resultset": {"type": "object"},
        "results": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
    },
}


def _answer(schema: Any, headers: Mapping[str, Any] | None = None, kind: str = "application/json") -> dict[str, Any]:
    return {"description": "-", "headers": headers or {}, "content": {kind: {"schema": schema}}}


def _problem(*codes: str) -> dict[str, Any]:
    return {**_answer(True, None, "application/problem+json"), "x-problem-codes": list(codes)}


def _operation(identifier: str, answers: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    errors = {"400": _problem("invalid_request"), "401": _problem("unauthenticated"), "404": _problem("not_found")}
    security = [{"oauth2": ["things"]}]
    return {"operationId": identifier, "security": security, "responses": {**errors, **answers}, **more}


_QUERY = [{"name": name, "in": "query", "schema": {}} for name in ("limit", "offset", "sort")]
_REF = {"$ref": "#/components/schemas/Thing"}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1.0"},
    "paths": {
        "/things": {
            "get": _operation("listThings", {"200": _answer(_PAGE)}, parameters=_QUERY),
            "post": _operation(
                "createThing",
                {"201": _answer(_REF, _PLACE)},
                requestBody={"content": {"application/json": {"schema": _REF}}},
            ),
        },
        "/things/{thing_id}": {
            "get": _operation("getThing", {"200": _answer(_REF, _TAG), "304": {"description": "-"}}),
            "put": _operation("putThing", {"200": _answer(_REF, _TAG)}),
        },
        "/things/lines": {
            "get": _operation("listLines", {"200": _answer({"type": "string"}, None, "application/x-ndjson")})
        },
        "/open": {"get": {"operationId": "open", "responses": {"200": {"description": "-"}}}},
    },
    "components": {"schemas": {"Thing": THING}, "securitySchemes": _OAUTH},
}
DOCUMENT["paths"]["/things/lines"]["get"]["responses"]["200"]["content"]["application/x-ndjson"]["x-item-schema"] = {
    "oneOf": [_REF, {**_CLOSED, "required": ["count"], "properties": {"count": {"type": "integer"}}}]
}


def requirement(identifier: str, *ways: Verification, level: Level = Level.MANDATORY, **changes: Any) -> Requirement:
    """A requirement of the tiny service."""
    return Requirement(
        id=identifier,
        title=Text("題", "title"),
        statement=Text("文", "statement"),
        level=level,
        source=Source("profile", "-"),
        effective_from="2026-04-01",
        area="things",
        verified_by=ways,
        **changes,
    )


def service(*requirements: Requirement, strict: bool = True) -> Service:
    """The tiny service with these requirements."""
    return Service(
        name="toy",
        version="1.0",
        folder=Path("toy/1.0"),
        title=Text("物", "things"),
        document=DOCUMENT,
        operations=operations(DOCUMENT),
        sources={},
        requirements=requirements,
        roles={"clerk": ("things",), "viewer": ()},
        digests={},
        strict=strict,
    )


KNOWLEDGE = Knowledge(service())
LENIENT = Knowledge(service(strict=False))


def encoded(body: Any) -> bytes:
    """A body as bytes: bytes as they are, anything else as JSON."""
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()


def step(operation: str | None, identifier: str = "call", **changes: Any) -> Step:
    """A step that calls an operation of the tiny service."""
    found = operations(DOCUMENT).get(operation or "")
    method, path = (found.method, found.path) if found else ("DELETE", "/things")
    kept = Step(id=identifier, method=method, path=path, operation=operation, service="toy", role="clerk")
    return msgspec.structs.replace(kept, **changes)


def exchange(
    operation: str | None,
    status: int | None,
    body: Any = b"",
    headers: Mapping[str, str] | None = None,
    *,
    kind: str = "",
    sent: Any = b"",
    query: Mapping[str, str] | None = None,
    identifier: str = "call",
    trouble: str | None = None,
    method: str | None = None,
) -> Exchange:
    """One exchange; `kind` is the Content-Type, by default the right one where there is a body."""
    made = step(operation, identifier)
    data = encoded(body) if not isinstance(body, bytes) or body else b""
    kind = kind or ("application/problem+json" if (status or 0) >= 400 else "application/json")
    told = {**({"Content-Type": kind} if data else {}), **SAFE, **(headers or {})}
    url = "https://sut.example/v1" + made.path + (f"?{urlencode(query)}" if query else "")
    content = encoded(sent) if not isinstance(sent, bytes) or sent else b""
    request = Request(method or made.method, url, (("Content-Type", "application/json"),), content)
    response = None if status is None else Response(status, tuple((k, v) for k, v in told.items() if v), data)
    return Exchange(identifier, request, response, 1_775_000_000.0, 0.01, "clerk", trouble)


def seen(operation: str | None, status: int | None, body: Any = b"", *args: Any, **more: Any) -> Seen:
    """One exchange as rules look at it."""
    return Seen(exchange(operation, status, body, *args, **more), step(operation))


def problem(status: int = 400, code: str = "invalid_request", **more: Any) -> dict[str, Any]:
    """Problem details as they should be."""
    return {"type": "about:blank", "title": "-", "status": status, "code": code, **more}


def script(*checks: Check, steps: tuple[Step, ...] = (), family: str = "schema.type", **changes: Any) -> Script:
    """A script of the tiny service, with one step unless others are given."""
    kept = Script("s.1", "toy", family, "a script", steps or (step("getThing"),), checks)
    return msgspec.structs.replace(kept, **changes)


def trace(*exchanges: Exchange, script: str = "s.1", **changes: Any) -> Trace:
    """What happened when a script was played."""
    return msgspec.structs.replace(Trace(script, exchanges), **changes)
