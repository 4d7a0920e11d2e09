"""Faults of copies that are fetched for applications: what comes from the register, and when."""

from __future__ import annotations

import unicodedata
from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.records import DRAFT, EDITABLE, PENDING, RETURNED, Application, Json, Known
from conformance.reference.procedures.service import Procedures
from conformance.reference.resident_registry.records import ACTIVE, DECEASED, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _entry(reference: Reference, resident_id: str) -> Entry | None:
    """A person as the registry of the same environment has them now."""
    return reference.the(ResidentRegistry).register.known(resident_id)


def _persons(reference: Reference, alter: Any) -> None:
    """Persons are fetched otherwise: `alter(person, entry)`."""

    def make(person: Method) -> Method:
        return lambda registry, entry: alter(person(registry, entry), entry)

    revise(reference.the(Procedures).fetches, "person", make)


def _follows(reference: Reference, statuses: frozenset[str]) -> None:
    """Applications about persons of the registry follow the copy in these statuses."""

    def make(follows: Method) -> Method:
        def when(application: Application) -> bool:
            known = _entry(reference, application.subject_id) is not None
            return application.status in statuses if known else bool(follows(application))

        return when

    revise(reference.the(Procedures).prefilling, "follows", make)


@FAULTS.add("spouses-fetched-as-others", "XS-PRE-001")
def spouses_fetched_as_others(reference: Reference) -> None:
    """The relationship `spouse` comes as `other`."""
    table = {"spouse": "other"}
    _persons(
        reference, lambda person, entry: {**person, "relationship": table.get(entry.relationship, entry.relationship)}
    )


@FAULTS.add("register-as-of-the-day-before", "XS-PRE-002")
def register_as_of_the_day_before(reference: Reference) -> None:
    """What was fetched is told to be of the day before: the register of the night."""

    def make(known: Method) -> Method:
        def dated(application: Application) -> Known:
            found: Known = known(application)
            if _entry(reference, application.subject_id) is None:
                return found
            return altered(found, as_of=dates.add_days(found.as_of, -1))

        return dated

    revise(reference.the(Procedures).prefilling, "known", make)


@FAULTS.add("drafts-read-the-registry", "XS-PRE-003")
def drafts_read_the_registry(reference: Reference) -> None:
    """What is prefilled in a draft is read from the registry each time, not from the copy."""

    def make(known: Method) -> Method:
        def read(application: Application) -> Known:
            found: Known = known(application)
            entry = _entry(reference, application.subject_id)
            if entry is None or application.status != DRAFT:
                return found
            return altered(found, person={**found.person, "name": dict(entry.name)})

        return read

    revise(reference.the(Procedures).prefilling, "known", make)


@FAULTS.add("drafts-keep-what-was-fetched-first", "XS-PRE-004")
def drafts_keep_what_was_fetched_first(reference: Reference) -> None:
    """What is prefilled in a draft stays as it was when it was begun."""
    _follows(reference, EDITABLE - {DRAFT})


@FAULTS.add("submitted-follow-the-fetch", "XS-PRE-005")
def submitted_follow_the_fetch(reference: Reference) -> None:
    """What is prefilled in a submitted application changes with the copy."""
    _follows(reference, EDITABLE | PENDING)


@FAULTS.add("returned-keep-what-was-submitted", "XS-PRE-006")
def returned_keep_what_was_submitted(reference: Reference) -> None:
    """What is prefilled in a returned application stays as it was submitted."""
    _follows(reference, EDITABLE - {RETURNED})


@FAULTS.add("forms-not-compared-with-the-register", "XS-PRE-007")
def forms_not_compared_with_the_register(reference: Reference) -> None:
    """What a form says of a person of the registry is not compared with the copy."""

    def make(agrees: Method) -> Method:
        return lambda form, subject_id: _entry(reference, subject_id) is not None or agrees(form, subject_id)

    revise(reference.the(Procedures).prefilling, "agrees", make)


@FAULTS.add("forms-compared-with-the-first-fetch-too", "XS-PRE-008")
def forms_compared_with_the_first_fetch_too(reference: Reference) -> None:
    """What a form says of a person of the registry must be so in the copy, and have been so at the beginning."""
    service = reference.the(Procedures)

    def make(agrees: Method) -> Method:
        def always(form: Json, subject_id: str) -> bool:
            said, entry = form.get("register"), _entry(reference, subject_id)
            begun = [a for a in service.store.applications.values() if a.subject_id == subject_id] if entry else []
            first = all(
                service.prefilling.equal(said or {}, service.prefilling.comparable(a.known.person)) for a in begun
            )
            return first and bool(agrees(form, subject_id))

        return always

    revise(service.prefilling, "agrees", make)


