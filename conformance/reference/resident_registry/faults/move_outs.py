"""Faults of move-outs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.faults.leniency import (
    head_unasked,
    headless,
    heir,
    of,
    open_although,
    passing,
    refused_as,
)
from conformance.reference.resident_registry.records import CANCELLED, DECEASED, HEAD, MOVED_OUT, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

MOVE_OUT = "registerMoveOut"


@FAULTS.add("moved-out-a-day-early", "RR-MOU-002")
def moved_out_a_day_early(reference: Reference) -> None:
    """Somebody who moves out is no longer active on the very day of the move."""
    revise(reference.the(ResidentRegistry).rules, "moved_out_from", lambda _: lambda event: event)


@FAULTS.add("moved-out-a-day-late", "RR-MOU-001")
def moved_out_a_day_late(reference: Reference) -> None:
    """Somebody who moves out is still active on the day after the move."""
    revise(reference.the(ResidentRegistry).rules, "moved_out_from", lambda _: lambda event: dates.add_days(event, 2))


@FAULTS.add("moved-out-from-notification", "RR-MOU-001")
def moved_out_from_notification(reference: Reference) -> None:
    """A move-out that is notified late holds from the day after its notification, not after its event."""

    def make(effective: Method) -> Method:
        def late(event: str, told: str) -> str:
            first: str = effective(max(event, told), told)
            return first

        return late

    revise(reference.the(ResidentRegistry).move_outs, "effective", make)


@FAULTS.add("moved-out-leap-day-skipped", "RR-MOU-001")
def moved_out_leap_day_skipped(reference: Reference) -> None:
    """The day after 28 February is always 1 March: who moves out on it is active on the leap day."""

    def make(moved_out_from: Method) -> Method:
        def without_leap_day(event: str) -> str:
            first: str = moved_out_from(event)
            return first.replace("-02-29", "-03-01")

        return without_leap_day

    revise(reference.the(ResidentRegistry).rules, "moved_out_from", make)


@FAULTS.add("move-out-of-the-first-only", "RR-MOU-001")
def move_out_of_the_first_only(reference: Reference) -> None:
    """Of residents who move out together and leave others behind, only the first one named becomes moved out."""

    def make(ending: Method) -> Method:
        def first(leaving: list[Entry]) -> list[Entry]:
            everybody: list[Entry] = ending(leaving)
            left = reference.the(ResidentRegistry).register.members(leaving[0].household_id)
            return everybody if len(everybody) == len(left) else everybody[:1]

        return first

    revise(reference.the(ResidentRegistry).move_outs, "ending", make)


@FAULTS.add("household-left-on-the-day", "RR-MOU-002", "RR-HIS-013")
def household_left_on_the_day(reference: Reference) -> None:
    """On the day of the move-out the resident is active, and the household does not show that person any more."""

    def make(members: Method) -> Method:
        def without(household_id: str, day: str) -> list[Entry]:
            leaves = reference.the(ResidentRegistry).register.entry_at
            tomorrow = dates.add_days(day, 1)
            return [
                entry
                for entry in members(household_id, day)
                if (after := leaves(entry.id, tomorrow)) is None or after.status != MOVED_OUT
            ]

        return without

    revise(reference.the(ResidentRegistry).households, "members", make)


@FAULTS.add("future-move-out-never-comes", "RR-MOU-003")
def future_move_out_never_comes(reference: Reference) -> None:
    """A move-out dated in the future has no effect when its day has passed, until somebody writes to the resident."""
    revise(reference.the(ResidentRegistry).register, "turning", lambda _: lambda first, last: set())


@FAULTS.add("future-move-out-a-day-late", "RR-MOU-003")
def future_move_out_a_day_late(reference: Reference) -> None:
    """A move-out dated in the future takes effect two days after its event date; others on the day after it."""

    def make(effective: Method) -> Method:
        def late(event: str, told: str) -> str:
            first: str = effective(event, told)
            return dates.add_days(first, 1) if event > told else first

        return late

    revise(reference.the(ResidentRegistry).move_outs, "effective", make)


def _furthest(reference: Reference, days: int, *, told: bool = False) -> None:
    def make(check: Method) -> Method:
        def shifted(event: str, notification: str, today: str) -> None:
            start = notification if told else today
            check(dates.add_days(event, 60 - days), notification, max(start, notification))

        return shifted

    revise(reference.the(ResidentRegistry).rules, "check_move_out_days", make)


@FAULTS.add("move-out-61-days-ahead", "RR-MOU-004")
def move_out_61_days_ahead(reference: Reference) -> None:
    """A move-out may be dated 61 days ahead."""
    _furthest(reference, 61)


@FAULTS.add("move-out-59-days-ahead", "RR-MOU-004")
def move_out_59_days_ahead(reference: Reference) -> None:
    """A move-out may be dated 59 days ahead at most."""
    _furthest(reference, 59)


@FAULTS.add("move-out-ahead-of-notification", "RR-MOU-004")
def move_out_ahead_of_notification(reference: Reference) -> None:
    """The 60 days that a move-out may lie ahead are counted from its notification, not from today."""
    _furthest(reference, 60, told=True)


@FAULTS.add("move-out-of-two-households", "RR-MOU-005")
def move_out_of_two_households(reference: Reference) -> None:
    """Residents of several households may move out together."""
    named = reference.the(ResidentRegistry).named
    revise(named, "check_one_household", passing("different_households", of(MOVE_OUT)))


@FAULTS.add("move-out-of-one-address", "RR-MOU-005")
def move_out_of_one_address(reference: Reference) -> None:
    """Residents of several households may move out together if they live at one address."""

    def neighbours(call: Call, entries: list[Entry]) -> bool:
        return call.operation.id == MOVE_OUT and all(entry.address == entries[0].address for entry in entries)

    revise(reference.the(ResidentRegistry).named, "check_one_household", passing("different_households", neighbours))


@FAULTS.add("move-out-after-move-out", "RR-MOU-006")
def move_out_after_move_out(reference: Reference) -> None:
    """Who has moved out may move out again."""
    named = reference.the(ResidentRegistry).named
    revise(named, "is_open", open_although(MOVE_OUT, lambda entry: entry.status == MOVED_OUT))


@FAULTS.add("move-out-after-death", "RR-MOU-006")
def move_out_after_death(reference: Reference) -> None:
    """Who has died may move out."""
    named = reference.the(ResidentRegistry).named
    revise(named, "is_open", open_although(MOVE_OUT, lambda entry: entry.status == DECEASED))


@FAULTS.add("move-out-head-chosen", "RR-MOU-007")
def move_out_head_chosen(reference: Reference) -> None:
    """When the head moves out and nobody is named, one of those who remain becomes head."""
    revise(reference.the(ResidentRegistry).succession, "of_remaining", head_unasked(MOVE_OUT))


@FAULTS.add("move-out-head-chosen-with-others", "RR-MOU-007")
def move_out_head_chosen_with_others(reference: Reference) -> None:
    """When the head moves out together with others and nobody is named, one of those who remain becomes head."""
    several = head_unasked(MOVE_OUT, lambda call, members, leaving: len(leaving) > 1)
    revise(reference.the(ResidentRegistry).succession, "of_remaining", several)


@FAULTS.add("move-out-another-head", "RR-MOU-008")
def move_out_another_head(reference: Reference) -> None:
    """When the head moves out the first of those who remain becomes head, whoever is named."""
    revise(
        reference.the(ResidentRegistry).succession, "of_remaining", heir(MOVE_OUT, lambda head, remaining: remaining[0])
    )


@FAULTS.add("move-out-without-new-head", "RR-MOU-009")
def move_out_without_new_head(reference: Reference) -> None:
    """The only one who remains after a move-out of the head does not become head."""
    headless(reference, MOVE_OUT, "move_out")


@FAULTS.add("move-out-child-no-head", "RR-MOU-009")
def move_out_child_no_head(reference: Reference) -> None:
    """A child who alone remains after a move-out of the others does not become head."""
    today = reference.the(ResidentRegistry).register.today
    born = f"{int(today[:4]) - 15}{today[4:]}"
    headless(reference, MOVE_OUT, "move_out", lambda entry: bool(entry.birth_date["value"] > born))


@FAULTS.add("move-out-leaves-household-open", "RR-MOU-010")
def move_out_leaves_household_open(reference: Reference) -> None:
    """A household whose last members have moved out is still shown as active; one whose last member died is not."""

    def make(body: Method) -> Method:
        def open_still(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            shown: dict[str, Any] = body(household_id, day, members)
            register = reference.the(ResidentRegistry).register
            known = (register.entry_at(resident_id, day) for resident_id in register.households.get(household_id, ()))
            left = [entry.status for entry in known if entry is not None and entry.household_id == household_id]
            return {**shown, "status": "active"} if not members and MOVED_OUT in left else shown

        return open_still

    revise(reference.the(ResidentRegistry).households, "body", make)


@FAULTS.add("order-of-events-unchecked", "RR-MOU-011")
def order_of_events_unchecked(reference: Reference) -> None:
    """An event may lie before the latest one that is recorded."""
    revise(reference.the(ResidentRegistry).named, "check_order", passing("event_out_of_order"))


@FAULTS.add("death-out-of-order", "RR-MOU-011")
def death_out_of_order(reference: Reference) -> None:
    """A death may lie before the latest event that is recorded; nothing else may."""
    revise(reference.the(ResidentRegistry).deaths, "check_order", passing("event_out_of_order"))


@FAULTS.add("household-change-out-of-order", "RR-MOU-011")
def household_change_out_of_order(reference: Reference) -> None:
    """A household change may lie before the latest event that is recorded; nothing else may."""
    revise(reference.the(ResidentRegistry).household_changes, "check_order", passing("event_out_of_order"))


def _head_ignored(operation: str) -> Any:
    def make(of_remaining: Method) -> Method:
        def ignoring(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            found: Entry | None
            try:
                found = of_remaining(call, members, leaving, field)
            except Problem as problem:
                if problem.code != "unprocessable" or call.operation.id != operation:
                    raise
                found = None
            return found

        return ignoring

    return make


@FAULTS.add("move-out-head-ignored", "RR-MOU-012")
def move_out_head_ignored(reference: Reference) -> None:
    """A move-out of a member who is not the head may name a new head, who is ignored."""
    revise(reference.the(ResidentRegistry).succession, "of_remaining", _head_ignored(MOVE_OUT))


@FAULTS.add("death-head-ignored", "RR-MOU-012")
def death_head_ignored(reference: Reference) -> None:
    """The death of a member who is not the head may name a new head, who is ignored."""
    revise(reference.the(ResidentRegistry).succession, "of_remaining", _head_ignored("registerDeath"))


def _open_while_active(reference: Reference, *operations: str, ahead: bool = False) -> None:
    registry = reference.the(ResidentRegistry)

    def make(is_open: Method) -> Method:
        def lenient(call: Call, entry: Entry) -> bool:
            if is_open(call, entry):
                return True
            latest = registry.register.latest(entry.id)
            far = latest is not None and latest.event_date > registry.register.today
            return call.operation.id in operations and entry.status == "active" and (far or not ahead)

        return lenient

    revise(registry.named, "is_open", make)


@FAULTS.add("recorded-move-out-blocks-nothing", "RR-MOU-013")
def recorded_move_out_blocks_nothing(reference: Reference) -> None:
    """Whose move-out is recorded may be the subject of anything else until it takes effect."""
    _open_while_active(reference, MOVE_OUT, "registerAddressChange", "registerDeath")


@FAULTS.add("recorded-move-out-blocks-no-death", "RR-MOU-013")
def recorded_move_out_blocks_no_death(reference: Reference) -> None:
    """The death of somebody whose move-out is recorded is accepted until the move-out takes effect."""
    _open_while_active(reference, "registerDeath")


@FAULTS.add("future-move-out-blocks-no-move-out", "RR-MOU-013")
def future_move_out_blocks_no_move_out(reference: Reference) -> None:
    """Somebody who moves out on a day to come may move out once more."""
    _open_while_active(reference, MOVE_OUT, ahead=True)


@FAULTS.add("unknown-resident-left-out", "RR-MOU-014")
def unknown_resident_left_out(reference: Reference) -> None:
    """Of several residents who are to move, unknown ones are left out; one alone is refused."""

    def make(residents: Method) -> Method:
        def known(call: Call) -> Any:
            register, named = reference.the(ResidentRegistry).register, reference.the(ResidentRegistry).named
            ids = call.body["resident_ids"]
            found = [i for i in ids if register.known(i) is not None]
            if not found or len(found) == len(ids) or call.operation.id == "registerHouseholdChange":
                return residents(call)
            return [named.resident(call, i, "/resident_ids") for i in found]

        return known

    revise(reference.the(ResidentRegistry).named, "residents", make)


@FAULTS.add("unknown-resident-not-active", "RR-MOU-014")
def unknown_resident_not_active(reference: Reference) -> None:
    """The move-out of an unknown resident is a conflict with the resident's state: 409 not_active."""
    confused = refused_as(409, "unknown_resident", "not_active", of(MOVE_OUT))
    revise(reference.the(ResidentRegistry).named, "resident", confused)


