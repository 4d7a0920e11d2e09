"""Claims that come by post: enterPostalClaim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.intake import members_mismatch
from conformance.reference.benefit_payments.records import POST, Claim, Member, Party
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class PostalClaims:
    """Forms that were sent back, entered by hand."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"enterPostalClaim": Handler(perform=lambda call: self.enter(call))}

    def enter(self, call: Call) -> Answer:
        """Enters a form, or shows the claim that was entered from it before."""
        party = self.service.visibility.form_in_body(call, call.body["form_id"], "/form_id")
        before = self.before(party)
        if before is not None and self.repeats(before, call.body):
            call.subjects[:] = self.service.subjects_of.of_claim(before)
            return Answer(200, self.service.claims.body(before))
        self.check(party, call.body)
        claim = self.service.intake.enter(call, party, POST, self.members(party, call.body), call.body["postmarked_on"])
        location = f"{self.service.base}/claims/{claim.id}"
        return Answer(201, self.service.claims.body(claim), [("Location", location)])

    def before(self, party: Party) -> Claim | None:
        """The claim that a repetition could be of."""
        return self.service.books.live_claim(party)

    def repeats(self, before: Claim, content: dict[str, Any]) -> bool:
        """Whether a content is that of the claim which is there, entered again."""
        return before.channel == POST and before.content == content

    def check(self, party: Party, content: dict[str, Any]) -> None:
        """All that is examined of a form, in the order of the document. Raises 422 and 409."""
        intake, programme = self.service.intake, self.service.books.programme_of(party)
        intake.check_channel(programme, POST)
        intake.check_day(programme, content["postmarked_on"], "/postmarked_on")
        self.check_postmark(content["postmarked_on"])
        intake.check_claimant(party, content["claimant_id"])
        self.check_members(party, content["member_ids"])
        self.check_opted_out(party, content)
        intake.check_no_other(party, POST)

    def check_postmark(self, day: str) -> None:
        """Nothing was posted in the future. Raises 422."""
        if day > self.service.clock.today():
            raise rule("date_in_future", "消印日が未来です / The postmark is in the future", "/postmarked_on")

    def own(self, party: Party, resident_ids: list[str]) -> set[str]:
        """Those named, without the persons of other parties of the same copy."""
        return set(resident_ids) - {person["resident_id"] for person in self.service.intake.others(party)}

    def check_members(self, party: Party, resident_ids: list[str]) -> None:
        """Those named are just the members of the party. Raises 422."""
        expected = {person["resident_id"] for person in self.service.eligibility.members(party)}
        if self.own(party, resident_ids) != expected:
            raise members_mismatch("/member_ids")

    def check_opted_out(self, party: Party, content: dict[str, Any]) -> None:
        """Only who is named can be opted out. Raises 422."""
        if not self.own(party, content.get("opted_out_ids", [])) <= set(content["member_ids"]):
            raise members_mismatch("/opted_out_ids")

    def members(self, party: Party, content: dict[str, Any]) -> tuple[Member, ...]:
        """The members of the claim, in the order of the copy."""
        opted_out = set(content.get("opted_out_ids", ()))
        members = self.service.eligibility.members(party)
        return tuple(Member(person["resident_id"], person["resident_id"] in opted_out) for person in members)
