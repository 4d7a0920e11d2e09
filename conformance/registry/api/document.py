"""The OpenAPI document of the registry, made from the table of endpoints, so that the two cannot differ.

`python -m conformance.registry.api.document` writes it; a test holds it to the table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from conformance import __version__
from conformance.registry.actors import Role
from conformance.registry.api.answers import PROBLEM, ProblemDocument
from conformance.registry.api.application import ENDPOINTS, PREFIX
from conformance.registry.api.calls import Endpoint, File, Nothing

PATH: Final = Path(__file__).parents[1] / "openapi.yaml"
_JSON: Final = "application/json"
_REASONS: Final = {
    400: "The request does not fit this document",
    401: "Nobody is known by the token",
    403: "The role may not do it",
    404: "There is no such thing, as far as the caller may know",
    409: "The present state does not allow it",
    413: "Larger than is taken",
    415: "Another media type than is taken",
    422: "A value breaks a rule",
    503: "It cannot be made now",
    507: "There is no more room",
}
_ABOUT: Final = f"""\
The agency's registry: runs are submitted, judged again by the registry's own rules, reviewed, stated or refused, and
followed up. This is the project's own publication; it binds nobody by law.

Roles: {", ".join(role.value for role in Role if role is not Role.REGISTRY)}.
A bearer token is one that an administrator has given out, or one of the OpenID provider that the registry is started
with; the role is that of the account in either case. What a caller may not see is answered as if it were not there.
Requests are examined in this order: path (404), method (405), token (401), query (400), media type (415), size (413),
content (400), and then role, existence and state.

登録簿のAPIです。試験結果の提出、再判定、審査、適合の表明又は不表明、その後の対応を扱います。
本文書は本プロジェクト独自のもので、法的な拘束力はありません。
"""


def document() -> dict[str, Any]:
    """The document."""
    types = [kind for e in ENDPOINTS for kind in (e.gives, e.takes) if kind not in {None, File}]
    _, components = msgspec.json.schema_components(
        [*types, ProblemDocument], ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(PREFIX + endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Registry",
            "x-title-ja": "登録簿",
            "version": __version__,
            "license": {"name": "MIT", "identifier": "MIT"},
            "description": _ABOUT,
        },
        "servers": [{"url": "/", "description": "Where the registry is served."}],
        "paths": paths,
        "components": {
            "schemas": {name: _tidy(schema) for name, schema in sorted(components.items())},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": endpoint.id,
        "summary": endpoint.title.en,
        "x-summary-ja": endpoint.title.ja,
        "security": [{"bearer": []}, *([{}] if endpoint.public else [])],
    }
    if parameters := _parameters(endpoint):
        found["parameters"] = parameters
    if endpoint.pieces:
        found["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    elif endpoint.takes is not None:
        found["requestBody"] = {"required": True, "content": {_JSON: {"schema": _schema(endpoint.takes)}}}
    found["responses"] = _responses(endpoint)
    return found


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for name in names
    ]
    if endpoint.query is not Nothing:
        _, components = msgspec.json.schema_components([endpoint.query])
        for name, schema in components[endpoint.query.__name__]["properties"].items():
            found.append({"name": name, "in": "query", "required": False, "schema": _query_schema(name, schema)})
    if endpoint.pieces:
        offset = {"type": "integer", "minimum": 0}
        found.append({"name": "Upload-Offset", "in": "header", "required": True, "schema": offset})
    return found


def _query_schema(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    from conformance.registry.states import RunState

    bounds = {"limit": {"minimum": 1, "maximum": 100}, "offset": {"minimum": 0, "maximum": 1_000_000}}
    if name == "state":
        return {"type": "string", "enum": [state.value for state in RunState]}
    if name in bounds:
        return {"type": "integer", **bounds[name], "default": schema["default"]}
    if "enum" in schema:
        return {"type": "string", **{key: schema[key] for key in ("enum", "default") if key in schema}}
    return {"type": "string"}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    given: dict[str, Any] = {"description": endpoint.title.en, "headers": _headers(endpoint)}
    if endpoint.gives is File:
        given["content"] = {"*/*": {}}
    else:
        given["content"] = {_JSON: {"schema": _schema(endpoint.gives)}}
    statuses = {400, 401, *endpoint.refusals}
    if not endpoint.public:
        statuses.add(403)
    if endpoint.takes is not None or endpoint.pieces:
        statuses |= {413, 415}
    if endpoint.takes is not None:
        statuses.add(422)
    problem = {"content": {PROBLEM: {"schema": _schema(ProblemDocument)}}}
    return {
        str(endpoint.status): given,
        **{str(status): {"description": _REASONS[status], **problem} for status in sorted(statuses)},
    }


def _headers(endpoint: Endpoint) -> dict[str, Any]:
    text = {"schema": {"type": "string"}, "required": True}
    found = {"Cache-Control": {**text, "description": "Always `no-store`."}}
    if endpoint.location:
        found["Location"] = {**text, "description": "Address of what was made."}
    return found


def _schema(kind: Any) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "title"}


def written() -> str:
    """The document as it stands in the file."""
    told = yaml.safe_dump(document(), allow_unicode=True, sort_keys=False, width=118)
    return f"# Made by `python -m conformance.registry.api.document` from the table of endpoints.\n{told}"


if __name__ == "__main__":
    PATH.write_text(written(), "utf-8")
