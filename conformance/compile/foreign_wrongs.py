"""What can be wrong with the parameters and the content of a request, beyond what `mutations` makes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue.operations import Parameter
from conformance.compile.foreign_values import Values
from conformance.compile.mutations import Mutation, about, kinds
from conformance.compile.places import Place, flat, objects, walk
from conformance.expression import MISSING, follow

_MOST_PLACES = 40


def is_object(values: Values, parameter: Parameter) -> bool:
    entry = values.entry(parameter.schema)
    return _kind(entry) == "object"


def _kind(schema: Mapping[str, Any]) -> str:
    """The one type that a schema has beside null, or nothing."""
    named = [kind for kind in kinds(schema) if kind != "null"]
    return named[0] if len(named) == 1 else ""


def bad_texts(entry: dict[str, Any]) -> Iterator[str]:
    kind = _kind(entry)
    yield from {"integer": ("x", "1.5", "1 2"), "number": ("x", "1e"), "boolean": ("x", "2")}.get(kind, ())
    if kind in {"integer", "number"}:
        for word, step in (("minimum", -1), ("maximum", 1)):
            if isinstance(entry.get(word), int | float):
                yield str(entry[word] + step)
    else:
        yield from ("", "_not-valid_", "\u0000")
        longest = entry.get("maxLength", 0)
        if 0 < longest <= 4000:
            yield "x" * (longest + 1)
        if entry.get("format") in {"date", "date-time"} or "pattern" in entry:
            yield from ("2026-13-01", "-", "%")


def is_sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and value.strip() == value and value != ""


def open_places(document: dict[str, Any], schema: Any, body: Any) -> list[Place]:
    found: list[Place] = []
    try:
        found.append(Place("", flat(document, schema, body), body, False))
        for place in walk(document, schema, body):
            found.append(place)
            if len(found) >= _MOST_PLACES:
                break
    except RecursionError:
        pass
    return found


def closed_objects(document: dict[str, Any], schema: Any, body: Any) -> list[str]:
    try:
        return list(dict.fromkeys(objects(document, schema, body)))[:5]
    except RecursionError:
        return []


def plainly_wrong(place: Place) -> Iterator[Mutation]:
    """Values of a type that no reading makes the declared one."""
    wrong_values: dict[str, tuple[Any, ...]] = {
        "integer": ("not-a-number", {"x": "y"}), "number": ("not-a-number", {"x": "y"}),
        "boolean": ({"x": "y"}, "maybe"), "string": ({"x": "y"},), "array": ({"x": "y"},), "object": ("x",),
    }  # fmt: skip
    for value in wrong_values.get(_kind(place.schema), ()):
        text = about(place.pointer, f"型が異なる({value!r})", f"another type ({value!r})")
        yield Mutation("schema.type", value, text)


def is_there(body: Any, place: Place, value: Any) -> bool:
    """Whether there is something at a place of the content that can be replaced by a value."""
    if place.pointer == "":
        return value is not MISSING
    return follow(body, place.pointer.rpartition("/")[0]) is not MISSING


def is_json_text(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True
