"""Faults of cancellations on other days than today: what was cancelled still holds as of some of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import (
    ACTIVE,
    CANCELLED,
    HEAD,
    Entry,
    Event,
)
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _cancelled_from_its_day_on(reference: Reference, kind: str) -> None:
    """What was cancelled holds in reads as of the days before the cancellation."""
    registry = reference.the(ResidentRegistry)

    def entry(resident_id: str, day: str, recorded: int | None = None) -> Entry | None:
        register = registry.register
        history = [
            dataclasses.replace(event, cancels=None)
            if event.cancels is not None
            and day < event.event_date
            and register.notifications[event.cancels].type == kind
            else event
            for event in register.histories.get(resident_id, ())
        ]
        return register.fold(history, day, recorded)

    def reading(as_of: Method) -> Method:
        def dated(call: Call) -> Entry | None:
            found: Entry | None = as_of(call)
            if found is None or "as_of" not in call.query or "recorded_as_of" in call.query:
                return found
            return entry(call.target.id, call.query["as_of"])

        return dated

    def listing(members: Method) -> Method:
        def dated(household_id: str, day: str) -> list[Entry]:
            if day >= registry.register.today:
                found: list[Entry] = members(household_id, day)
                return found
            entries = (entry(i, day) for i in registry.register.households.get(household_id, ()))
            here = [e for e in entries if e is not None and e.status == ACTIVE and e.household_id == household_id]
            return sorted(here, key=lambda member: member.relationship != HEAD)

        return dated

    revise(registry.residents, "as_of", reading)
    revise(registry.households, "members", listing)


@FAULTS.add("cancelled-move-out-from-its-day-on", "RR-CAN-022")
def cancelled_move_out_from_its_day_on(reference: Reference) -> None:
    """A cancelled move-out still holds as of the days before its cancellation."""
    _cancelled_from_its_day_on(reference, "move_out")


@FAULTS.add("cancelled-death-from-its-day-on", "RR-CAN-022")
def cancelled_death_from_its_day_on(reference: Reference) -> None:
    """A cancelled death still holds as of the days before its cancellation."""
    _cancelled_from_its_day_on(reference, "death")


@FAULTS.add("cancelled-address-change-from-its-day-on", "RR-CAN-022")
def cancelled_address_change_from_its_day_on(reference: Reference) -> None:
    """A cancelled address change still holds as of the days before its cancellation."""
    _cancelled_from_its_day_on(reference, "address_change")


@FAULTS.add("cancelled-household-change-from-its-day-on", "RR-CAN-022")
def cancelled_household_change_from_its_day_on(reference: Reference) -> None:
    """A cancelled household change still holds as of the days before its cancellation."""
    _cancelled_from_its_day_on(reference, "household_change")


@FAULTS.add("cancelled-move-in-from-its-day-on", "RR-CAN-023")
def cancelled_move_in_from_its_day_on(reference: Reference) -> None:
    """Residents of a cancelled move-in are still active as of the days before its cancellation."""
    _cancelled_from_its_day_on(reference, "move_in")


@FAULTS.add("cancelled-ahead-and-gone-all-the-same", "RR-CAN-022")
def cancelled_ahead_and_gone_all_the_same(reference: Reference) -> None:
    """A move-out that is cancelled before its day takes effect when that day has passed."""
    registry = reference.the(ResidentRegistry)

    def make(fold: Method) -> Method:
        def blind(history: Sequence[Event], day: str, recorded: int | None = None) -> Entry | None:
            ahead = {
                event.notification_id
                for event in history
                for other in history
                if event.type == "move_out"
                and other.cancels == event.notification_id
                and other.event_date < event.effective
            }
            kept = [dataclasses.replace(e, cancels=None) if e.cancels in ahead else e for e in history]
            found: Entry | None = fold(kept, day, recorded)
            return found

        return blind

    revise(registry.register, "fold", make)


@FAULTS.add("export-of-the-past-knows-no-cancellation", "RR-EXP-001")
def export_of_the_past_knows_no_cancellation(reference: Reference) -> None:
    """An export of everybody as of a past day holds people whose move-in was cancelled since."""
    registry = reference.the(ResidentRegistry)

    def make(everybody: Method) -> Method:
        def all_of_the_day(call: Call, as_of: str) -> list[Entry]:
            found: list[Entry] = everybody(call, as_of)
            register = registry.register
            entries = (register.entry_at(i, as_of) for i in register.histories if as_of < register.today)
            return [*found, *(e for e in entries if e is not None and e.status == CANCELLED)]

        return all_of_the_day

    revise(registry.exports, "everybody", make)


@FAULTS.add("export-of-the-past-as-before-the-cancellation", "RR-EXP-005")
def export_of_the_past_as_before_the_cancellation(reference: Reference) -> None:
    """In the line of an export as of a past day an address change that was cancelled since still holds."""
    registry = reference.the(ResidentRegistry)

    def standing(entry: Entry, as_of: str) -> Entry:
        register = registry.register
        history = [
            dataclasses.replace(event, cancels=None)
            if event.cancels is not None and register.notifications[event.cancels].type == "address_change"
            else event
            for event in register.histories[entry.id]
        ]
        return register.fold(history, as_of) or entry

    def make(named: Method) -> Method:
        def of_the_day(call: Call, as_of: str) -> list[Entry]:
            found: list[Entry] = named(call, as_of)
            return [standing(entry, as_of) if as_of < registry.register.today else entry for entry in found]

        return of_the_day

    revise(registry.exports, "named", make)
