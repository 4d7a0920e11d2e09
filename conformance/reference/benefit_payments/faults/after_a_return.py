"""Faults of what follows a return: the retry, the second transfer, and what the first one left behind."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.accounts import DIFFERS, SHARED
from conformance.reference.benefit_payments.faults.acting import _service
from conformance.reference.benefit_payments.faults.lenience import alter, refuse, waive
from conformance.reference.benefit_payments.records import (
    APPROVED,
    IN_TRANSFER,
    RETURNED,
    Batch,
    Claim,
    Json,
    LedgerEntry,
    Transfer,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import conflict, rule

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _first_transfer(service: BenefitPayments, claim_id: str) -> Transfer | None:
    """The transfer in which a claim was ordered for the first time."""
    batches = service.books.batches.values()
    return next((item for batch in batches for item in batch.transfers if item.claim_id == claim_id), None)


@FAULTS.add("batch-again-after-a-retry-ordered-anew", "BP-PAY-007")
def batch_again_after_a_retry_ordered_anew(reference: Reference) -> None:
    """A batch that is sent again once all its claims are approved anew is made a second time."""
    service = _service(reference)

    def unless_approved(found: Batch | None, number: str) -> Batch | None:
        claims = [service.books.claims[item.claim_id] for item in found.transfers] if found else []
        return None if claims and all(claim.status == APPROVED for claim in claims) else found

    alter(service.batches, "with_number", unless_approved)


@FAULTS.add("result-of-the-former-batch", "BP-RES-003", "BP-CON-009")
def result_of_the_former_batch(reference: Reference) -> None:
    """A result is taken while the claim is in transfer, be it for the batch from which it came back before."""
    service = _service(reference)

    def in_transfer(batch: Batch, results: list[dict[str, Any]]) -> bool:
        return all(service.books.claims[result["claim_id"]].status == IN_TRANSFER for result in results)

    waive(service.results, "check_pending", in_transfer)


@FAULTS.add("retry-held-against-the-budget", "BP-RTR-028", "COM-ERR-004")
def retry_held_against_the_budget(reference: Reference) -> None:
    """A retry is refused where the rest of the budget is less than the claim, which is counted in it already."""
    service = _service(reference)

    def beyond(claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        return service.ledger.approved(programme.id) + claim.amount > programme.budget_ceiling

    problem = conflict("budget_exceeded", "予算の上限を超えます / The budget ceiling is exceeded")
    refuse(service.decisions, "check_retry", problem, beyond)


@FAULTS.add("retry-to-the-same-account-refused", "BP-RTR-029", "COM-ERR-004")
def retry_to_the_same_account_refused(reference: Reference) -> None:
    """A retry that gives the account from which the transfer came back is refused."""
    service = _service(reference)

    def make(retried: Method) -> Method:
        def other_only(claim: Claim, account: Json) -> Claim:
            if claim.account == account:
                raise rule("unprocessable", "口座が変わっていません / The account is the same", "/account")
            found: Claim = retried(claim, account)
            return found

        return other_only

    replace(service.decisions, "retried", make, concerns=lambda claim, account: claim.account == account)


@FAULTS.add("second-transfer-of-the-first-amount", "BP-PAY-001")
def second_transfer_of_the_first_amount(reference: Reference) -> None:
    """The second transfer of a claim has the amount of the first one, whatever was taken off since."""
    service = _service(reference)

    def as_before(found: Transfer, claim: Claim) -> Transfer:
        first = _first_transfer(service, claim.id)
        return changed(found, amount=first.amount) if first else found

    alter(service.batches, "transfer", as_before)


@FAULTS.add("second-order-entered-with-the-first-amount", "BP-LED-003")
def second_order_entered_with_the_first_amount(reference: Reference) -> None:
    """The second order of a claim stands in the ledger with the amount of the first one."""
    service = _service(reference)

    def as_before(found: list[Any], claims: list[Claim], batch: Batch) -> list[Any]:
        amounts = {claim.id: _first_transfer(service, claim.id) for claim in claims}
        return [(k, c, b, first.amount if (first := amounts[c.id]) else n) for k, c, b, n in found]

    alter(service.batches, "lines", as_before)


@FAULTS.add("retry-restores-the-amount", "BP-RTR-001")
def retry_restores_the_amount(reference: Reference) -> None:
    """A retry puts the amount back to that of the transfer which came back."""
    service = _service(reference)

    def restored(found: Claim, claim: Claim, account: Json) -> Claim:
        first = _first_transfer(service, claim.id)
        return changed(found, amount=first.amount) if first else found

    alter(service.decisions, "retried", restored)


@FAULTS.add("second-return-keeps-the-amount", "BP-SEP-012")
def second_return_keeps_the_amount(reference: Reference) -> None:
    """A claim that comes back a second time keeps its amount, also for who was separated meanwhile."""

    def kept(found: Claim, claim: Claim, reason: str) -> Claim:
        return changed(found, amount=claim.amount) if claim.retried else found

    alter(_service(reference).results, "returned", kept)


@FAULTS.add("retried-still-counts-as-returned", "BP-LED-001", "BP-RTR-004")
def retried_still_counts_as_returned(reference: Reference) -> None:
    """What was retried counts as returned until it is ordered again."""
    service = _service(reference)

    def with_retried(found: int, programme_id: str) -> int:
        claims = service.books.claims_of(programme_id)
        return found + sum(claim.amount for claim in claims if claim.retried and claim.status == APPROVED)

    alter(service.ledger, "returned", with_retried)


@FAULTS.add("holder-of-a-retry-not-compared", "BP-ACC-002")
def holder_of_a_retry_not_compared(reference: Reference) -> None:
    """The holder of an account that came with a retry is not compared with the claimant."""
    alter(
        _service(reference).accounts,
        "review",
        lambda found, claim: [name for name in found if not (claim.retried and name == DIFFERS)],
    )


@FAULTS.add("account-before-the-retry-still-shared", "BP-ACC-003")
def account_before_the_retry_still_shared(reference: Reference) -> None:
    """An account from which a transfer came back still counts as that of the claim after the retry."""
    service = _service(reference)

    def with_former(found: list[str], claim: Claim) -> list[str]:
        others = [
            other
            for other in service.books.claims_of(claim.party.programme_id)
            if other.retried and service.accounts.of_other_household(claim, other)
        ]
        former = [first.account for other in others if (first := _first_transfer(service, other.id))]
        shared = claim.live and any(service.accounts.same(claim.account, account) for account in former)
        return [SHARED, *(name for name in found if name != SHARED)] if shared else found

    alter(service.accounts, "review", with_former)


@FAULTS.add("entries-of-the-batch-of-today", "BP-FLT-002")
def entries_of_the_batch_of_today(reference: Reference) -> None:
    """The parameter batch_id finds the entries of claims that are in the batch now, not those that name it."""
    service = _service(reference)

    def of_today(found: list[LedgerEntry], programme_id: str, query: dict[str, Any]) -> list[LedgerEntry]:
        if "batch_id" not in query:
            return found
        return [entry for entry in found if service.books.claims[entry.claim_id].batch_id == query["batch_id"]]

    alter(service.ledger, "find", of_today)


@FAULTS.add("applicant-not-told-of-the-retry", "BP-INT-045")
def applicant_not_told_of_the_retry(reference: Reference) -> None:
    """The applicant goes on reading a claim as returned after its retry, until it is paid."""

    def make(read: Method) -> Method:
        def former(call: Call) -> Answer:
            answer: Answer = read(call)
            if call.target.retried and call.target.status in (APPROVED, IN_TRANSFER):
                answer.body = {**answer.body, "status": RETURNED}
            return answer

        return former

    replace(_service(reference).online_claims, "read", make, concerns=lambda call: call.target.retried)


@FAULTS.add("repayment-of-the-retried-refused", "BP-REP-006")
def repayment_of_the_retried_refused(reference: Reference) -> None:
    """Of a claim that was retried nothing can be repaid."""
    problem = conflict("not_paid", "支給されていません / The claim is not paid")
    refuse(_service(reference).repayments, "check_paid", problem, lambda claim: claim.retried)


@FAULTS.add("listed-with-the-former-status", "BP-FLT-001")
def listed_with_the_former_status(reference: Reference) -> None:
    """A list of the returned claims still has those that were retried, and that of the approved has not."""

    claims = _service(reference).claims
    original = claims.matches

    def make(_: Method) -> Method:
        def listed(claim: Claim, query: dict[str, Any]) -> bool:
            if not claim.retried or claim.status != APPROVED or "status" not in query:
                return original(claim, query)
            return query["status"] == RETURNED and original(claim, {**query, "status": APPROVED})

        return listed

    replace(claims, "matches", make, concerns=lambda claim, query: claim.retried)
