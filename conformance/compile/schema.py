"""Scripts from the schemas of contents: every property, every constraint, one thing wrong or on the edge at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench, with_body
from conformance.compile.calls import ValidCall
from conformance.compile.draft import acceptance, changed, refusal
from conformance.compile.mutations import Mutation, edges, extra_property, wrong
from conformance.compile.places import Place, flat, in_other_items, objects, put, walk
from conformance.expression import MISSING, follow
from conformance.model import Script

REFUSED = (400,)
_STRANGE_NAMES = ("$schema", "a/b~c")
"""Names that a schema or a JSON Pointer may give another meaning to."""


def scripts(bench: Bench) -> Iterator[Script]:
    """One script for each way to break, or to just keep, each constraint of each property."""
    for operation in bench.operations():
        schema = bench.body_schema(operation)
        if schema is None:
            continue
        for call in bench.variants(operation):
            template = bench.template(call)
            if not isinstance(template, dict):
                continue
            places = list(walk(bench.document, schema, template))
            in_union = {place.pointer: place.in_union for place in places}
            top_union = any(place.in_union for place in places if place.pointer.count("/") == 1)
            for place in places:
                yield from _place(bench, operation, call, template, place)
                for other in in_other_items(template, place):
                    yield from _in_other_item(bench, operation, call, template, other)
            for pointer in objects(bench.document, schema, template):
                inner = flat(bench.document, schema, template) if not pointer else {}
                mutation = extra_property(pointer, inner.get("properties", {}))
                union = in_union.get(pointer, top_union)
                place = Place(f"{pointer}/{mutation.value}", {}, MISSING, False, union)
                changed_to = mutation._replace(value="x")
                yield from _refused(bench, operation, call, template, place, changed_to)
            for name in _STRANGE_NAMES:
                place = Place(f"/{name.replace('~', '~0').replace('/', '~1')}", {}, MISSING, False, top_union)
                mutation = extra_property("", {})
                text = {"ja": f"{mutation.about['ja']} {name}", "en": f"{mutation.about['en']}, {name}"}
                strange = mutation._replace(value="x", about=text)
                yield from _refused(bench, operation, call, template, place, strange)
        yield from _empty(bench, operation)


def _place(bench: Bench, operation: Operation, call: ValidCall, template: object, place: Place) -> Iterator[Script]:
    for mutation in wrong(place):
        yield from _refused(bench, operation, call, template, place, mutation)
    for mutation in edges(place):
        yield from _accepted(bench, operation, call, template, place, mutation)


def _in_other_item(
    bench: Bench, operation: Operation, call: ValidCall, template: object, place: Place
) -> Iterator[Script]:
    """In a further item of an array one wrong value of each kind: each item is examined, and its place named."""
    for mutation in {mutation.family: mutation for mutation in wrong(place)}.values():
        yield from _refused(bench, operation, call, template, place, mutation)


def _refused(
    bench: Bench, operation: Operation, call: ValidCall, template: object, place: Place, mutation: Mutation
) -> Iterator[Script]:
    if not bench.drafter.wanted(mutation.family, operation.id) or not _parent_there(template, place):
        return
    body = put(template, place.pointer, mutation.value)
    if not bench.breaks(operation, template, body):
        return
    step = with_body(call.call, body)
    place_of_error = None if place.in_union else _named(place, mutation)
    expected = refusal(REFUSED, mutation.about, place_of_error)
    checks = bench.drafter.checks(mutation.family, operation.id, step.id, expected)
    yield bench.drafter.script(mutation.family, f"{operation.id} {mutation.about['en']}", call, (step,), checks)


def _named(place: Place, mutation: Mutation) -> dict[str, Any]:
    """Where an error must be said to be; a member too few or too many is also one of the object around it."""
    whole = mutation.family in {"schema.missing", "schema.unknown-property"}
    return {"pointer": place.pointer, **({"object": True} if whole else {})}


def _accepted(
    bench: Bench, operation: Operation, call: ValidCall, template: object, place: Place, mutation: Mutation
) -> Iterator[Script]:
    family = mutation.family
    if not bench.drafter.wanted(family, operation.id) or not _parent_there(template, place):
        return
    body = put(template, place.pointer, mutation.value)
    if bench.breaks(operation, template, body):
        return
    step = with_body(call.call, body)
    checks = bench.drafter.checks(family, operation.id, step.id, acceptance(mutation.about))
    yield bench.drafter.script(family, f"{operation.id} {mutation.about['en']}", call, (step,), checks)


def _parent_there(template: object, place: Place) -> bool:
    parent = place.pointer.rpartition("/")[0]
    return follow(template, parent) is not MISSING


def _empty(bench: Bench, operation: Operation) -> Iterator[Script]:
    """No content at all where content is required."""
    family = "schema.empty-body"
    if not operation.body_required or not bench.drafter.wanted(family, operation.id):
        return
    call = bench.call(operation)
    step = changed(call.call, body={"$bytes": ""})
    text = {"ja": "本文がない", "en": "no content"}
    checks = bench.drafter.checks(family, operation.id, step.id, refusal(REFUSED, text))
    yield bench.drafter.script(family, f"{operation.id} no content", call, (step,), checks)
