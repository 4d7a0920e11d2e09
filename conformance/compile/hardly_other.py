"""Two contents that somebody may take for the same, and that are two as JSON values (common part, section 13)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench
from conformance.compile.draft import About
from conformance.compile.greatest import free_texts, with_longest_texts
from conformance.compile.mutations import about
from conformance.compile.numbers import CHECKED
from conformance.compile.places import Place, in_other_items, put, walk
from conformance.compile.twice import refers
from conformance.expression import MISSING

Pair = tuple[Any, Any, About]
"""What is sent first, the other content, and what makes it another one."""
_NOBODY = "abcdef01-2345-4678-9abc-def012345678"
_ALIKE = (
    ("qQ", "英字の大文字・小文字だけの違い", "another letter case alone"),
    ("AＡ", "全角・半角だけの違い", "another width of a letter alone"),
)


def other_value(place: Place) -> Any:
    """Another value of the same kind for a place, or `MISSING` where none is easily found."""
    value, schema = place.value, place.schema
    if isinstance(value, str) and schema.get("format") in {None, "mj-text"} and not {"enum", "pattern"} & schema.keys():
        return value[:-1] + ("乙" if value[-1:] != "乙" else "丙")
    if isinstance(value, str) and schema.get("format") == "mj-text":
        return value[:-1] + ("乙" if value[-1:] != "乙" else "丙")
    if isinstance(value, str) and len(schema.get("enum", ())) > 1:
        return next(choice for choice in schema["enum"] if choice != value)
    if isinstance(value, bool):
        return not value
    if schema.get("format") == "date" or (isinstance(value, dict) and "$date" in value):
        return {"$date": "today-1"} if value != {"$date": "today-1"} else {"$date": "today-2"}
    if isinstance(value, dict) and "$fresh" in value:
        return {**value, "key": "another"}
    return _of_a_form(place)


def _of_a_form(place: Place) -> Any:
    """Another value for an id that an earlier answer gave, a number, or a text of some form."""
    value, schema = place.value, place.schema
    if isinstance(value, dict) and refers(value) and _may_be_an_id(schema):
        return {"$fresh": "uuid", "key": "another"}
    if type(value) is int:
        return value + 1 if value < schema.get("maximum", value + 1) else value - 1
    # A number with a check digit of its own would be wrong in that, too.
    written = isinstance(value, str) and value and "pattern" in schema and schema.get("format") not in CHECKED
    # Another digit of a date may make it one that no calendar has.
    if written and "-" not in value:
        last = value[-1]
        return value[:-1] + (str((int(last) + 1) % 10) if last in "0123456789" else "イ" if last == "ア" else "ア")
    return MISSING


def _may_be_an_id(schema: Mapping[str, Any]) -> bool:
    """Whether an id of nobody fits the schema: it is no number, name or date that an answer gave."""
    fits = re.search(schema.get("pattern", ""), _NOBODY) is not None and schema.get("maxLength", 0) >= len(_NOBODY)
    return fits and not {"enum", "const", "format"} & schema.keys()


def other_bodies(bench: Bench, operation: Operation, template: Any) -> Iterator[tuple[str, Any]]:
    """Other contents that the document accepts, each different in one place, with the pointer to it."""
    if isinstance(template, dict):
        for place in walk(bench.document, bench.body_schema(operation), template):
            yield from _with_another(bench, operation, template, place)


def _with_another(bench: Bench, operation: Operation, template: Any, place: Place) -> Iterator[tuple[str, Any]]:
    other = other_value(place)
    body = MISSING if other is MISSING else put(template, place.pointer, other)
    if body is not MISSING and bench.accepts(operation, body):
        yield place.pointer, body


def pairs(bench: Bench, operation: Operation, template: Any) -> Iterator[Pair]:
    """They differ in letter case or width, far behind their beginning, in what is left out, or in a later item."""
    if not isinstance(template, dict):
        return
    yield from _in_texts(bench, operation, template)
    yield from _left_out(bench, operation, template)
    yield from in_lists(bench, operation, template)


def _in_texts(bench: Bench, operation: Operation, template: Any) -> Iterator[Pair]:
    free = [place for place in free_texts(bench, operation, template) if place.present]
    for place in free[:1]:
        for ends, ja, en in _ALIKE:
            bodies = [put(template, place.pointer, f"{place.value[:-1]}{end}") for end in ends]
            if all(bench.accepts(operation, body) for body in bodies):
                yield bodies[0], bodies[1], about(place.pointer, ja, en)
    filled = with_longest_texts(bench, operation, template)
    for pointer, other in list(other_bodies(bench, operation, filled))[-1:]:
        text = about(pointer, "先頭から1 KiBを越えた箇所の違い", "a difference behind the first KiB")
        yield _behind(filled), _behind(other), text


def _behind(body: Any) -> dict[str, Any]:
    """The content behind more than a KiB of white space."""
    return {"$edited": body, "edits": [["prepend", base64.b64encode(b" " * 1100).decode("ascii")]]}


def _left_out(bench: Bench, operation: Operation, template: Any) -> Iterator[Pair]:
    """A member that is false or null, beside the same content without it: the first of either kind."""
    free = (place for place in walk(bench.document, bench.body_schema(operation), template) if not place.required)
    places = [place for place in free if not place.in_union]
    for value, name in ((False, "false"), (None, "null")):
        for place in places:
            there, without = (put(template, place.pointer, item) for item in (value, MISSING))
            # What the valid call has stays valid: the one of the two that it is comes first.
            first, other = (without, there) if not place.present else (there, without)
            if first == template and bench.accepts(operation, other):
                yield first, other, about(place.pointer, f"{name}と省略との違い", f"{name}, and left out")
                break


def in_lists(bench: Bench, operation: Operation, template: Any) -> Iterator[Pair]:
    """Of the first list of several items: another order, the last one missing, and a difference in the last one."""
    schema = bench.body_schema(operation)
    lists = (place for place in walk(bench.document, schema, template) if isinstance(place.value, list))
    for place in [place for place in lists if len(place.value) > 1][:1]:
        items = place.value
        for body, ja, en in (
            (items[::-1], "項目の順序だけの違い", "another order of the items alone"),
            (items[:-1], "最後の項目の有無", "the last item left out"),
        ):
            other = put(template, place.pointer, body)
            if other != template and bench.accepts(operation, other):
                yield template, other, about(place.pointer, ja, en)
        inside = (one for one in walk(bench.document, schema, template) if one.pointer.startswith(f"{place.pointer}/0"))
        for one in inside:
            last = list(in_other_items(template, one))[-1:]
            for _, other in (found for at in last for found in _with_another(bench, operation, template, at)):
                yield template, other, about(last[0].pointer, "最後の項目の中の違い", "a difference in the last item")
                return
