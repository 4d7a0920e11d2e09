"""Faults of what holds once a notification has been cancelled: all else is as it would be without it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import (
    ACTIVE,
    Entry,
    Event,
    Json,
    Notification,
)
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("correction-lost-with-household-change", "RR-CAN-017")
def correction_lost_with_household_change(reference: Reference) -> None:
    """With a household change that is cancelled the corrections made after it are gone."""
    registry = reference.the(ResidentRegistry)

    def make(event_of: Method) -> Method:
        def event(cancellation: Notification, resident_id: str) -> Event:
            right: Event = event_of(cancellation, resident_id)
            undone = registry.register.notifications[cancellation.cancels or ""]
            if undone.type != "household_change":
                return right
            history = registry.register.histories[resident_id]
            before = registry.register.fold(history, undone.event_date, undone.recorded_at - 1)
            names = ("name", "birth_date", "sex", "nationality")
            changes = {} if before is None else {name: getattr(before, name) for name in names}
            return dataclasses.replace(right, changes=changes)

        return event

    revise(registry.cancellations, "event", make)


@FAULTS.add("return-of-the-first-only", "RR-CAN-008")
def return_of_the_first_only(reference: Reference) -> None:
    """Of those who moved out together, it is asked of the first one only whether that one is back."""
    registry = reference.the(ResidentRegistry)

    def make(is_back: Method) -> Method:
        def first(resident_id: str) -> bool:
            latest = registry.register.latest(resident_id)
            named = latest.resident_ids if latest is not None else (resident_id,)
            return named[0] == resident_id and bool(is_back(resident_id))

        return first

    revise(registry.cancellations, "is_back", make)


@FAULTS.add("back-though-gone-again", "RR-CAN-024")
def back_though_gone_again(reference: Reference) -> None:
    """Who has moved in again counts as back, also when that registration has ended or was cancelled since."""
    registry = reference.the(ResidentRegistry)

    def make(is_back: Method) -> Method:
        def ever(resident_id: str) -> bool:
            register = registry.register
            entry = register.known(resident_id)
            holders = [] if entry is None else register.index.numbers.get(entry.individual_number, [])
            later = holders[holders.index(resident_id) + 1 :] if resident_id in holders else []
            return bool(is_back(resident_id)) or bool(later)

        return ever

    revise(registry.cancellations, "is_back", make)


@FAULTS.add("cancellation-names-the-present-household", "RR-CAN-016")
def cancellation_names_the_present_household(reference: Reference) -> None:
    """The cancellation of a change that made a household names the one to which the residents return."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def present(call: Call, found: Notification) -> dict[str, Any]:
            shown: dict[str, Any] = body(call, found)
            undone = registry.register.notifications.get(found.cancels or "")
            if undone is None or undone.type not in ("address_change", "household_change"):
                return shown
            return {**shown, "household_id": registry.register.current[found.resident_ids[0]].household_id}

        return present

    revise(registry.notifications, "body", make)


