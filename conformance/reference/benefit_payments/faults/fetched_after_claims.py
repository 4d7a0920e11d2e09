"""Faults of fetches for households that have claimed or are separated: what stays, and what is taken all the same."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.fetched_members import fetches_of, register_of
from conformance.reference.benefit_payments.faults.fetched_standing import registered
from conformance.reference.benefit_payments.records import Copy, Programme
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import ACTIVE

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Household = dict[str, Any]


def _taken_into_claimed(reference: Reference, alter: Any) -> None:
    """The fetch of a household on whose copy somebody relies takes more: `alter(copy, found)` gives the members."""
    books = reference.the(BenefitPayments).books

    def make(take_protection: Method) -> Method:
        def taken(call: Call, copy: Copy, found: Household) -> None:
            take_protection(call, copy, found)
            stands = books.copies[copy.programme_id, copy.household_id]
            books.keep_copy(altered(stands, household={**stands.household, "members": alter(stands, found)}))

        return taken

    replace(fetches_of(reference), "take_protection", make)


def _members_as(*names: str) -> Any:
    """The members of a copy with what was fetched in some of their members."""

    def members(copy: Copy, found: Household) -> list[Household]:
        now = {person["resident_id"]: person for person in found["members"]}
        return [
            {**person, **{name: now.get(person["resident_id"], person)[name] for name in names}}
            for person in copy.members
        ]

    return members


@FAULTS.add("claimed-copies-take-names", "XS-AFT-008")
def claimed_copies_take_names(reference: Reference) -> None:
    """The fetch of a household that has claimed takes the names of the registry into copy and form."""
    _taken_into_claimed(reference, _members_as("name"))


@FAULTS.add("claimed-copies-take-deaths", "XS-AFT-008")
def claimed_copies_take_deaths(reference: Reference) -> None:
    """The fetch of a household that has claimed takes deaths too: somebody else becomes claimant on the form."""
    _taken_into_claimed(reference, _members_as("status", "ceased_on"))


@FAULTS.add("protection-never-lifted-after-claim", "XS-PRO-012")
def protection_never_lifted_after_claim(reference: Reference) -> None:
    """The fetch of a household that has claimed takes protections that began, and none that has ended."""

    def make(take_protection: Method) -> Method:
        def raised(call: Call, copy: Copy, found: Household) -> None:
            stood = {p["resident_id"] for p in copy.members if p["protected"]}
            members = [{**p, "protected": p["protected"] or p["resident_id"] in stood} for p in found["members"]]
            take_protection(call, copy, {**found, "members": members})

        return raised

    replace(fetches_of(reference), "take_protection", make)


@FAULTS.add("protection-lost-with-a-late-notification", "XS-PRO-012")
def protection_lost_with_a_late_notification(reference: Reference) -> None:
    """Who stands in the copy of a household that has claimed, and is not fetched with it any more, is not protected."""

    def make(take_protection: Method) -> Method:
        def lost(call: Call, copy: Copy, found: Household) -> None:
            there = {p["resident_id"] for p in found["members"]}
            gone = [{**p, "protected": False} for p in copy.members if p["resident_id"] not in there]
            take_protection(call, copy, {**found, "members": [*found["members"], *gone]})

        return lost

    replace(fetches_of(reference), "take_protection", make)


@FAULTS.add("protection-of-the-separated-not-taken", "XS-PRO-012")
def protection_of_the_separated_not_taken(reference: Reference) -> None:
    """The fetch of a household that is separated takes the protection of its own members, not of who lives apart."""
    books = reference.the(BenefitPayments).books

    def make(take_protection: Method) -> Method:
        def own(call: Call, copy: Copy, found: Household) -> None:
            apart = {i for s in books.separations_of(copy.programme_id, copy.household_id) for i in s.member_ids}
            take_protection(
                call, copy, {**found, "members": [p for p in found["members"] if p["resident_id"] not in apart]}
            )

        return own

    replace(fetches_of(reference), "take_protection", make)


@FAULTS.add("separated-households-refused", "XS-AFT-006")
def separated_households_refused(reference: Reference) -> None:
    """Only a live claim makes a household one that has claimed: one that is separated is fetched, and refused."""
    service = reference.the(BenefitPayments)

    def make(take: Method) -> Method:
        def taken(call: Call, programme: Programme, household_id: str) -> str:
            before = service.books.copies.get((programme.id, household_id))
            claimed = before is not None and service.books.live_claim(service.books.parties[before.form_id])
            if before is not None and not claimed and service.copies.is_taken(before):
                return "refused"
            outcome: str = take(call, programme, household_id)
            return outcome

        return taken

    replace(fetches_of(reference), "take", make)


@FAULTS.add("rejected-claims-keep-the-copy", "XS-AFT-007")
def rejected_claims_keep_the_copy(reference: Reference) -> None:
    """A household whose claim was rejected is not fetched any more: any claim makes it one that has claimed."""
    service = reference.the(BenefitPayments)

    def make(take: Method) -> Method:
        def taken(call: Call, programme: Programme, household_id: str) -> str:
            claims = service.books.claims_of(programme.id)
            if any(claim.party.household_id == household_id and not claim.live for claim in claims):
                return "claimed"
            outcome: str = take(call, programme, household_id)
            return outcome

        return taken

    replace(fetches_of(reference), "take", make)


@FAULTS.add("fetch-after-claim-not-audited", "XS-AUD-006")
def fetch_after_claim_not_audited(reference: Reference) -> None:
    """A fetch that only takes a protection into the copy of a household that has claimed is about nobody."""

    def make(take_protection: Method) -> Method:
        def silent(call: Call, copy: Copy, found: Household) -> None:
            before = len(call.subjects)
            take_protection(call, copy, found)
            del call.subjects[before:]

        return silent

    replace(fetches_of(reference), "take_protection", make)


@FAULTS.add("fetch-after-claim-audited-for-the-protected-only", "XS-AUD-006")
def fetch_after_claim_audited_for_the_protected_only(reference: Reference) -> None:
    """A fetch that takes a protection into the copy of a household that has claimed is about that person only."""

    def make(take_protection: Method) -> Method:
        def of_one(call: Call, copy: Copy, found: Household) -> None:
            before, stood = len(call.subjects), {p["resident_id"]: p["protected"] for p in copy.members}
            take_protection(call, copy, found)
            changed = [p["resident_id"] for p in found["members"] if stood.get(p["resident_id"]) != p["protected"]]
            call.subjects[before:] = [i for i in changed if i in call.subjects[before:]]

        return of_one

    replace(fetches_of(reference), "take_protection", make)


@FAULTS.add("fetch-after-claim-always-audited", "XS-AUD-006")
def fetch_after_claim_always_audited(reference: Reference) -> None:
    """A fetch that leaves the copy of a household that has claimed as it is has an entry about everybody in it."""

    def make(take_protection: Method) -> Method:
        def always(call: Call, copy: Copy, found: Household) -> None:
            before = list(call.subjects)
            take_protection(call, copy, found)
            if call.subjects == before:
                call.subjects.extend(person["resident_id"] for person in copy.members)

        return always

    replace(fetches_of(reference), "take_protection", make)


@FAULTS.add("protection-elsewhere-not-fetched", "XS-PRO-001")
def protection_elsewhere_not_fetched(reference: Reference) -> None:
    """Who has left the household since the base date is fetched as not protected: the household of today is asked."""
    register = register_of(reference)

    def make(protected: Method) -> Method:
        def here(registry: Any, entry: Any) -> bool:
            now = register.known(entry.id) or entry
            return bool(protected(registry, entry)) and (now.status, now.household_id) == (ACTIVE, entry.household_id)

        return here

    revise(fetches_of(reference), "protected", make)


@FAULTS.add("kept-claims-repeated-after-a-fetch", "XS-PRO-005")
def kept_claims_repeated_after_a_fetch(reference: Reference) -> None:
    """The kept answer to a claim of persons of the registry is repeated to a clerk, whoever is protected since."""
    service = reference.the(BenefitPayments)

    def make(hides: Method) -> Method:
        def known(call: Call, names: Any) -> bool:
            if call.operation.id == "enterPostalClaim":
                copy = service.books.copy_of(service.books.parties[call.body["form_id"]])
                if any(registered(reference, person["resident_id"]) for person in copy.members):
                    return False
            return bool(hides(call, names))

        return known

    revise(service, "hides", make)
