"""Faults of copies that are fetched: who stands in them, by the register on the base date."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.benefit_payments.records import Copy
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import ACTIVE, CANCELLED, DECEASED, HEAD, MOVED_OUT, Entry
from conformance.reference.resident_registry.register import Register
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference
    from conformance.reference.benefit_payments.fetches import Fetches

Household = dict[str, Any] | None


def fetches_of(reference: Reference) -> Fetches:
    """The part that fetches households for programmes."""
    return reference.the(BenefitPayments).fetches


def register_of(reference: Reference) -> Register:
    """The register that it fetches them from."""
    return reference.the(ResidentRegistry).register


def _was_there(reference: Reference, judge: Any) -> None:
    """Another rule decides who was in a household on a day: `judge(was_there, entry, household_id, day)`."""

    def make(was_there: Method) -> Method:
        return lambda entry, household_id, day: judge(was_there(entry, household_id, day), entry, household_id, day)

    revise(fetches_of(reference), "was_there", make)


def _household(reference: Reference, alter: Any) -> None:
    """What is fetched is another household: `alter(household, household_id, day)`, `household` asking the registry."""
    revise(
        fetches_of(reference),
        "household",
        lambda household: lambda household_id, day: alter(household, household_id, day),
    )


@FAULTS.add(
    "fetched-as-of-today",
    *("XS-AFT-001", "XS-AFT-004", "XS-AFT-009", "XS-BAS-002", "XS-BAS-003", "XS-BAS-005", "XS-CLM-002", "XS-DTH-003"),
    *("XS-HHD-002", "XS-HHD-003", "XS-HHD-012"),
)
def fetched_as_of_today(reference: Reference) -> None:
    """Households are fetched as they are today, not as they were on the base date."""
    register = register_of(reference)
    _household(reference, lambda household, household_id, day: household(household_id, register.today))


@FAULTS.add("born-on-the-base-date-left-out", "XS-BAS-001")
def born_on_the_base_date_left_out(reference: Reference) -> None:
    """Who became a resident on the base date is not fetched: before it counts as up to the day before."""
    _was_there(reference, lambda was, entry, household_id, day: was and entry.became_resident_on < day)


@FAULTS.add("newcomers-of-the-day-after-fetched", "XS-BAS-002", "XS-CLM-002")
def newcomers_of_the_day_after_fetched(reference: Reference) -> None:
    """Who became a resident the day after the base date is fetched too: the day ends too late."""

    def with_newcomers(household: Method, household_id: str, day: str) -> Household:
        found: Household = household(household_id, day)
        later: Household = household(household_id, dates.add_days(day, 1))
        if found is None or later is None:
            return found
        known = {person["resident_id"] for person in found["members"]}
        added = [p for p in later["members"] if p["resident_id"] not in known]
        return {**found, "members": [*found["members"], *added]}

    _household(reference, with_newcomers)


@FAULTS.add("dead-of-the-base-date-left-out", "XS-BAS-003")
def dead_of_the_base_date_left_out(reference: Reference) -> None:
    """Who died on the base date, other than as head, is not fetched."""
    _was_there(
        reference,
        lambda was, entry, household_id, day: was and (entry.status != DECEASED or entry.relationship == HEAD),
    )


@FAULTS.add("dead-of-the-day-before-fetched", "XS-BAS-004")
def dead_of_the_day_before_fetched(reference: Reference) -> None:
    """Who died the day before the base date is fetched too."""
    _was_there(
        reference,
        lambda was, entry, household_id, day: (
            was or (entry.household_id, entry.status, entry.ceased_on) == (household_id, DECEASED, _before(day))
        ),
    )


@FAULTS.add("left-on-the-base-date-left-out", "XS-BAS-005")
def left_on_the_base_date_left_out(reference: Reference) -> None:
    """Who moved out on the base date is not fetched: a move-out holds from its day on."""
    register = register_of(reference)

    def stayed(was: bool, entry: Entry, household_id: str, day: str) -> bool:
        now = register.known(entry.id) or entry
        return was and (now.status, now.ceased_on) != (MOVED_OUT, day)

    _was_there(reference, stayed)


@FAULTS.add("left-the-day-before-fetched", "XS-BAS-006")
def left_the_day_before_fetched(reference: Reference) -> None:
    """Who moved out the day before the base date is fetched too."""
    _was_there(
        reference,
        lambda was, entry, household_id, day: (
            was or (entry.household_id, entry.status, entry.ceased_on) == (household_id, MOVED_OUT, _before(day))
        ),
    )


@FAULTS.add("movers-of-the-base-date-in-both", "XS-BAS-007")
def movers_of_the_base_date_in_both(reference: Reference) -> None:
    """Who changed household on the base date is fetched with the former household too."""
    register = register_of(reference)

    def in_both(was: bool, entry: Entry, household_id: str, day: str) -> bool:
        before = register.entry_at(entry.id, _before(day))
        return was or (before is not None and before.household_id == household_id and entry.status == ACTIVE)

    _was_there(reference, in_both)


@FAULTS.add("cancelled-move-ins-fetched", "XS-BAS-008")
def cancelled_move_ins_fetched(reference: Reference) -> None:
    """Who was registered by a move-in that was cancelled is fetched all the same."""
    _was_there(
        reference,
        lambda was, entry, household_id, day: was or (entry.household_id, entry.status) == (household_id, CANCELLED),
    )


@FAULTS.add("fetched-address-of-today", "XS-AFT-001")
def fetched_address_of_today(reference: Reference) -> None:
    """A fetched household has its address of today."""
    register = register_of(reference)

    def moved(household: Method, household_id: str, day: str) -> Household:
        found: Household = household(household_id, day)
        return found and {**found, "address": register.address(household_id, register.today)}

    _household(reference, moved)


@FAULTS.add("claimed-told-as-unchanged", "XS-AFT-002", "XS-AFT-006")
def claimed_told_as_unchanged(reference: Reference) -> None:
    """The fetch of a household that has claimed is told as one that found nothing new."""

    def make(take: Method) -> Method:
        def told(call: Call, programme: Any, household_id: str) -> str:
            outcome: str = take(call, programme, household_id)
            return "unchanged" if outcome == "claimed" else outcome

        return told

    replace(fetches_of(reference), "take", make)


@FAULTS.add("letter-follows-the-claimant", "XS-AFT-003")
def letter_follows_the_claimant(reference: Reference) -> None:
    """The fetch of a household that has claimed puts the address of its head today into the copy."""
    register = register_of(reference)

    def make(take_protection: Method) -> Method:
        def followed(call: Call, copy: Copy, found: Any) -> None:
            take_protection(call, copy, found)
            books = reference.the(BenefitPayments).books
            stands = books.copies[copy.programme_id, copy.household_id]
            head = register.known(next(p["resident_id"] for p in stands.members if p["relationship"] == HEAD))
            if head is not None:
                books.keep_copy(altered(stands, household={**stands.household, "address": dict(head.address)}))

        return followed

    replace(fetches_of(reference), "take_protection", make)


@FAULTS.add("later-households-fetched", "XS-AFT-004")
def later_households_fetched(reference: Reference) -> None:
    """A household that was not there on the base date is fetched as it is today."""
    register = register_of(reference)
    _household(
        reference,
        lambda household, household_id, day: household(household_id, day) or household(household_id, register.today),
    )


@FAULTS.add("split-off-since-left-out", "XS-AFT-005", "XS-AFT-009")
def split_off_since_left_out(reference: Reference) -> None:
    """Who has left the household for another one since the base date is not fetched."""
    register = register_of(reference)

    def still_there(was: bool, entry: Entry, household_id: str, day: str) -> bool:
        now = register.known(entry.id) or entry
        return was and (now.status != ACTIVE or now.household_id == household_id)

    _was_there(reference, still_there)


def _before(day: str) -> str:
    return dates.add_days(day, -1)
