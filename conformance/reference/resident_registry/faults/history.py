"""Faults of history and of reading as of a day and a moment."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.clock import timestamp
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.faults.offered import offer
from conformance.reference.resident_registry.records import Entry, Event
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _history(reference: Reference, other: Callable[[str, list[Event]], list[Event]]) -> None:
    def make(history_of: Method) -> Method:
        return lambda resident_id: other(resident_id, history_of(resident_id))

    revise(reference.the(ResidentRegistry).residents, "history_of", make)


def _line(reference: Reference, other: Callable[[Event, dict[str, Any]], dict[str, Any]]) -> None:
    def make(line: Method) -> Method:
        return lambda event: {**line(event), **other(event, line(event))}

    revise(reference.the(ResidentRegistry).residents, "history_line", make)


@FAULTS.add("history-newest-first", "RR-HIS-001", "RR-HIS-008", "RR-HIS-009")
def history_newest_first(reference: Reference) -> None:
    """The history of a resident begins with the newest entry."""
    _history(reference, lambda resident_id, events: events[::-1])


@FAULTS.add("history-of-first-named-only", "RR-HIS-001")
def history_of_first_named_only(reference: Reference) -> None:
    """An address change stands in the history of the first resident whom it names, and in no other."""

    def first(resident_id: str, events: list[Event]) -> list[Event]:
        known = reference.the(ResidentRegistry).register.notifications
        return [
            e
            for e in events
            if e.type != "address_change" or known[e.notification_id or ""].resident_ids[0] == resident_id
        ]

    _history(reference, first)


@FAULTS.add("history-with-succession", "RR-HIS-001")
def history_with_succession(reference: Reference) -> None:
    """The history of somebody who became head shows the move-out of the former head, which is about another person."""

    def make(history_of: Method) -> Method:
        def more(resident_id: str) -> list[Event]:
            register = reference.the(ResidentRegistry).register
            shown = {event.notification_id for event in history_of(resident_id)}
            found = [
                event
                for event in register.histories[resident_id]
                if event.sequence or (event.type == "move_out" and event.notification_id not in shown)
            ]
            return [dataclasses.replace(event, sequence=place) for place, event in enumerate(found, 1)]

        return more

    revise(reference.the(ResidentRegistry).residents, "history_of", make)


@FAULTS.add("history-by-event-date", "RR-HIS-001", "RR-HIS-008", "RR-HIS-009")
def history_by_event_date(reference: Reference) -> None:
    """The history is in the order of event dates, in place of the order of recording."""
    _history(reference, lambda resident_id, events: sorted(events, key=lambda event: event.event_date))


@FAULTS.add("history-drops-cancelled", "RR-HIS-002")
def history_drops_cancelled(reference: Reference) -> None:
    """A cancelled notification and its cancellation leave the history of the resident; a move-in stays."""

    def standing(resident_id: str, events: list[Event]) -> list[Event]:
        cancelled = reference.the(ResidentRegistry).register.cancelled
        kept = [e for e in events if e.type == "move_in" or (e.notification_id not in cancelled and not e.cancels)]
        return [dataclasses.replace(event, sequence=place) for place, event in enumerate(kept, 1)]

    _history(reference, standing)


@FAULTS.add("history-cancelled-not-marked", "RR-HIS-002")
def history_cancelled_not_marked(reference: Reference) -> None:
    """In the history a cancelled address change is not marked as cancelled; other notifications are."""
    _line(reference, lambda event, shown: {"cancelled": shown["cancelled"] and event.type != "address_change"})


@FAULTS.add("history-without-corrections", "RR-HIS-003")
def history_without_corrections(reference: Reference) -> None:
    """Corrections do not stand in the history."""

    def without(resident_id: str, events: list[Event]) -> list[Event]:
        kept = [event for event in events if event.type != "correction"]
        return [dataclasses.replace(event, sequence=place) for place, event in enumerate(kept, 1)]

    _history(reference, without)


@FAULTS.add("history-second-correction-merged", "RR-HIS-003")
def history_second_correction_merged(reference: Reference) -> None:
    """Of several corrections on one day the history shows the last one only."""

    def merged(resident_id: str, events: list[Event]) -> list[Event]:
        last = {event.event_date: event for event in events if event.type == "correction"}
        kept = [event for event in events if event.type != "correction" or last[event.event_date] is event]
        return [dataclasses.replace(event, sequence=place) for place, event in enumerate(kept, 1)]

    _history(reference, merged)


def _as_of(reference: Reference, other: Callable[[Call, Method], Entry | None]) -> None:
    def make(as_of: Method) -> Method:
        return lambda call: other(call, as_of)

    revise(reference.the(ResidentRegistry).residents, "as_of", make)


def _asking(call: Call, **query: str) -> Call:
    return dataclasses.replace(call, query={**call.query, **query})


@FAULTS.add("as-of-present-address", "RR-HIS-004", "RR-HIS-007")
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


@FAULTS.add("recorded-as-of-ignored", "RR-HIS-006")
def recorded_as_of_ignored(reference: Reference) -> None:
    """recorded_as_of counts only together with as_of."""

    def alone(call: Call, as_of: Method) -> Entry | None:
        query = {name: value for name, value in call.query.items() if name != "recorded_as_of" or "as_of" in call.query}
        found: Entry | None = as_of(dataclasses.replace(call, query=query))
        return found

    _as_of(reference, alone)


@FAULTS.add("recorded-as-of-exclusive", "RR-HIS-006", "RR-HIS-007")
def recorded_as_of_exclusive(reference: Reference) -> None:
    """recorded_as_of leaves out what was recorded at that very moment."""

    def make(fold: Method) -> Method:
        def before(history: list[Event], day: str, recorded: int | None = None) -> Entry | None:
            found: Entry | None = fold(history, day, None if recorded is None else recorded - 1)
            return found

        return before

    revise(reference.the(ResidentRegistry).register, "fold", make)


@FAULTS.add("recorded-as-of-whole-seconds", "RR-HIS-006")
def recorded_as_of_whole_seconds(reference: Reference) -> None:
    """recorded_as_of is read to the next whole second: what was recorded meanwhile is shown."""

    def make(fold: Method) -> Method:
        def rounded(history: list[Event], day: str, recorded: int | None = None) -> Entry | None:
            second = None if recorded is None else -(-recorded // 1_000_000) * 1_000_000
            found: Entry | None = fold(history, day, second)
            return found

        return rounded

    revise(reference.the(ResidentRegistry).register, "fold", make)


@FAULTS.add("cancellation-rewrites-the-past", "RR-HIS-007")
def cancellation_rewrites_the_past(reference: Reference) -> None:
    """A cancelled notification has no effect at any recorded_as_of, not even before its cancellation."""

    def make(fold: Method) -> Method:
        def rewritten(history: list[Event], day: str, recorded: int | None = None) -> Entry | None:
            undone = {event.cancels for event in history if event.cancels is not None}
            kept = [history[0], *(event for event in history[1:] if event.notification_id not in undone)]
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


@FAULTS.add("history-in-whole-days", "RR-HIS-008")
def history_in_whole_days(reference: Reference) -> None:
    """recorded_at in the history is the day on which it was recorded, at midnight."""
    _line(reference, lambda event, shown: {"recorded_at": shown["recorded_at"][:11] + "00:00:00+09:00"})


@FAULTS.add("history-cancellation-backdated", "RR-HIS-008")
def history_cancellation_backdated(reference: Reference) -> None:
    """The history shows a cancellation as recorded at the moment of what it cancels."""

    def backdated(event: Event, shown: dict[str, Any]) -> dict[str, Any]:
        undone = reference.the(ResidentRegistry).register.notifications.get(event.cancels or "")
        if undone is None:
            return {}
        return {"recorded_at": timestamp(undone.recorded_at)}

    _line(reference, backdated)


@FAULTS.add("history-counted-from-zero", "RR-HIS-009")
def history_counted_from_zero(reference: Reference) -> None:
    """The sequence of a history begins with 0."""
    _line(reference, lambda event, shown: {"sequence": event.sequence - 1})


@FAULTS.add("resident-deletable", "RR-HIS-010")
def resident_deletable(reference: Reference) -> None:
    """A resident can be deleted."""
    offer(reference, "DELETE", "/residents/[^/]+")


@FAULTS.add("notification-changeable", "RR-HIS-011")
def notification_changeable(reference: Reference) -> None:
    """A notification can be replaced."""
    offer(reference, "PUT", "/notifications/[^/]+")


@FAULTS.add("notification-deletable", "RR-HIS-011")
def notification_deletable(reference: Reference) -> None:
    """A notification can be deleted."""
    offer(reference, "DELETE", "/notifications/[^/]+")


@FAULTS.add("correction-from-today", "RR-HIS-012")
def correction_from_today(reference: Reference) -> None:
    """A correction holds from the day on which it is made: earlier days keep the wrong value."""
    registry = reference.the(ResidentRegistry)
    revise(registry.corrections, "effective", lambda _: lambda first: registry.register.today)


@FAULTS.add("household-as-of-ignored", "RR-HIS-013")
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


@FAULTS.add("household-as-of-present-head", "RR-HIS-015")
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
