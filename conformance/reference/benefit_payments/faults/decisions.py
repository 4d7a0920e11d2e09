"""Faults of deciding on claims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.records import APPROVED, PAID, RECEIVED, REJECTED, Claim
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.asked import asks
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.resident_registry.faults.leniency import passing, refused_as

if TYPE_CHECKING:
    from conformance.reference.application import Reference

DECIDE = "/claims/*/decisions"
SERVICE = "benefit-payments"


def _decided(reference: Reference, altered: Callable[[Claim], Claim]) -> None:
    """A decided claim is kept altered."""

    def make(decided: Method) -> Method:
        return lambda call, claim: altered(decided(call, claim))

    revise(reference.the(BenefitPayments).decisions, "decided", make)


@FAULTS.add("approval-opts-all-in", "BP-DEC-001")
def approval_opts_all_in(reference: Reference) -> None:
    """An approval reckons the amount anew for all members, those who are opted out too."""
    service = reference.the(BenefitPayments)

    def reckoned(claim: Claim) -> Claim:
        if claim.status != APPROVED:
            return claim
        return changed(claim, amount=service.eligibility.amount(claim.party, len(claim.members)))

    _decided(reference, reckoned)


@FAULTS.add("approval-shown-as-received", "BP-DEC-001")
def approval_shown_as_received(reference: Reference) -> None:
    """The answer to an approval shows the status before it."""
    _shown(reference, {"status": APPROVED}, {"status": RECEIVED})


def _shown(reference: Reference, when: dict[str, Any], instead: dict[str, Any]) -> None:
    """The answer to a decision shows something else, where it shows `when`."""

    def altered(request: Request, answer: Answer) -> Answer:
        body = answer.body
        if asks(request, "POST", DECIDE, SERVICE) and isinstance(body, dict) and when.items() <= body.items():
            answer.body = {**body, **instead}
        return answer

    rewrite(reference, altered)


def _own(reference: Reference, decision: str) -> None:
    when = passing("own_claim", lambda call, claim: call.body.get("decision") == decision)
    revise(reference.the(BenefitPayments).decisions, "check_other_eyes", when)


@FAULTS.add("own-claim-approved", "BP-DEC-002")
def own_claim_approved(reference: Reference) -> None:
    """Whoever entered a claim can approve it."""
    _own(reference, APPROVED)


@FAULTS.add("own-claim-rejected", "BP-DEC-002")
def own_claim_rejected(reference: Reference) -> None:
    """Whoever entered a claim can reject it."""
    _own(reference, REJECTED)


@FAULTS.add("own-claim-forbidden", "BP-DEC-002")
def own_claim_forbidden(reference: Reference) -> None:
    """A decision on an own claim is refused with 403, as if a scope were missing."""
    decisions = reference.the(BenefitPayments).decisions
    revise(decisions, "check_other_eyes", refused_as(403, "own_claim", "forbidden"))


def _again(reference: Reference, when: Callable[[Claim], bool]) -> None:
    revise(reference.the(BenefitPayments).decisions, "check_undecided", passing("already_decided", when))


@FAULTS.add("decided-again", "BP-DEC-005", "BP-DEC-009")
def decided_again(reference: Reference) -> None:
    """An approved claim can be decided on again."""
    _again(reference, lambda claim: claim.status == APPROVED)


@FAULTS.add("rejected-claim-revived", "BP-DEC-005")
def rejected_claim_revived(reference: Reference) -> None:
    """A rejected claim can be approved after all."""
    _again(reference, lambda claim: claim.status == REJECTED)


@FAULTS.add("paid-claim-rejected", "BP-DEC-005", "BP-PAY-014")
def paid_claim_rejected(reference: Reference) -> None:
    """A paid claim can be decided on again."""
    _again(reference, lambda claim: claim.status == PAID)


@FAULTS.add("second-decision-entered", "BP-DEC-005", "BP-DEC-009")
def second_decision_entered(reference: Reference) -> None:
    """A second approval is refused, but entered in the ledger."""
    service = reference.the(BenefitPayments)

    def make(decide: Method) -> Method:
        def careless(call: Call) -> Answer:
            claim = call.target
            service.ledger.enter(call, claim.party.programme_id, [("approved", claim, None, claim.amount)])
            answer: Answer = decide(call)
            return answer

        return careless

    replace(service.decisions, "decide", make, concerns=lambda call: call.target.status == APPROVED)


@FAULTS.add("rejection-without-reason", "BP-DEC-006")
def rejection_without_reason(reference: Reference) -> None:
    """A claim can be rejected without a reason."""
    revise(reference.the(BenefitPayments).decisions, "check_reason", passing("reason_required"))


@FAULTS.add("rejection-without-reason-is-invalid", "BP-DEC-006")
def rejection_without_reason_is_invalid(reference: Reference) -> None:
    """A rejection without a reason is refused with 400, as if the document demanded the reason of every decision."""
    decisions = reference.the(BenefitPayments).decisions
    revise(decisions, "check_reason", refused_as(400, "reason_required", "invalid_request"))


@FAULTS.add("rejection-reason-dropped", "BP-DEC-008")
def rejection_reason_dropped(reference: Reference) -> None:
    """Why a claim was rejected is not kept."""
    _decided(reference, lambda claim: changed(claim, decision_reason=None) if claim.status == REJECTED else claim)


@FAULTS.add("rejection-reason-gone-later", "BP-DEC-008")
def rejection_reason_gone_later(reference: Reference) -> None:
    """Why a claim was rejected stands in the answer to the rejection, and nowhere afterwards."""

    def gone(request: Request, answer: Answer) -> Answer:
        body, read = answer.body, asks(request, "GET", "/claims/*", SERVICE)
        if read and isinstance(body, dict) and body.get("status") == REJECTED:
            answer.body = {**body, "decision_reason": None}
        return answer

    rewrite(reference, gone)


@FAULTS.add("rejection-takes-budget", "BP-DEC-008", "BP-LED-001")
def rejection_takes_budget(reference: Reference) -> None:
    """The approved amount of the ledger counts rejected claims too."""
    ledger = reference.the(BenefitPayments).ledger

    def make(approved: Method) -> Method:
        return lambda programme_id: approved(programme_id) + ledger.total(programme_id, frozenset({REJECTED}))

    revise(ledger, "approved", make)


@FAULTS.add("rejection-entered", "BP-DEC-008")
def rejection_entered(reference: Reference) -> None:
    """A rejection stands in the ledger as an approval of nothing."""
    service = reference.the(BenefitPayments)

    def make(record: Method) -> Method:
        def entering(call: Call, claim: Claim) -> Claim:
            decided: Claim = record(call, claim)
            service.ledger.enter(call, claim.party.programme_id, [("approved", claim, None, 0)])
            return decided

        return entering

    replace(service.decisions, "record", make, concerns=lambda call, claim: call.body["decision"] == REJECTED)
