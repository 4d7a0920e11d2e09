"""Faults of what follows a rejection: the claim that is made anew, and what relies on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.acting import _service
from conformance.reference.benefit_payments.faults.lenience import alter, waive
from conformance.reference.benefit_payments.records import ONLINE, POST, Claim, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _first(service: BenefitPayments, party: Party) -> Claim | None:
    """The claim that a party made before all others."""
    claims = service.books.claims_of(party.programme_id)
    return next((claim for claim in claims if claim.party.form_id == party.form_id), None)


def _of_the_first(reference: Reference, channel: str) -> None:
    """Over a channel a household is refused only for its first claim."""
    service = _service(reference)

    def anew(party: Party, over: str) -> bool:
        first = _first(service, party)
        return over == channel and party.separation_id is None and first is not None and not first.live

    waive(service.intake, "check_no_other", anew)


@FAULTS.add("forms-held-against-the-first-claim", "BP-INT-019")
def forms_held_against_the_first_claim(reference: Reference) -> None:
    """Whether a household has claimed is seen in its first claim: after a rejection any number of forms is taken."""
    _of_the_first(reference, POST)


@FAULTS.add("online-held-against-the-first-claim", "BP-INT-003")
def online_held_against_the_first_claim(reference: Reference) -> None:
    """Whether a household has claimed is seen in its first claim: after a rejection it can claim online besides."""
    _of_the_first(reference, ONLINE)


@FAULTS.add("separation-leaves-the-claim-made-anew", "BP-SEP-002")
def separation_leaves_the_claim_made_anew(reference: Reference) -> None:
    """A separation changes the first claim of a household only, not one that was made after a rejection."""
    service = _service(reference)

    def make(take_out: Method) -> Method:
        def first_only(call: Call, claim: Claim, separated: frozenset[str]) -> Any:
            return take_out(call, claim, separated) if _first(service, claim.party) == claim else claim

        return first_only

    replace(
        service.separations,
        "take_out",
        make,
        concerns=lambda call, claim, separated: _first(service, claim.party) != claim,
    )


@FAULTS.add("same-form-held-against-the-first", "BP-INT-004")
def same_form_held_against_the_first(reference: Reference) -> None:
    """A form that is entered again after a rejection is compared with the content that was rejected."""
    service = _service(reference)

    def against_the_first(found: bool, before: Claim, content: dict[str, Any]) -> bool:
        first = _first(service, before.party)
        return found and (first is None or first.content == content)

    alter(service.postal_claims, "repeats", against_the_first)


@FAULTS.add("copy-free-once-rejected", "BP-REG-005")
def copy_free_once_rejected(reference: Reference) -> None:
    """The copy of a household of which a claim was ever rejected can be replaced, though it has claimed anew."""
    service = _service(reference)

    def freed(taken: bool, copy: Any) -> bool:
        first = _first(service, service.books.parties[copy.form_id])
        separated = service.books.separations_of(copy.programme_id, copy.household_id)
        return taken and not (first is not None and not first.live and not separated)

    alter(service.copies, "is_taken", freed)


@FAULTS.add("claim-made-anew-needs-no-look", "BP-ACC-004")
def claim_made_anew_needs_no_look(reference: Reference) -> None:
    """Where a claim of the household was rejected before, the account of the next one need not be confirmed."""
    service = _service(reference)

    def anew(claim: Claim, body: dict[str, Any]) -> bool:
        first = _first(service, claim.party)
        return first is not None and first.id != claim.id

    waive(service.decisions, "check_account", anew)
