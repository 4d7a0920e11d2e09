"""A small system with its own OpenAPI 3.1 document, right in every respect, and wrong in one where a test wants it."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

TOKEN = "depot-token-of-the-test"
ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["name", "count"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 20},
        "count": {"type": "integer", "minimum": 0, "maximum": 100},
        "kind": {"type": "string", "enum": ["box", "bag"]},
        "code": {"type": "string", "pattern": "^[a-z]{3}-[0-9]{2}$"},
        "marks": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string"}},
    },
    "additionalProperties": False,
}
STORED: dict[str, Any] = {
    **ITEM,
    "required": ["id", "name", "count"],
    "properties": {"id": {"type": "string"}, **ITEM["properties"]},
}
EXAMPLE = {"name": "screws", "count": 40, "kind": "box", "code": "abc-12", "marks": ["a", "b"]}
PROBLEM = {"description": "refused", "content": {"application/problem+json": {"schema": {"type": "object"}}}}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Depot", "version": "1"},
    "security": [{"token": []}],
    "paths": {
        "/items": {
            "get": {
                "operationId": "listItems",
                "parameters": [
                    {"name": "word", "in": "query", "required": True, "schema": {"type": "string", "minLength": 1}},
                    {"name": "kind", "in": "query", "schema": {"enum": ["box", "bag"]}},
                    {"name": "least", "in": "query", "schema": {"type": "integer", "minimum": 0}},
                ],
                "responses": {
                    "200": {
                        "description": "items",
                        "headers": {"X-Total": {"required": True, "schema": {"type": "integer", "minimum": 0}}},
                        "content": _json({"type": "array", "items": STORED}),
                    },
                    "default": PROBLEM,
                },
            },
            "post": {
                "operationId": "addItem",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": ITEM, "examples": {"one": {"value": EXAMPLE}}}},
                },
                "responses": {"201": {"description": "made", "content": _json(STORED)}, "4XX": PROBLEM},
            },
        },
        "/items/{item_id}": {
            "get": {
                "operationId": "getItem",
                "parameters": [{"name": "item_id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "an item", "content": _json(STORED)}, "4XX": PROBLEM},
            }
        },
    },
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}

FAULTS = {
    "answers 500 to content that is no object": "COM-HTTP-002",
    "answers with a status that is not declared": "COM-HTTP-001",
    "answers JSON as text/html": "COM-HTTP-003",
    "writes NaN into JSON": "COM-HTTP-004",
    "leaves out a required header": "COM-HTTP-005",
    "answers 405 without Allow": "COM-HTTP-009",
    "answers a number as text": "COM-SCH-001",
    "shows a property of its own": "COM-SCH-002",
    "serves who comes without token": "COM-SEC-001",
    "serves who comes with any token": "COM-SEC-002",
    "answers 401 without a challenge": "COM-SEC-008",
    "writes another status into the problem": "COM-ERR-003",
    "mends JSON that breaks off": "COM-TXT-001",
    "accepts what lacks a property": "COM-VAL-001",
    "accepts any type": "COM-VAL-002",
    "accepts any length": "COM-VAL-003",
    "accepts any code": "COM-VAL-004",
    "accepts any kind": "COM-VAL-005",
    "accepts any count": "COM-VAL-006",
    "accepts any number of marks": "COM-VAL-007",
    "accepts unknown properties": "COM-VAL-008",
    "accepts no content": "COM-VAL-009",
    "needs no word": "COM-VAL-010",
    "takes any parameter": "COM-VAL-011",
}
"""What can be wrong, and the requirement that must fail then, and no other."""
OBSERVED = {
    "shows its stack": "COM-ERR-006",
    "reads content of any media type": "COM-HTTP-006",
    "answers PUT as GET": "COM-HTTP-008",
    "replaces what is no UTF-8": "COM-TXT-002",
}
"""What a recommendation is made of; the system conforms all the same."""


class Depot:
    """The system; `fault` is what is wrong with it."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.items: dict[str, dict[str, Any]] = {}

    def is_(self, fault: str) -> bool:
        return self.fault == fault

    def application(self) -> Starlette:
        """The system as an ASGI application."""
        known = ["GET", "POST"] + ["PUT"] * self.is_("answers PUT as GET")
        routes = [
            Route("/items", self.on_items, methods=known),
            Route("/items/{item_id}", self.on_item, methods=["GET"]),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: self.refuse, 404: self.refuse})

    def refuse(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = 400 if self.is_("writes another status into the problem") else error.status_code
        if error.status_code == 400 == status and self.is_("writes another status into the problem"):
            status = 422
        detail = 'Traceback (most recent call last)\n File "x.py"' if self.is_("shows its stack") else error.detail
        headers = dict(error.headers or {})
        if self.is_("answers 405 without Allow"):
            headers.pop("Allow", None)
        problem = {"type": "about:blank", "title": "no", "status": status, "detail": detail}
        return JSONResponse(problem, error.status_code, headers, media_type="application/problem+json")

    def let_in(self, request: Request) -> None:
        given = request.headers.get("Authorization")
        if given is None and self.is_("serves who comes without token"):
            return
        if given != f"Bearer {TOKEN}" and not (given and self.is_("serves who comes with any token")):
            challenge = {} if self.is_("answers 401 without a challenge") else {"WWW-Authenticate": "Bearer"}
            raise HTTPException(401, "who are you?", headers=challenge)

    async def on_items(self, request: Request) -> Response:
        self.let_in(request)
        if request.method == "PUT":
            return JSONResponse([])
        return await self.add(request) if request.method == "POST" else self.list(request)

    def list(self, request: Request) -> Response:
        query = request.query_params
        if "word" not in query and not self.is_("needs no word"):
            raise HTTPException(400, "word")
        if not self.is_("takes any parameter"):
            if query.get("word", "x") == "":
                raise HTTPException(400, "word")
            if query.get("kind", "box") not in {"box", "bag"} or not re.fullmatch(r"[0-9]+", query.get("least", "0")):
                raise HTTPException(400, "kind or least")
        headers = {} if self.is_("leaves out a required header") else {"X-Total": str(len(self.items))}
        return JSONResponse(list(self.items.values())[:5], headers=headers)

    async def add(self, request: Request) -> Response:
        kind = request.headers.get("Content-Type", "").partition(";")[0]
        body = await request.body()
        if kind != "application/json" and not self.is_("reads content of any media type"):
            raise HTTPException(415, "JSON only")
        if not body and self.is_("accepts no content"):
            body = json.dumps(EXAMPLE).encode()
        content = self.read(body)
        self.check(content)
        item = {"id": f"item-{len(self.items) + 1}", **content}
        self.items[item["id"]] = item
        return JSONResponse(item, 200 if self.is_("answers with a status that is not declared") else 201)

    def read(self, body: bytes) -> Any:
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            if self.is_("replaces what is no UTF-8"):
                return EXAMPLE
            raise HTTPException(400, "UTF-8") from None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            if self.is_("mends JSON that breaks off") and text.startswith("{") and text.endswith("]"):
                return EXAMPLE
            raise HTTPException(400, "JSON") from None

    def check(self, content: Any) -> None:
        if not isinstance(content, dict):
            raise HTTPException(500 if self.fault.startswith("answers 500") else 400, "object")
        name, count, marks = content.get("name"), content.get("count"), content.get("marks", ["a"])
        types = isinstance(name, str) and type(count) is int and isinstance(marks, list)
        types = types and all(isinstance(mark, str) for mark in marks)
        if not {"name", "count"} <= content.keys():
            self.wrong("accepts what lacks a property")
        elif not types or not all(isinstance(content.get(key, ""), str) for key in ("kind", "code")):
            self.wrong("accepts any type")
        elif not 1 <= len(content["name"]) <= 20:
            self.wrong("accepts any length")
        elif not 0 <= content["count"] <= 100:
            self.wrong("accepts any count")
        elif content.get("kind", "box") not in {"box", "bag"}:
            self.wrong("accepts any kind")
        elif not re.fullmatch(r"[a-z]{3}-[0-9]{2}", content.get("code", "abc-12")):
            self.wrong("accepts any code")
        elif not 1 <= len(marks) <= 3:
            self.wrong("accepts any number of marks")
        elif not content.keys() <= ITEM["properties"].keys():
            self.wrong("accepts unknown properties")
        else:
            return
        content.clear()
        content.update(EXAMPLE)

    def wrong(self, fault: str) -> None:
        if not self.is_(fault):
            raise HTTPException(422, "no such item")

    async def on_item(self, request: Request) -> Response:
        self.let_in(request)
        item = self.items.get(request.path_params["item_id"])
        if item is None:
            raise HTTPException(404, "no such item")
        if self.is_("answers a number as text"):
            item = {**item, "count": str(item["count"])}
        if self.is_("shows a property of its own"):
            item = {**item, "row": 7}
        if self.is_("answers JSON as text/html"):
            return HTMLResponse(json.dumps(item))
        if self.is_("writes NaN into JSON"):
            return Response(json.dumps({**item, "count": float("nan")}), media_type="application/json")
        return JSONResponse(item)
