"""What a server may take a value for that it reads generously. Only what is wrong in every reading is held against it.

Frameworks read `"1"` where a number is declared, take null or an empty text for nothing, cut spaces, fold case, drop an
item that stands twice, take a page size over the limit for the limit. Whoever wrote the document in good faith did not
mean to promise a refusal of these.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from conformance.catalogue.foreign_prose import OTHERS
from conformance.catalogue.operations import Parameter
from conformance.compile.foreign_values import Values, read_back
from conformance.compile.places import Place
from conformance.expression import MISSING

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,2})?")
_PAGING = re.compile(
    r"limit|offset|page|size|count|per|top|skip|first|last|start|rows|max|num|take|length", re.IGNORECASE
)
_MAY_BE_IGNORED = re.compile(
    r"prefer|accept-.*|if-.*|range|cache-control|pragma|origin|referer|from|max-forwards|forwarded|x-forwarded-.*|dnt"
    r"|traceparent|tracestate|baggage",
    re.IGNORECASE,
)
"""Headers that a server ignores when it does not understand them, as their own standards want it (RFC 7240, 2)."""


def readings(value: Any) -> Iterator[Any]:
    """Other values that a server may take `value` for; `MISSING` where it may take it for nothing."""
    if value is None or value == "" or value == []:
        yield MISSING
    if isinstance(value, str):
        yield from _of_text(value)
    elif isinstance(value, bool):
        yield from (int(value), str(value).lower(), str(value))
    elif isinstance(value, int | float):
        yield from (str(value), int(value), float(value), bool(value))
    elif isinstance(value, list):
        yield from value[:1] if len(value) == 1 else ()
    if not isinstance(value, list) and value is not None:
        yield [value]


def _of_text(value: str) -> Iterator[Any]:
    plain = unicodedata.normalize("NFKC", value)
    for text in dict.fromkeys((value, value.strip(), plain, plain.strip())):
        yield from (text, text.lower(), text.upper(), text.title())
        if _NUMBER.fullmatch(text.strip()):
            number = float(text)
            yield from (number, int(number))
    if plain.strip().lower() in {"true", "false", "yes", "no", "on", "off", "1", "0"}:
        yield from (True, False)


def _once_each(items: list[Any]) -> list[Any]:
    found: dict[str, Any] = {}
    for item in items:
        found.setdefault(repr(item), item)
    return list(found.values())


def place_readings(place: Place, value: Any) -> Iterator[Any]:
    """What may be read at one place of a content; nothing there is read as the default, where the schema has one."""
    if value is MISSING:
        if "default" in place.schema:
            yield place.schema["default"]
        return
    yield from (item for item in readings(value) if place.pointer or item is not MISSING)
    if isinstance(value, list) and place.schema.get("uniqueItems"):
        yield _once_each(value)


def takes_others(place: Place, value: Any) -> bool:
    """Whether the document says itself that at this place other values than the schema's are taken."""
    return value is not MISSING and OTHERS in place.schema


def is_nothing(place: Place, value: Any) -> bool:
    """Whether a whole content may be read as no content."""
    return place.pointer == "" and value is None


def parameter_is_wrong(values: Values, parameter: Parameter, text: str | None) -> bool:
    """Whether a text (None: nothing) breaks the schema of a parameter in every reading of it."""
    schema = parameter.schema
    if parameter.place == "header" and _MAY_BE_IGNORED.fullmatch(parameter.name):
        return False
    entry = values.entry(schema)
    if text is not None and OTHERS in entry:
        return False
    default = "default" in entry
    if text is None or text.strip() == "":
        if default or not parameter.required:
            return False
        return text is None or not values.accepts(schema, text)
    tried = [text, *(item for item in readings(text) if item is not MISSING)]
    for reading in tried:
        for meant in read_back(parameter, reading) if isinstance(reading, str) else (reading, [reading]):
            if values.accepts(schema, meant):
                return False
    return not (_PAGING.search(parameter.name) and _NUMBER.fullmatch(text))
