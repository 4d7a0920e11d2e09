"""Where the id of a thing stands in the answer that made or listed it, guessed from names as documents use them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.foreign_content import is_json
from conformance.compile.mutations import kinds
from conformance.compile.places import flat

_MOST = 3
_USUAL = ("id", "uuid", "key", "slug", "name")


def id_pointers(document: dict[str, Any], producer: Operation, parameter: str) -> Iterator[dict[str, Any]]:
    """Templates that take the value of a path parameter from an answer of `producer`, the likeliest first."""
    schema = _answer_schema(producer)
    pointers = list(_pointers(document, schema, parameter))
    if producer.method == "POST" and not pointers:
        guessed = ["/id"] if _is_open(document, schema) else []
        pointers += guessed
    for pointer in pointers[:_MOST]:
        yield {"$e": f"$response.body#{pointer}"}
    if producer.method == "POST":
        yield {"$apply": "last-segment", "to": {"$e": "$response.header.Location"}}


def _answer_schema(producer: Operation) -> Any:
    for status in sorted(producer.answers):
        if status.startswith("2") or status == "default":
            for kind, schema in producer.answers[status].media.items():
                if is_json(kind) or "*" in kind:
                    return schema
    return True


def _is_open(document: dict[str, Any], schema: Any) -> bool:
    """Whether a schema says nothing of what an answer holds."""
    entry = _flat(document, schema)
    return not entry.get("properties") and entry.get("type", "object") == "object"


def _pointers(document: dict[str, Any], schema: Any, parameter: str) -> Iterator[str]:
    entry = _flat(document, schema)
    if "items" in entry:
        yield from (f"/0{name}" for name in _members(document, entry["items"], parameter))
        return
    yield from _members(document, schema, parameter)
    for name, part in entry.get("properties", {}).items():
        inner = _flat(document, part)
        place = "/" + _escaped(name)
        if "items" in inner:
            yield from (f"{place}/0{found}" for found in _members(document, inner["items"], parameter))
        elif "properties" in inner:
            yield from (f"{place}{found}" for found in _members(document, part, parameter))


def _members(document: dict[str, Any], schema: Any, parameter: str) -> Iterator[str]:
    """Members of an object that may be what the parameter means: same name, its ending (`petId`: `id`), usual names."""
    properties = _flat(document, schema).get("properties", {})
    wanted = _folded(parameter)
    ranked: list[tuple[int, str]] = []
    for name, part in properties.items():
        folded, inner = _folded(name), _flat(document, part)
        if not {"object", "array", "boolean"}.isdisjoint(kinds(inner)):
            continue
        if name == parameter or folded == wanted:
            ranked.append((0, name))
        elif len(folded) > 1 and wanted.endswith(folded):
            ranked.append((1, name))
        elif name in _USUAL:
            ranked.append((2 + _USUAL.index(name), name))
    yield from ("/" + _escaped(name) for _, name in sorted(ranked, key=lambda item: item[0])[:2])


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _flat(document: dict[str, Any], schema: Any) -> Mapping[str, Any]:
    try:
        return flat(document, schema, "x")
    except RecursionError:
        return {}
