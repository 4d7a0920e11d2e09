"""Faults of benefit payments: who sees what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


@FAULTS.add("shared-with-the-hidden-unflagged", "BP-ACC-001")
def shared_with_the_hidden_unflagged(reference: Reference) -> None:
    """An account that is shared with the claim of a separation of another household is not flagged."""
    service = _service(reference)
    alter(
        service.accounts,
        "of_other_household",
        lambda found, one, other: (
            found and other.party.separation_id is None and not service.visibility.is_protected(other.party)
        ),
    )


@FAULTS.add("ledger-without-the-hidden", "BP-LED-001", "BP-REP-001")
def ledger_without_the_hidden(reference: Reference) -> None:
    """The sums of the ledger leave out claims that the caller may not see."""
    service = _service(reference)

    def make(read: Method) -> Method:
        def partly(call: Call) -> Answer:
            claims_of = service.books.claims_of
            service.books.claims_of = lambda programme_id: service.visibility.of(  # type: ignore[method-assign]
                call, claims_of(programme_id)
            )
            try:
                return read(call)  # type: ignore[no-any-return]
            finally:
                service.books.claims_of = claims_of  # type: ignore[method-assign]

        return partly

    replace(service.ledger, "read", make)


def _seen_by(reference: Reference, role: str, operation: str) -> None:
    def seen(hidden: bool, call: Call, _: Any) -> bool:
        return hidden and not (call.caller.role == role and call.operation.id == operation)

    service = _service(reference)
    alter(service.visibility, "hides_party", seen)


@FAULTS.add("viewer-reads-hidden-form", "BP-SEP-005", "BP-FRM-006", "XS-PRO-002", "XS-PRO-005", "XS-PRO-011")
def viewer_reads_hidden_form(reference: Reference) -> None:
    """Hidden forms are shown to viewers."""
    _seen_by(reference, "viewer", "getClaimForm")


@FAULTS.add("clerk-reads-hidden-form", "BP-FRM-006", "BP-SEP-005", "XS-PRO-002")
def clerk_reads_hidden_form(reference: Reference) -> None:
    """Hidden forms are shown to clerks."""
    _seen_by(reference, "clerk", "getClaimForm")


@FAULTS.add("viewer-reads-hidden-claim", "BP-SEP-005", "BP-FRM-008")
def viewer_reads_hidden_claim(reference: Reference) -> None:
    """Hidden claims are shown to viewers."""
    _seen_by(reference, "viewer", "getClaim")


@FAULTS.add("clerk-reads-hidden-claim", "BP-FRM-008", "BP-SEP-005", "XS-PRO-005")
def clerk_reads_hidden_claim(reference: Reference) -> None:
    """Hidden claims are shown to clerks."""
    _seen_by(reference, "clerk", "getClaim")


@FAULTS.add("viewer-lists-hidden-claims", "BP-SEP-005", "BP-FRM-008")
def viewer_lists_hidden_claims(reference: Reference) -> None:
    """The list of claims shows hidden ones to viewers."""
    _seen_by(reference, "viewer", "listClaims")


@FAULTS.add("clerk-lists-hidden-claims", "BP-SEP-005", "BP-FRM-008")
def clerk_lists_hidden_claims(reference: Reference) -> None:
    """The list of claims shows hidden ones to clerks."""
    _seen_by(reference, "clerk", "listClaims")


@FAULTS.add("claims-of-protected-by-review", "BP-SEP-005", "BP-FRM-008")
def claims_of_protected_by_review(reference: Reference) -> None:
    """A list of claims with the parameter review, status or channel shows hidden ones to everybody."""
    alter(
        _service(reference).visibility,
        "hides_party",
        lambda hidden, call, _: (
            hidden and not (call.operation.id == "listClaims" and {"review", "status", "channel"} & call.query.keys())
        ),
    )


@FAULTS.add("refused-form-not-audited", "BP-AUD-005")
def refused_form_not_audited(reference: Reference) -> None:
    """Looking at a hidden form leaves no audit entry."""
    _quiet(reference, lambda call, status: call.operation.id == "getClaimForm" and status == 404)


@FAULTS.add("refused-entry-of-a-hidden-form-not-audited", "BP-AUD-005")
def refused_entry_of_a_hidden_form_not_audited(reference: Reference) -> None:
    """Entering a hidden form leaves no audit entry."""
    _quiet(reference, lambda call, status: call.operation.id == "enterPostalClaim" and status == 422)


@FAULTS.add("refused-repayment-not-audited", "BP-AUD-004")
def refused_decision_not_audited(reference: Reference) -> None:
    """A decision on a claim that is refused with 403 leaves no audit entry."""
    _quiet(
        reference,
        lambda call, status: (
            call.operation.id in ("decideClaim", "retryClaim", "enterRepayment", "enterBatchResults") and status == 403
        ),
    )


@FAULTS.add("household-of-a-separation-not-audited", "BP-AUD-023", "COM-AUD-002")
def household_of_a_separation_not_audited(reference: Reference) -> None:
    """A separation is audited about those separated, not about those whose claim it changes."""
    _service(reference)

    def make(record: Method) -> Method:
        def narrow(call: Call, status: int, outcome: str) -> None:
            call.subjects[:] = [i for i in call.subjects if i in call.body["member_ids"]]
            record(call, status, outcome)

        return narrow

    replace(
        reference.audit,
        "record",
        make,
        concerns=lambda call, status, outcome: call.operation.id == "createSeparation" and outcome == "success",
    )


def _quiet(reference: Reference, when: Any) -> None:
    replace(
        reference.audit,
        "record",
        lambda record: lambda call, status, outcome: None,
        concerns=lambda call, status, outcome: when(call, status),
    )
