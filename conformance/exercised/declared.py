"""What the documents hold that can be exercised: properties, constraints, links, codes of each operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.catalogue.documents import resolve

CONSTRAINTS = frozenset(
    {
        "type", "enum", "const", "required", "minLength", "maxLength", "pattern", "format", "minimum", "maximum",
        "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems",
        "additionalProperties", "unevaluatedProperties",
    }
)  # fmt: skip  # one table, read as one
"""Keywords of JSON Schema that can be broken, each by a request of its own."""
FORMATS = frozenset(
    {"date", "date-time", "uuid", "individual-number", "resident-code", "corporate-number", "local-government-code"}
)
"""Formats that an answer is held to; others only tell (JSON Schema 2020-12, Validation 7.2.1)."""
_DEEPEST = 12

Places = dict[str, set[str]]
"""Constraints by the place (pointer) that they bind; `*` stands for any item of an array or member of a map."""


def places(document: dict[str, Any], schema: Any) -> Places:
    """All places of a schema, of all branches of its unions, with the constraints that bind each."""
    found: Places = {}
    for pointer, keywords in _walk(document, schema, "", 0):
        found.setdefault(pointer, set()).update(keywords)
    return found


def _walk(document: dict[str, Any], schema: Any, pointer: str, depth: int) -> Iterator[tuple[str, set[str]]]:
    entry = resolve(document, schema)
    if not isinstance(entry, dict) or depth > _DEEPEST:
        return
    yield pointer, set(_constraints(entry))
    for word in ("allOf", "oneOf", "anyOf"):
        for part in entry.get(word) or ():
            yield from _walk(document, part, pointer, depth + 1)
    for name, child in (entry.get("properties") or {}).items():
        escaped = str(name).replace("~", "~0").replace("/", "~1")
        yield from _walk(document, child, f"{pointer}/{escaped}", depth + 1)
    for word in ("items", "additionalProperties"):
        if isinstance(entry.get(word), dict):
            yield from _walk(document, entry[word], f"{pointer}/*", depth + 1)


def _constraints(entry: Mapping[str, Any]) -> Iterator[str]:
    for word in entry.keys() & CONSTRAINTS:
        value = entry[word]
        if word in {"additionalProperties", "unevaluatedProperties"}:
            if value is False:
                yield "closed"
        elif word == "required":
            yield from (f"required {name}" for name in value)
        elif not (word == "format" and value not in FORMATS) and not (word in {"minLength", "minItems"} and not value):
            yield word


def child(known: Mapping[str, object], pointer: str, name: str) -> str:
    """The declared place of a member under a place."""
    named = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
    return named if named in known else f"{pointer}/*"


def place_of(known: Mapping[str, object], path: Iterable[str | int]) -> str:
    """The declared place of a path in a value."""
    pointer = ""
    for part in path:
        pointer = child(known, pointer, str(part))
    return pointer
