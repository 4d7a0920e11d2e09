"""Requests with two mistakes that are examined in different steps: the earlier step answers (common part, section 3).

A system that looks things up, or compares tags, before it has examined what it was sent tells more than it should, and
a client mends the wrong thing first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench
from conformance.compile.calls import ValidCall
from conformance.compile.draft import changed, exact, with_header, with_query
from conformance.compile.idempotency import HEADER
from conformance.compile.numbers import issued_parameter
from conformance.compile.places import is_special
from conformance.model import Check, Script, Step

_OTHER_TYPE = "text/plain"
_STALE = '"no-tag-of-anything"'
_PURPOSE = "Access-Purpose"


@dataclass(frozen=True)
class _Mistake:
    """A step of a script with one mistake, and what it is."""

    step: Step
    ja: str
    en: str
    status: int = 0


def scripts(bench: Bench) -> Iterator[Script]:
    """Per operation: each mistake of an earlier step together with each one of a later step."""
    for operation in bench.operations():
        call = bench.first(operation)
        for family, early in (
            ("precedence.headers", _headers(operation)),
            ("precedence.syntax", _syntax(bench, operation, call)),
            ("precedence.existence", _existence(bench, operation)),
        ):
            if not bench.drafter.wanted(family, operation.id):
                continue
            for make, ja, en, status in early:
                # What the earlier mistake alone is answered is the concern of other requirements.
                alone = _with_own_key(changed(make(call.call), id=f"{call.call.id}-alone", outputs={}))
                before = Check(alone.id, "criterion", {"condition": f"$statusCode == {status}"})
                for late in _later(bench, operation, call, family):
                    step = make(late.step)
                    text = {"ja": f"{ja}と{late.ja}", "en": f"{en} and {late.en}"}
                    checks = bench.drafter.checks(family, operation.id, step.id, exact((status,), text))
                    title = f"{operation.id} {text['en']}"
                    yield bench.drafter.script(family, title, call, (alone, step), (before, *checks))


def _with_own_key(step: Step) -> Step:
    """The step with another key, where it has one: a system may keep the answer of a refusal (common part, 13)."""
    keyed = any(name.lower() == HEADER.lower() for name, _ in step.headers)
    return with_header(step, HEADER, {"$fresh": "idempotency-key", "key": "alone"}) if keyed else step


def _headers(operation: Operation) -> Iterator[tuple[Any, str, str, int]]:
    """Mistakes of step 5."""
    if operation.body:
        yield (
            lambda step: with_header(step, "Content-Type", _OTHER_TYPE),
            "宣言のないメディアタイプ", "an undeclared media type", 415,
        )  # fmt: skip
    purpose = operation.parameter(_PURPOSE, "header")
    if purpose is not None and purpose.required:
        yield lambda step: with_header(step, _PURPOSE, None), f"{_PURPOSE}がない", f"no {_PURPOSE}", 400


def _syntax(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[tuple[Any, str, str, int]]:
    """Mistakes of step 6."""
    template = bench.template(call)
    if isinstance(template, dict) and not is_special(template) and bench.body_schema(operation) is not None:
        wrong = {**template, "undeclared_property": 1}
        if not bench.accepts(operation, wrong):
            yield lambda step: changed(step, body=wrong), "宣言のない項目", "an undeclared property", 400
    elif not operation.body:
        name = "undeclared_parameter"
        yield lambda step: with_query(step, name, "1"), "宣言のないパラメータ", "an undeclared parameter", 400


def _existence(bench: Bench, operation: Operation) -> Iterator[tuple[Any, str, str, int]]:
    """Mistakes of step 7: they come with a later one only, as alone they have a family of their own."""
    unknown = _unknown(bench, operation)
    if unknown is not None:
        yield (
            lambda step: changed(step, path_params={**step.path_params, **unknown}),
            "未発行のid",
            "an unknown id",
            404,
        )


def _later(bench: Bench, operation: Operation, call: ValidCall, family: str) -> Iterator[_Mistake]:
    """Mistakes of the steps behind that of a family: an unknown id (7), conditions that do not hold (8)."""
    unknown = _unknown(bench, operation)
    if unknown is not None and family != "precedence.existence":
        step = changed(call.call, path_params={**call.call.path_params, **unknown})
        yield _Mistake(step, "未発行のid", "an unknown id")
    if operation.parameter("If-Match", "header") and any(name.lower() == "if-match" for name, _ in call.call.headers):
        yield _Mistake(
            with_header(call.call, "If-Match", _STALE), "一致しないIf-Match", "an If-Match that does not hold"
        )
        yield _Mistake(with_header(call.call, "If-Match", None), "If-Matchなし", "no If-Match")


def _unknown(bench: Bench, operation: Operation) -> dict[str, Any] | None:
    """The parameter of the path that names what was issued, with an id of nobody; none where it may have no such id."""
    name = issued_parameter(operation)
    parameter = operation.parameter(name, "path") if name else None
    if name is None or parameter is None:
        return None
    known = bench.parameter_accepts(operation, parameter, "00000000-0000-4000-8000-000000000000")
    return {name: {"$fresh": "uuid", "key": "of nothing"}} if known else None
