"""Faults of what a cancellation restores."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import CANCELLED, Entry, Event, Notification
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _undoing(reference: Reference, kind: str, other: Callable[[Event, Notification, str], Event]) -> None:
    """The cancellation of one kind of notification is recorded as `other` says."""

    def make(event_of: Method) -> Method:
        def event(cancellation: Notification, resident_id: str) -> Event:
            right: Event = event_of(cancellation, resident_id)
            undone = reference.the(ResidentRegistry).register.notifications[cancellation.cancels or ""]
            return other(right, undone, resident_id) if undone.type == kind else right

        return event

    revise(reference.the(ResidentRegistry).cancellations, "event", make)


def _keeping(*names: str) -> Callable[[Event, Notification, str], Event]:
    """What the notification changed of these members stays as it is."""

    def kept(event: Event, undone: Notification, resident_id: str) -> Event:
        return dataclasses.replace(event, changes=dict.fromkeys(names, undone.event_date))

    return kept


@FAULTS.add("cancellation-without-effect", "RR-CAN-001")
def cancellation_without_effect(reference: Reference) -> None:
    """The cancellation of a move-out is recorded and listed, and the resident stays moved out."""
    _undoing(reference, "move_out", lambda event, undone, resident_id: dataclasses.replace(event, cancels=None))


@FAULTS.add("cancelled-move-out-still-ceased", "RR-CAN-001", "XS-DTH-007")
def cancelled_move_out_still_ceased(reference: Reference) -> None:
    """The resident of a cancelled move-out is active again, and keeps ceased_on."""
    _undoing(reference, "move_out", _keeping("ceased_on"))


@FAULTS.add("cancelled-move-out-of-first-only", "RR-CAN-001")
def cancelled_move_out_of_first_only(reference: Reference) -> None:
    """Of residents who moved out together, the cancellation brings back the first one only."""

    def first(event: Event, undone: Notification, resident_id: str) -> Event:
        return event if resident_id not in undone.resident_ids[1:] else dataclasses.replace(event, cancels=None)

    _undoing(reference, "move_out", first)


def _as_they_are(reference: Reference, *names: str) -> Callable[[Event, Notification, str], Event]:
    def kept(event: Event, undone: Notification, resident_id: str) -> Event:
        entry = reference.the(ResidentRegistry).register.current[resident_id]
        return dataclasses.replace(event, changes={name: getattr(entry, name) for name in names})

    return kept


@FAULTS.add("cancelled-address-change-address-only", "RR-CAN-002")
def cancelled_address_change_address_only(reference: Reference) -> None:
    """The residents of a cancelled address change have their former address again, in the household that they made."""
    _undoing(reference, "address_change", _as_they_are(reference, "household_id", "relationship"))


@FAULTS.add("cancelled-address-change-household-only", "RR-CAN-002")
def cancelled_address_change_household_only(reference: Reference) -> None:
    """The residents of a cancelled address change are in their former household again, with the new address."""
    _undoing(reference, "address_change", _as_they_are(reference, "address"))


@FAULTS.add("cancelled-address-change-of-first-only", "RR-CAN-002")
def cancelled_address_change_of_first_only(reference: Reference) -> None:
    """Of residents who changed address together, the cancellation brings back the first one only."""

    def first(event: Event, undone: Notification, resident_id: str) -> Event:
        return event if resident_id not in undone.resident_ids[1:] else dataclasses.replace(event, cancels=None)

    _undoing(reference, "address_change", first)


@FAULTS.add("cancelled-move-in-keeps-numbers", "RR-CAN-003")
def cancelled_move_in_keeps_numbers(reference: Reference) -> None:
    """The numbers of a person whose move-in was cancelled can't be registered again."""
    _reserved(reference, 0)


@FAULTS.add("cancelled-move-in-keeps-resident-code", "RR-CAN-003")
def cancelled_move_in_keeps_resident_code(reference: Reference) -> None:
    """The resident code of a person whose move-in was cancelled can't be registered again; the other number can."""
    _reserved(reference, 1)


def _reserved(reference: Reference, first: int) -> None:
    def make(check: Method) -> Method:
        def reserved(numbers: Any, active: Any) -> None:
            register = reference.the(ResidentRegistry).register
            cancelled = {
                number: entry.id
                for resident_id in (i for number, _ in numbers for i in register.index.numbers.get(number, ()))
                if (entry := register.current.get(resident_id)) is not None and entry.status == "cancelled"
                for number in (entry.individual_number, entry.resident_code)[first:]
            }
            check(numbers, {**active, **cancelled} if cancelled else active)

        return reserved

    revise(reference.the(ResidentRegistry).rules, "check_once", make)


@FAULTS.add("cancelled-death-without-effect", "RR-CAN-009")
def cancelled_death_without_effect(reference: Reference) -> None:
    """The cancellation of a death is recorded and listed, and the resident stays dead."""
    _undoing(reference, "death", lambda event, undone, resident_id: dataclasses.replace(event, cancels=None))


