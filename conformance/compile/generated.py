"""Scripts from whole requests that Schemathesis generates, each judged again by the document before it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench, with_body
from conformance.compile.calls import ValidCall
from conformance.compile.draft import acceptance, refusal
from conformance.compile.places import put, walk
from conformance.expression import literal
from conformance.model import Script

VALID_PER_CALL = 12
WHOLE_PER_OPERATION = 10
INVALID_PER_OPERATION = 15
WHOLE = "schema.whole"
"""Requests that match the document in all their parts at random: they may break business rules, so that nothing is
claimed of their answer but what holds for every answer."""

_FAMILY = {
    "Required": "schema.missing",
    "Type": "schema.type",
    "MaxLength": "schema.length",
    "MinLength": "schema.length",
    "Pattern": "schema.pattern",
    "Enum": "schema.enum",
    "Constant": "schema.enum",
    "Maximum": "schema.range",
    "Minimum": "schema.range",
    "MaxItems": "schema.items",
    "MinItems": "schema.items",
    "UniqueItems": "schema.items",
    "AdditionalProperties": "schema.unknown-property",
    "UnevaluatedProperties": "schema.unknown-property",
}


def scripts(bench: Bench) -> Iterator[Script]:
    """Valid values in all free properties at once, random whole requests, and invalid ones."""
    for operation in bench.operations():
        if bench.body_schema(operation) is None:
            continue
        for call in bench.variants(operation):
            yield from _valid(bench, operation, call)
        yield from _whole(bench, operation)
        yield from _invalid(bench, operation)


def _free_places(bench: Bench, operation: Operation, template: Any) -> dict[str, Any]:
    """Schemas by pointer of what no business rule restricts, leaves only."""
    found = {}
    for place in walk(bench.document, bench.body_schema(operation), template):
        leaf = not isinstance(place.value, dict | list)
        if place.present and leaf and not place.ruled and place.schema:
            found[place.pointer] = _inside(place.schema)
    return found


def _inside(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without the values on its edges, which are another requirement's concern (`schema.boundary`)."""
    inner = dict(schema)
    for least, greatest in (("minLength", "maxLength"), ("minimum", "maximum")):
        low, high = inner.get(least), inner.get(greatest)
        if isinstance(low, int) and isinstance(high, int) and high - low >= 4:
            inner |= {least: low + 1, greatest: high - 1}
    return inner


def _valid(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    family = "schema.generated"
    template = bench.template(call)
    free = _free_places(bench, operation, template) if isinstance(template, dict) else {}
    if not free or not bench.drafter.wanted(family, operation.id):
        return
    schema = {"type": "object", "properties": free, "required": sorted(free), "additionalProperties": False}
    for values in bench.generator.values(schema, VALID_PER_CALL, f"{operation.id} {call.call.id}"):
        body = template
        for pointer, value in values.items():
            body = put(body, pointer, literal(value))
        if not bench.accepts(operation, body):
            continue
        step = with_body(call.call, body)
        text = {"ja": "文書に適合する生成値", "en": "generated values that match the document"}
        checks = bench.drafter.checks(family, operation.id, step.id, acceptance(text))
        yield bench.drafter.script(family, f"{operation.id} generated values", call, (step,), checks)


def _whole(bench: Bench, operation: Operation) -> Iterator[Script]:
    path, method = operation.path, operation.method
    for drawn in bench.generator.requests(path, method, WHOLE_PER_OPERATION, valid=True):
        body = literal(drawn.body)
        if isinstance(drawn.body, bytes) or not bench.accepts(operation, body):
            continue
        call = bench.call(operation)
        step = with_body(call.call, body)
        yield bench.drafter.script(WHOLE, f"{operation.id} generated request", call, (step,), ())


def _invalid(bench: Bench, operation: Operation) -> Iterator[Script]:
    path, method = operation.path, operation.method
    for drawn in bench.generator.requests(path, method, INVALID_PER_OPERATION, valid=False):
        if isinstance(drawn.body, bytes) or not isinstance(drawn.body, dict | list | str | int | float | bool | None):
            continue
        broken = set(bench.errors(operation.id, bench.body_schema(operation), drawn.body))
        families = {_FAMILY.get(keyword, "") for keyword in broken}
        if len(families) != 1 or not (family := families.pop()) or not bench.drafter.wanted(family, operation.id):
            continue
        call = bench.call(operation)
        step = with_body(call.call, literal(drawn.body))
        # Its ids are of nobody: who overlooks what is wrong may still refuse it, for another reason and with 422.
        text = {"ja": "文書に反する生成値", "en": "a generated request that violates the document"}
        checks = bench.drafter.checks(family, operation.id, step.id, refusal((), text))
        yield bench.drafter.script(family, f"{operation.id} generated, invalid", call, (step,), checks)
