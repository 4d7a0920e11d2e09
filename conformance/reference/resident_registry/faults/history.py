"""Faults of the history of a resident."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.clock import timestamp
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.faults.offered import offer
from conformance.reference.resident_registry.records import Event
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


@FAULTS.add("history-drops-cancelled", "RR-HIS-001", "RR-HIS-002")
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


@FAULTS.add("history-without-corrections", "RR-HIS-003", "RR-HIS-021")
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


@FAULTS.add("history-sequence-with-a-gap", "RR-HIS-009")
def history_sequence_with_a_gap(reference: Reference) -> None:
    """A cancellation takes up two numbers in the sequence of a history."""
    registry = reference.the(ResidentRegistry)

    def gap(event: Event, shown: dict[str, Any]) -> dict[str, Any]:
        known = next(h for h in registry.register.histories.values() if event in h)
        earlier = sum(other.cancels is not None and other.sequence < event.sequence for other in known)
        return {"sequence": event.sequence + earlier}

    _line(reference, gap)


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
