"""Scripts from the schemas of contents: every property, every constraint, one thing wrong or on the edge at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench, with_body
from conformance.compile.calls import ValidCall
from conformance.compile.draft import acceptance, changed, refusal
from conformance.compile.mutations import Mutation, about, edges, extra_property, wrong
from conformance.compile.places import Place, flat, in_other_items, objects, put, walk
from conformance.compile.twice import refers
from conformance.expression import MISSING, follow
from conformance.model import Script

REFUSED = (400,)
_STRANGE_NAMES = ("$schema", "a/b~c")
"""Names that a schema or a JSON Pointer may give another meaning to."""
_NOT_ASCII = "備考 欄"


def scripts(bench: Bench) -> Iterator[Script]:
    """One script for each way to break, or to just keep, each constraint of each property."""
    for operation in bench.operations():
        schema = bench.body_schema(operation)
        if schema is None:
            continue
        variants = bench.variants(operation)
        for call in variants:
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
            if call.workflow == bench.first(operation).workflow:
                yield from _other_names(bench, operation, call, template, places)
        yield from _of_other_branches(bench, operation, variants)
        yield from _empty(bench, operation)


def _of_other_branches(bench: Bench, operation: Operation, variants: list[ValidCall]) -> Iterator[Script]:
    """A member that another form of the content has, and this one has not: it is as undeclared as any other."""
    for call in variants:
        template = bench.template(call)
        for other in (bench.template(variant) for variant in variants if variant is not call):
            if not isinstance(template, dict) or not isinstance(other, dict):
                continue
            name = next((name for name in other if _is_undeclared(bench, operation, template, name)), None)
            if name is None:
                continue
            # What another call prepares is not there: an id of nobody stands for it.
            value = {"$fresh": "uuid", "key": "of another"} if refers(other[name]) else other[name]
            note = about(f"/{name}", "他の形の項目", "a property of another form of the content")
            mutation = Mutation("schema.unknown-property", value, note)
            place = Place(f"/{name}", {}, MISSING, False, True)
            yield from _refused(bench, operation, call, template, place, mutation)


def _is_undeclared(bench: Bench, operation: Operation, template: dict[str, Any], name: str) -> bool:
    """Whether the form of the content that a template has does not declare a property."""
    return name not in flat(bench.document, bench.body_schema(operation), template).get("properties", {})


def _other_names(
    bench: Bench, operation: Operation, call: ValidCall, template: dict[str, Any], places: list[Place]
) -> Iterator[Script]:
    """Undeclared names that somebody may take for nothing, or for a declared one; and one that is no ASCII."""
    union = any(place.in_union for place in places if place.pointer.count("/") == 1)
    text = about("/undeclared_property", "宣言のない項目でnull", "an undeclared property that is null")
    yield from _refused(
        bench, operation, call, template, Place("/undeclared_property", {}, MISSING, False, union),
        Mutation("schema.unknown-property", None, text),
    )  # fmt: skip
    text = about(f"/{_NOT_ASCII}", "宣言のない項目", "an undeclared property")
    yield from _refused(
        bench, operation, call, template, Place(f"/{_NOT_ASCII}", {}, MISSING, False, union),
        Mutation("schema.unknown-property", "x", text),
    )  # fmt: skip
    named = [place for place in places if place.present and not place.name.isdecimal()]
    for place, name, ja, en in (
        *((place, place.name.upper(), "大文字の項目名", "a name in capitals") for place in named[:1]),
        *((place, _camel(place.name), "キャメルケースの項目名", "a name in camel case") for place in named),
    ):
        if name == place.name:
            continue
        parent = place.pointer.rpartition("/")[0]
        body = put(put(template, place.pointer, MISSING), f"{parent}/{name}", place.value)
        if bench.drafter.wanted("schema.unknown-property", operation.id) and bench.breaks(operation, template, body):
            note = about(f"{parent}/{name}", ja, en)
            # What is missing may be named as well as what is there in its place: so no place is asked for.
            checks = bench.drafter.checks("schema.unknown-property", operation.id, call.call.id, refusal(REFUSED, note))
            steps = (with_body(call.call, body),)
            title = f"{operation.id} {note['en']}"
            yield bench.drafter.script("schema.unknown-property", title, call, steps, checks)
        if name != place.name.upper():
            break


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


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
