"""The ledger of a programme: sums over its claims, and entries: getLedger, listLedgerEntries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from conformance.reference.benefit_payments import views
from conformance.reference.benefit_payments.records import (
    APPROVED,
    IN_TRANSFER,
    PAID,
    RETURNED,
    Claim,
    LedgerEntry,
    Programme,
)
from conformance.reference.calls import Answer, Call, Handler

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments

COUNTED: Final = frozenset({APPROVED, IN_TRANSFER, PAID, RETURNED})
"""The claims that the programme has granted."""

Line = tuple[str, Claim, str | None, int]
"""What is to be entered: kind, claim, batch, amount."""


class Ledger:
    """Sums are made anew whenever they are asked for; entries are only ever added."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        programmes = self.service.programmes
        return {
            "getLedger": Handler(perform=lambda call: self.read(call), locate=lambda call: programmes.locate(call)),
            "listLedgerEntries": Handler(
                perform=lambda call: self.list_page(call), locate=lambda call: programmes.locate(call)
            ),
        }

    def total(self, programme_id: str, statuses: frozenset[str]) -> int:
        """The sum of the amounts of the claims with these statuses."""
        claims = self.service.books.claims_of(programme_id)
        return sum(claim.amount for claim in claims if claim.status in statuses)

    def approved(self, programme_id: str) -> int:
        """What the programme has granted so far."""
        return self.total(programme_id, COUNTED)

    def pending(self, programme_id: str) -> int:
        """What it has granted and not yet paid."""
        return self.total(programme_id, frozenset({APPROVED, IN_TRANSFER}))

    def paid(self, programme_id: str) -> int:
        """What was paid, repayments not taken off."""
        return self.total(programme_id, frozenset({PAID}))

    def returned(self, programme_id: str) -> int:
        """What came back from the bank."""
        return self.total(programme_id, frozenset({RETURNED}))

    def repaid(self, programme_id: str) -> int:
        """What came back from claimants."""
        return sum(claim.repaid_amount for claim in self.service.books.claims_of(programme_id))

    def sums(self, programme: Programme) -> dict[str, Any]:
        """The ledger as JSON."""
        approved = self.approved(programme.id)
        return {
            "programme_id": programme.id,
            "budget_ceiling": programme.budget_ceiling,
            "approved_amount": approved,
            "pending_amount": self.pending(programme.id),
            "paid_amount": self.paid(programme.id),
            "returned_amount": self.returned(programme.id),
            "repaid_amount": self.repaid(programme.id),
            "available_amount": programme.budget_ceiling - approved,
        }

    def read(self, call: Call) -> Answer:
        """The sums as they are now."""
        return Answer(200, self.sums(call.target))

    def list_page(self, call: Call) -> Answer:
        """One page of the entries that match."""
        found = self.find(call.target.id, call.query)
        return Answer(200, self.service.reference.pages.page(call, found, views.ledger_entry))

    def find(self, programme_id: str, query: dict[str, Any]) -> list[LedgerEntry]:
        """The entries that match all parameters, by `sequence`."""
        wanted = {name: query[name] for name in ("claim_id", "batch_id", "kind") if name in query}
        return [
            entry
            for entry in self.service.books.entries(programme_id)
            if all(getattr(entry, name) == value for name, value in wanted.items())
        ]

    def enter(self, call: Call, programme_id: str, lines: Iterable[Line]) -> None:
        """Adds the entries of one request, numbered on, at one moment after all that is entered before."""
        before = self.service.books.entries(programme_id)
        moment = max(call.now, before[-1].recorded_at + 1) if before else call.now
        self.service.books.keep_entries(
            programme_id,
            [
                LedgerEntry(self.number(programme_id, place), moment, kind, claim.id, batch_id, amount)
                for place, (kind, claim, batch_id, amount) in enumerate(lines, 1)
            ],
        )

    def number(self, programme_id: str, place: int) -> int:
        """The number of the entry that stands at this place among those that a request adds to a ledger."""
        return len(self.service.books.entries(programme_id)) + place
