"""Faults of reading as of a day and a moment."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import Entry, Event
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _as_of(reference: Reference, other: Callable[[Call, Method], Entry | None]) -> None:
    def make(as_of: Method) -> Method:
        return lambda call: other(call, as_of)

    revise(reference.the(ResidentRegistry).residents, "as_of", make)


def _asking(call: Call, **query: str) -> Call:
    return dataclasses.replace(call, query={**call.query, **query})


@FAULTS.add("as-of-present-address", "RR-HIS-004", "RR-HIS-007", "RR-HIS-018")
def as_of_present_address(reference: Reference) -> None:
    """A read as of a past day shows the present address; everything else is as of that day."""

    def present(call: Call, as_of: Method) -> Entry | None:
        entry: Entry | None = as_of(call)
        now = reference.the(ResidentRegistry).register.current.get(call.target.id)
        return entry if entry is None or now is None else dataclasses.replace(entry, address=now.address)

    _as_of(reference, present)


@FAULTS.add("as-of-a-day-late", "RR-HIS-004")
def as_of_a_day_late(reference: Reference) -> None:
    """A read as of the very day of an address change shows the former address."""

    def before(call: Call, as_of: Method) -> Entry | None:
        entry: Entry | None = as_of(call)
        day = call.query.get("as_of")
        if entry is None or day is None or day <= entry.became_resident_on:
            return entry
        earlier = as_of(_asking(call, as_of=dates.add_days(day, -1)))
        return entry if earlier is None else dataclasses.replace(entry, address=earlier.address)

    _as_of(reference, before)


@FAULTS.add("as-of-latest-address-change", "RR-HIS-004")
def as_of_latest_address_change(reference: Reference) -> None:
    """A read as of a day between two address changes shows the first address: only the latest change is remembered."""

    def forgetful(call: Call, as_of: Method) -> Entry | None:
        entry: Entry | None = as_of(call)
        register = reference.the(ResidentRegistry).register
        now, first = register.current.get(call.target.id), register.histories[call.target.id][0].changes
        if entry is None or now is None or "recorded_as_of" in call.query or entry.address == now.address:
            return entry
        assert isinstance(first, Entry)  # noqa: S101  a history begins with a registration
        return dataclasses.replace(entry, address=first.address)

    _as_of(reference, forgetful)


@FAULTS.add("as-of-before-registration-shown", "RR-HIS-005")
def as_of_before_registration_shown(reference: Reference) -> None:
    """A read as of a day before the first registration shows the resident as first registered."""

    def ever(call: Call, as_of: Method) -> Entry | None:
        entry: Entry | None = as_of(call)
        day, first = call.query.get("as_of"), call.target.became_resident_on
        return as_of(_asking(call, as_of=first)) if entry is None and day is not None and day < first else entry

    _as_of(reference, ever)


@FAULTS.add("recorded-as-of-ignored", "RR-HIS-006", "RR-HIS-018")
def recorded_as_of_ignored(reference: Reference) -> None:
    """recorded_as_of counts only together with as_of."""

    def alone(call: Call, as_of: Method) -> Entry | None:
        query = {name: value for name, value in call.query.items() if name != "recorded_as_of" or "as_of" in call.query}
        found: Entry | None = as_of(dataclasses.replace(call, query=query))
        return found

    _as_of(reference, alone)


@FAULTS.add("recorded-as-of-exclusive", "RR-HIS-006", "RR-HIS-018")
def recorded_as_of_exclusive(reference: Reference) -> None:
    """recorded_as_of leaves out what was recorded at that very moment, except the registration."""

    def make(fold: Method) -> Method:
        def before(history: list[Event], day: str, recorded: int | None = None) -> Entry | None:
            entry: Entry | None = fold(history, day, None if recorded is None else recorded - 1)
            found: Entry | None = entry if entry is not None else fold(history, day, recorded)
            return found

        return before

    revise(reference.the(ResidentRegistry).register, "fold", make)


@FAULTS.add("recorded-as-of-whole-days", "RR-HIS-006", "RR-HIS-007", "RR-HIS-018")
def recorded_as_of_whole_days(reference: Reference) -> None:
    """recorded_as_of is a day: what was recorded later on it is shown."""

    def make(fold: Method) -> Method:
        def rounded(history: list[Event], day: str, recorded: int | None = None) -> Entry | None:
            length = 24 * 3600 * 1_000_000
            found: Entry | None = fold(history, day, None if recorded is None else -(-recorded // length) * length)
            return found

        return rounded

    revise(reference.the(ResidentRegistry).register, "fold", make)


@FAULTS.add("cancellation-rewrites-the-past", "RR-HIS-007")
def cancellation_rewrites_the_past(reference: Reference) -> None:
    """A cancelled notification has no effect at any recorded_as_of, not even before its cancellation."""

    def make(fold: Method) -> Method:
        def rewritten(history: list[Event], day: str, recorded: int | None = None) -> Entry | None:
            undone = {event.cancels for event in history if event.cancels is not None}
            kept = [*history[:1], *(event for event in history[1:] if event.notification_id not in undone)]
            found: Entry | None = fold(kept if recorded is not None and history else history, day, recorded)
            return found

        return rewritten

    revise(reference.the(ResidentRegistry).register, "fold", make)


@FAULTS.add("death-cancellation-rewrites-the-past", "RR-HIS-007")
def death_cancellation_rewrites_the_past(reference: Reference) -> None:
    """A cancelled death has no effect at any recorded_as_of, not even before its cancellation."""

    def make(fold: Method) -> Method:
        def rewritten(history: list[Event], day: str, recorded: int | None = None) -> Entry | None:
            undone = {event.cancels for event in history if event.cancels is not None}
            kept = [e for e in history if e.type != "death" or e.notification_id not in undone]
            found: Entry | None = fold(history if recorded is None else kept, day, recorded)
            return found

        return rewritten

    revise(reference.the(ResidentRegistry).register, "fold", make)


@FAULTS.add("correction-from-today", "RR-HIS-012", "XS-TXT-006")
def correction_from_today(reference: Reference) -> None:
    """A correction holds from the day on which it is made: earlier days keep the wrong value."""
    registry = reference.the(ResidentRegistry)
    revise(registry.corrections, "effective", lambda _: lambda first: registry.register.today)


@FAULTS.add("household-as-of-ignored", "RR-HIS-013", "RR-HIS-015", "XS-HHD-002")
def household_as_of_ignored(reference: Reference) -> None:
    """A household shows its present members whatever day is asked for."""

    def make(members: Method) -> Method:
        def present(household_id: str, day: str) -> list[Entry]:
            today = reference.the(ResidentRegistry).register.today
            found: list[Entry] = members(household_id, max(day, today))
            return found

        return present

    revise(reference.the(ResidentRegistry).households, "members", make)


@FAULTS.add("household-as-of-without-the-dead", "RR-HIS-013")
def household_as_of_without_the_dead(reference: Reference) -> None:
    """A household as of a past day leaves out members who have died since."""

    def make(members: Method) -> Method:
        def living(household_id: str, day: str) -> list[Entry]:
            current = reference.the(ResidentRegistry).register.current
            found: list[Entry] = members(household_id, day)
            return [entry for entry in found if entry.id in current and current[entry.id].status != "deceased"]

        return living

    revise(reference.the(ResidentRegistry).households, "members", make)


@FAULTS.add("repeated-read-stamped-anew", "RR-HIS-007")
def repeated_read_stamped_anew(reference: Reference) -> None:
    """A read as of a day and a moment shows the recorded_at of the latest recording, also of one after that moment."""

    def stamped(call: Call, as_of: Method) -> Entry | None:
        entry: Entry | None = as_of(call)
        if entry is None or not {"as_of", "recorded_as_of"} <= call.query.keys():
            return entry
        latest = reference.the(ResidentRegistry).register.histories[entry.id][-1].recorded_at
        return dataclasses.replace(entry, recorded_at=latest)

    _as_of(reference, stamped)


def _household(reference: Reference, other: Callable[[dict[str, Any], str, str], dict[str, Any]]) -> None:
    def make(body: Method) -> Method:
        def shown(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            right: dict[str, Any] = body(household_id, day, members)
            return {**right, **other(right, household_id, day)}

        return shown

    revise(reference.the(ResidentRegistry).households, "body", make)


@FAULTS.add("household-as-of-present-address", "RR-HIS-014")
def household_as_of_present_address(reference: Reference) -> None:
    """A household as of a past day is shown at its present address."""

    def present(shown: dict[str, Any], household_id: str, day: str) -> dict[str, Any]:
        register = reference.the(ResidentRegistry).register
        return {"address": register.address(household_id, max(day, register.today))}

    _household(reference, present)


@FAULTS.add("household-as-of-present-head", "RR-HIS-015", "XS-HHD-002")
def household_as_of_present_head(reference: Reference) -> None:
    """A household as of a past day shows the present head, where that one was a member."""

    def present(shown: dict[str, Any], household_id: str, day: str) -> dict[str, Any]:
        heads = [entry.id for entry in reference.the(ResidentRegistry).register.members(household_id)[:1]]
        then = {member["resident_id"] for member in shown["members"]}
        return {"head_id": heads[0]} if set(heads) & then else {}

    _household(reference, present)


@FAULTS.add("household-before-its-first-day", "RR-HIS-016")
def household_before_its_first_day(reference: Reference) -> None:
    """A household as of a day before its first one is shown as closed."""
    registry = reference.the(ResidentRegistry)
    revise(
        registry.households,
        "is_there",
        lambda _: lambda household_id, day: household_id in registry.register.placements,
    )

    def first(shown: dict[str, Any], household_id: str, day: str) -> dict[str, Any]:
        return {"address": shown["address"] or registry.register.placements[household_id][0].address}

    _household(reference, first)
