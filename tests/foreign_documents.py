"""Documents that nobody here wrote: unusual ones that must be read, and wrong ones that must be refused with a place."""

from __future__ import annotations

import json
from typing import Any

ANY = {"200": {"description": "any"}}


def document(paths: dict[str, Any] | None = None, version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    """A document with these paths; one plain operation without any."""
    return {
        "openapi": version,
        "info": {"title": "Awkward", "version": "1"},
        "paths": {"/a": {"get": {"responses": ANY}}} if paths is None else paths,
        **more,
    }


def body(schema: Any, kind: str = "application/json", **more: Any) -> dict[str, Any]:
    """Paths with one POST whose content has a schema."""
    content = {kind: {"schema": schema, **more}}
    return {"/a": {"post": {"requestBody": {"required": True, "content": content}, "responses": ANY}}}


def answer(schema: Any) -> dict[str, Any]:
    """Paths with one GET whose answer has a schema."""
    content = {"application/json": {"schema": schema}}
    return {"/a": {"get": {"responses": {"200": {"description": "any", "content": content}}}}}


def components(**schemas: Any) -> dict[str, Any]:
    return {"components": {"schemas": schemas}}


def _nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "required": ["x"], "properties": {"x": schema}}
    return schema


_A = {"$ref": "#/components/schemas/A"}
_SELF = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "next": _A}}
_ENDLESS = {"type": "object", "required": ["next"], "properties": {"next": _A}}
FAR = document(
    body({"$ref": "#/components/schemas/S0"}),
    **components(
        **{
            f"S{number}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/S{number + 1}"}}}
            for number in range(1500)
        },
        S1500={"type": "string"},
    ),
)
"""One schema that refers to 1,500 others."""

