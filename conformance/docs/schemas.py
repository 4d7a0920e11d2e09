"""A JSON Schema as rows to be read: one for each member, what it refers to as a link, its keywords as they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMPONENT = "#/components/schemas/"
_SHOWN_OTHERWISE = frozenset(
    {"$ref", "type", "description", "title", "properties", "required", "items", "oneOf", "anyOf", "allOf", "not",
     "example", "examples", "x-business-rules", "discriminator", "propertyNames", "patternProperties", "if", "then",
     "else", "prefixItems", "contains", "dependentSchemas", "$comment"}
)  # fmt: skip
_NESTED = ("not", "if", "then", "else", "contains", "propertyNames", "additionalProperties", "unevaluatedProperties")
_CHOICES = ("oneOf", "anyOf", "allOf", "prefixItems")
_DEEPEST = 12


@dataclass(frozen=True)
class Row:
    """One member of a schema. `name` is empty for the schema itself; `role` names the keyword that it stands under."""

    name: str
    depth: int
    role: str
    required: bool
    kind: str
    reference: str | None
    limits: tuple[tuple[str, str], ...]
    description: str
    rules: tuple[str, ...]


def rows(schema: Any) -> list[Row]:
    """The rows of a schema, the schema itself first."""
    return list(_rows(schema, "", 0, "", required=False))


def _rows(schema: Any, name: str, depth: int, role: str, *, required: bool) -> Iterator[Row]:
    content = schema if isinstance(schema, dict) else {}
    yield Row(
        name=name,
        depth=depth,
        role=role,
        required=required,
        kind=_kind(schema),
        reference=component(content),
        limits=_limits(content),
        description=str(content.get("description", "")),
        rules=tuple(content.get("x-business-rules", ())),
    )
    if depth >= _DEEPEST:
        return
    needed = content.get("required") or ()
    for key in ("properties", "patternProperties", "dependentSchemas"):
        for member, value in (content.get(key) or {}).items():
            under = "" if key == "properties" else key
            yield from _rows(value, member, depth + 1, under, required=key == "properties" and member in needed)
    items = content.get("items")
    if isinstance(items, dict) and not _said_with_the_list(items):
        yield from _rows(items, "", depth + 1, "items", required=False)
    for key in _CHOICES:
        for number, value in enumerate(content.get(key) or (), 1):
            yield from _rows(value, "", depth + 1, f"{key} {number}", required=False)
    for key in _NESTED:
        if isinstance(content.get(key), dict):
            yield from _rows(content[key], "", depth + 1, key, required=False)


def component(schema: Any) -> str | None:
    """The name of the component that a schema refers to, itself or with its items."""
    content = schema if isinstance(schema, dict) else {}
    reference = content.get("$ref")
    if isinstance(reference, str) and reference.startswith(_COMPONENT):
        return reference.removeprefix(_COMPONENT)
    items = content.get("items")
    return component(items) if isinstance(items, dict) and _said_with_the_list(items) else None


def _said_with_the_list(items: dict[str, Any]) -> bool:
    return set(items) == {"$ref"}


def _kind(schema: Any) -> str:
    """The type in words of JSON Schema; `array of` where the items are told with it."""
    if isinstance(schema, bool):
        return "any" if schema else "never"
    content = schema if isinstance(schema, dict) else {}
    kind = content.get("type", "")
    told = " | ".join(map(str, kind)) if isinstance(kind, list) else str(kind)
    if not told and "properties" in content:
        told = "object"
    items = content.get("items")
    return f"{told or 'array'} of" if isinstance(items, dict) and _said_with_the_list(items) else told


def _limits(content: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Every keyword that restricts, as it stands in the document; what has a place of its own is left out."""
    return tuple(
        (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for key, value in content.items()
        if key not in _SHOWN_OTHERWISE and not (key in _NESTED and isinstance(value, dict))
    )


def examples(schema: Any) -> list[Any]:
    """The examples that stand in a schema."""
    content = schema if isinstance(schema, dict) else {}
    return [*([content["example"]] if "example" in content else []), *(content.get("examples") or [])]
