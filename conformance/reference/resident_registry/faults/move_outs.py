"""Faults of move-outs: when they hold, who is left, who becomes head."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import rule
from conformance.reference.resident_registry.faults.leniency import (
    head_unasked,
    headless,
    heir,
    of,
    open_although,
    passing,
)
from conformance.reference.resident_registry.records import CANCELLED, DECEASED, HEAD, MOVED_OUT, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

MOVE_OUT = "registerMoveOut"


@FAULTS.add("moved-out-a-day-early", "RR-MOU-002", "RR-HIS-017", "RR-CRT-001", "RR-HIS-013", "RR-HIS-015")
def moved_out_a_day_early(reference: Reference) -> None:
    """Somebody who moves out is no longer active on the very day of the move."""
    revise(reference.the(ResidentRegistry).rules, "moved_out_from", lambda _: lambda event: event)


@FAULTS.add(
    "moved-out-a-day-late",
    "RR-MOU-001",
    "RR-MOU-003",
    "RR-EXP-007",
    "RR-HIS-017",
    "XS-BAS-006",
    "RR-HIS-013",
    "RR-HIS-015",
)
def moved_out_a_day_late(reference: Reference) -> None:
    """Somebody who moves out is still active on the day after the move."""
    revise(reference.the(ResidentRegistry).rules, "moved_out_from", lambda _: lambda event: dates.add_days(event, 2))


@FAULTS.add("moved-out-from-notification", "RR-MOU-001", "XS-BAS-006", "RR-HIS-013", "RR-HIS-015")
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


@FAULTS.add("household-left-on-the-day", "RR-MOU-002", "RR-HIS-013", "RR-HIS-017", "RR-HIS-015")
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


@FAULTS.add("future-move-out-a-day-late", "RR-MOU-001", "RR-MOU-003", "RR-EXP-007", "RR-HIS-017")
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
            check(notification, notification, today)
            if event > dates.add_days(notification if told else today, days):
                raise rule("event_date_too_far", "転出日が先すぎます / Too many days ahead", "/event_date")

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


@FAULTS.add("move-out-of-cancelled", "RR-MOU-006")
def move_out_of_cancelled(reference: Reference) -> None:
    """Somebody whose move-in was cancelled may move out."""
    named = reference.the(ResidentRegistry).named
    revise(named, "is_open", open_although(MOVE_OUT, lambda entry: entry.status == CANCELLED))


@FAULTS.add("move-out-new-head-early", "RR-MOU-008")
def move_out_new_head_early(reference: Reference) -> None:
    """Somebody who becomes head is shown as head on the day on which the former one moves out, a day too early."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def early(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            day = call.query.get("as_of", registry.register.today)
            if entry is None or entry.relationship == HEAD or "recorded_as_of" in call.query:
                return entry
            after = registry.register.entry_at(entry.id, dates.add_days(day, 1))
            succeeds = after is not None and after.relationship == HEAD and after.household_id == entry.household_id
            leaves = any(e.type == "move_out" and e.event_date == day for e in registry.register.histories[entry.id])
            return dataclasses.replace(entry, relationship=HEAD) if succeeds and leaves else entry

        return early

    revise(registry.residents, "as_of", make)


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
