"""Faults of move-ins: what is accepted that must not be, and the other way round."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.records import HEAD
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Json = dict[str, Any]
AFTER_THE_HOUSEHOLD = ("different_address", "household_head")
"""What is said of a move-in only once the household that is joined has been found."""


def _lenient(reference: Reference, code: str, when: Callable[[Json], bool] = lambda body: True) -> None:
    """A move-in is not refused with this code, where `when` says so of its content."""
    move_ins = reference.the(ResidentRegistry).move_ins

    def make(check: Method) -> Method:
        def lenient(call: Call) -> None:
            try:
                check(call)
            except Problem as problem:
                if problem.code != code or not when(call.body):
                    raise
                # Whoever joins a household must find it still: nobody is recorded in one that is not there.
                if "household_id" in call.body and code not in AFTER_THE_HOUSEHOLD:
                    move_ins.check_joined(call)

        return lenient

    revise(move_ins, "check", make)


def _strict(reference: Reference, code: str, when: Callable[[Json], bool]) -> None:
    """A move-in that is right is refused with this code, where `when` says so of its content."""

    def make(check: Method) -> Method:
        def strict(call: Call) -> None:
            check(call)
            if when(call.body):
                raise rule(code, "受理できません / Not accepted")

        return strict

    revise(reference.the(ResidentRegistry).move_ins, "check", make)


def _heads(body: Json) -> int:
    return sum(member["relationship"] == HEAD for member in body["members"])


@FAULTS.add("one-person-is-head", "RR-MIN-004")
def one_person_is_head(reference: Reference) -> None:
    """Whoever moves in alone becomes head without saying so."""

    def alone(body: Json) -> bool:
        return "household_id" not in body and len(body["members"]) == 1 and not _heads(body)

    def make(details: Method) -> Method:
        def headed(body: Json, member: Json) -> Json:
            found: Json = details(body, member)
            return {**found, "relationship": HEAD} if alone(body) else found

        return headed

    revise(reference.the(ResidentRegistry).move_ins, "details", make)
    _lenient(reference, "household_head", alone)


@FAULTS.add("two-heads-otherwise-refused", "RR-MIN-004")
def two_heads_otherwise_refused(reference: Reference) -> None:
    """A move-in with more than one head is refused with another code."""
    _lenient(reference, "household_head", lambda body: "household_id" not in body and _heads(body) > 1)


@FAULTS.add("moved-in-the-day-after", "RR-MIN-005")
def moved_in_the_day_after(reference: Reference) -> None:
    """A move-in may be notified on the day before it happens."""
    _lenient(
        reference,
        "event_date_in_future",
        lambda body: dates.days_between(body["notification_date"], body["event_date"]) == 1,
    )


@FAULTS.add("birth-of-others-unchecked", "RR-MIN-006")
def birth_of_others_unchecked(reference: Reference) -> None:
    """Only the first member has to be born before the move-in."""

    def born(body: Json) -> bool:
        known = dates.known_day(body["members"][0]["birth_date"])
        return known is None or known <= body["event_date"]

    _lenient(reference, "event_before_birth", born)


@FAULTS.add("birth-of-the-head-unchecked", "RR-MIN-006")
def birth_of_the_head_unchecked(reference: Reference) -> None:
    """Whoever is alone in a move-in need not be born."""
    _lenient(reference, "event_before_birth", lambda body: len(body["members"]) == 1)


@FAULTS.add("birth-assumed-in-december", "RR-MIN-007")
def birth_assumed_in_december(reference: Reference) -> None:
    """Where only the year of birth is known, the last day of that year is taken for the birth date."""

    def unborn(body: Json) -> bool:
        values = [member["birth_date"]["value"] for member in body["members"]]
        return any(v[4:] == "-00-00" and v[:4] != "0000" and f"{v[:4]}-12-31" > body["event_date"] for v in values)

    _strict(reference, "event_before_birth", unborn)


@FAULTS.add("birth-assumed-at-the-end-of-the-month", "RR-MIN-007")
def birth_assumed_at_the_end_of_the_month(reference: Reference) -> None:
    """Where the day of birth is unknown, the last day of the month is taken for it."""

    def unborn(body: Json) -> bool:
        values = [member["birth_date"]["value"] for member in body["members"]]
        return any(v.endswith("-00") and v[5:7].isdecimal() and v[:7] == body["event_date"][:7] for v in values)

    _strict(reference, "event_before_birth", unborn)


@FAULTS.add("other-municipality-accepted", "RR-MIN-008")
def other_municipality_accepted(reference: Reference) -> None:
    """A move-in to an address in another municipality is accepted."""
    _lenient(reference, "other_municipality")


@FAULTS.add("ward-refused", "RR-MIN-009")
def ward_refused(reference: Reference) -> None:
    """A move-in to a ward of the body other than its first one is refused."""
    first = min(reference.the(ResidentRegistry).own_codes - {reference.settings.body}, default=reference.settings.body)
    _strict(reference, "other_municipality", lambda body: body["new_address"]["municipality_code"] > first)


@FAULTS.add("first-member-stays-registered", "RR-MIN-015")
def first_member_stays_registered(reference: Reference) -> None:
    """Of a move-in that is refused because its heads are not right, the first member stays registered."""
    registry = reference.the(ResidentRegistry)

    def make(refused: Method) -> Method:
        def partly(call: Call) -> None:
            refused(call)
            if "household_id" not in call.body and _heads(call.body) > 1:
                whole = call.body
                call.body = {**whole, "members": whole["members"][:1]}
                registry.move_ins.record(call)
                call.body = whole

        return partly

    replace(registry.move_ins, "refused", make)


@FAULTS.add("notified-tomorrow", "RR-MIN-017")
def notified_tomorrow(reference: Reference) -> None:
    """A move-in may be notified tomorrow."""
    registry = reference.the(ResidentRegistry)
    _lenient(
        reference,
        "notification_date_in_future",
        lambda body: body["notification_date"] == dates.add_days(registry.register.today, 1),
    )


@FAULTS.add("second-head-joins", "RR-MIN-018")
def second_head_joins(reference: Reference) -> None:
    """Only the first of those who join a household must not be its head: the refusal that follows is another one."""
    _lenient(
        reference,
        "household_head",
        lambda body: "household_id" in body and body["members"][0]["relationship"] != HEAD,
    )


@FAULTS.add("closed-household-otherwise-refused", "RR-MIN-019")
def closed_household_otherwise_refused(reference: Reference) -> None:
    """A move-in into a closed household is refused with another code than one into a household that never was."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def otherwise(call: Call) -> None:
            try:
                check(call)
            except Problem as problem:
                closed = call.body.get("household_id") in registry.register.placements and not call.withheld
                raise (
                    rule("unprocessable", "") if closed and problem.code == "unknown_household" else problem
                ) from None

        return otherwise

    revise(registry.move_ins, "check", make)


