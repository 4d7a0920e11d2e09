"""Faults of what several kinds of notifications share: the order of events, days, whom they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.faults.leniency import (
    passing,
    refused_as,
)
from conformance.reference.resident_registry.records import Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

MOVE_OUT = "registerMoveOut"


@FAULTS.add("order-of-events-unchecked", "RR-MOU-011", "RR-MIN-027", "RR-MOU-023")
def order_of_events_unchecked(reference: Reference) -> None:
    """An event may lie before the latest one that is recorded."""
    revise(reference.the(ResidentRegistry).named, "check_order", passing("event_out_of_order"))


@FAULTS.add("death-out-of-order", "RR-MOU-011", "RR-MOU-023")
def death_out_of_order(reference: Reference) -> None:
    """A death may lie before the latest event that is recorded; nothing else may."""
    revise(reference.the(ResidentRegistry).deaths, "check_order", passing("event_out_of_order"))


@FAULTS.add("household-change-out-of-order", "RR-MOU-011", "RR-MOU-023")
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


@FAULTS.add("move-out-head-ignored", "RR-MOU-012", "RR-MOU-027")
def move_out_head_ignored(reference: Reference) -> None:
    """A move-out of a member who is not the head may name a new head, who is ignored."""
    revise(reference.the(ResidentRegistry).succession, "of_remaining", _head_ignored(MOVE_OUT))


@FAULTS.add("death-head-ignored", "RR-MOU-012", "RR-MOU-027")
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

    def unknown(call: Call, resident_id: str, pointer: str) -> bool:
        nobody = reference.the(ResidentRegistry).register.known(resident_id) is None
        return nobody and call.operation.id == MOVE_OUT

    confused = refused_as(409, "unknown_resident", "not_active", unknown)
    revise(reference.the(ResidentRegistry).named, "resident", confused)


@FAULTS.add("move-out-notified-tomorrow", "RR-MOU-015")
def move_out_notified_tomorrow(reference: Reference) -> None:
    """A move-out may be notified on a day to come."""
    revise(reference.the(ResidentRegistry).move_outs, "check_days", passing("notification_date_in_future"))


@FAULTS.add("household-change-notified-tomorrow", "RR-MOU-015")
def household_change_notified_tomorrow(reference: Reference) -> None:
    """A household change may be notified on a day to come; nothing else may."""
    revise(reference.the(ResidentRegistry).household_changes, "check_days", passing("notification_date_in_future"))


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


@FAULTS.add("cancelled-counts-in-order", "RR-MOU-017", "RR-MIN-028")
def cancelled_counts_in_order(reference: Reference) -> None:
    """Events may not lie before that of a cancelled notification."""

    def before(touched: str, event_date: str) -> bool:
        register = reference.the(ResidentRegistry).register
        undone = (register.notifications[notification_id] for notification_id in register.cancelled)
        return any(touched in n.touched and event_date < n.event_date for n in undone)

    _also_before(reference, before)


@FAULTS.add("cancelled-move-out-blocks", "RR-MOU-018", "RR-CAN-026")
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
