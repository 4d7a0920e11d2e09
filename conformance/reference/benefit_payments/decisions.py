"""Decisions on claims, and second attempts to pay them: decideClaim, retryClaim."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.records import APPROVED, RECEIVED, REJECTED, RETURNED, Claim, Json
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import conflict, rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class Decisions:
    """Approves, rejects and retries, by somebody else than the one who entered the claim."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        claims = self.service.claims
        return {
            "decideClaim": Handler(perform=lambda call: self.decide(call), locate=lambda call: claims.locate(call)),
            "retryClaim": Handler(perform=lambda call: self.retry(call), locate=lambda call: claims.locate(call)),
        }

    def decide(self, call: Call) -> Answer:
        """Approves or rejects a claim that was received."""
        self.check_undecided(call.target)
        self.check_other_eyes(call, call.target)
        if call.body["decision"] == REJECTED:
            self.check_reason(call.body)
        else:
            self.check_account(call.target, call.body)
            self.check_budget(call.target)
        return self.service.claims.shown(call, self.record(call, call.target))

    def record(self, call: Call, claim: Claim) -> Claim:
        """Keeps the decision; an approval stands in the ledger at once."""
        decided = self.decided(call, claim)
        self.service.books.keep_claim(decided)
        if decided.status == APPROVED:
            self.service.ledger.enter(call, claim.party.programme_id, [("approved", claim, None, claim.amount)])
        return decided

    def decided(self, call: Call, claim: Claim) -> Claim:
        """The claim with the decision that the content says."""
        return replace(
            claim,
            status=call.body["decision"],
            decided_by=call.caller.client,
            decision_reason=call.body.get("reason"),
        )

    def check_undecided(self, claim: Claim) -> None:
        """A claim is decided once. Raises 409."""
        if claim.status != RECEIVED:
            raise conflict("already_decided", "決定済みの申請です / The claim is decided already")

    def check_other_eyes(self, call: Call, claim: Claim) -> None:
        """Four eyes: not the client that entered the claim. Raises 409."""
        if claim.entered_by == call.caller.client:
            raise conflict("own_claim", "自ら入力した申請です / The claim was entered by the same client")

    def check_reason(self, body: dict[str, Any]) -> None:
        """A rejection says why. Raises 422."""
        if "reason" not in body:
            raise rule("reason_required", "却下には理由が必要です / A rejection needs a reason", "/reason")

    def check_account(self, claim: Claim, body: dict[str, Any]) -> None:
        """Somebody has looked at what is odd about the account. Raises 409."""
        if self.service.accounts.review(claim) and not body.get("account_confirmed", False):
            detail = "口座の確認が必要です / The account must be confirmed"
            raise conflict("review_required", detail, "/account_confirmed")

    def check_budget(self, claim: Claim) -> None:
        """The approved amount reaches the ceiling at most. Raises 409."""
        programme = self.service.books.programme_of(claim.party)
        if self.service.ledger.approved(programme.id) + claim.amount > programme.budget_ceiling:
            raise conflict("budget_exceeded", "予算の上限を超えます / The budget ceiling is exceeded")

    def retry(self, call: Call) -> Answer:
        """Puts a returned claim back to approved, with the account given."""
        claim: Claim = call.target
        self.check_retry(claim)
        self.check_other_eyes(call, claim)
        again = self.retried(claim, call.body["account"])
        self.service.books.keep_claim(again)
        return self.service.claims.shown(call, again)

    def retried(self, claim: Claim, account: Json) -> Claim:
        """The claim approved as before, to be paid to another account."""
        return replace(claim, status=APPROVED, account=account, retried=True, return_reason=None)

    def check_retry(self, claim: Claim) -> None:
        """A returned claim is retried, and once. Raises 409."""
        if claim.retried:
            raise conflict("retry_used", "再振込済みです / The claim was retried already")
        if claim.status != RETURNED:
            raise conflict("not_returned", "返戻されていません / The claim is not returned")