@FAULTS.add("dead-stay-in-the-copy", "XS-PRE-009")
def dead_stay_in_the_copy(reference: Reference) -> None:
    """Who has died is fetched with the household as before."""
    fetches = reference.the(Procedures).fetches

    def make(was_there: Method) -> Method:
        def there(entry: Entry, household_id: str, day: str) -> bool:
            dead = entry.status == DECEASED and entry.household_id == household_id
            return dead or bool(was_there(entry, household_id, day))

        return there

    revise(fetches, "was_there", make)
    _persons(reference, lambda person, entry: {**person, "status": ACTIVE, "ceased_on": None})


@FAULTS.add("movers-taken-from-their-copy", "XS-HHD-007")
def movers_taken_from_their_copy(reference: Reference) -> None:
    """Who stands in the copy of another household is fetched into this one all the same."""
    service = reference.the(Procedures)

    def make(stands_elsewhere: Method) -> Method:
        def elsewhere(resident_id: str, household_id: str) -> bool:
            return _entry(reference, resident_id) is None and bool(stands_elsewhere(resident_id, household_id))

        return elsewhere

    revise(service.copies, "stands_elsewhere", make)


@FAULTS.add("new-households-not-fetched", "XS-HHD-008", "XS-HHD-017")
def new_households_not_fetched(reference: Reference) -> None:
    """A household that began within the last week is refused."""
    register = reference.the(ResidentRegistry).register

    def make(take: Method) -> Method:
        def taken(call: Call, household_id: str) -> str:
            began = min((p.effective for p in register.placements.get(household_id, ())), default="")
            if began > dates.add_days(register.today, -7):
                return "refused"
            outcome: str = take(call, household_id)
            return outcome

        return taken

    replace(reference.the(Procedures).fetches, "take", make)


@FAULTS.add("protection-not-fetched-for-applications", "XS-PRO-008", "XS-PRO-011")
def protection_not_fetched_for_applications(reference: Reference) -> None:
    """Nobody is protected in a copy that is fetched for applications."""
    revise(reference.the(Procedures).fetches, "protected", lambda _: lambda registry, entry: False)


@FAULTS.add("addresses-of-protected-kept-from-all", "XS-PRO-009")
def addresses_of_protected_kept_from_all(reference: Reference) -> None:
    """The address of a protected person of the registry is withheld from everybody."""
    visibility = reference.the(Procedures).visibility

    def make(hides_address: Method) -> Method:
        def hides(call: Call, persons: list[str]) -> bool:
            known = [person for person in persons if _entry(reference, person) is not None]
            return any(visibility.is_protected(person) for person in known) or bool(hides_address(call, persons))

        return hides

    revise(visibility, "hides_address", make)


@FAULTS.add("protection-as-it-was-submitted", "XS-PRO-010")
def protection_as_it_was_submitted(reference: Reference) -> None:
    """Whether a person of the registry is protected is looked at when an application is submitted, not later."""
    service = reference.the(Procedures)

    def make(is_protected: Method) -> Method:
        def submitted(resident_id: str) -> bool:
            known = _entry(reference, resident_id) is not None
            mine = [a for a in service.store.received() if a.subject_id == resident_id] if known else []
            return bool(mine[-1].known.person["protected"]) if mine else bool(is_protected(resident_id))

        return submitted

    revise(service.visibility, "is_protected", make)


@FAULTS.add("names-normalised-for-applications", "XS-TXT-005")
def names_normalised_for_applications(reference: Reference) -> None:
    """The link of the procedures normalises names (NFKC)."""

    def normalised(person: dict[str, Any], entry: Entry) -> dict[str, Any]:
        texts = {k: unicodedata.normalize("NFKC", v) if isinstance(v, str) else v for k, v in person["name"].items()}
        return {**person, "name": texts}

    _persons(reference, normalised)


@FAULTS.add("fetch-for-applications-audited-for-the-first-only", "XS-AUD-005")
def fetch_for_applications_audited_for_the_first_only(reference: Reference) -> None:
    """The audit entry of a fetch for applications has the first person of each household as its subject."""

    def make(take: Method) -> Method:
        def taken(call: Call, household_id: str) -> str:
            before = len(call.subjects)
            outcome: str = take(call, household_id)
            del call.subjects[before + 1 :]
            return outcome

        return taken

    replace(reference.the(Procedures).fetches, "take", make)
