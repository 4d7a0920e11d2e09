"""Scripts from query parameters and headers: missing, invalid, unknown; the limits of paging."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.catalogue.operations import Operation, Parameter
from conformance.compile.bench import Bench
from conformance.compile.calls import ValidCall
from conformance.compile.draft import Expectation, acceptance, changed, exact, refusal, with_header, with_query
from conformance.compile.mutations import about
from conformance.compile.places import flat
from conformance.model import Check, Script, Step, Text

REFUSED = (400,)
PAGING = frozenset({"limit", "offset"})
_NEAR_MOMENTS = (
    *("2027-02-29", "2026-04-31", "2026-04-01T09:00:00Z", "2026-04-01T09:00:00", "2026-02-30T09:00:00+09:00"),
    *("2026-04-01T09:00:00.123456789+09:00", "2026-04-01 09:00:00+09:00", "2026-04-01T09:00+09:00"),
)
"""Dates that no calendar has, and moments that are nearly written as the documents ask."""
_ISO_8601 = {
    "date": ("2999-W14-3",),
    "date-time": ("2999-04-01T09:00:00+0900", "2999-04-01T24:00:00+09:00", "2999-04-01T09:00:00,5+09:00"),
}
"""What ISO 8601 allows, and RFC 3339 does not; far ahead, so that who takes it finds what is there now."""
_PRESENT: dict[str, Any] = {"date": {"$date": "today"}, "date-time": {"$datetime": "now+60"}}
"""A day or a moment at which there is what the script has made: who takes one of two does not miss it."""
OWN_FAMILY = frozenset({"if-match", "if-none-match", "idempotency-key", "authorization", "accept", "content-type"})
"""Headers that have families of their own."""


def scripts(bench: Bench) -> Iterator[Script]:
    """Everything that can be wrong with parameters, one thing at a time."""
    for operation in bench.operations():
        for parameter in operation.parameters:
            if parameter.place not in {"query", "header"} or parameter.name.lower() in OWN_FAMILY:
                continue
            yield from _missing(bench, operation, parameter)
            yield from _invalid(bench, operation, parameter)
            yield from _edges(bench, operation, parameter)
            yield from _repeated(bench, operation, parameter)
        yield from _unknown(bench, operation)
        if operation.parameter("limit", "query") and operation.parameter("offset", "query"):
            yield from _beyond_end(bench, operation)
            yield from _at_end(bench, operation)
            yield from _repeatable(bench, operation)


def with_parameter(step: Step, parameter: Parameter, value: Any) -> Step:
    """The step with a parameter of its query or headers set, or left out when `value` is None."""
    setter = with_query if parameter.place == "query" else with_header
    return setter(step, parameter.name, value)


def _missing(bench: Bench, operation: Operation, parameter: Parameter) -> Iterator[Script]:
    family = "parameters.missing"
    if not parameter.required or not bench.drafter.wanted(family, operation.id):
        return
    call = bench.call(operation)
    step = with_parameter(call.call, parameter, None)
    text = about(parameter.name, "必須パラメータがない", "a required parameter is missing")
    expected = refusal(REFUSED, text, {"parameter": parameter.name})
    checks = bench.drafter.checks(family, operation.id, step.id, expected)
    yield bench.drafter.script(family, f"{operation.id} without {parameter.name}", call, (step,), checks)


def _invalid(bench: Bench, operation: Operation, parameter: Parameter) -> Iterator[Script]:
    schema = flat(bench.document, parameter.schema, None)
    for value in dict.fromkeys(_bad_values(schema)):
        family = family_of(parameter, value)
        if not bench.drafter.wanted(family, operation.id):
            continue
        if bench.parameter_accepts(operation, parameter, value):
            continue
        if parameter.place == "header" and not sendable(value):
            continue
        call = bench.call(operation)
        step = with_parameter(call.call, parameter, value)
        text = about(parameter.name, f"値が不正({value!r:.40})", f"an invalid value ({value!r:.40})")
        expected = refusal(REFUSED, text, {"parameter": parameter.name})
        checks = bench.drafter.checks(family, operation.id, step.id, expected)
        yield bench.drafter.script(family, f"{operation.id} {parameter.name}={value[:20]}", call, (step,), checks)


def family_of(parameter: Parameter, text: str) -> str:
    """A number beyond the limits of paging is one thing, what is no number is another."""
    if parameter.name not in PAGING:
        return "parameters.invalid"
    number = text.isascii() and text.removeprefix("-").isdecimal()
    return "paging.out-of-range" if number else "paging.not-a-number"


def sendable(value: str) -> bool:
    """Whether a text can stand in a header field as it is."""
    return value.isascii() and value.isprintable() and value.strip() == value and value != ""


def _bad_values(schema: dict[str, Any]) -> Iterator[str]:
    kind = schema.get("type", "string")
    if kind in {"integer", "number"}:
        yield from (
            "x",
            "1.5",
            "1e2x",
            "２０",
            "1_0",
            "10.0",
            "1e1",
            "+1",
            "",
            "null",
            "1 2",
            "99999999999999999999999",
        )
        for word, step in (("minimum", -1), ("maximum", 1)):
            if word in schema:
                yield str(schema[word] + step)
    elif kind == "boolean":
        yield from ("x", "1", "TRUE", "")
    else:
        yield from ("", " ", "#", "_not-valid_", "a\u0000b", "x" * (int(schema.get("maxLength", 0)) + 1))
        if schema.get("format") in {"date", "date-time"} or "pattern" in schema:
            yield from _NEAR_MOMENTS
            yield from ("2026-13-01", "2026/04/01", "20260401", "2026-4-1", "-", "Ａ", "%", "2026-04-01T25:00:00+09:00")
        yield from _ISO_8601.get(schema.get("format", ""), ())
        for value in schema.get("enum", ())[:2]:
            yield from (f"{value}x", str(value).upper())


def _edges(bench: Bench, operation: Operation, parameter: Parameter) -> Iterator[Script]:
    schema = flat(bench.document, parameter.schema, None)
    if parameter.ruled or schema.get("x-business-rules"):
        return
    values = [("schema.generated", str(value)) for value in schema.get("enum", ())]
    if schema.get("type") == "integer":
        # An offset at its maximum is beyond the end: that has a family of its own.
        words = ("minimum",) if parameter.name == "offset" else ("minimum", "maximum")
        values += [("schema.boundary", str(schema[word])) for word in words if schema.get(word, 10**10) <= 10**9]
    values += [("schema.boundary", text) for text in _edge_texts(bench, operation, parameter, schema)]
    for family, value in values:
        if not bench.drafter.wanted(family, operation.id):
            continue
        text = about(parameter.name, f"許される値({value:.40})", f"an allowed value ({value:.40})")
        for call in bench.variants(operation):
            step = with_parameter(call.call, parameter, value)
            checks = bench.drafter.checks(family, operation.id, step.id, acceptance(text))
            yield bench.drafter.script(family, f"{operation.id} {parameter.name}={value:.40}", call, (step,), checks)


def _edge_texts(bench: Bench, operation: Operation, parameter: Parameter, schema: dict[str, Any]) -> Iterator[str]:
    """The longest and the shortest text that a parameter may have, made of a right one."""
    seed = _good_value(parameter, schema)
    if schema.get("type") != "string" or "enum" in schema or not seed:
        return
    for length in (schema.get("maxLength", 0), max(1, schema.get("minLength", 0))):
        text = (seed * (length // len(seed) + 1))[:length]
        right = length <= 1000 and bench.parameter_accepts(operation, parameter, text)
        if text and right and (parameter.place == "query" or sendable(text)):
            yield text


def _repeated(bench: Bench, operation: Operation, parameter: Parameter) -> Iterator[Script]:
    """One query parameter twice, each time with a valid value."""
    family = "parameters.repeated"
    schema = flat(bench.document, parameter.schema, None)
    if parameter.place != "query" or schema.get("type") == "array" or not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    given = [value for name, value in call.call.query if name == parameter.name]
    value = given[0] if given else _PRESENT.get(schema.get("format", ""), _good_value(parameter, schema))
    if value is None:
        return
    kept = tuple(item for item in call.call.query if item[0] != parameter.name)
    step = changed(call.call, query=(*kept, (parameter.name, value), (parameter.name, value)))
    text = about(parameter.name, "同じパラメータが2つ", "the parameter twice")
    expected = refusal(REFUSED, text, {"parameter": parameter.name})
    checks = bench.drafter.checks(family, operation.id, step.id, expected)
    yield bench.drafter.script(family, f"{operation.id} with {parameter.name} twice", call, (step,), checks)


def _good_value(parameter: Parameter, schema: dict[str, Any]) -> str | None:
    """A valid value of a parameter: its example, one of its choices, its default."""
    for found in (
        parameter.example,
        *schema.get("examples", ())[:1],
        *schema.get("enum", ())[:1],
        schema.get("default"),
    ):
        if found is not None:
            return str(found)
    return None


def _unknown(bench: Bench, operation: Operation) -> Iterator[Script]:
    family = "parameters.unknown"
    if not bench.drafter.wanted(family, operation.id):
        return
    declared = [parameter.name for parameter in operation.parameters if parameter.place == "query"]
    other_case = [name.upper() for name in declared[:1]] + [f"{name}[]" for name in declared[-1:]]
    named = [(name, "1") for name in ("undeclared_parameter", "_", "debug", *other_case)]
    for name, value in (*named, ("undeclared_parameter", "")):
        if operation.parameter(name, "query"):
            continue
        call = bench.call(operation)
        step = with_query(call.call, name, value)
        text = about(name, "宣言のないパラメータ", "an undeclared parameter")
        expected = refusal(REFUSED, text, {"parameter": name})
        checks = bench.drafter.checks(family, operation.id, step.id, expected)
        yield bench.drafter.script(family, f"{operation.id} with ?{name}={value}", call, (step,), checks)


def _beyond_end(bench: Bench, operation: Operation) -> Iterator[Script]:
    family = "paging.beyond-end"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.call(operation)
    parameter = operation.parameter("offset", "query")
    most = flat(bench.document, parameter.schema, None).get("maximum", 999_999) if parameter else 0
    for offset in (100_000, 999_999, most):
        if parameter is None or not bench.parameter_accepts(operation, parameter, str(offset)):
            continue
        step = with_query(with_query(call.call, "offset", str(offset)), "limit", "1")
        text = {"ja": "末尾を越えた offset", "en": "an offset beyond the end"}
        checks = list(bench.drafter.checks(family, operation.id, step.id, exact((200,), text)))
        for check in tuple(checks):
            if check.requirement:
                args = {"actual": {"$e": "$response.body#/results"}, "expected": []}
                checks.append(Check(step.id, "identical", args, check.requirement))
        yield bench.drafter.script(family, f"{operation.id} offset={offset}", call, (step,), tuple(checks))


def _at_end(bench: Bench, operation: Operation) -> Iterator[Script]:
    """An offset that is just the count: the first one at which there is nothing more."""
    family = "paging.beyond-end"
    if not bench.drafter.wanted(family, operation.id):
        return
    for call in bench.variants(operation):
        first = changed(call.call, outputs={"count": {"$e": "$response.body#/resultset/count"}})
        count = {"$e": f"$steps.{first.id}.outputs.count"}
        last = with_query(changed(call.call, id=f"{call.call.id}-end", outputs={}), "offset", count)
        text = {"ja": "件数に等しい offset", "en": "an offset equal to the count"}
        checks = list(bench.drafter.checks(family, operation.id, last.id, exact((200,), text)))
        # Where the list has another count now, it has changed, or its count is wrong: then this is not its end.
        checks.append(Check(last.id, "identical", {"actual": first.outputs["count"], "expected": count}))
        args = {"actual": {"$e": "$response.body#/results"}, "expected": []}
        checks += [Check(last.id, "identical", args, check.requirement) for check in checks[:-1]]
        # Nobody else may add to the list between the two.
        alone = replace(call, exclusive=True)
        yield bench.drafter.script(family, f"{operation.id} offset=count", alone, (first, last), tuple(checks))


def _repeatable(bench: Bench, operation: Operation) -> Iterator[Script]:
    """The same page twice, nothing changed between."""
    family = "paging.repeatable"
    if not bench.drafter.wanted(family, operation.id):
        return
    for call in bench.variants(operation):
        yield from _same_page(bench, operation, call)


def _same_page(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    family = "paging.repeatable"
    first = changed(call.call, outputs={"results": {"$e": "$response.body#/results"}})
    second = changed(call.call, id=f"{call.call.id}-again")
    expected = Expectation(
        "identical",
        {"actual": {"$e": "$response.body#/results"}, "expected": {"$e": f"$steps.{first.id}.outputs.results"}},
    )
    checks = bench.drafter.checks(family, operation.id, second.id, expected)
    purpose = Text(ja="変更のない同じページの2回の照会。", en="The same page twice, with no change between.")
    # Nobody else may add to the list between the two.
    alone = replace(call, exclusive=True)
    yield bench.drafter.script(family, f"{operation.id} the same page twice", alone, (first, second), checks, purpose)
