"""Faults of households whose head changes again and again, and of those who stay when a head leaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.records import DECEASED, HEAD, MOVED_OUT, Entry, Event, Json, Notification
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("first-of-three-heads-forgotten", "RR-HIS-015", "RR-HIS-023")
def first_of_three_heads_forgotten(reference: Reference) -> None:
    """A household with its third head shows as of the days of the first one the second one as head."""
    registry = reference.the(ResidentRegistry)

    def make(members: Method) -> Method:
        def forgetful(household_id: str, day: str) -> list[Entry]:
            found: list[Entry] = members(household_id, day)
            heads = list(dict.fromkeys(_heads(registry, household_id)))
            if len(heads) < 3 or not found or found[0].id != heads[0] or heads[1] not in {e.id for e in found}:
                return found
            told = {heads[0]: "other", heads[1]: HEAD}
            changed = [dataclasses.replace(e, relationship=told.get(e.id, e.relationship)) for e in found]
            return sorted(changed, key=lambda entry: entry.relationship != HEAD)

        return forgetful

    revise(registry.households, "members", make)


def _heads(registry: ResidentRegistry, household_id: str) -> list[str]:
    """The heads of a household, the first one first."""
    register = registry.register
    days = register.turning_days_after("", register.households.get(household_id, ()))
    members = (register.members(household_id, day) for day in days)
    return [found[0].id for found in members if found and found[0].relationship == HEAD]


@FAULTS.add("second-succession-unnamed", "RR-DTH-006")
def second_succession_unnamed(reference: Reference) -> None:
    """When the head of a household whose head has changed before leaves, the first of the others becomes head."""
    registry = reference.the(ResidentRegistry)

    def make(of_remaining: Method) -> Method:
        def first(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            chosen: Entry | None = of_remaining(call, members, leaving, field)
            succeeded = {
                e.notification_id for m in members for e in registry.register.histories[m.id] if not e.sequence
            }
            remaining = [entry for entry in members if entry.id not in leaving]
            again = chosen is not None and field == "new_head_id" and succeeded - registry.register.cancelled.keys()
            return remaining[0] if again else chosen

        return first

    revise(registry.succession, "of_remaining", make)


def _relating(reference: Reference, kind: str, concerned: Callable[[Entry], bool]) -> None:
    """Where somebody becomes head by a notification of this kind, the others for whom it holds become other."""
    registry = reference.the(ResidentRegistry)

    def make(record: Method) -> Method:
        def relating(events: Iterable[tuple[str, Event]], notification: Notification | None, placed: Json) -> None:
            told = list(events)
            heads = [
                e for _, e in told if not e.sequence and not isinstance(e.changes, Entry) and HEAD in e.changes.values()
            ]
            if notification is None or notification.type != kind or not heads:
                record(told, notification, placed)
                return
            members = registry.register.members(notification.household_id, heads[0].effective)
            others = [m.id for m in members if m.id not in dict(told) and concerned(m)]
            changed = dataclasses.replace(heads[0], changes={"relationship": "other"})
            touched = (*notification.touched, *others)
            noted = dataclasses.replace(notification, touched=touched)
            record([*told, *((i, changed) for i in others)], noted, placed)

        return relating

    replace(registry.register, "record", make)


@FAULTS.add("others-related-anew-at-a-death", "RR-MOU-025")
def others_related_anew_at_a_death(reference: Reference) -> None:
    """When the head dies, the members who do not become head get the relationship other."""
    _relating(reference, "death", lambda entry: True)


@FAULTS.add("spouse-related-anew-in-a-move-out", "RR-MOU-025")
def spouse_related_anew_in_a_move_out(reference: Reference) -> None:
    """When the head moves out, a spouse who stays and does not become head gets the relationship other."""
    _relating(reference, "move_out", lambda entry: entry.relationship == "spouse")


def _refusing_the_only_one(reference: Reference, *fields: str) -> None:
    """The only one who remains must not be named in one of these fields."""
    registry = reference.the(ResidentRegistry)

    def make(of_remaining: Method) -> Method:
        def strict(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            chosen: Entry | None = of_remaining(call, members, leaving, field)
            if chosen is not None and field in fields and field in call.body and len(members) - len(leaving) == 1:
                raise rule("unprocessable", "世帯主の指定は不要です / Nobody has to be named", f"/{field}")
            return chosen

        return strict

    revise(registry.succession, "of_remaining", make)


@FAULTS.add("only-one-who-remains-not-to-be-named", "RR-MOU-026")
def only_one_who_remains_not_to_be_named(reference: Reference) -> None:
    """A move-out or a death of the head that names the only one who remains as new head is refused."""
    _refusing_the_only_one(reference, "new_head_id")


@FAULTS.add("only-one-who-stays-not-to-be-named", "RR-MOU-026")
def only_one_who_stays_not_to_be_named(reference: Reference) -> None:
    """A split or an address change of the head that names the only one who stays as head is refused."""
    _refusing_the_only_one(reference, "remaining_head_id")


@FAULTS.add("head-named-for-an-empty-household", "RR-MOU-027")
def head_named_for_an_empty_household(reference: Reference) -> None:
    """A move-out or a death that leaves nobody may name a new head, who is ignored."""

    def make(of_remaining: Method) -> Method:
        def lenient(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            try:
                chosen: Entry | None = of_remaining(call, members, leaving, field)
            except Problem:
                if len(members) != len(leaving):
                    raise
                return None
            return chosen

        return lenient

    revise(reference.the(ResidentRegistry).succession, "of_remaining", make)


@FAULTS.add("remaining-counted-today", "RR-MOU-009")
def remaining_counted_today(reference: Reference) -> None:
    """Who remains after a move-out on a day to come is counted today: who leaves before that day counts, too."""
    registry = reference.the(ResidentRegistry)
    revise(registry.named, "present", lambda _: lambda effective: registry.register.today)


@FAULTS.add("former-head-is-other", "RR-HIS-026")
def former_head_is_other(reference: Reference) -> None:
    """Who was head and has moved out or died is shown with the relationship other, once somebody else is head."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def replaced(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            gone = entry is not None and entry.status in (MOVED_OUT, DECEASED) and entry.relationship == HEAD
            if entry is None or not gone or not registry.register.members(entry.household_id):
                return entry
            return dataclasses.replace(entry, relationship="other")

        return replaced

    revise(registry.residents, "as_of", make)


@FAULTS.add("former-member-moves-along", "RR-HIS-026")
def former_member_moves_along(reference: Reference) -> None:
    """Who has moved out or died is shown at the address to which the household has moved since."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def along(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            if entry is None or entry.status not in (MOVED_OUT, DECEASED) or "recorded_as_of" in call.query:
                return entry
            day = call.query.get("as_of", registry.register.today)
            moved = registry.register.address(entry.household_id, day)
            return entry if moved is None else dataclasses.replace(entry, address=moved)

        return along

    revise(registry.residents, "as_of", make)
