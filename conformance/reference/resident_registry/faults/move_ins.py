"""Faults of move-ins: what is recorded of each member, of the household and of the notification."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import HEAD, Notification
from conformance.reference.resident_registry.rules import LATE_AFTER
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Json = dict[str, Any]


def _recorded(reference: Reference, alter: Callable[[Json, int, Json], Json]) -> None:
    """What is recorded of a member is altered: given the request, the place of the member, and the details."""

    def make(details: Method) -> Method:
        def altered(body: Json, member: Json) -> Json:
            place = next(place for place, known in enumerate(body["members"]) if known is member)
            return alter(body, place, details(body, member))

        return altered

    revise(reference.the(ResidentRegistry).move_ins, "details", make)


@FAULTS.add("resident-since-the-notification", "RR-MIN-001")
def resident_since_the_notification(reference: Reference) -> None:
    """A head who is not named first becomes a resident on the day of the notification."""

    def alter(body: Json, place: int, found: Json) -> Json:
        late = place > 0 and found["relationship"] == HEAD
        return {**found, "became_resident_on": body["notification_date"]} if late else found

    _recorded(reference, alter)


@FAULTS.add("building-of-the-first-member", "RR-MIN-001")
def building_of_the_first_member(reference: Reference) -> None:
    """The building of the address is recorded for the first member only."""

    def alter(body: Json, place: int, found: Json) -> Json:
        address = {name: value for name, value in found["address"].items() if place == 0 or name != "building"}
        return {**found, "address": address}

    _recorded(reference, alter)


@FAULTS.add("alias-of-the-first-member", "RR-MIN-001")
def alias_of_the_first_member(reference: Reference) -> None:
    """The registered alias is recorded for the first member only."""

    def alter(body: Json, place: int, found: Json) -> Json:
        return {**found, "name": {n: v for n, v in found["name"].items() if place == 0 or n != "alias"}}

    _recorded(reference, alter)


@FAULTS.add("third-member-as-other", "RR-MIN-001")
def third_member_as_other(reference: Reference) -> None:
    """The relationship of the third member and of those after it is recorded as other, unless it is the head."""

    def alter(body: Json, place: int, found: Json) -> Json:
        return {**found, "relationship": "other"} if place > 1 and found["relationship"] == "child" else found

    _recorded(reference, alter)


@FAULTS.add("numbers-of-members-exchanged", "RR-MIN-001", "RR-NUM-001", "RR-NUM-002", "RR-MIN-016")
def numbers_of_members_exchanged(reference: Reference) -> None:
    """The Individual Numbers of a head and a spouse who move in together are recorded the wrong way round."""

    def alter(body: Json, place: int, found: Json) -> Json:
        members = body["members"]
        couple = [member["relationship"] for member in members[:2]] == [HEAD, "spouse"] and place < 2
        return {**found, "individual_number": members[1 - place]["individual_number"]} if couple else found

    _recorded(reference, alter)


@FAULTS.add("first-member-as-head", "RR-MIN-002")
def first_member_as_head(reference: Reference) -> None:
    """A household that was formed by a move-in, and nothing else, names its first member as its head."""
    registry = reference.the(ResidentRegistry)

    def make(read: Method) -> Method:
        def naming(call: Call) -> Any:
            answer = deepcopy(read(call))
            household_id, _, visible = call.target
            untouched = [known.type for known in registry.register.concerning.get(household_id, ())] == ["move_in"]
            if untouched and len(visible) == len(registry.register.households[household_id]):
                answer.body["head_id"] = registry.register.households[household_id][0]
            return answer

        return naming

    revise(registry.households, "read", make)


@FAULTS.add("joined-household-left-alone", "RR-MIN-003", "XS-BAS-001")
def joined_household_left_alone(reference: Reference) -> None:
    """Members who move into a household that exists form a new one at the same address, with the first as its head."""

    def alter(body: Json, place: int, found: Json) -> Json:
        return {**found, "relationship": HEAD} if "household_id" in body and place == 0 else found

    _recorded(reference, alter)
    revise(reference.the(ResidentRegistry).move_ins, "joined", lambda _: lambda body: None)


@FAULTS.add("late-until-today", "RR-MIN-010", "RR-MOU-020")
def late_until_today(reference: Reference) -> None:
    """A notification recorded a week or two after it was made is late by the day of recording."""
    registry = reference.the(ResidentRegistry)

    def make(is_late: Method) -> Method:
        def counted(event: str, told: str) -> bool:
            today = registry.register.today
            kept = 7 <= dates.days_between(told, today) <= 14
            return dates.days_between(event, today) > LATE_AFTER if kept else bool(is_late(event, told))

        return counted

    revise(registry.rules, "is_late", make)


@FAULTS.add("late-not-kept", "RR-MIN-010", "RR-MOU-020")
def late_not_kept(reference: Reference) -> None:
    """A late notification is marked in the answer, and no longer when it is read."""

    def make(body: Method) -> Method:
        def forgetful(call: Call, notification: Notification) -> Json:
            found: Json = body(call, notification)
            return {**found, "late": False} if call.operation.id == "getNotification" else found

        return forgetful

    revise(reference.the(ResidentRegistry).notifications, "body", make)
