"""Faults of cancellations: refused ones that leave something behind, and those that take back a part only."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.named import unknown_household
from conformance.reference.resident_registry.records import Entry, Event, Notification
from conformance.reference.resident_registry.rules import already_registered
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _noting_refusals(registry: ResidentRegistry, code: str) -> set[str]:
    """The notifications whose cancellation was refused with a code."""
    refused: set[str] = set()

    def make(cancel: Method) -> Method:
        def noting(call: Call) -> Answer:
            try:
                answer: Answer = cancel(call)
            except Problem as problem:
                if problem.code == code:
                    refused.add(call.body["notification_id"])
                raise
            return answer

        return noting

    replace(registry.cancellations, "cancel", make)
    return refused


@FAULTS.add("refused-cancellation-shown", "RR-CAN-027")
def refused_cancellation_shown(reference: Reference) -> None:
    """A notification whose cancellation was refused because a later one stands is read as cancelled."""
    registry = reference.the(ResidentRegistry)
    refused = _noting_refusals(registry, "later_notification")

    def make(body: Method) -> Method:
        def marked(call: Call, notification: Notification) -> dict[str, Any]:
            shown: dict[str, Any] = body(call, notification)
            return {**shown, "cancelled": True} if notification.id in refused else shown

        return marked

    revise(registry.notifications, "body", make)


@FAULTS.add("refused-cancellation-in-the-history", "RR-CAN-027")
def refused_cancellation_in_the_history(reference: Reference) -> None:
    """The history marks a notification as cancelled whose cancellation was refused because the person is back."""
    registry = reference.the(ResidentRegistry)
    refused = _noting_refusals(registry, "already_registered")

    def make(line: Method) -> Method:
        def marked(event: Event) -> dict[str, Any]:
            shown: dict[str, Any] = line(event)
            return {**shown, "cancelled": True} if event.notification_id in refused else shown

        return marked

    revise(registry.residents, "history_line", make)


def _cancelling(reference: Reference, spared: Callable[[Notification, str], bool]) -> None:
    """The cancellation of a move-in has no effect on those for whom `spared` says so."""
    registry = reference.the(ResidentRegistry)

    def make(event_of: Method) -> Method:
        def event(cancellation: Notification, resident_id: str) -> Event:
            right: Event = event_of(cancellation, resident_id)
            undone = registry.register.notifications[cancellation.cancels or ""]
            return dataclasses.replace(right, cancels=None) if spared(undone, resident_id) else right

        return event

    revise(registry.cancellations, "event", make)


@FAULTS.add("cancelled-joining-of-the-first-only", "RR-CAN-015", "RR-CAN-021")
def cancelled_joining_of_the_first_only(reference: Reference) -> None:
    """Of several who moved into a household that exists, the cancellation takes back the first one only."""

    def joined(undone: Notification, resident_id: str) -> bool:
        made = reference.the(ResidentRegistry).register.placements[undone.household_id][0].notification_id
        return undone.type == "move_in" and made != undone.id and resident_id in undone.resident_ids[1:]

    _cancelling(reference, joined)


@FAULTS.add("cancelled-move-in-of-the-first-only", "RR-CAN-015", "RR-CAN-021")
def cancelled_move_in_of_the_first_only(reference: Reference) -> None:
    """Of several who moved in together the cancellation takes back the first one only."""
    _cancelling(reference, lambda undone, resident: undone.type == "move_in" and resident in undone.resident_ids[1:])


@FAULTS.add("numbers-of-second-cancelled-member-taken", "RR-CAN-003")
def numbers_of_second_cancelled_member_taken(reference: Reference) -> None:
    """The numbers of the second member of a cancelled move-in can't be registered again."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def strict(members: list[dict[str, Any]]) -> None:
            check(members)
            for place, member in enumerate(members):
                for holder in registry.register.index.numbers.get(member["individual_number"], ()):
                    first = registry.register.histories[holder][0].notification_id or ""
                    second = first in registry.register.cancelled
                    if second and holder in registry.register.notifications[first].resident_ids[1:]:
                        raise already_registered(f"/members/{place}/individual_number")

        return strict

    revise(registry.move_ins, "check_once", make)


def _emptied_once(registry: ResidentRegistry, household_id: str) -> bool:
    """Whether the household is active again because the move-out or the death of its last member was cancelled."""
    register = registry.register
    members = {entry.id for entry in register.members(household_id)}
    undone = [register.notifications[cancelled] for cancelled in register.cancelled]
    ended = [n for n in undone if n.type in ("move_out", "death") and n.household_id == household_id]
    return bool(members) and any(members <= {*n.resident_ids} for n in ended)


@FAULTS.add("reopened-household-not-joined", "RR-CAN-026")
def reopened_household_not_joined(reference: Reference) -> None:
    """Nobody may move into a household that everybody had left, once the move-out was cancelled."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def strict(call: Call) -> None:
            check(call)
            if _emptied_once(registry, call.body["household_id"]):
                raise unknown_household("/household_id")

        return strict

    revise(registry.move_ins, "check_joined", make)


@FAULTS.add("reopened-household-not-changed", "RR-CAN-026")
def reopened_household_not_changed(reference: Reference) -> None:
    """A household that everybody had left cannot be split or merged once the move-out was cancelled."""
    registry = reference.the(ResidentRegistry)

    def make(household: Method) -> Method:
        def strict(call: Call, field: str) -> str:
            found: str = household(call, field)
            if "kind" in call.body and _emptied_once(registry, found):
                raise unknown_household(f"/{field}")
            return found

        return strict

    revise(registry.named, "household", make)


def _cancelled_count(registry: ResidentRegistry, touched: tuple[str, ...], day: str) -> None:
    """422 for an event before a cancelled notification about one of these."""
    register = registry.register
    undone = (register.notifications[cancelled] for cancelled in register.cancelled)
    if any(day < n.event_date and {*touched} & {*n.touched} for n in undone):
        raise rule("event_out_of_order", "直近の異動より前の日付です / Before the latest one recorded", "/event_date")


@FAULTS.add("death-not-before-a-cancelled-one", "RR-MOU-017")
def death_not_before_a_cancelled_one(reference: Reference) -> None:
    """A death may not lie before a cancelled notification; anything else may."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def strict(call: Call, entry: Entry) -> None:
            check(call, entry)
            _cancelled_count(registry, (entry.id,), call.body["event_date"])

        return strict

    revise(registry.deaths, "check_order", make)


@FAULTS.add("household-change-not-before-a-cancelled-one", "RR-MOU-017")
def household_change_not_before_a_cancelled_one(reference: Reference) -> None:
    """A household change may not lie before a cancelled notification; anything else may."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def strict(call: Call, *touched: str) -> None:
            check(call, *touched)
            _cancelled_count(registry, touched, call.body["event_date"])

        return strict

    revise(registry.household_changes, "check_order", make)


@FAULTS.add("joining-not-before-a-cancelled-one", "RR-MIN-028")
def joining_not_before_a_cancelled_one(reference: Reference) -> None:
    """A household may not be joined before the event date of a cancelled notification about it."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def strict(call: Call) -> None:
            check(call)
            _cancelled_count(registry, (call.body["household_id"],), call.body["event_date"])

        return strict

    revise(registry.move_ins, "check_joined", make)
