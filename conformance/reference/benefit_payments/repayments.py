"""Money that comes back from claimants: enterRepayment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.records import PAID, Claim
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import conflict, rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class Repayments:
    """Repayments of paid claims, in one or several parts."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        claims = self.service.claims
        return {
            "enterRepayment": Handler(perform=lambda call: self.enter(call), locate=lambda call: claims.locate(call))
        }

    def enter(self, call: Call) -> Answer:
        """Enters a repayment."""
        claim, amount = call.target, int(call.body["amount"])
        self.check_day(call.body["received_on"])
        self.check_paid(claim)
        self.check_amount(claim, amount)
        repaid = self.with_repayment(claim, amount)
        self.service.books.keep_claim(repaid)
        self.service.ledger.enter(call, claim.party.programme_id, [("repaid", claim, None, amount)])
        return self.service.claims.shown(call, repaid)

    def with_repayment(self, claim: Claim, amount: int) -> Claim:
        """The claim with so much more repaid; its amount and status stay."""
        return replace(claim, repaid_amount=claim.repaid_amount + amount)

    def check_day(self, day: str) -> None:
        """Nothing came in the future. Raises 422."""
        if day > self.service.clock.today():
            raise rule("date_in_future", "受領日が未来です / The date is in the future", "/received_on")

    def check_paid(self, claim: Claim) -> None:
        """Only what was paid is repaid. Raises 409."""
        if claim.status != PAID:
            raise conflict("not_paid", "支給されていません / The claim is not paid")

    def check_amount(self, claim: Claim, amount: int) -> None:
        """No more is repaid than was paid. Raises 409."""
        if claim.repaid_amount + amount > claim.amount:
            detail = "返還額が支給額を超えます / More than was paid"
            raise conflict("repayment_too_large", detail, "/amount")
