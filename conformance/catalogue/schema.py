"""Schemas of OpenAPI 3.0 and 3.1 as self-contained JSON Schema 2020-12."""

from __future__ import annotations

from typing import Any

_CONVERTED: dict[int, tuple[Any, dict[str, Any]]] = {}


def dialect_schema(document: dict[str, Any], schema: Any) -> Any:
    """A JSON Schema 2020-12 that means what `schema` means in `document`, with all that it refers to inside it."""
    if schema is True or schema == {}:
        return True
    converted = from_30(schema) if _is_30(document) else schema
    needed = _reachable(converted, _components(document))
    if not needed:
        return converted
    return {"allOf": [converted], "components": {"schemas": needed}}


_PREFIX = "#/components/schemas/"


def _reachable(schema: Any, components: dict[str, Any]) -> dict[str, Any]:
    """The components that a schema refers to, directly or not. A reference into the middle of one takes it whole."""
    found: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith(_PREFIX):
                name = reference.removeprefix(_PREFIX).split("/")[0].replace("~1", "/").replace("~0", "~")
                if name not in found and name in components:
                    found[name] = components[name]
                    waiting.append(components[name])
            waiting.extend(item for item in value.values() if isinstance(item, dict | list))
    return dict(sorted(found.items()))


def _is_30(document: dict[str, Any]) -> bool:
    return str(document.get("openapi", "")).startswith("3.0")


def _components(document: dict[str, Any]) -> dict[str, Any]:
    kept = _CONVERTED.get(id(document))
    if kept is None or kept[0] is not document:
        schemas = (document.get("components") or {}).get("schemas") or {}
        converted = {k: from_30(v) for k, v in schemas.items()} if _is_30(document) else schemas
        _CONVERTED[id(document)] = kept = (document, converted)
    return kept[1]


def from_30(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema 2020-12: `nullable`, boolean exclusive bounds, no siblings of `$ref`."""
    if isinstance(schema, list):
        return [from_30(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": schema["$ref"]}
    result = {
        key: value if key in {"enum", "const", "default", "example", "examples"} else _convert(key, value)
        for key, value in schema.items()
        if key not in {"nullable", "discriminator", "xml", "externalDocs", "deprecated"}
    }
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = result.get(exclusive)
        if isinstance(flag, bool):
            del result[exclusive]
            if flag and bound in result:
                result[exclusive] = result.pop(bound)
    if schema.get("nullable") is True:
        if isinstance(result.get("type"), str):
            result["type"] = [result["type"], "null"]
        if "enum" in result and None not in result["enum"]:
            result["enum"] = [*result["enum"], None]
    return result


def _convert(key: str, value: Any) -> Any:
    if key in {"properties", "patternProperties", "definitions"} and isinstance(value, dict):
        return {name: from_30(item) for name, item in value.items()}
    return from_30(value)
