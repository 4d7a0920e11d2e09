"""Faults of those who join a household, of what a refused move-in leaves behind, and of what is derived of events."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.records import ACTIVE, MOVED_OUT, Entry, Notification
from conformance.reference.resident_registry.rules import already_registered
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Json = dict[str, Any]


@FAULTS.add("joined-since-the-notification", "RR-MIN-001")
def joined_since_the_notification(reference: Reference) -> None:
    """Who joins a household becomes a resident on the day of the notification."""

    def make(details: Method) -> Method:
        def notified(body: Json, member: Json) -> Json:
            kept: Json = details(body, member)
            return {**kept, "became_resident_on": body["notification_date"]} if "household_id" in body else kept

        return notified

    revise(reference.the(ResidentRegistry).move_ins, "details", make)


@FAULTS.add("joined-seen-before", "RR-HIS-013")
def joined_seen_before(reference: Reference) -> None:
    """A household as of a day before somebody moved into it shows that one, too."""
    registry = reference.the(ResidentRegistry)

    def make(members: Method) -> Method:
        def early(household_id: str, day: str) -> list[Entry]:
            found: list[Entry] = members(household_id, day)
            register = registry.register
            firsts = [register.histories[i][0].changes for i in register.households.get(household_id, ())]
            joined = [e for e in firsts if isinstance(e, Entry) and e.household_id == household_id]
            later = [e for e in joined if e.became_resident_on > day and register.current[e.id].status == ACTIVE]
            return [*found, *later] if found else found

        return early

    revise(registry.households, "members", make)


@FAULTS.add("returned-known-by-the-new-registration", "RR-HIS-013")
def returned_known_by_the_new_registration(reference: Reference) -> None:
    """A household as of the days of somebody who has left it and come back shows the new registration."""
    registry = reference.the(ResidentRegistry)

    def make(members: Method) -> Method:
        def merged(household_id: str, day: str) -> list[Entry]:
            found: list[Entry] = members(household_id, day)
            now = {e.individual_number: e for e in registry.register.members(household_id)}
            last = [(e, now.get(e.individual_number, e)) for e in found]
            return [dataclasses.replace(e, id=present.id) for e, present in last]

        return merged

    revise(registry.households, "members", make)


@FAULTS.add("joining-never-late", "RR-MIN-010")
def joining_never_late(reference: Reference) -> None:
    """Moving into a household that exists is recorded as notified in time, however late it is."""
    _never_late(reference, "move_in", lambda call: "household_id" in call.body)


@FAULTS.add("merge-never-late", "RR-MOU-020")
def merge_never_late(reference: Reference) -> None:
    """A split and a merge are recorded as notified in time, however late they are; a change of head is not."""
    _never_late(reference, "household_change", lambda call: call.body["kind"] != "change_head")


@FAULTS.add("move-out-of-several-never-late", "RR-MOU-020")
def move_out_of_several_never_late(reference: Reference) -> None:
    """A move-out or an address change of several residents is recorded as notified in time, however late it is."""
    for kind in ("move_out", "address_change"):
        _never_late(reference, kind, lambda call: len(call.body["resident_ids"]) > 1)


def _never_late(reference: Reference, kind: str, when: Any) -> None:
    registry = reference.the(ResidentRegistry)
    known: dict[str, bool] = {}

    def make(body: Method) -> Method:
        def in_time(call: Call, notification: Notification) -> Json:
            shown: Json = body(call, notification)
            if notification.type != kind:
                return shown
            if call.body is not None:
                known[notification.id] = when(call)
            return {**shown, "late": False} if known.get(notification.id) else shown

        return in_time

    replace(registry.notifications, "body", make)


@FAULTS.add("refused-move-in-keeps-numbers", "RR-MIN-015")
def refused_move_in_keeps_numbers(reference: Reference) -> None:
    """The numbers of the members before the one for whom a move-in was refused stay taken."""
    registry = reference.the(ResidentRegistry)
    taken: set[str] = set()

    def make(check: Method) -> Method:
        def reserving(members: list[Json]) -> None:
            for place, member in enumerate(members):
                if member["individual_number"] in taken:
                    raise already_registered(f"/members/{place}/individual_number")
            try:
                check(members)
            except Problem:
                active = registry.register.index.active
                for member in members:
                    if member["individual_number"] in active:
                        break
                    taken.add(member["individual_number"])
                raise

        return reserving

    replace(registry.move_ins, "check_once", make)


@FAULTS.add("second-ceased-on-notification", "RR-MOU-001")
def second_ceased_on_notification(reference: Reference) -> None:
    """Of residents who move out together, all but the first cease on the day of notification, where that is past."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def notified(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            if entry is None or entry.status != MOVED_OUT:
                return entry
            left = registry.register.latest(entry.id)
            if left is None or left.type != "move_out" or entry.id not in left.resident_ids[1:]:
                return entry
            return dataclasses.replace(entry, ceased_on=max(left.notification_date, left.event_date))

        return notified

    revise(registry.residents, "as_of", make)