@FAULTS.add("cancelled-death-still-ceased", "RR-CAN-009", "XS-DTH-007")
def cancelled_death_still_ceased(reference: Reference) -> None:
    """The resident of a cancelled death is active again, and keeps ceased_on."""
    _undoing(reference, "death", _keeping("ceased_on"))


@FAULTS.add("correction-lost-with-address-change", "RR-CAN-010")
def correction_lost_with_address_change(reference: Reference) -> None:
    """The cancellation of an address change restores the whole entry of before, and undoes later corrections too."""
    registry = reference.the(ResidentRegistry)

    def snapshot(event: Event, undone: Notification, resident_id: str) -> Event:
        history = registry.register.histories[resident_id]
        before = registry.register.fold(history, undone.event_date, undone.recorded_at - 1)
        assert before is not None  # noqa: S101  whoever changed address was registered before
        names = ("name", "birth_date", "sex", "nationality")
        return dataclasses.replace(event, changes={name: getattr(before, name) for name in names})

    _undoing(reference, "address_change", snapshot)


@FAULTS.add("cancelled-address-change-household-stays", "RR-CAN-011")
def cancelled_address_change_household_stays(reference: Reference) -> None:
    """A household whose address change was cancelled is shown at the new address; its members are at the former one."""

    def make(body: Method) -> Method:
        def moved(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            placed = reference.the(ResidentRegistry).register.placements[household_id]
            known = [placement for placement in placed if placement.effective <= day]
            return {**body(household_id, day, members), "address": known[-1].address}

        return moved

    revise(reference.the(ResidentRegistry).households, "body", make)


@FAULTS.add("successor-stays-head", "RR-CAN-013")
def successor_stays_head(reference: Reference) -> None:
    """When the head comes back by the cancellation of a move-out, the successor is still head beside that one."""

    def named(event: Event, undone: Notification, resident_id: str) -> Event:
        return event if resident_id in undone.resident_ids else dataclasses.replace(event, cancels=None)

    _undoing(reference, "move_out", named)


@FAULTS.add("cancelled-household-change-keeps-relationships", "RR-CAN-014")
def cancelled_household_change_keeps_relationships(reference: Reference) -> None:
    """The cancellation of a household change restores heads and households, and no other relationships."""

    def kept(event: Event, undone: Notification, resident_id: str) -> Event:
        now = reference.the(ResidentRegistry).register.current[resident_id].relationship
        heads = resident_id in undone.resident_ids[:2]
        return event if heads else dataclasses.replace(event, changes={"relationship": now})

    _undoing(reference, "household_change", kept)


@FAULTS.add("cancelled-merge-keeps-household", "RR-CAN-014")
def cancelled_merge_keeps_household(reference: Reference) -> None:
    """The cancellation of a merge or a split leaves everybody in the household where they are."""
    _undoing(reference, "household_change", _as_they_are(reference, "household_id", "relationship"))


@FAULTS.add("cancelled-move-in-as-moved-out", "RR-CAN-015")
def cancelled_move_in_as_moved_out(reference: Reference) -> None:
    """The residents of a cancelled move-in are shown as moved out."""

    def make(body: Method) -> Method:
        def gone(entry: Entry) -> dict[str, Any]:
            shown: dict[str, Any] = body(entry)
            return {**shown, "status": "moved_out"} if entry.status == CANCELLED else shown

        return gone

    revise(reference.the(ResidentRegistry).residents, "body", make)


@FAULTS.add("cancelled-move-in-leaves-household", "RR-CAN-015")
def cancelled_move_in_leaves_household(reference: Reference) -> None:
    """The household that a cancelled move-in made is still shown as active, without members."""

    def make(body: Method) -> Method:
        def empty(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            shown: dict[str, Any] = body(household_id, day, members)
            register = reference.the(ResidentRegistry).register
            known = (register.current.get(resident_id) for resident_id in register.households.get(household_id, ()))
            mistaken = any(entry is not None and entry.status == CANCELLED for entry in known)
            return {**shown, "status": "active"} if not members and mistaken else shown

        return empty

    revise(reference.the(ResidentRegistry).households, "body", make)


@FAULTS.add("cancellation-dated-as-cancelled", "RR-CAN-016")
def cancellation_dated_as_cancelled(reference: Reference) -> None:
    """A cancellation has the event date of the notification that it cancels."""

    def make(body: Method) -> Method:
        def dated(call: Any, notification: Notification) -> dict[str, Any]:
            shown: dict[str, Any] = body(call, notification)
            undone = reference.the(ResidentRegistry).register.notifications.get(notification.cancels or "")
            return shown if undone is None else {**shown, "event_date": undone.event_date}

        return dated

    revise(reference.the(ResidentRegistry).notifications, "body", make)