@FAULTS.add("joined-at-another-address", "RR-MIN-020")
def joined_at_another_address(reference: Reference) -> None:
    """Whoever joins a household may live at another address."""
    _lenient(reference, "different_address")


@FAULTS.add("joined-in-another-building", "RR-MIN-020")
def joined_in_another_building(reference: Reference) -> None:
    """Whoever joins a household may give another building."""
    register = reference.the(ResidentRegistry).register

    def same(body: Json) -> bool:
        address = register.address(body["household_id"], register.today) or {}
        return all(address.get(name) == body["new_address"][name] for name in ("postal_code", "town", "lot"))

    _lenient(reference, "different_address", same)


@FAULTS.add("newborn-refused", "RR-MIN-022")
def newborn_refused(reference: Reference) -> None:
    """Nobody moves in on the day of birth."""
    _strict(
        reference,
        "event_before_birth",
        lambda body: any(dates.known_day(member["birth_date"]) == body["event_date"] for member in body["members"]),
    )


@FAULTS.add("notified-on-the-day-refused", "RR-MIN-023")
def notified_on_the_day_refused(reference: Reference) -> None:
    """A move-in on the very day of its notification is taken for one in the future."""
    _strict(reference, "event_date_in_future", lambda body: body["event_date"] == body["notification_date"])