@FAULTS.add("returned-household-shown-as-closed", "RR-CAN-014")
def returned_household_shown_as_closed(reference: Reference) -> None:
    """A household that a merge closed is still shown as closed, with its members, when the merge is cancelled."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def closed(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            shown: dict[str, Any] = body(household_id, day, members)
            merged = any(
                found.type == "household_change"
                and household_id in found.touched
                and found.household_id != household_id
                for cancelled in registry.register.cancelled
                for found in (registry.register.notifications[cancelled],)
            )
            return {**shown, "status": "closed"} if merged and members else shown

        return closed

    revise(registry.households, "body", make)


def _notification_shown(reference: Reference, other: Callable[[Call, Notification, Json], dict[str, Any]]) -> None:
    def make(body: Method) -> Method:
        return lambda call, found: other(call, found, body(call, found))

    revise(reference.the(ResidentRegistry).notifications, "body", make)


@FAULTS.add("household-change-not-shown-as-cancelled", "RR-CAN-025")
def household_change_not_shown_as_cancelled(reference: Reference) -> None:
    """A household change that is read does not say that it was cancelled; the histories do."""
    _notification_shown(
        reference,
        lambda call, found, body: {**body, "cancelled": body["cancelled"] and found.type != "household_change"},
    )


@FAULTS.add("death-not-shown-as-cancelled", "RR-CAN-025")
def death_not_shown_as_cancelled(reference: Reference) -> None:
    """A death that is read does not say that it was cancelled; the histories do."""
    _notification_shown(
        reference, lambda call, found, body: {**body, "cancelled": body["cancelled"] and found.type != "death"}
    )


@FAULTS.add("order-unchecked-after-a-cancellation", "RR-MOU-011")
def order_unchecked_after_a_cancellation(reference: Reference) -> None:
    """Where something was cancelled last, an event may lie before the latest one that stands."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def lenient(touched: Iterable[str], event_date: str) -> None:
            names = list(touched)
            histories = (registry.register.histories.get(name) for name in names)
            if not any(history and history[-1].cancels for history in histories):
                check(names, event_date)

        return lenient

    revise(registry.named, "check_order", make)


@FAULTS.add("second-move-out-ahead-blocks-nothing", "RR-MOU-013")
def second_move_out_ahead_blocks_nothing(reference: Reference) -> None:
    """Whose move-out was cancelled once stays open to everything, also with another move-out recorded."""
    registry = reference.the(ResidentRegistry)

    def make(is_open: Method) -> Method:
        def lenient(call: Call, entry: Entry) -> bool:
            once = any(event.cancels for event in registry.register.histories[entry.id])
            return bool(is_open(call, entry)) or (entry.status == ACTIVE and once)

        return lenient

    revise(registry.named, "is_open", make)


@FAULTS.add("numbers-free-after-a-cancelled-death", "RR-MIN-011", "RR-MIN-012")
def numbers_free_after_a_cancelled_death(reference: Reference) -> None:
    """The numbers of somebody whose death was recorded are free for good, also when it has been cancelled."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def freed(numbers: Any, active: Any) -> None:
            pairs = list(numbers)
            histories = registry.register.histories
            free = {
                n for n, _ in pairs if any(e.type == "death" and e.sequence for e in histories.get(active.get(n), ()))
            }
            check(pairs, {n: active[n] for n, _ in pairs if n in active and n not in free})

        return freed

    revise(registry.rules, "check_once", make)


@FAULTS.add("search-by-household-loses-who-came-back", "RR-RES-012")
def search_by_household_loses_who_came_back(reference: Reference) -> None:
    """A search by household does not find active members whose latest recording is a cancellation."""
    registry = reference.the(ResidentRegistry)

    def make(find: Method) -> Method:
        def losing(call: Call, criteria: dict[str, Any], sort: str) -> list[Any]:
            found: list[Any] = find(call, criteria, sort)
            if "household_id" not in criteria:
                return found
            register = registry.register
            return [
                place
                for place in found
                if register.current[place[1]].status != ACTIVE or not register.histories[place[1]][-1].cancels
            ]

        return losing

    revise(registry.search, "find", make)


@FAULTS.add("cancelled-address-change-not-found-again", "RR-RES-012")
def cancelled_address_change_not_found_again(reference: Reference) -> None:
    """A search by postal code does not find residents of a cancelled address change where they are again."""
    registry = reference.the(ResidentRegistry)

    def make(find: Method) -> Method:
        def stale(call: Call, criteria: dict[str, Any], sort: str) -> list[Any]:
            found: list[Any] = find(call, criteria, sort)
            if "postal_code" not in criteria:
                return found
            register, kept = registry.register, []
            for place in found:
                history = register.histories[place[1]]
                before = None
                if history[-1].cancels:
                    before = register.fold(history, register.today, history[-1].recorded_at - 1)
                if before is None or before.address["postal_code"] == criteria["postal_code"]:
                    kept.append(place)
            return kept

        return stale

    revise(registry.search, "find", make)
