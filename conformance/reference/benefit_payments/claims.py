"""Reading claims: listClaims, getClaim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments import views
from conformance.reference.benefit_payments.records import Claim
from conformance.reference.calls import Answer, Call, Handler

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class Claims:
    """Claims as they are now, as far as the caller may see them."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "listClaims": Handler(perform=lambda call: self.list_page(call)),
            "getClaim": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
        }

    def locate(self, call: Call) -> None:
        """The claim that the path names, if the caller may see it."""
        call.target = self.service.visibility.claim_in_path(call)

    def body(self, claim: Claim) -> dict[str, Any]:
        """The claim as JSON."""
        return views.claim(claim, self.service.accounts.review(claim))

    def read(self, call: Call) -> Answer:
        """The claim."""
        return self.shown(call, call.target)

    def shown(self, call: Call, claim: Claim) -> Answer:
        """The answer that shows a claim, read or changed."""
        call.subjects[:] = self.service.subjects_of.of_claim(claim)
        return Answer(200, self.body(claim))

    def list_page(self, call: Call) -> Answer:
        """One page of the claims that match."""
        found = self.find(call)
        shown: list[Claim] = []

        def line(claim: Claim) -> dict[str, Any]:
            shown.append(claim)
            return views.summary(claim, self.service.accounts.review(claim))

        body = self.service.reference.pages.page(call, found, line)
        call.subjects[:] = self.service.subjects_of.of_claims(shown)
        return Answer(200, body)

    def find(self, call: Call) -> list[Claim]:
        """The claims that match all parameters and that the caller may see."""
        claims = self.service.books.claims_of(call.query["programme_id"])
        return [c for c in self.service.visibility.of(call, claims) if self.matches(c, call.query)]

    def matches(self, claim: Claim, query: dict[str, Any]) -> bool:
        """Whether a claim has what the parameters ask for."""
        own = {"household_id": claim.party.household_id, "status": claim.status, "channel": claim.channel}
        if any(name in query and query[name] != value for name, value in own.items()):
            return False
        return "review" not in query or query["review"] in self.service.accounts.review(claim)
