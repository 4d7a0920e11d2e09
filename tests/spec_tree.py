"""A small set of published documents that is right in all its parts, to be broken one part at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from exchanges import script, step

from conformance.catalogue.service import load_service
from conformance.edition_file import Edition, EditionHeader, encode
from conformance.errors import SuiteError
from conformance.model import Check

COMMON, COMMON_REQUIREMENTS = "common/1.0/components.yaml", "common/1.0/requirements.yaml"
API, REQUIREMENTS = "toy/1.0/openapi.yaml", "toy/1.0/requirements.yaml"
WORKFLOWS, EDITION, IDS = "toy/1.0/workflows.arazzo.yaml", "toy/1.0/edition.jsonl.zst", "requirement-ids.txt"
Tree = dict[str, Any]
_SHARED = "../../common/1.0/components.yaml#/components"
_CODES = {
    400: "invalid_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 406: "not_acceptable",
    413: "payload_too_large", 415: "unsupported_media_type", 429: "too_many_requests", 503: "service_unavailable",
}  # fmt: skip


def _text(name: str) -> dict[str, str]:
    return {"ja": f"{name}の文", "en": f"about {name}"}


def _summary(name: str) -> dict[str, str]:
    return {"summary": f"about {name}", "x-summary-ja": f"{name}の概要"}


def entry(identifier: str, *ways: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A requirement as a catalogue writes it."""
    return {
        "id": identifier,
        "title": _text(identifier),
        "statement": _text(identifier),
        "level": "mandatory",
        "condition": {},
        "source": {"kind": "profile", "document": "test"},
        "effective_from": "2026-04-01",
        "area": "things",
        **({"verified_by": list(ways)} if ways else {}),
        **more,
    }


def _catalogue(name: str, *entries: dict[str, Any]) -> dict[str, Any]:
    areas = {"things": _text("things")} if name == "common" else {}
    return {"catalogue": name, "version": "1.0", "title": _text(name), "areas": areas, "requirements": list(entries)}


def _answers(*statuses: int, **success: Any) -> dict[str, Any]:
    errors = {str(status): {"$ref": f"{_SHARED}/responses/E{status}"} for status in statuses}
    return {**{name.removeprefix("s"): value for name, value in success.items()}, **errors}


def _content(schema: Any, example: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema, "examples": {"one": {"value": example}}}}


def _common() -> dict[str, Any]:
    scopes = {"things:read": "read", "things:write": "write"}
    problem = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Common", "version": "1.0"},
        "paths": {},
        "x-options": {"extra": {"title": _text("extra")}},
        "x-roles": {"clerk": {"scopes": list(scopes)}, "viewer": {"scopes": ["things:read"]}},
        "x-problem-code-catalogue": {code: {"status": status} for status, code in _CODES.items()},
        "components": {
            "securitySchemes": {
                "oauth2": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "token", "scopes": scopes}}}
            },
            "schemas": {
                "Problem": problem,
                "Number": {"type": "string", "format": "individual-number", "examples": ["123456789018"]},
            },
            "responses": {
                f"E{status}": {
                    "description": code,
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                    "x-problem-codes": [code],
                }
                for status, code in _CODES.items()
            },
        },
    }


def _api() -> dict[str, Any]:
    thing, made = {"$ref": "#/components/schemas/Thing"}, {"id": "t-1", "name": "a"}
    new = _content({"$ref": "#/components/schemas/New"}, {"name": "a"})
    link = {"operationId": "getThing", "parameters": {"thing_id": "$response.body#/id"}}
    q = {"name": "q", "in": "query", "description": "Q", "schema": {"type": "string"}, "x-option": "extra"}
    parameter = {
        "name": "thing_id",
        "in": "path",
        "required": True,
        "description": "Its id",
        "schema": {"type": "string"},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1.0"},
        "paths": {
            "/things": {
                "post": {
                    "operationId": "createThing",
                    "summary": "Make a thing",
                    "security": [{"oauth2": ["things:write"]}],
                    "requestBody": {"required": True, "content": new},
                    "responses": _answers(
                        400, 401, 403, 406, 413, 415, 429, 503,
                        s201={
                            "description": "made",
                            "content": _content(thing, made),
                            "links": {"it": link},
                        },
                    ),
                }
            },
            "/things/{thing_id}": {
                "parameters": [parameter],
                "get": {
                    "operationId": "getThing",
                    "summary": "Read a thing",
                    "security": [{"oauth2": ["things:read"]}],
                    "parameters": [q],
                    "responses": _answers(
                        400, 401, 403, 404, 406, 429, 503, s200={"description": "it", "content": _content(thing, made)}
                    ),
                },
            },
        },
        "components": {
            "securitySchemes": {"oauth2": {"$ref": f"{_SHARED}/securitySchemes/oauth2"}},
            "schemas": {
                "New": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "maxLength": 5, "x-business-rules": ["TOY-THI-001"]},
                        "number": {"$ref": f"{_SHARED}/schemas/Number"},
                    },
                },
                "Thing": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
            },
        },
    }  # fmt: skip


