"""Scripts for identifiers: wrong check digits of official numbers, ids that were never issued, letter case of ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance import identifiers
from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench, with_body
from conformance.compile.draft import changed, exact, refusal, with_header
from conformance.compile.mutations import about
from conformance.compile.places import Place, in_other_items, put, walk
from conformance.model import Script

CHECKED = ("individual-number", "resident-code", "corporate-number", "local-government-code")
_UUIDS = ("00000000-0000-4000-8000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff")
"""The least and the greatest that a run may draw: where both fit a schema, all are taken to fit."""


def scripts(bench: Bench) -> Iterator[Script]:
    """Each place of an official number, and each path that names a resource."""
    for operation in bench.operations():
        if bench.body_schema(operation) is not None:
            yield from _check_digits(bench, operation)
        if "{" in operation.path:
            yield from _unknown(bench, operation)
            yield from _case(bench, operation)


def _check_digits(bench: Bench, operation: Operation) -> Iterator[Script]:
    schema = bench.body_schema(operation)
    for call in bench.variants(operation):
        template = bench.template(call)
        for place in _each(bench, schema, template):
            kind = place.schema.get("format")
            family = f"identifiers.{kind}"
            if kind not in CHECKED or not place.present or not bench.drafter.wanted(family, operation.id):
                continue
            for value, note in _wrong_numbers(kind, place.value):
                step = with_body(call.call, put(template, place.pointer, value))
                text = about(place.pointer, f"検査数字の誤り({note})", f"a wrong check digit ({note})")
                expected = refusal((422,), text, code="check_digit")
                checks = bench.drafter.checks(family, operation.id, step.id, expected)
                yield bench.drafter.script(family, f"{operation.id} {text['en']}", call, (step,), checks)


def _each(bench: Bench, schema: Any, template: Any) -> Iterator[Place]:
    """The places under a schema, those inside of arrays for every item."""
    for place in walk(bench.document, schema, template):
        yield place
        yield from in_other_items(template, place)


def _wrong_numbers(kind: str, value: Any) -> Iterator[tuple[Any, str]]:
    """Fresh numbers with a wrong digit, and numbers at the edges of the rule (remainders 0, 1, 2 and 10)."""
    if kind in {"individual-number", "resident-code"}:
        yield {"$fresh": kind, "key": "wrong", "wrong": "check-digit"}, "fresh"
        yield {"$fresh": f"{kind}:0", "key": "wrong0", "wrong": "check-digit"}, "leading zero"
    for number in (1, 12, 301661318600 // 10, 987654):
        made = identifiers.make(kind, number)
        yield identifiers.with_wrong_check_digit(kind, made), f"number {number}"
    for digit in "0123456789":
        if not identifiers.is_valid(kind, f"{made[:-1]}{digit}"):
            yield f"{made[:-1]}{digit}", f"digit {digit}"
    if isinstance(value, str) and identifiers.is_valid(kind, value):
        yield identifiers.with_wrong_check_digit(kind, value), "of the valid call"
        swapped = value[:-2] + value[-1] + value[-2]
        if not identifiers.is_valid(kind, swapped):
            yield swapped, "two digits swapped"


def issued_parameter(operation: Operation) -> str | None:
    """The last parameter of the path with an id that the system has issued; a PUT that creates names a new one."""
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    creates = operation.method == "PUT" and 201 in operation.success_statuses() and operation.path.endswith("}")
    return next(iter(names[-2 if creates else -1 :]), None) if len(names) > creates else None


def _unknown(bench: Bench, operation: Operation) -> Iterator[Script]:
    """An id that was never issued. One that breaks its schema may be answered 400 as well, so it proves nothing."""
    family = "identifiers.unknown"
    name = issued_parameter(operation)
    if name is None or not bench.drafter.wanted(family, operation.id):
        return
    yield from _not_there(bench, operation, name)
    parameter = operation.parameter(name, "path")
    candidates: list[Any] = [{"$fresh": "uuid", "key": "unknown"}, "0", "never-issued", "1e400", "null"]
    for value in candidates:
        texts = (value,) if isinstance(value, str) else _UUIDS
        if parameter and not all(bench.parameter_accepts(operation, parameter, text) for text in texts):
            continue
        call = bench.call(operation)
        step = changed(call.call, path_params={**call.call.path_params, name: value})
        text = about(name, "発行されていない識別子", "an id that was never issued")
        checks = bench.drafter.checks(family, operation.id, step.id, exact((404,), text))
        yield bench.drafter.script(family, f"{operation.id} with an unknown id", call, (step,), checks)


def _not_there(bench: Bench, operation: Operation, name: str) -> Iterator[Script]:
    """The read of what is not there on the condition that nothing is: existence comes first (common part, 3)."""
    parameter = operation.parameter(name, "path")
    right = parameter is None or all(bench.parameter_accepts(operation, parameter, text) for text in _UUIDS)
    if operation.method != "GET" or not operation.parameter("If-None-Match", "header") or not right:
        return
    call = bench.first(operation)
    step = changed(call.call, path_params={**call.call.path_params, name: {"$fresh": "uuid", "key": "unknown"}})
    step = with_header(step, "If-None-Match", "*")
    text = about(name, "発行されていない識別子とIf-None-Match: *", "an id that was never issued and If-None-Match: *")
    checks = bench.drafter.checks("identifiers.unknown", operation.id, step.id, exact((404,), text))
    title = f"{operation.id} with an unknown id and If-None-Match"
    yield bench.drafter.script("identifiers.unknown", title, call, (step,), checks)


def _case(bench: Bench, operation: Operation) -> Iterator[Script]:
    """An issued id with its letters in the other case; of an id without letters nothing is claimed."""
    family = "identifiers.case"
    name = issued_parameter(operation)
    if name is None or not bench.drafter.wanted(family, operation.id):
        return
    for call in bench.calls[operation.id][:2]:
        right = call.call.path_params.get(name)
        if right is None:
            continue
        swapped = {"$apply": "swapcase", "to": right}
        step = changed(call.call, path_params={**call.call.path_params, name: swapped})
        text = about(name, "大文字と小文字の入れ替え", "letters in the other case")
        checks = bench.drafter.checks(family, operation.id, step.id, exact((400, 404), text))
        args = {**checks[0].args, "unless-same": [right, swapped]} if checks else {}
        checks = tuple(type(c)(c.step, "answer-if-different", args, c.requirement) for c in checks)
        yield bench.drafter.script(family, f"{operation.id} id in the other case", call, (step,), checks)
