"""Scripts for dates: days that no calendar has, leap days, partly unknown birth dates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench, with_body
from conformance.compile.calls import ValidCall
from conformance.compile.draft import acceptance, refusal
from conformance.compile.mutations import about
from conformance.compile.places import Place, put, walk
from conformance.model import Script

_PARTIAL = {"value", "unknown"}


def scripts(bench: Bench) -> Iterator[Script]:
    """Each place of a date, and each partly unknown date."""
    for operation in bench.operations():
        schema = bench.body_schema(operation)
        if schema is None:
            continue
        for call in bench.calls[operation.id][:1]:
            template = bench.template(call)
            for place in walk(bench.document, schema, template):
                if place.schema.get("format") == "date" and place.present:
                    yield from _impossible(bench, operation, call, template, place)
                if set(place.schema.get("properties", {})) >= _PARTIAL and place.present:
                    yield from _partial(bench, operation, call, template, place)


def _value(entry: Any) -> str:
    return str(entry["value"] if isinstance(entry, dict) else entry)


def _impossible(bench: Bench, operation: Operation, call: ValidCall, template: Any, place: Place) -> Iterator[Script]:
    family = "dates.impossible"
    if not bench.drafter.wanted(family, operation.id):
        return
    for entry in bench.dates["impossible"]:
        value = _value(entry)
        step = with_body(call.call, put(template, place.pointer, value))
        text = about(place.pointer, f"存在しない日付({value})", f"a day that does not exist ({value})")
        expected = refusal((400,), text, None if place.in_union else {"pointer": place.pointer})
        checks = bench.drafter.checks(family, operation.id, step.id, expected)
        yield bench.drafter.script(family, f"{operation.id} {text['en']}", call, (step,), checks)


def _shaped(entry: Any) -> dict[str, Any]:
    return {key: entry[key] for key in ("value", "unknown", "notation") if key in entry}


def _partial(bench: Bench, operation: Operation, call: ValidCall, template: Any, place: Place) -> Iterator[Script]:
    for family, key, expected_refusal in (
        ("dates.partial", "partial_valid", False),
        ("dates.leap-day", "leap_days", False),
        ("dates.partial-inconsistent", "partial_inconsistent", True),
    ):
        if not bench.drafter.wanted(family, operation.id):
            continue
        for entry in bench.dates[key]:
            if family == "dates.partial" and not entry["unknown"]:
                continue  # a wholly known date is not what the family is about
            value = _shaped(entry) if "unknown" in entry else {"value": _value(entry), "unknown": False}
            body = put(template, place.pointer, value)
            if not bench.accepts(operation, body):
                continue
            step = with_body(call.call, body)
            ja, en = (
                ("矛盾する生年月日", "an inconsistent date") if expected_refusal else ("有効な日付", "a valid date")
            )
            text = about(place.pointer, f"{ja}({value['value']})", f"{en} ({value['value']})")
            expected = refusal((422,), text) if expected_refusal else acceptance(text)
            checks = bench.drafter.checks(family, operation.id, step.id, expected)
            yield bench.drafter.script(family, f"{operation.id} {text['en']}", call, (step,), checks)
