"""Faults of residents who are not active: each operation asks for each status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import rule
from conformance.reference.resident_registry.faults.leniency import open_although, passing
from conformance.reference.resident_registry.records import (
    CANCELLED,
    DECEASED,
    Entry,
)
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("certificate-of-the-cancelled", "RR-CRT-015")
def certificate_of_the_cancelled(reference: Reference) -> None:
    """A certificate is issued for somebody whose move-in was cancelled."""
    revise(
        reference.the(ResidentRegistry).certificates,
        "check_active",
        passing("not_active", lambda e: e.status == CANCELLED),
    )


@FAULTS.add("cancelled-changes-address", "RR-ADC-010")
def cancelled_changes_address(reference: Reference) -> None:
    """The address of somebody whose move-in was cancelled may change."""
    revise(
        reference.the(ResidentRegistry).named,
        "is_open",
        open_although("registerAddressChange", lambda entry: entry.status == CANCELLED),
    )


@FAULTS.add("cancelled-dies", "RR-DTH-004")
def cancelled_dies(reference: Reference) -> None:
    """The death of somebody whose move-in was cancelled is accepted."""
    revise(
        reference.the(ResidentRegistry).named,
        "is_open",
        open_although("registerDeath", lambda entry: entry.status == CANCELLED),
    )


@FAULTS.add("split-of-the-dead", "RR-HHC-025")
def split_of_the_dead(reference: Reference) -> None:
    """A split may name a member who has died since, and puts that one into the new household."""

    def make(is_open: Method) -> Method:
        def lenient(call: Call, entry: Entry) -> bool:
            splits = call.operation.id == "registerHouseholdChange" and call.body["kind"] == "split"
            return bool(is_open(call, entry)) or (splits and entry.status == DECEASED)

        return lenient

    revise(reference.the(ResidentRegistry).named, "is_open", make)


@FAULTS.add("number-of-the-cancelled-refused", "RR-NUM-002")
def number_of_the_cancelled_refused(reference: Reference) -> None:
    """The number of a resident whose move-in was cancelled is not told: nobody is found."""
    registry = reference.the(ResidentRegistry)

    def make(in_body: Method) -> Method:
        def selective(call: Call, resident_id: str, pointer: str) -> Entry:
            found: Entry = in_body(call, resident_id, pointer)
            if call.operation.id == "readIndividualNumber" and found.status == CANCELLED:
                raise rule("unknown_resident", "該当する住民がいません / There is no such resident", pointer)
            return found

        return selective

    revise(registry.visibility, "in_body", make)


@FAULTS.add("export-without-the-cancelled", "RR-EXP-001")
def export_without_the_cancelled(reference: Reference) -> None:
    """An export leaves out residents who were named, and whose move-in was cancelled."""

    def make(named: Method) -> Method:
        def left(call: Call, as_of: str) -> list[Entry]:
            return [entry for entry in named(call, as_of) if entry.status != CANCELLED]

        return left

    revise(reference.the(ResidentRegistry).exports, "named", make)


@FAULTS.add("protection-of-the-cancelled-refused", "RR-PRT-049")
def protection_of_the_cancelled_refused(reference: Reference) -> None:
    """A resident whose move-in was cancelled cannot be put under protection."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def strict(call: Call) -> None:
            check(call)
            if registry.register.current[call.target.id].status == CANCELLED:
                raise rule("period_invalid", "住民ではありません / Not a resident", "/from")

        return strict

    revise(registry.protections, "check", make)


def _shown_when(reference: Reference, status: str, *operations: str) -> None:
    registry = reference.the(ResidentRegistry)

    def make(hides: Method) -> Method:
        def selective(call: Call, resident_id: str) -> bool:
            entry = registry.register.known(resident_id)
            seen = call.operation.id in operations and entry is not None and entry.status == status
            return not seen and bool(hides(call, resident_id))

        return selective

    revise(registry.visibility, "hides", make)


@FAULTS.add("protected-dead-read", "RR-PRT-001", "RR-PRT-005")
def protected_dead_read(reference: Reference) -> None:
    """Reading one resident shows hidden ones once they have died."""
    _shown_when(reference, DECEASED, "getResident", "listResidentHistory")


@FAULTS.add("protected-cancelled-read", "RR-PRT-001", "RR-PRT-005")
def protected_cancelled_read(reference: Reference) -> None:
    """Reading one resident shows hidden ones whose move-in was cancelled."""
    _shown_when(reference, CANCELLED, "getResident", "listResidentHistory")


@FAULTS.add("protected-dead-looked-up", "RR-PRT-009", "RR-PRT-021")
def protected_dead_looked_up(reference: Reference) -> None:
    """The look-up of a number finds hidden residents once they have died."""
    _shown_when(reference, DECEASED, "lookUpResident", "readIndividualNumber")
