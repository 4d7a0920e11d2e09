"""Faults of fetches for programmes: what was notified or decided after the base date, or after the first fetch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.fetched_members import fetches_of, register_of
from conformance.reference.benefit_payments.records import HEAD, Programme
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import ACTIVE, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Household = dict[str, Any]


def _taken(reference: Reference, alter: Callable[[Programme, Household], Household]) -> None:
    """What is fetched for a programme is altered before it is stored."""
    fetches = fetches_of(reference)
    programmes: list[Programme] = []

    def noted(take: Method) -> Method:
        def taken(call: Call, programme: Programme, household_id: str) -> str:
            programmes[:] = [programme]
            outcome: str = take(call, programme, household_id)
            return outcome

        return taken

    def make(household: Method) -> Method:
        def other(household_id: str, day: str) -> Household | None:
            found: Household | None = household(household_id, day)
            return found and alter(programmes[0], found)

        return other

    replace(fetches, "take", noted)
    replace(fetches, "household", make)


@FAULTS.add("late-newcomers-not-added", "XS-BAS-009")
def late_newcomers_not_added(reference: Reference) -> None:
    """A household that is fetched again keeps its members: who was notified after the first fetch is not added."""
    books = reference.the(BenefitPayments).books

    def known(programme: Programme, found: Household) -> Household:
        before = books.copies.get((programme.id, found["household_id"]))
        if before is None:
            return found
        stood = {person["resident_id"] for person in before.members}
        elsewhere = {resident_id for other, resident_id in books.household_of if other == programme.id} - stood
        return {**found, "members": [p for p in found["members"] if p["resident_id"] in stood | elsewhere]}

    _taken(reference, known)


@FAULTS.add("late-leavers-kept", "XS-BAS-010")
def late_leavers_kept(reference: Reference) -> None:
    """A household that is fetched again keeps who was found to have left it before the base date since."""
    books = reference.the(BenefitPayments).books

    def kept(programme: Programme, found: Household) -> Household:
        before = books.copies.get((programme.id, found["household_id"]))
        there = {person["resident_id"] for person in found["members"]}
        gone = [p for p in before.members if p["resident_id"] not in there] if before else []
        return {**found, "members": [*found["members"], *gone]}

    _taken(reference, kept)


def _from_another_programme(reference: Reference, *names: str) -> None:
    """Of persons of a household that another programme has these members are taken from there."""
    books = reference.the(BenefitPayments).books

    def reused(programme: Programme, found: Household) -> Household:
        if (programme.id, found["household_id"]) in books.copies:
            return found
        same = [copy for (_, household_id), copy in books.copies.items() if household_id == found["household_id"]]
        known = {person["resident_id"]: person for copy in same[:1] for person in copy.members}
        members = [{**p, **{name: known.get(p["resident_id"], p)[name] for name in names}} for p in found["members"]]
        return {**found, "members": members}

    _taken(reference, reused)


@FAULTS.add("protection-fetched-once-for-all-programmes", "XS-PRO-001")
def protection_fetched_once_for_all_programmes(reference: Reference) -> None:
    """A household that one programme has is protected for the next one as it was for the first."""
    _from_another_programme(reference, "protected")


@FAULTS.add("names-fetched-once-for-all-programmes", "XS-TXT-001")
def names_fetched_once_for_all_programmes(reference: Reference) -> None:
    """A household that one programme has is fetched for the next one with the names of the first."""
    _from_another_programme(reference, "name")


@FAULTS.add("copy-dropped-when-unknown", "XS-HHD-013")
def copy_dropped_when_unknown(reference: Reference) -> None:
    """Where nobody of a household was there on the base date after all, its copy loses all members."""
    service = reference.the(BenefitPayments)

    def make(take: Method) -> Method:
        def taken(call: Call, programme: Programme, household_id: str) -> str:
            outcome: str = take(call, programme, household_id)
            before = service.books.copies.get((programme.id, household_id))
            if outcome == "unknown" and before is not None:
                head = [person for person in before.members if person["relationship"] == HEAD]
                gone = [{**person, "status": "cancelled"} for person in head]
                service.books.keep_copy(altered(before, household={**before.household, "members": gone}))
            return outcome

        return taken

    replace(fetches_of(reference), "take", make)


@FAULTS.add("merged-households-unknown", "XS-AFT-009")
def merged_households_unknown(reference: Reference) -> None:
    """A household that was merged into another since the base date is not found any more."""
    register = register_of(reference)

    def make(household: Method) -> Method:
        def found(household_id: str, day: str) -> Household | None:
            there: Household | None = household(household_id, day)
            now = [register.known(person["resident_id"]) for person in there["members"]] if there else []
            elsewhere = all(e is not None and e.status == ACTIVE and e.household_id != household_id for e in now)
            return None if elsewhere else there

        return found

    revise(fetches_of(reference), "household", make)


@FAULTS.add("merged-since-fetched-with-the-other", "XS-AFT-010")
def merged_since_fetched_with_the_other(reference: Reference) -> None:
    """Who came into the household by a merger since the base date is fetched with it, having been a resident then."""
    register, fetches = register_of(reference), fetches_of(reference)

    def merged(household_id: str, day: str) -> list[Household]:
        now = register.members(household_id) if household_id in register.households else []
        then = [(entry, register.entry_at(entry.id, day)) for entry in now if entry.relationship != HEAD]
        joined = [entry for entry, was in then if was is not None and was.household_id != household_id]
        return [fetches.person(reference.the(ResidentRegistry), entry) for entry in joined]

    def make(household: Method) -> Method:
        def found(household_id: str, day: str) -> Household | None:
            there: Household | None = household(household_id, day)
            return there and {**there, "members": [*there["members"], *merged(household_id, day)]}

        return found

    revise(fetches, "household", make)


@FAULTS.add("successor-fetched-as-other", "XS-HHD-011")
def successor_fetched_as_other(reference: Reference) -> None:
    """Who succeeded a head who died on the base date is fetched as `other`, whatever they were the day before."""

    def make(_: Method) -> Method:
        return lambda registry, entry, day: altered(entry, relationship="other")

    revise(fetches_of(reference), "as_before", make)


@FAULTS.add("successors-who-died-too-are-heads", "XS-HHD-012")
def successors_who_died_too_are_heads(reference: Reference) -> None:
    """Where head and successor died on the base date, both are fetched as heads, and the household is refused."""

    def make(as_before: Method) -> Method:
        def only_living(registry: ResidentRegistry, entry: Entry, day: str) -> Entry:
            return as_before(registry, entry, day) if entry.status == ACTIVE else entry

        return only_living

    revise(fetches_of(reference), "as_before", make)


@FAULTS.add("reduced-names-not-fetched", "XS-TXT-008")
def reduced_names_not_fetched(reference: Reference) -> None:
    """A name is fetched with the members that everybody has: without Roman letters, alias and reduced form."""
    usual = ("family", "given", "family_kana", "given_kana")

    def make(person: Method) -> Method:
        def shorter(registry: ResidentRegistry, entry: Entry) -> Household:
            found: Household = person(registry, entry)
            return {**found, "name": {name: text for name, text in found["name"].items() if name in usual}}

        return shorter

    revise(fetches_of(reference), "person", make)


@FAULTS.add("buildings-not-fetched", "XS-TXT-008")
def buildings_not_fetched(reference: Reference) -> None:
    """An address is fetched without the building: the letter does not arrive."""

    def make(household: Method) -> Method:
        def outside(household_id: str, day: str) -> Household | None:
            found: Household | None = household(household_id, day)
            return found and {**found, "address": {k: v for k, v in found["address"].items() if k != "building"}}

        return outside

    revise(fetches_of(reference), "household", make)
