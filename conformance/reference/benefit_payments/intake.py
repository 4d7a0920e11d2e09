"""What is examined of a claim over either channel: section 4 of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.records import Claim, Json, Member, Party, Programme
from conformance.reference.calls import Call
from conformance.reference.problems import Problem, conflict, rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class Intake:
    """The rules that both channels share, and one key for duplicates: the party."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def check_channel(self, programme: Programme, channel: str) -> None:
        """The programme takes claims over the channel. Raises 422."""
        if channel not in programme.channels:
            detail = "この申請方法は受け付けていません / The channel is not offered"
            raise rule("channel_not_offered", detail)

    def is_open(self, programme: Programme, day: str) -> bool:
        """Whether the day lies in the claim window; both ends belong to it."""
        return programme.claims_from <= day <= programme.claims_until

    def check_day(self, programme: Programme, day: str, pointer: str | None = None) -> None:
        """The day of the claim lies in the window. Raises 422."""
        if not self.is_open(programme, day):
            raise rule("outside_claim_window", "受付期間外です / Outside the claim window", pointer)

    def check_claimant(self, party: Party, claimant_id: str) -> None:
        """Only a claimant of the party claims for it. Raises 422."""
        if claimant_id not in self.service.eligibility.claimants(party):
            detail = "世帯主又は申請できる者ではありません / Not somebody who may claim for the household"
            raise rule("claimant_not_head", detail, "/claimant_id")

    def others(self, party: Party) -> list[Json]:
        """The persons of the other parties of the same copy: as if a claim did not name them."""
        books = self.service.books
        copy = books.copy_of(party)
        return [person for person in copy.members if books.party_of(copy, person["resident_id"]) != party]

    def check_no_other(self, party: Party, channel: str) -> None:
        """The party has no live claim, whichever channel this one comes over. Raises 409."""
        if self.service.books.live_claim(party) is not None:
            raise conflict("already_claimed", "申請済みの世帯です / The party has claimed already")

    def amount(self, party: Party, members: tuple[Member, ...]) -> int:
        """What a claim comes to: nothing for those who are opted out."""
        return self.service.eligibility.amount(party, sum(not member.opted_out for member in members))

    def enter(
        self,
        call: Call,
        party: Party,
        channel: str,
        members: tuple[Member, ...],
        postmarked_on: str | None = None,
    ) -> Claim:
        """Keeps a claim that is found right."""
        claim = Claim(
            id=self.service.reference.ids.new(),
            party=party,
            channel=channel,
            claimant_id=call.body["claimant_id"],
            members=members,
            amount=self.amount(party, members),
            account=call.body["account"],
            received_at=call.now,
            postmarked_on=postmarked_on,
            entered_by=call.caller.client,
            content=call.body,
        )
        self.service.books.keep_claim(claim)
        call.subjects[:] = self.service.subjects_of.of_claim(claim)
        return claim


def members_mismatch(pointer: str) -> Problem:
    """422: who is claimed for is not who is in the party."""
    return rule("members_mismatch", "世帯員が一致しません / The members are not those of the register", pointer)
