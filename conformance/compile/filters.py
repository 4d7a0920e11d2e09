"""Scripts for lists that are narrowed: each parameter with the value of what is there, and with others.

The documents say which member of an item a parameter compares (`x-filters`, a JSON Pointer into the item).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.catalogue.operations import Operation, Parameter
from conformance.compile.bench import Bench
from conformance.compile.calls import ValidCall
from conformance.compile.draft import Expectation, changed, with_query
from conformance.compile.mutations import about
from conformance.compile.places import flat
from conformance.compile.twice import refers
from conformance.model import Check, Script, Step

FAMILY = "paging.filter"
MARK = "x-filters"
_NOBODY = "00000000-0000-4000-8000-000000000000"
_DONE = "$statusCode == 200"


def scripts(bench: Bench) -> Iterator[Script]:
    """Every list with parameters that compare a member of its items, in each way to call it."""
    for operation in bench.operations():
        marked = filters(operation)
        if marked and bench.drafter.wanted(FAMILY, operation.id):
            for call in bench.variants(operation):
                yield _script(bench, operation, call, marked)


def filters(operation: Operation) -> list[tuple[Parameter, str]]:
    """The parameters of a list that compare a member of its items, with that member's pointer."""
    pointers = {item.get("name"): item[MARK] for item in operation.raw.get("parameters", ()) if MARK in item}
    return [(item, str(pointers[item.name])) for item in operation.parameters if item.name in pointers]


def _script(bench: Bench, operation: Operation, call: ValidCall, marked: list[tuple[Parameter, str]]) -> Script:
    """The list as it is; then, for each parameter, narrowed to the first item's value, and to values of others."""
    every = with_query(_plain(operation, call.call, marked), "limit", "100")
    outputs = {"item": {"$e": "$response.body#/results/0"}}
    outputs |= {p.name: {"$e": f"$response.body#/results/0{pointer}"} for p, pointer in marked}
    first = changed(every, outputs={**every.outputs, **outputs})
    steps, checks = [first], [Check(first.id, "criterion", {"condition": _DONE})]
    for parameter, pointer in marked:
        alone = _alone(every, parameter, marked)
        for name, value, known in _values(bench, operation, parameter, pointer, first):
            step = with_query(changed(alone, id=f"{first.id}-{parameter.name}-{name}"), parameter.name, value)
            steps.append(step)
            checks += _checks(bench, operation, step, (parameter, pointer, value), known)
            if known and operation.parameter("offset", "query"):
                later = with_query(changed(step, id=f"{step.id}-later"), "offset", "1")
                steps.append(later)
                checks += _checks(bench, operation, later, (parameter, pointer, value), False)
    return bench.drafter.script(FAMILY, f"{operation.id} narrowed", call, tuple(steps), tuple(checks))


def _plain(operation: Operation, step: Step, marked: list[tuple[Parameter, str]]) -> Step:
    """The list without what neither compares a member nor is needed: a page, an order, a stretch of time."""
    kept = {parameter.name for parameter, _ in marked} | {p.name for p in operation.parameters if p.required}
    return changed(step, query=tuple(item for item in step.query if item[0] in kept))


def _alone(step: Step, parameter: Parameter, marked: list[tuple[Parameter, str]]) -> Step:
    """The list without the other parameters, as far as it can be called so, and as it still shows the script's own."""
    own = {name for name, value in step.query if refers(value)}
    for other, _ in marked:
        if other.name != parameter.name and not other.required and other.name not in own:
            step = with_query(step, other.name, None)
    return step


def _values(
    bench: Bench, operation: Operation, parameter: Parameter, pointer: str, first: Step
) -> Iterator[tuple[str, Any, bool]]:
    """Values to narrow a list to; whether the first item has it is known of its own only."""
    schema = flat(bench.document, parameter.schema, None)
    if schema.get("enum"):
        yield from ((str(value), str(value), False) for value in schema["enum"])
    elif bench.parameter_accepts(operation, parameter, _NOBODY):
        yield "nobody", {"$fresh": "uuid", "key": "nobody"}, False
    sent = [value for name, value in first.query if name == parameter.name]
    if sent or _always_there(bench, operation, pointer):
        # What the script itself has asked for is what its items say.
        value = sent[0] if sent else {"$e": f"$steps.{first.id}.outputs.{parameter.name}"}
        yield "there", value, True
        if not schema.get("enum"):
            yield "beginning", {"$apply": "broken-off", "to": value}, False
            yield "other-case", {"$apply": "swapcase", "to": value}, False


def _always_there(bench: Bench, operation: Operation, pointer: str) -> bool:
    """Whether every item of the list has a text at a pointer of one segment."""
    answer = operation.answers.get("200")
    schema = flat(bench.document, answer.media.get("application/json", {}), None) if answer else {}
    listed = flat(bench.document, schema.get("properties", {}).get("results", {}), None)
    item = flat(bench.document, listed.get("items", {}), None)
    name = pointer.removeprefix("/")
    member = flat(bench.document, item.get("properties", {}).get(name, {}), None)
    return name in item.get("required", ()) and member.get("type", "string") == "string" and "oneOf" not in member


def _checks(
    bench: Bench, operation: Operation, step: Step, asked: tuple[Parameter, str, Any], known: bool
) -> Iterator[Check]:
    """All that is shown has the value; where the first item has it, that item is shown."""
    parameter, pointer, value = asked
    path = "".join(f"['{part}']" for part in pointer.strip("/").split("/"))
    shown = {"$jsonpath": f"$.results[*]{path}", "of": {"$e": "$response.body"}}
    text = about(parameter.name, "一覧の絞込み", "a list that is narrowed")
    yield from bench.drafter.checks(
        FAMILY, operation.id, step.id, Expectation("narrowed", {"members": shown, "value": value, "about": text})
    )
    if known:
        items = {"$jsonpath": "$.results[*]", "of": {"$e": "$response.body"}}
        item = {"$e": f"$steps.{step.id.removesuffix(f'-{parameter.name}-there')}.outputs.item"}
        yield from bench.drafter.checks(
            FAMILY, operation.id, step.id, Expectation("contains", {"collection": items, "value": item})
        )
