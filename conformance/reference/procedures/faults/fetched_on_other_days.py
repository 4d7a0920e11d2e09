"""Faults of copies that are fetched for applications: what the register has today, and the day that is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.records import Copy
from conformance.reference.procedures.service import Procedures
from conformance.reference.resident_registry.records import ACTIVE, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Household = dict[str, Any]


def _found(reference: Reference, alter: Any) -> None:
    """What is fetched of a household is another: `alter(found, before)`, `before` being what the copy has."""
    service = reference.the(Procedures)

    def make(household: Method) -> Method:
        def other(household_id: str, day: str) -> Household | None:
            found: Household | None = household(household_id, day)
            before = service.store.copies.get(household_id)
            return alter(found, before.household) if found and before else found

        return other

    revise(service.fetches, "household", make)


@FAULTS.add("fetch-before-the-register-turns", "XS-PRO-014", "XS-PRO-015")
def fetch_before_the_register_turns(reference: Reference) -> None:
    """A fetch that comes first after midnight sees the protections of the day before."""
    for fetches in (reference.the(BenefitPayments).fetches, reference.the(Procedures).fetches):
        replace(fetches, "turn", lambda _: lambda registry: None)


@FAULTS.add("repeated-fetch-fetches-anew", "XS-IDM-004")
def repeated_fetch_fetches_anew(reference: Reference) -> None:
    """A fetch that is repeated under its key gets the kept outcomes, and fetches all the same."""
    benefits, procedures = reference.the(BenefitPayments), reference.the(Procedures)

    def make(repeated: Method) -> Method:
        def anew(service: Any, call: Call) -> Answer | None:
            kept: Answer | None = repeated(service, call)
            ids = json.loads(call.raw_body)["household_ids"] if kept is not None else []
            for household_id in ids:
                if service is benefits:
                    programme = benefits.books.programmes[call.path["programme_id"]]
                    benefits.fetches.take(call, programme, household_id)
                else:
                    procedures.fetches.take(call, household_id)
            return kept

        return anew

    replace(
        reference.pipeline,
        "repeated",
        make,
        concerns=lambda service, call: (
            call.operation.id == "fetchHouseholds" and reference.idempotency.kept(call) is not None
        ),
    )


@FAULTS.add("unchanged-keeps-its-day", "XS-PRE-002")
def unchanged_keeps_its_day(reference: Reference) -> None:
    """Where a fetch finds nothing new the copy keeps the day that it had."""
    service = reference.the(Procedures)

    def make(take: Method) -> Method:
        def taken(call: Call, household_id: str) -> str:
            before = service.store.copies.get(household_id)
            outcome: str = take(call, household_id)
            if outcome == "unchanged" and before is not None:
                service.store.keep_copy(Copy(before.as_of, before.household))
            return outcome

        return taken

    replace(service.fetches, "take", make)


@FAULTS.add("relationships-not-compared", "XS-HHD-014")
def relationships_not_compared(reference: Reference) -> None:
    """Where only relationships have changed a fetch finds nothing new."""

    def same(found: Household, before: Household) -> Household:
        stood = {person["resident_id"]: person["relationship"] for person in before["members"]}
        if {person["resident_id"] for person in found["members"]} != set(stood):
            return found
        return {**found, "members": [{**p, "relationship": stood[p["resident_id"]]} for p in found["members"]]}

    _found(reference, same)


@FAULTS.add("addresses-fetched-once", "XS-HHD-015")
def addresses_fetched_once(reference: Reference) -> None:
    """A household that is fetched again keeps the address of the first fetch."""
    _found(reference, lambda found, before: {**found, "address": before["address"]})


@FAULTS.add("addresses-of-cancelled-moves", "XS-HHD-015")
def addresses_of_cancelled_moves(reference: Reference) -> None:
    """A household whose move was cancelled is fetched at the address that it never moved to."""
    register = reference.the(ResidentRegistry).register

    def make(household: Method) -> Method:
        def moved(household_id: str, day: str) -> Household | None:
            found: Household | None = household(household_id, day)
            known = [p.address for p in register.placements.get(household_id, ()) if p.effective <= day]
            return found and {**found, "address": dict(known[-1])}

        return moved

    revise(reference.the(Procedures).fetches, "household", make)


@FAULTS.add("announced-move-outs-as-done", "XS-HHD-014")
def announced_move_outs_as_done(reference: Reference) -> None:
    """Who is to move out on a later day is not fetched any more: the last entry counts, not that of today."""
    register = reference.the(ResidentRegistry).register

    def make(was_there: Method) -> Method:
        def there(entry: Entry, household_id: str, day: str) -> bool:
            last = register.fold(register.histories[entry.id], "9999-12-31") or entry
            return last.status == ACTIVE and bool(was_there(entry, household_id, day))

        return there

    revise(reference.the(Procedures).fetches, "was_there", make)


@FAULTS.add("birth-dates-fetched-once", "XS-PRE-010")
def birth_dates_fetched_once(reference: Reference) -> None:
    """A household that is fetched again keeps birth dates and sexes of the first fetch."""

    def kept(found: Household, before: Household) -> Household:
        stood = {p["resident_id"]: {name: p[name] for name in ("birth_date", "sex")} for p in before["members"]}
        return {**found, "members": [{**p, **stood.get(p["resident_id"], {})} for p in found["members"]]}

    _found(reference, kept)


@FAULTS.add("copy-emptied-when-nobody-is-left", "XS-HHD-016")
def copy_emptied_when_nobody_is_left(reference: Reference) -> None:
    """Where nobody is in a household any more its copy is removed."""
    store = reference.the(Procedures).store

    def make(take: Method) -> Method:
        def taken(call: Call, household_id: str) -> str:
            outcome: str = take(call, household_id)
            gone = store.copies.pop(household_id, None) if outcome == "unknown" else None
            for person in gone.members if gone else ():
                store.household_of.pop(person["resident_id"], None)
            return outcome

        return taken

    replace(reference.the(Procedures).fetches, "take", make)


@FAULTS.add("households-examined-beforehand", "XS-HHD-017")
def households_examined_beforehand(reference: Reference) -> None:
    """Households fetched together are examined before any is stored: who moved from one to the other is in the way."""
    service = reference.the(Procedures)

    def make(fetch: Method) -> Method:
        def beforehand(call: Call) -> Answer:
            stood = dict(service.store.household_of)

            def elsewhere(resident_id: str, household_id: str) -> bool:
                return stood.get(resident_id, household_id) != household_id

            service.copies.stands_elsewhere = elsewhere  # type: ignore[method-assign]  # for this request
            try:
                answer: Answer = fetch(call)
            finally:
                del service.copies.stands_elsewhere  # the method of the class again
            return answer

        return beforehand

    replace(service.fetches, "fetch", make)


@FAULTS.add("kept-paper-repeated-after-a-fetch", "XS-PRO-010")
def kept_paper_repeated_after_a_fetch(reference: Reference) -> None:
    """The kept answer to an application of persons of the registry is repeated, whoever is protected since."""
    register = reference.the(ResidentRegistry).register

    def make(hides: Method) -> Method:
        return lambda call, names: bool(hides(call, [name for name in names if register.known(name) is None]))

    revise(reference.the(Procedures), "hides", make)


@FAULTS.add("refused-copies-stored-for-applications", "XS-HHD-008", "XS-HHD-018")
def refused_copies_stored_for_applications(reference: Reference) -> None:
    """What a fetch for applications refuses is told as refused, and can be read as a copy all the same."""
    service = reference.the(Procedures)

    def make(take: Method) -> Method:
        def taken(call: Call, household_id: str) -> str:
            outcome: str = take(call, household_id)
            today = service.clock.today()
            found = service.fetches.household(household_id, today) if outcome == "refused" else None
            if found is not None:
                service.store.copies[household_id] = Copy(today, found)
            return outcome

        return taken

    replace(service.fetches, "take", make)


@FAULTS.add("unknown-days-of-birth-completed", "XS-TXT-008")
def unknown_days_of_birth_completed(reference: Reference) -> None:
    """A birth date of which the day is not known is fetched as the first of the month."""

    def completed(birth_date: dict[str, Any]) -> dict[str, Any]:
        known = birth_date["value"].removesuffix("-00")
        return birth_date if known == birth_date["value"] else {"value": f"{known}-01", "unknown": False}

    def make(person: Method) -> Method:
        def first(registry: ResidentRegistry, entry: Entry) -> Household:
            found: Household = person(registry, entry)
            return {**found, "birth_date": completed(found["birth_date"])}

        return first

    revise(reference.the(Procedures).fetches, "person", make)
