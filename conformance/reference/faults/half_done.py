"""Faults of requests that are refused, and carried out in part."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.faults.validation import overlooked
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem, Violation, invalid
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_SEXES = ("0", "1", "2", "9")
_CATEGORIES = ("domestic_violence", "stalking", "child_abuse", "other")


def _not_listed(pointer: str) -> Problem:
    return invalid((Violation("enum", "選択肢にありません / Not one of the values", pointer=pointer),))


def _before_conditions(reference: Reference, operation: str, pointer: str, wrong: Callable[[Any], bool]) -> None:
    """What is wrong with a body that is examined later is still told before a condition that does not hold."""

    def make(check: Method) -> Method:
        def checked(call: Call, current: str | None) -> None:
            try:
                check(call, current)
            except Problem as problem:
                raise (_not_listed(pointer) if wrong(call.body) else problem) from None

        return checked

    replace(reference.pipeline.preconditions, "check_change", make, lambda call, _: call.operation.id == operation)


@FAULTS.add("refused-correction-half-done", "COM-VAL-013")
def refused_correction_half_done(reference: Reference) -> None:
    """A correction whose sex is not valid is answered 400 once the name in it is corrected."""
    corrections = reference.the(ResidentRegistry).corrections
    overlooked(reference, "correctResident", "enum", "/sex")
    _before_conditions(reference, "correctResident", "/sex", lambda body: body.get("sex", "0") not in _SEXES)

    def make(correct: Method) -> Method:
        def careless(call: Call) -> Answer:
            if call.body.get("sex", "0") in _SEXES:
                answer: Answer = correct(call)
                return answer
            call.body = {name: item for name, item in call.body.items() if name != "sex"}
            if len(call.body) > 1:
                correct(call)
            raise _not_listed("/sex")

        return careless

    replace(corrections, "correct", make)


@FAULTS.add("refused-protection-half-done", "COM-VAL-013")
def refused_protection_half_done(reference: Reference) -> None:
    """A protection whose category is not listed is answered 400 once its new last day is stored."""
    protections = reference.the(ResidentRegistry).protections
    overlooked(reference, "putProtection", "enum", "/category")
    _before_conditions(reference, "putProtection", "/category", lambda body: body["category"] not in _CATEGORIES)

    def make(put: Method) -> Method:
        def careless(call: Call) -> Answer:
            stored = reference.the(ResidentRegistry).visibility.protections.get(call.target.id)
            wrong = call.body["category"] not in _CATEGORIES
            if wrong and stored is not None:
                call.body = {**call.body, "category": stored.category}
            if not wrong or stored is not None:
                answer: Answer = put(call)
            if wrong:
                raise _not_listed("/category")
            return answer

        return careless

    replace(protections, "put", make)
