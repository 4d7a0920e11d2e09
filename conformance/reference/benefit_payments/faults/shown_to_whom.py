"""Faults of who must see what is hidden from others, and of whom refusals and batches are audited for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.faults.acting import _service
from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import Claim, Party
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _kept(reference: Reference, role: str, *operations: str, of: Callable[[Party], bool] = lambda _: True) -> None:
    """What is hidden from most is hidden from this role, too, in these operations."""
    visibility = _service(reference).visibility

    def strict(hidden: bool, call: Call, party: Party) -> bool:
        secret = party.separation_id is not None or visibility.is_protected(party)
        return hidden or (secret and of(party) and call.caller.role == role and call.operation.id in operations)

    alter(visibility, "hides_party", strict)


@FAULTS.add("hidden-from-the-treasurer", "BP-FRM-007", "BP-FRM-028", "BP-SEP-025", "BP-SEP-026")
def hidden_from_the_treasurer(reference: Reference) -> None:
    """Hidden forms and claims are hidden from the treasurer, too."""
    _kept(reference, "treasurer", "getClaimForm", "getClaim", "listClaims")


@FAULTS.add("separation-hidden-from-the-treasurer", "BP-SEP-026")
def separation_hidden_from_the_treasurer(reference: Reference) -> None:
    """The treasurer does not read the claim of a person living apart."""
    _kept(reference, "treasurer", "getClaim", of=lambda party: party.separation_id is not None)


@FAULTS.add("hidden-claims-not-listed-for-the-officer", "BP-FLT-001", "BP-FRM-028", "BP-SEP-026")
def hidden_claims_not_listed_for_the_officer(reference: Reference) -> None:
    """Hidden claims are left out of the lists of the protection officer, too."""
    _kept(reference, "protection_officer", "listClaims")


@FAULTS.add("separate-form-hidden-from-the-approver", "BP-SEP-025")
def separate_form_hidden_from_the_approver(reference: Reference) -> None:
    """The form of a person living apart is hidden from the approver."""
    _kept(reference, "approver", "getClaimForm", of=lambda party: party.separation_id is not None)


@FAULTS.add("refused-look-at-a-claim-audited-for-one", "BP-AUD-023")
def refused_look_at_a_claim_audited_for_one(reference: Reference) -> None:
    """The audit entry of a read that is refused because the claim is hidden is about one of its members alone."""
    _withheld(reference, "getClaim")


@FAULTS.add("refused-look-at-a-form-audited-for-one", "BP-AUD-023")
def refused_look_at_a_form_audited_for_one(reference: Reference) -> None:
    """The audit entry of a read that is refused because the form is hidden is about one of its members alone."""
    _withheld(reference, "getClaimForm")


def _withheld(reference: Reference, operation: str) -> None:
    def make(withhold: Method) -> Method:
        def briefly(call: Call, subjects: Iterable[str]) -> None:
            withhold(call, list(subjects)[:1])

        return briefly

    replace(
        _service(reference).visibility, "withhold", make, concerns=lambda call, subjects: call.operation.id == operation
    )


def _of_the_first(reference: Reference, method: str) -> None:
    service = _service(reference)

    def make(original: Method) -> Method:
        def narrow(call: Call) -> Answer:
            answer: Answer = original(call)
            claim: Claim = service.books.claims[answer.body["transfers"][0]["claim_id"]]
            call.subjects[:] = service.subjects_of.of_claim(claim)
            return answer

        return narrow

    replace(service.batches, method, make)


@FAULTS.add("batch-read-audited-for-the-first-claim", "BP-AUD-002")
def batch_read_audited_for_the_first_claim(reference: Reference) -> None:
    """The audit entry of a read of a batch is about its first claim alone."""
    _of_the_first(reference, "read")


@FAULTS.add("batch-audited-for-the-first-claim", "BP-AUD-023")
def batch_audited_for_the_first_claim(reference: Reference) -> None:
    """The audit entry of the making of a batch is about its first claim alone."""
    _of_the_first(reference, "create")
