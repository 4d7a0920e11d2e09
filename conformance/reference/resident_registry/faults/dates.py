"""Faults about days: off by one, too strict, too lenient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference import dates
from conformance.reference.clock import timestamp
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import replace, revise
from conformance.reference.resident_registry.records import Protection
from conformance.reference.resident_registry.rules import LATE_AFTER
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("late-a-day-early", "RR-MIN-010")
def late_a_day_early(reference: Reference) -> None:
    """A notification exactly 14 days after the event is marked as late."""
    revise(
        reference.the(ResidentRegistry).rules,
        "is_late",
        lambda _: lambda event, told: dates.days_between(event, told) >= LATE_AFTER,
    )


@FAULTS.add("moved-out-a-day-early", "RR-MOU-002")
def moved_out_a_day_early(reference: Reference) -> None:
    """Somebody who moves out is no longer active on the very day of the move."""
    revise(reference.the(ResidentRegistry).rules, "moved_out_from", lambda _: lambda event: event)


@FAULTS.add("protection-ends-a-day-early", "RR-PRT-013", "RR-PRT-026")
def protection_ends_a_day_early(reference: Reference) -> None:
    """A protection is not active on its last day."""

    def until(protection: Protection, day: str) -> bool:
        return protection.first <= day < protection.last

    revise(reference.the(ResidentRegistry).visibility, "active_on", lambda _: until)


@FAULTS.add("today-in-utc", "COM-DAT-007")
def today_in_utc(reference: Reference) -> None:
    """Today is the date in Greenwich: until nine in the morning it is still yesterday in Japan."""
    clock = reference.clock
    replace(clock, "today", lambda _: lambda: timestamp(clock.micros() - 9 * 3600 * 1_000_000)[:10])
