"""Faults of forms of households with a protected person, as their copies were stored by clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.faults.fetched_standing import registered
from conformance.reference.benefit_payments.records import Json, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _stored(reference: Reference, party: Party) -> bool:
    """Whether somebody under protection stands in the copy of a party, whom the registry does not know."""
    members = reference.the(BenefitPayments).books.copy_of(party).members
    return any(person["protected"] and not registered(reference, person["resident_id"]) for person in members)


@FAULTS.add("stored-protection-ignored", "BP-FRM-006", "BP-FRM-008")
def stored_protection_ignored(reference: Reference) -> None:
    """The form of a household whose copy a client stored is shown, whoever is protected in it."""

    def make(is_protected: Method) -> Method:
        return lambda party: bool(is_protected(party)) and not _stored(reference, party)

    revise(reference.the(BenefitPayments).visibility, "is_protected", make)


@FAULTS.add("stored-protection-kept-from-the-officer", "BP-FRM-007")
def stored_protection_kept_from_the_officer(reference: Reference) -> None:
    """The form of a household with a protected person is hidden from the protection officer too."""

    def make(hides_party: Method) -> Method:
        def hides(call: Call, party: Party) -> bool:
            decides = {"benefits:approve", "payments:write"} & call.caller.scopes
            return bool(hides_party(call, party)) or (not decides and _stored(reference, party))

        return hides

    revise(reference.the(BenefitPayments).visibility, "hides_party", make)


def _only_for(reference: Reference, counts: Callable[[Party, Json], bool]) -> None:
    """Of the persons whom the registry does not know, those hide form and claims for whom `counts` holds."""
    service = reference.the(BenefitPayments)

    def make(is_protected: Method) -> Method:
        def some(party: Party) -> bool:
            members = [person for person in service.books.copy_of(party).members if person["protected"]]
            if any(registered(reference, person["resident_id"]) for person in members):
                return bool(is_protected(party))
            return any(counts(party, person) for person in members)

        return some

    revise(service.visibility, "is_protected", make)


@FAULTS.add("protection-of-members-only", "BP-FRM-006", "BP-FRM-008")
def protection_of_members_only(reference: Reference) -> None:
    """A protected person who is no member of the party hides neither form nor claims."""
    eligibility = reference.the(BenefitPayments).eligibility
    _only_for(reference, lambda party, person: person in eligibility.members(party))


@FAULTS.add("protection-of-the-active-only", "BP-FRM-006", "BP-FRM-008")
def protection_of_the_active_only(reference: Reference) -> None:
    """A protected person who has moved out or died hides neither form nor claims."""
    _only_for(reference, lambda party, person: person["status"] == "active")


@FAULTS.add("protection-of-others-than-the-head", "BP-FRM-006", "BP-FRM-008")
def protection_of_others_than_the_head(reference: Reference) -> None:
    """A protected head hides neither form nor claims."""
    _only_for(reference, lambda party, person: person["relationship"] != "head")


@FAULTS.add("answer-about-the-hidden-repeated", "BP-FRM-012", "XS-PRO-005")
def answer_about_the_hidden_repeated(reference: Reference) -> None:
    """The entry of a form that is repeated is answered as before, also where the form is hidden meanwhile."""

    def make(hides: Method) -> Method:
        return lambda call, names: False

    revise(reference.the(BenefitPayments), "hides", make)