@FAULTS.add("move-out-notified-tomorrow", "RR-MOU-015")
def move_out_notified_tomorrow(reference: Reference) -> None:
    """A move-out may be notified on a day to come."""
    revise(reference.the(ResidentRegistry).move_outs, "check_days", passing("notification_date_in_future"))


@FAULTS.add("household-change-notified-tomorrow", "RR-MOU-015")
def household_change_notified_tomorrow(reference: Reference) -> None:
    """A household change may be notified on a day to come; nothing else may."""
    revise(reference.the(ResidentRegistry).household_changes, "check_days", passing("notification_date_in_future"))


@FAULTS.add("move-out-of-cancelled", "RR-MOU-006")
def move_out_of_cancelled(reference: Reference) -> None:
    """Somebody whose move-in was cancelled may move out."""
    named = reference.the(ResidentRegistry).named
    revise(named, "is_open", open_although(MOVE_OUT, lambda entry: entry.status == CANCELLED))


@FAULTS.add("move-out-new-head-early", "RR-MOU-008")
def move_out_new_head_early(reference: Reference) -> None:
    """The new head is shown on the day on which the former one moves out, in place of the day after it."""

    def make(body: Method) -> Method:
        def early(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            register, tomorrow = reference.the(ResidentRegistry).register, dates.add_days(day, 1)
            after = {entry.id: entry.relationship for entry in register.members(household_id, tomorrow)}
            head = next((i for i, relationship in after.items() if relationship == HEAD), None)
            leaves = any(entry.relationship == HEAD and entry.id not in after for entry in members)
            if head is not None and leaves:
                related = {entry.id: HEAD if entry.id == head else "other" for entry in members}
                members = [dataclasses.replace(entry, relationship=related[entry.id]) for entry in members]
            shown: dict[str, Any] = body(household_id, day, members)
            return shown

        return early

    revise(reference.the(ResidentRegistry).households, "body", make)


@FAULTS.add("household-left-one-by-one-open", "RR-MOU-010")
def household_left_one_by_one_open(reference: Reference) -> None:
    """A household whose members have moved out on several days is still shown as active."""

    def make(body: Method) -> Method:
        def open_still(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            shown: dict[str, Any] = body(household_id, day, members)
            register = reference.the(ResidentRegistry).register
            known = (register.entry_at(resident_id, day) for resident_id in register.households.get(household_id, ()))
            gone = [e for e in known if e is not None and e.household_id == household_id and e.status == MOVED_OUT]
            days = {entry.ceased_on for entry in gone}
            return {**shown, "status": "active"} if not members and len(days) > 1 else shown

        return open_still

    revise(reference.the(ResidentRegistry).households, "body", make)


def _also_before(reference: Reference, counts: Callable[[str, str], bool]) -> None:
    """Events are refused as out of order also where `counts` says so of a resident or household and the event date."""

    def make(check_order: Method) -> Method:
        def strict(touched: Iterable[str], event_date: str) -> None:
            names = list(touched)
            check_order(names, event_date)
            if any(counts(name, event_date) for name in names):
                raise rule("event_out_of_order", "直近の異動より前の日付です / Before the latest event", "/event_date")

        return strict

    revise(reference.the(ResidentRegistry).named, "check_order", make)


@FAULTS.add("same-day-refused", "RR-MOU-016")
def same_day_refused(reference: Reference) -> None:
    """After an address change nothing else may happen on the same day."""

    def same(touched: str, event_date: str) -> bool:
        latest = reference.the(ResidentRegistry).register.latest(touched)
        return latest is not None and latest.type == "address_change" and event_date == latest.event_date

    _also_before(reference, same)


@FAULTS.add("cancelled-counts-in-order", "RR-MOU-017")
def cancelled_counts_in_order(reference: Reference) -> None:
    """Events may not lie before that of a cancelled notification."""

    def before(touched: str, event_date: str) -> bool:
        register = reference.the(ResidentRegistry).register
        undone = (register.notifications[notification_id] for notification_id in register.cancelled)
        return any(touched in n.touched and event_date < n.event_date for n in undone)

    _also_before(reference, before)


@FAULTS.add("cancelled-move-out-blocks", "RR-MOU-018")
def cancelled_move_out_blocks(reference: Reference) -> None:
    """Whose move-out was cancelled is open to no further notification."""

    def make(is_open: Method) -> Method:
        def strict(call: Call, entry: Entry) -> bool:
            register = reference.the(ResidentRegistry).register
            undone = (register.notifications[notification_id] for notification_id in register.cancelled)
            left = any(n.type == "move_out" and entry.id in n.resident_ids for n in undone)
            return bool(is_open(call, entry)) and not left

        return strict

    revise(reference.the(ResidentRegistry).named, "is_open", make)


def _unfit_replaced(operation: str) -> Callable[[Method], Method]:
    def make(of_remaining: Method) -> Method:
        def first(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            found: Entry | None
            try:
                found = of_remaining(call, members, leaving, field)
            except Problem as problem:
                if problem.code != "new_head_required" or call.operation.id != operation or field not in call.body:
                    raise
                found = next(entry for entry in members if entry.id not in leaving)
            return found

        return first

    return make


@FAULTS.add("move-out-unfit-head-replaced", "RR-MOU-019")
def move_out_unfit_head_replaced(reference: Reference) -> None:
    """A move-out may name as head somebody who is not there: one of those who remain becomes head."""
    revise(reference.the(ResidentRegistry).succession, "of_remaining", _unfit_replaced(MOVE_OUT))


@FAULTS.add("death-unfit-head-replaced", "RR-MOU-019")
def death_unfit_head_replaced(reference: Reference) -> None:
    """A death may name as head somebody who is not there: one of those who remain becomes head."""
    revise(reference.the(ResidentRegistry).succession, "of_remaining", _unfit_replaced("registerDeath"))
