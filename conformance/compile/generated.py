"""Scripts from whole requests that Schemathesis generates, each judged again by the document before it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench, with_body
from conformance.compile.calls import ValidCall
from conformance.compile.draft import acceptance, refusal
from conformance.compile.generate import Generated
from conformance.compile.places import put, walk
from conformance.expression import literal
from conformance.model import Script

VALID_PER_CALL = 12
WHOLE_PER_OPERATION = 10
INVALID_PER_OPERATION = 15
VALID = "schema.generated"
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
        path, method = operation.path, operation.method
        for drawn in bench.generator.requests(path, method, WHOLE_PER_OPERATION, valid=True):
            yield from whole(bench, operation, drawn)
        for drawn in bench.generator.requests(path, method, INVALID_PER_OPERATION, valid=False):
            yield from invalid(bench, operation, drawn)


def free_schema(bench: Bench, operation: Operation, call: ValidCall) -> dict[str, Any] | None:
    """The schema of an object with all that no business rule restricts in a call's content, leaves only, by pointer.

    None where there is nothing of the kind.
    """
    template = bench.template(call)
    found: dict[str, Any] = {}
    for place in walk(bench.document, bench.body_schema(operation), template) if isinstance(template, dict) else ():
        leaf = not isinstance(place.value, dict | list)
        if place.present and leaf and not place.ruled and place.schema:
            found[place.pointer] = _inside(place.schema)
    if not found:
        return None
    return {"type": "object", "properties": found, "required": sorted(found), "additionalProperties": False}


def _inside(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without the values on its edges, which are another requirement's concern (`schema.boundary`)."""
    inner = dict(schema)
    for least, greatest in (("minLength", "maxLength"), ("minimum", "maximum")):
        low, high = inner.get(least), inner.get(greatest)
        if isinstance(low, int) and isinstance(high, int) and high - low >= 4:
            inner |= {least: low + 1, greatest: high - 1}
    return inner


def _valid(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    schema = free_schema(bench, operation, call)
    if schema is None or not bench.drafter.wanted(VALID, operation.id):
        return
    for values in bench.generator.values(schema, VALID_PER_CALL, f"{operation.id} {call.call.id}"):
        yield from valid(bench, operation, call, values)


def valid(bench: Bench, operation: Operation, call: ValidCall, values: Mapping[str, Any]) -> Iterator[Script]:
    """A script that puts values (by pointer) into a valid call, where the document accepts the outcome."""
    body = bench.template(call)
    for pointer, value in values.items():
        body = put(body, pointer, literal(value))
    if not bench.accepts(operation, body):
        return
    step = with_body(call.call, body)
    text = {"ja": "文書に適合する生成値", "en": "generated values that match the document"}
    checks = bench.drafter.checks(VALID, operation.id, step.id, acceptance(text))
    yield bench.drafter.script(VALID, f"{operation.id} generated values", call, (step,), checks)


def whole(bench: Bench, operation: Operation, drawn: Generated) -> Iterator[Script]:
    """A script from a whole valid request, of whose answer nothing special is claimed."""
    body = literal(drawn.body)
    if isinstance(drawn.body, bytes) or not bench.accepts(operation, body):
        return
    call = bench.call(operation)
    step = with_body(call.call, body)
    yield bench.drafter.script(WHOLE, f"{operation.id} generated request", call, (step,), ())


def invalid(bench: Bench, operation: Operation, drawn: Generated) -> Iterator[Script]:
    """A script from an invalid request, where the document finds one kind of fault in it."""
    if isinstance(drawn.body, bytes) or not isinstance(drawn.body, dict | list | str | int | float | bool | None):
        return
    broken = set(bench.errors(operation.id, bench.body_schema(operation), drawn.body))
    families = {_FAMILY.get(keyword, "") for keyword in broken}
    if len(families) != 1 or not (family := families.pop()) or not bench.drafter.wanted(family, operation.id):
        return
    call = bench.call(operation)
    step = with_body(call.call, literal(drawn.body))
    # Its ids are of nobody: who overlooks what is wrong may still refuse it, for another reason and with 422.
    text = {"ja": "文書に反する生成値", "en": "a generated request that violates the document"}
    checks = bench.drafter.checks(family, operation.id, step.id, refusal((), text))
    yield bench.drafter.script(family, f"{operation.id} generated, invalid", call, (step,), checks)