@FAULTS.add("notification-follows-the-merge", "RR-HIS-027")
def notification_follows_the_merge(reference: Reference) -> None:
    """A notification about a household that was merged into another is read with the id of that other one."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def followed(call: Call, notification: Notification) -> Json:
            shown: Json = body(call, notification)
            register = registry.register
            now = [register.current[i].household_id for i in notification.resident_ids if i in register.current]
            gone = notification.type != "cancellation" and not register.members(notification.household_id)
            return {**shown, "household_id": now[0]} if gone and now else shown

        return followed

    revise(registry.notifications, "body", make)


@FAULTS.add("notification-without-the-gone", "RR-HIS-027")
def notification_without_the_gone(reference: Reference) -> None:
    """A notification that is read later leaves out those of several residents who have moved out or died since."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def living(call: Call, notification: Notification) -> Json:
            shown: Json = body(call, notification)
            kept = [i for i in shown["resident_ids"] if registry.register.current[i].status == ACTIVE]
            late = notification.type in ("move_in", "address_change", "household_change")
            return {**shown, "resident_ids": kept} if kept and late else shown

        return living

    revise(registry.notifications, "body", make)


def _residents(reference: Reference, other: Any) -> None:
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def altered(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            if entry is None or "recorded_as_of" in call.query:
                return entry
            changed: Entry = other(registry, call, entry)
            return changed

        return altered

    revise(registry.residents, "as_of", make)


@FAULTS.add("correction-ends-the-move-out-to-come", "RR-RES-007")
def correction_ends_the_move_out_to_come(reference: Reference) -> None:
    """Once somebody is corrected, a move-out on a day to come that was recorded before has no effect."""

    def open_ended(registry: ResidentRegistry, call: Call, entry: Entry) -> Entry:
        now, last = registry.register.current[entry.id], registry.register.histories[entry.id][-1]
        if last.type != "correction" or now.status != ACTIVE or entry.status != MOVED_OUT:
            return entry
        return dataclasses.replace(entry, status=ACTIVE, ceased_on=None)

    _residents(reference, open_ended)


@FAULTS.add("correction-writes-the-present-everywhere", "RR-RES-007")
def correction_writes_the_present_everywhere(reference: Reference) -> None:
    """Once somebody is corrected, days before show the address and the household of that day."""

    def flat(registry: ResidentRegistry, call: Call, entry: Entry) -> Entry:
        history = registry.register.histories[entry.id]
        if history[-1].type != "correction" or entry.status != ACTIVE:
            return entry
        now = registry.register.current[entry.id]
        return dataclasses.replace(
            entry, address=now.address, household_id=now.household_id, relationship=now.relationship
        )

    _residents(reference, flat)


@FAULTS.add("corrected-birth-assumed", "RR-RES-020")
def corrected_birth_assumed(reference: Reference) -> None:
    """For a birth date that is corrected to a year alone, the last day of that year is taken."""

    def make(check: Method) -> Method:
        def assuming(birth_date: Json, entry: Entry) -> None:
            check(birth_date, entry)
            year = str(birth_date["value"])[:4]
            if birth_date["unknown"] and f"{year}-12-31" > entry.became_resident_on and year != "0000":
                raise rule("event_before_birth", "住民となった日より後です / Born after that day", "/birth_date/value")

        return assuming

    revise(reference.the(ResidentRegistry).corrections, "check_birth_date", make)