def _workflows() -> dict[str, Any]:
    make = {
        "stepId": "make",
        "operationId": "createThing",
        "x-role": "clerk",
        "requestBody": {"contentType": "application/json", "payload": {"name": "$inputs.name"}},
        "successCriteria": [{"condition": "$statusCode == 201"}],
        "outputs": {"id": "$response.body#/id"},
    }
    read = {
        "stepId": "read",
        "operationId": "getThing",
        "x-role": "viewer",
        "parameters": [{"name": "thing_id", "in": "path", "value": "$steps.made.outputs.id"}],
        "successCriteria": [{"condition": "$statusCode == 200"}],
    }
    same = {"rule": "identical", "actual": "$response.body#/id", "expected": "$steps.made.outputs.id"}
    tested = {"condition": "$statusCode == 200", "x-requirement": "TOY-THI-001", "x-check": same}
    inputs = {"type": "object", "properties": {"name": {"enum": ["a", "b"]}}}
    called = {"stepId": "made", "workflowId": "make"}
    outputs = {"id": "$steps.make.outputs.id"}
    return {
        "arazzo": "1.0.1",
        "info": {"title": "Things", "version": "1.0"},
        "sourceDescriptions": [{"name": "toy", "url": "./openapi.yaml", "type": "openapi"}],
        "workflows": [
            {"workflowId": "make", **_summary("make"), "x-valid-call": "createThing", "inputs": inputs, "steps": [make],
             "outputs": outputs},
            {"workflowId": "read", **_summary("read"), "x-valid-call": "getThing", "steps": [called, read]},
            {"workflowId": "same", **_summary("same"), "steps": [called, {**read, "successCriteria": [tested]}]},
            {
                "workflowId": "extra",
                **_summary("extra"),
                "x-options": ["extra"],
                "steps": [called, {**read, "successCriteria": [{**tested, "x-requirement": "TOY-EXT-001"}]}],
            },
        ],
    }  # fmt: skip


def tree() -> Tree:
    """All files by path: structures for YAML, text for the list of ids."""
    scripts = {"scripts": "schema.missing", "expect": "refused"}
    option = {"level": "optional", "condition": {"options": ["extra"]}}
    found = {
        COMMON: _common(),
        COMMON_REQUIREMENTS: _catalogue(
            "common",
            entry("COM-VAL-001", scripts),
            entry("COM-HTP-001", {"rule": "nosniff"}),
            entry("COM-LOG-001", not_tested=_text("logs")),
        ),
        API: _api(),
        REQUIREMENTS: _catalogue(
            "toy", entry("TOY-EXT-001", {"workflow": "extra"}, **option), entry("TOY-THI-001", {"workflow": "same"})
        ),
        WORKFLOWS: _workflows(),
        IDS: "COM-HTP-001\nCOM-LOG-001\nCOM-VAL-001\nTOY-EXT-001\nTOY-THI-001\n",
    }
    copied: Tree = json.loads(json.dumps(found))  # no two parts are one and the same object
    return copied


def write(root: Path, files: Tree, *, judged: tuple[str, ...] = ("COM-VAL-001", "TOY-EXT-001", "TOY-THI-001")) -> None:
    """Write the files, and an edition that belongs to them where they can be read at all."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8"
        )
    try:
        service = load_service("toy", "1.0", root)
    except (SuiteError, KeyError):
        return
    checks = tuple(Check("call", "refused", {}, name) for name in judged)
    header = EditionHeader("toy", "1.0", 1, service.digests, {})
    (root / EDITION).write_bytes(encode(Edition(header, (script(*checks, steps=(step("getThing"),)),))))
