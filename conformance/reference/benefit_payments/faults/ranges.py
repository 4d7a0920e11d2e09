"""Faults of numbers in a content: values below or above the bounds of the document are taken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Violation

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _unbounded(reference: Reference, operation: str, pointer: str, value: int | None = None) -> None:
    """Numbers (one value) out of range at some places of one operation are taken."""

    def make(violations: Method) -> Method:
        def lenient(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            if call.operation.id != operation or (value is not None and _at(body, pointer) != value):
                return found
            return tuple(v for v in found if v.code != "range" or not re.fullmatch(pointer, v.pointer or ""))

        return lenient

    revise(reference.pipeline, "violations", make)


def _at(body: Any, pointer: str) -> Any:
    return body.get(pointer.lstrip("/")) if isinstance(body, dict) else None


@FAULTS.add("unit-amount-of-any-size", "COM-VAL-006")
def unit_amount_of_any_size(reference: Reference) -> None:
    """A programme may pay any amount for a person, more than the document allows or less than nothing."""
    _unbounded(reference, "createProgramme", "/unit_amount")


@FAULTS.add("unit-amount-a-yen-too-high", "COM-VAL-006")
def unit_amount_a_yen_too_high(reference: Reference) -> None:
    """The highest amount for a person may be exceeded by one yen."""
    _unbounded(reference, "createProgramme", "/unit_amount", 1_000_001)


@FAULTS.add("repayment-of-nothing", "COM-VAL-006")
def repayment_of_nothing(reference: Reference) -> None:
    """A repayment of 0 is entered."""
    _unbounded(reference, "enterRepayment", "/amount", 0)


@FAULTS.add("ceiling-of-nothing", "COM-VAL-006")
def ceiling_of_nothing(reference: Reference) -> None:
    """The budget ceiling of a programme may be changed to a number below its least value."""
    _unbounded(reference, "changeProgramme", "/budget_ceiling")
