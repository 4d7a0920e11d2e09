"""Faults of copies that are fetched: heads, relationships, and persons of two households."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.fetched_members import fetches_of, register_of
from conformance.reference.benefit_payments.intake import members_mismatch
from conformance.reference.benefit_payments.records import Copy, Party, Programme
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import ACTIVE, HEAD, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Person = dict[str, Any]


def persons(reference: Reference, alter: Any) -> None:
    """Persons are fetched otherwise: `alter(person, entry)`."""

    def make(person: Method) -> Method:
        return lambda registry, entry: alter(person(registry, entry), entry)

    revise(fetches_of(reference), "person", make)


@FAULTS.add("later-heads-left-out", "XS-DTH-004", "XS-HHD-001")
def later_heads_left_out(reference: Reference) -> None:
    """Who has become head of the household since the base date is not fetched with it."""
    register = register_of(reference)

    def make(was_there: Method) -> Method:
        def there(entry: Entry, household_id: str, day: str) -> bool:
            now = register.known(entry.id) or entry
            became = now.relationship == HEAD != entry.relationship and now.household_id == household_id
            return not became and bool(was_there(entry, household_id, day))

        return there

    revise(fetches_of(reference), "was_there", make)


@FAULTS.add("relationships-of-today", "XS-HHD-002", "XS-HHD-012")
def relationships_of_today(reference: Reference) -> None:
    """Relationships are fetched as they are today, as long as the person is in the same household."""
    register = register_of(reference)

    def today(person: Person, entry: Entry) -> Person:
        now = register.known(entry.id) or entry
        same = now.status == ACTIVE and now.household_id == entry.household_id
        return {**person, "relationship": now.relationship if same else entry.relationship}

    persons(reference, today)


@FAULTS.add("successor-is-head-at-once", "XS-HHD-003", "XS-HHD-012")
def successor_is_head_at_once(reference: Reference) -> None:
    """Where the head died on the base date the successor is fetched as head of that day."""

    def make(_: Method) -> Method:
        def succeeded(registry: ResidentRegistry, members: list[Entry], day: str) -> list[Entry]:
            heads = [entry for entry in members if entry.relationship == HEAD]
            return [altered(e, relationship="other") if e.status != ACTIVE and len(heads) > 1 else e for e in members]

        return succeeded

    revise(fetches_of(reference), "under_one_head", make)


@FAULTS.add("children-fetched-as-others", "XS-HHD-004")
def children_fetched_as_others(reference: Reference) -> None:
    """The relationship `child` comes as `other`: the table of relationships of the link is too short."""
    persons(
        reference,
        lambda person, entry: {
            **person,
            "relationship": {"child": "other"}.get(entry.relationship, entry.relationship),
        },
    )


@FAULTS.add("second-copy-takes-over", "XS-HHD-005")
def second_copy_takes_over(reference: Reference) -> None:
    """Who stands in another copy of the programme is fetched into this one all the same."""
    service, fetches = reference.the(BenefitPayments), fetches_of(reference)

    def make(take: Method) -> Method:
        def taken(call: Call, programme: Programme, household_id: str) -> str:
            found = fetches.household(household_id, programme.base_date)
            for person in found["members"] if found else ():
                service.books.household_of.pop((programme.id, person["resident_id"]), None)
            outcome: str = take(call, programme, household_id)
            return outcome

        return taken

    replace(fetches, "take", make)


@FAULTS.add("refused-copy-stored", "XS-HHD-006")
def refused_copy_stored(reference: Reference) -> None:
    """What a fetch refuses is told as refused, and replaces the copy all the same."""
    service, fetches = reference.the(BenefitPayments), fetches_of(reference)

    def make(take: Method) -> Method:
        def taken(call: Call, programme: Programme, household_id: str) -> str:
            outcome: str = take(call, programme, household_id)
            before = service.books.copies.get((programme.id, household_id))
            found = fetches.household(household_id, programme.base_date)
            if outcome == "refused" and before is not None and found is not None:
                service.books.keep_copy(Copy(programme.id, found, before.form_id))
            return outcome

        return taken

    replace(fetches, "take", make)


@FAULTS.add("claims-of-grown-households-refused", "XS-CLM-001")
def claims_of_grown_households_refused(reference: Reference) -> None:
    """A household that somebody has joined since the base date does not claim: the link compares with today."""
    service, register = reference.the(BenefitPayments), register_of(reference)

    def make(check_claimant: Method) -> Method:
        def checked(party: Party, claimant_id: str) -> None:
            check_claimant(party, claimant_id)
            known = {person["resident_id"] for person in service.books.copy_of(party).members}
            there = register.members(party.household_id) if party.household_id in register.households else []
            if any(entry.id not in known for entry in there):
                raise members_mismatch("/members")

        return checked

    revise(service.intake, "check_claimant", make)
