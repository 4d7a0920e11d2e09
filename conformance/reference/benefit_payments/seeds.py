"""What the service holds at its start: a programme with synthetic households, some of which have claimed."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from conformance.reference import dates
from conformance.reference.benefit_payments.accounts import comparable
from conformance.reference.benefit_payments.records import ONLINE, POST, Claim, Copy, Json, Member, Programme
from conformance.reference.synthetic_households import synthetic_households

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments

HOUSEHOLDS: Final = 40
"""How many households are copied at most."""
CLAIMED: Final = 12
"""How many of them have claimed."""


class Seeds:
    """Copies of the synthetic residents who are registered, by the ids that the resident registry gives them."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def load(self, people: int) -> None:
        """One programme with the households of the first so many residents, as far as it is not there yet."""
        programme = self.programme()
        books = self.service.books
        if programme.id not in books.programmes:
            books.keep_programme(programme)
        for place, household in enumerate(
            islice(synthetic_households(self.service.reference, self.service.town, people), HOUSEHOLDS)
        ):
            key = (programme.id, household["household_id"])
            if key in books.copies:
                continue
            copy = Copy(programme.id, household, self.service.reference.ids.of(f"form|{'|'.join(key)}"))
            books.keep_copy(copy)
            if place < CLAIMED:
                books.keep_claim(self.claim(copy, place))

    def programme(self) -> Programme:
        """The programme: its base date is 30 days ago, its window is open."""
        today = self.service.clock.today()
        return Programme(
            id=self.service.reference.ids.of("programme|1"),
            title="臨時特別給付金",
            base_date=dates.add_days(today, -30),
            unit_amount=100_000,
            budget_ceiling=1_000_000_000,
            claims_from=dates.add_days(today, -20),
            claims_until=dates.add_days(today, 70),
            channels=(POST, ONLINE),
        )

    def claim(self, copy: Copy, place: int) -> Claim:
        """A claim of a household by post, received."""
        party = self.service.books.parties[copy.form_id]
        members = tuple(Member(p["resident_id"], opted_out=False) for p in self.service.eligibility.members(party))
        head = self.service.eligibility.head(copy)
        return Claim(
            id=self.service.reference.ids.of(f"claim|{copy.form_id}"),
            party=party,
            channel=POST,
            claimant_id=head["resident_id"],
            members=members,
            amount=self.service.eligibility.amount(party, len(members)),
            account=self.account(head["name"], place),
            received_at=self.service.clock.micros(),
            postmarked_on=dates.add_days(self.service.clock.today(), -5),
            entered_by="counter",
            content={},
        )

    def account(self, name: Json, place: int) -> Json:
        """An account of the head."""
        holder = comparable(name["family_kana"] + name.get("given_kana", ""))[:48]
        return {
            "bank_code": "0001",
            "branch_code": "001",
            "type": "ordinary",
            "number": str(place + 1).zfill(7),
            "holder": holder,
        }
