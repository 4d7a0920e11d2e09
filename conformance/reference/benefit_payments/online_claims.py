"""Claims that come online: fileOnlineClaim, getOnlineClaim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments import views
from conformance.reference.benefit_payments.intake import members_mismatch
from conformance.reference.benefit_payments.matching import match
from conformance.reference.benefit_payments.records import ONLINE, Json, Member, Party, Programme
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.clock import timestamp
from conformance.reference.problems import not_found, rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class OnlineClaims:
    """Claims whose members are typed by the applicant, who sees nothing but these."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "fileOnlineClaim": Handler(perform=lambda call: self.file(call)),
            "getOnlineClaim": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
        }

    def file(self, call: Call) -> Answer:
        """Files a claim of the party of the applicant."""
        programme = self.programme(call.body["programme_id"])
        party = self.party(programme, call.body["claimant_id"])
        members = self.check(party, programme, call)
        claim = self.service.intake.enter(call, party, ONLINE, members)
        location = f"{self.service.base}/online_claims/{claim.id}"
        return Answer(201, views.online_claim(claim), [("Location", location)])

    def programme(self, programme_id: str) -> Programme:
        """The programme that the content names. Raises 422."""
        found = self.service.books.programmes.get(programme_id)
        if found is None:
            raise rule("unknown_programme", "該当する給付事業がありません / Unknown programme", "/programme_id")
        return found

    def party(self, programme: Programme, claimant_id: str) -> Party:
        """The party of the applicant: the separation that names them, otherwise the household. Raises 422."""
        copy = self.service.books.copy_with(programme.id, claimant_id)
        if copy is None:
            detail = "基準日の世帯にいません / The claimant is in no household of the base date"
            raise rule("unknown_claimant", detail, "/claimant_id")
        return self.service.books.party_of(copy, claimant_id)

    def day(self, call: Call) -> str:
        """The date in Japan at which the claim arrives."""
        return timestamp(call.now)[:10]

    def check(self, party: Party, programme: Programme, call: Call) -> tuple[Member, ...]:
        """All that is examined, in the order of the document; the members found. Raises 422 and 409."""
        intake = self.service.intake
        intake.check_channel(programme, ONLINE)
        intake.check_day(programme, self.day(call))
        intake.check_claimant(party, call.body["claimant_id"])
        members = self.members(party, call.body["members"])
        intake.check_no_other(party, ONLINE)
        return members

    def members(self, party: Party, typed: list[dict[str, Any]]) -> tuple[Member, ...]:
        """The members of the claim, in the order of the copy. Raises 422."""
        members = self.service.eligibility.members(party)
        places = self.places(typed, members, self.service.intake.others(party))
        if places is None:
            raise members_mismatch("/members")
        return tuple(
            Member(person["resident_id"], typed[place].get("opted_out", False))
            for person, place in zip(members, places, strict=True)
        )

    def places(self, typed: list[dict[str, Any]], members: list[Json], others: list[Json]) -> list[int] | None:
        """For each member the place of who was typed; None where they are not the same."""
        return match(typed, members, others)

    def locate(self, call: Call) -> None:
        """The claim that the path names, if this client has filed it online."""
        claim = self.service.books.claims.get(call.path["claim_id"])
        if claim is None or not self.service.visibility.filed(call, claim):
            raise not_found()
        call.target = claim

    def read(self, call: Call) -> Answer:
        """What the applicant learns of the claim."""
        return Answer(200, views.online_claim(call.target))
