"""Faults of numbers in a content: values below or above the bounds of the document are taken."""

from __future__ import annotations

import re
from collections.abc import Callable
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


def _within(reference: Reference, operation: str, name: str, within: Callable[[int], int]) -> None:
    """A number in the content of one operation is brought into its bounds in silence."""

    def make(content: Method) -> Method:
        def altered(call: Call) -> Any:
            body = content(call)
            if call.operation.id != operation or not isinstance(body, dict) or type(body.get(name)) is not int:
                return body
            return {**body, name: within(body[name])}

        return altered

    revise(reference.pipeline, "content", make)


@FAULTS.add("unit-amount-brought-into-bounds", "COM-VAL-006")
def unit_amount_brought_into_bounds(reference: Reference) -> None:
    """An amount for one person that is too high or too low is taken for the highest or the lowest."""
    _within(reference, "createProgramme", "unit_amount", lambda value: min(max(value, 1), 1_000_000))


@FAULTS.add("unit-amount-a-yen-too-high", "COM-VAL-006")
def unit_amount_a_yen_too_high(reference: Reference) -> None:
    """An amount for one person that is too high by one yen is taken for the highest."""
    _within(reference, "createProgramme", "unit_amount", lambda value: value - (value == 1_000_001))


@FAULTS.add("repayment-of-nothing", "COM-VAL-006")
def repayment_of_nothing(reference: Reference) -> None:
    """A repayment of 0 is entered."""
    _unbounded(reference, "enterRepayment", "/amount", 0)


@FAULTS.add("ceiling-cut", "COM-VAL-006")
def ceiling_cut(reference: Reference) -> None:
    """A budget ceiling that is changed to more than the document allows is cut at the greatest."""
    _within(reference, "changeProgramme", "budget_ceiling", lambda value: min(value, 999_999_999_999))


@FAULTS.add("control-count-without-bound", "COM-VAL-006")
def control_count_without_bound(reference: Reference) -> None:
    """The count of a batch may be more than a batch can have: it is refused only where it is not that of the claims."""
    _within(reference, "createPaymentBatch", "control_count", lambda value: 1 if value > 1000 else value)
