"""Faults about persons under protection in the registry, as benefit payments shows and hides them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.fetched_members import fetches_of
from conformance.reference.benefit_payments.faults.fetched_standing import registered
from conformance.reference.benefit_payments.records import Claim, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.benefit_payments.visibility import Visibility
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _protected(reference: Reference, party: Party) -> bool:
    """Whether the household of a party is one of the registry, with somebody under protection."""
    members = reference.the(BenefitPayments).books.copy_of(party).members
    return any(person["protected"] and registered(reference, person["resident_id"]) for person in members)


def _visibility(reference: Reference) -> Visibility:
    return reference.the(BenefitPayments).visibility


@FAULTS.add("protection-not-fetched", "XS-PRO-001", "XS-PRO-004", "XS-PRO-007", "XS-PRO-011")
def protection_not_fetched(reference: Reference) -> None:
    """Nobody is protected in a copy that is fetched: the link leaves the member out, and it counts as false."""
    revise(fetches_of(reference), "protected", lambda _: lambda registry, entry: False)


@FAULTS.add("whole-household-protected", "XS-PRO-001", "XS-PRO-004", "XS-PRO-007")
def whole_household_protected(reference: Reference) -> None:
    """All members of a household with a protected person are fetched as protected."""

    def make(household: Method) -> Method:
        def spread(household_id: str, day: str) -> Any:
            found = household(household_id, day)
            if found is None or not any(person["protected"] for person in found["members"]):
                return found
            return {**found, "members": [{**person, "protected": True} for person in found["members"]]}

        return spread

    revise(fetches_of(reference), "household", make)


@FAULTS.add("letters-of-protected-shown", "XS-PRO-002", "XS-PRO-005", "XS-PRO-011")
def letters_of_protected_shown(reference: Reference) -> None:
    """Form and claims of a household of the registry are shown to everybody who reads benefits."""

    def make(is_protected: Method) -> Method:
        return lambda party: bool(is_protected(party)) and not _protected(reference, party)

    revise(_visibility(reference), "is_protected", make)


@FAULTS.add("letters-kept-from-the-officer", "XS-PRO-003")
def letters_kept_from_the_officer(reference: Reference) -> None:
    """The form of a protected person of the registry is hidden from the protection officer too."""

    def make(hides_party: Method) -> Method:
        def hides(call: Call, party: Party) -> bool:
            decides = {"benefits:approve", "payments:write"} & call.caller.scopes
            return bool(hides_party(call, party)) or (not decides and _protected(reference, party))

        return hides

    revise(_visibility(reference), "hides_party", make)


@FAULTS.add("protection-after-claim-not-taken", "XS-PRO-004", "XS-PRO-012")
def protection_after_claim_not_taken(reference: Reference) -> None:
    """The fetch of a household that has claimed leaves the copy as it is, also where somebody is protected now."""
    replace(fetches_of(reference), "take_protection", lambda _: lambda call, copy, found: None)


@FAULTS.add("claims-of-protected-shown", "XS-PRO-005")
def claims_of_protected_shown(reference: Reference) -> None:
    """The form of a household with a protected person of the registry is hidden, its claims are not."""

    def make(hides_claim: Method) -> Method:
        def hides(call: Call, claim: Claim) -> bool:
            shown = claim.party.separation_id is None and _protected(reference, claim.party)
            return bool(hides_claim(call, claim)) and not shown

        return hides

    revise(_visibility(reference), "hides_claim", make)


@FAULTS.add("claims-of-protected-not-decided", "XS-PRO-006")
def claims_of_protected_not_decided(reference: Reference) -> None:
    """The claim of a household with a protected person of the registry waits until the protection ends."""

    def make(check_undecided: Method) -> Method:
        def checked(claim: Claim) -> None:
            check_undecided(claim)
            if _protected(reference, claim.party):
                raise conflict("already_decided", "支援措置の対象者がいます / Somebody is under protection")

        return checked

    revise(reference.the(BenefitPayments).decisions, "check_undecided", make)


@FAULTS.add("protection-fetched-without-its-last-day", "XS-PRO-007")
def protection_fetched_without_its_last_day(reference: Reference) -> None:
    """On the last day of the protection a person is fetched as not protected."""

    def make(protected: Method) -> Method:
        def until(registry: Any, entry: Any) -> bool:
            found = registry.visibility.protections.get(entry.id)
            return bool(protected(registry, entry)) and found.last > registry.register.today

        return until

    revise(fetches_of(reference), "protected", make)