AWKWARD: dict[str, dict[str, Any]] = {
    "nothing but a path": document(),
    "a title that is no name": document(info={"title": "../../共通 🎌", "version": "../1"}),
    "the title of our own catalogue": document(info={"title": "common", "version": "upper-tester"}),
    "no info at all": {"openapi": "3.0.0", "paths": {"/a": {"get": {"responses": ANY}}}},
    "operations without answers": document({"/a": {"get": {}, "post": {"responses": {}}}}),
    "one operationId twice": document(
        {"/a": {"get": {"operationId": "x", "responses": ANY}}, "/b": {"get": {"operationId": "x", "responses": ANY}}}
    ),
    "parameters that are not declared": document({"/a/{id}/b/{x.y}": {"get": {"responses": ANY}}}),
    "parameters that are not in the path": document(
        {"/a": {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {}}], "get": {"responses": ANY}}}
    ),
    "a parameter without schema": document({"/a": {"get": {"parameters": [{"name": "q", "in": "query"}], "responses": ANY}}}),
    "paths that are none": document({"/a": {"get": {"responses": ANY}}, "b": {}, "/c?d=e": {}, "/f#g": {}, "x-h": 1}),
    "styles": document(
        {
            "/a{m}{l}": {
                "get": {
                    "parameters": [
                        {"name": "m", "in": "path", "required": True, "style": "matrix", "schema": {"type": "array"}},
                        {"name": "l", "in": "path", "required": True, "style": "label", "schema": {"type": "object"}},
                        {"name": "d", "in": "query", "style": "deepObject", "required": True,
                         "schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}},
                        {"name": "s", "in": "query", "style": "spaceDelimited", "schema": {"type": "array"}},
                        {"name": "j", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
                        {"name": "c", "in": "cookie", "required": True, "schema": {"type": "string"}},
                        {"name": "Host", "in": "header", "required": True, "schema": {"type": "string"}},
                    ],
                    "responses": ANY,
                }
            }
        }
    ),
    "content of a GET": document({"/a": {"get": {"requestBody": {"content": {"a/b": {}}}, "responses": ANY}}}),
    "XML only": document(body({"type": "object"}, "application/xml")),
    "form": document(body({"type": "object", "properties": {"a": {"type": "array", "items": {}}}}, "application/x-www-form-urlencoded")),
    "files": document(body({"type": "object", "required": ["f"], "properties": {"f": {"type": "string"}}}, "multipart/form-data")),
    "anything": document(body(True, "*/*")),
    "no schema": document({"/a": {"post": {"requestBody": {"content": {"application/json": None}}, "responses": ANY}}}),
    "null and false as schema": document(body({"properties": {"a": None, "b": False}, "required": ["a"]})),
    "a circle in place": document(body(_A), **components(A={"allOf": [_A]})),
    "a circle of choices": document(body(_A), **components(A={"oneOf": [_A, {"type": "string"}]})),
    "a circle of two": document(
        answer(_A), **components(A={"anyOf": [{"$ref": "#/components/schemas/B"}]}, B={"allOf": [_A, {"type": "object"}]})
    ),
    "a tree": document(body(_SELF) | answer(_A), **components(A=_SELF)),
    "a value without end": document(body(_A), **components(A=_ENDLESS)),
    "depth": document(body(_nested(60))),
    "OpenAPI 3.0 words": document(
        body(
            {
                "type": "object",
                "required": True,
                "properties": {
                    "a": {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "nullable": True},
                    "b": {"$ref": "#/components/schemas/A", "nullable": True, "maxLength": 1},
                    "c": {"type": "strng", "minLength": "3", "multipleOf": 0},
                    "d": {"enum": []},
                    "e": {"type": "array"},
                },
            }
        ),
        "3.0.1",
        **components(A={"type": "string", "enum": ["x"], "nullable": True}),
    ),
    "patterns of other dialects": document(
        body({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(?<n>x)\\Z"}}, "patternProperties": {"(": {}}})
    ),
    "what no value matches": document(body({"type": "integer", "minimum": 5, "maximum": 1})),
    "giants": document(
        body({"type": "object", "required": ["a", "b"], "properties": {
            "a": {"type": "string", "maxLength": 2**40}, "b": {"type": "array", "minItems": 10**9}}})
        | {"/b": {"get": {"parameters": [{"name": "q", "in": "query", "schema": {"type": "string", "maxLength": 2**31}}],
                          "responses": ANY}}}
    ),
    "names": document(
        body({"type": "object", "required": ["$ref", "$fresh", "a/b", "", "~"],
              "properties": {n: {"type": "string"} for n in ("$ref", "$fresh", "a/b", "", "~", "__proto__", "漢字")}})
    ),
    "examples that are references": document(
        body({"type": "object"}, example={"$ref": "#/nowhere"}, examples={"x": {"$ref": "#/components/examples/x"}}),
        components={"examples": {"x": {"value": {"a": 1}}}},
    ),
    "half a character": document(body({"type": "object"}, example={"a": "\ud800"})),
    "our own extensions": document(
        {"/a": {"x-option": "o", "get": {"x-option": "o", "x-problem-codes": ["x"], "responses": ANY}}},
        info={"title": "x", "version": "1", "x-common-version": "../../.."},
    ),
    "security of every kind": document(
        {
            f"/{name}": {"get": {"security": [{name: []}], "responses": ANY}}
            for name in ("key", "query", "cookie", "basic", "digest", "mtls", "oidc", "unknown")
        },
        components={
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "query": {"type": "apiKey", "in": "query", "name": "key"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
                "basic": {"type": "http", "scheme": "Basic"},
                "digest": {"type": "http", "scheme": "digest"},
                "mtls": {"type": "mutualTLS"},
                "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://example.com/"},
            }
        },
    ),
    "references into the network": document(
        {
            "/a": {"get": {"parameters": [{"$ref": "https://example.com/p.yaml"}],
                           "responses": {"200": {"$ref": "https://example.com/r.yaml#/x"}}},
                   "post": {"requestBody": {"$ref": "//example.com/b"}, "responses": ANY}},
            "/b": {"$ref": "https://example.com/path.yaml"},
        }
    ),
    "links to nowhere": document(
        {"/a": {"post": {"responses": {"201": {"description": "x", "links": {
            "x": {"operationId": "none", "parameters": {"id": "$response.body#/id"}},
            "y": {"operationRef": "https://example.com/#/paths/~1a/get", "parameters": {"id": "{$request.body}"}}}}}}}}
    ),
    "schemas without number": FAR,
    "callbacks and webhooks": document(webhooks={"x": {"post": {"responses": ANY}}}),
}  # fmt: skip  # one table, read as one


def _chained(number: int) -> dict[str, Any]:
    following = number + 1 if (number + 1) % 20 else number - 19
    return {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/S{following}"}}}


HUGE = document(
    {
        f"/things-{number}/{{id}}": {
            "get": {"operationId": f"read{number}", "responses": ANY},
            "put": body({"$ref": f"#/components/schemas/S{number}"})["/a"]["post"],
        }
        for number in range(1000)
    },
    **components(**{f"S{number}": _chained(number) for number in range(1000)}),
)
"""2,000 operations whose schemas hang together."""
_ALIASES = "\n".join(
    f"x-{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 30)
)
REFUSED: dict[str, tuple[str, str]] = {
    "empty": ("", "is empty"),
    "a list": ("[1, 2]", "not a mapping"),
    "no YAML": ("a: [", "line 2"),
    "Swagger 2": ('{"swagger": "2.0"}', "Swagger 2"),
    "a version to come": ('{"openapi": "3.2.0"}', "3.2.0"),
    "a key twice": ("openapi: 3.1.0\nopenapi: 3.1.0", "line 2"),
    "no operation": (json.dumps(document({})), "no operation"),
    "HEAD only": (json.dumps(document({"/a": {"head": {"responses": ANY}}})), "no operation"),
    "webhooks only": (json.dumps({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "webhooks": {}}), "no operation"),
    "paths as a list": (json.dumps(document() | {"paths": []}), "paths"),
    "a parameter nowhere": (json.dumps(document({"/a": {"get": {"parameters": [{"name": "x"}]}}})), "/paths/~1a/get/parameters/0"),
    "an answer that is text": (json.dumps(document({"/a": {"get": {"responses": {"200": "fine"}}}})), "/paths/~1a/get/responses/200"),
    "a dangling reference": (json.dumps(document(answer({"$ref": "#/components/schemas/None"}))), "points at nothing"),
    "a file that is not there": (json.dumps(document(answer({"$ref": "other.yaml"}))), "not there"),
    "a file outside": (json.dumps(document(answer({"$ref": "../secret.yaml#/x"}))), "out of the document's folder"),
    "an absolute file": (json.dumps(document(answer({"$ref": "/etc/passwd"}))), "out of the document's folder"),
    "a circle of references": (
        json.dumps(document({"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/A"}}}}},
                            components={"responses": {"A": {"$ref": "#/components/responses/A"}}})), "circle",
    ),
    "aliases of aliases": (f"openapi: 3.1.0\nx-0: &a0 [1, 2, 3, 4, 5, 6]\n{_ALIASES}", "aliases"),
    "too deep": ("[" * 5000, "nested too deeply"),
}  # fmt: skip  # one table, read as one
"""Text of a document, and what the error must say."""
