"""Faults of official numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _unchecked(reference: Reference, unchecked: str) -> None:
    def make(check: Method) -> Method:
        def lenient(kind: str, value: str, pointer: str) -> None:
            if kind != unchecked:
                check(kind, value, pointer)

        return lenient

    revise(reference.the(ResidentRegistry).rules, "check_number", make)


@FAULTS.add("individual-number-unchecked", "COM-IDN-002")
def individual_number_unchecked(reference: Reference) -> None:
    """An Individual Number with a wrong check digit is accepted."""
    _unchecked(reference, "individual-number")


@FAULTS.add("resident-code-unchecked", "COM-IDN-003")
def resident_code_unchecked(reference: Reference) -> None:
    """A resident code with a wrong check digit is accepted."""
    _unchecked(reference, "resident-code")


@FAULTS.add("local-government-code-unchecked", "COM-IDN-004")
def local_government_code_unchecked(reference: Reference) -> None:
    """A local government code with a wrong check digit is accepted."""
    _unchecked(reference, "local-government-code")
