"""What the document of the benefit payments leaves open: the order of rules, the moments of entries."""

from __future__ import annotations

from dataclasses import replace as changed
from itertools import count
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.records import Json, Programme
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("copies-and-repayments-from-the-back")
def copies_and_repayments_from_the_back(reference: Reference) -> None:
    """A copy is examined from the back: a live claim first, the household id last; so is a repayment."""
    service = reference.the(BenefitPayments)
    copies, repayments = service.copies, service.repayments

    def checking(_: Method) -> Method:
        def check(programme: Programme, household: Json) -> None:
            before = service.books.copies.get((programme.id, household["household_id"]))
            if before is not None:
                copies.check_free(before)
            copies.check_elsewhere(programme, household)
            copies.check_head(programme, household)
            copies.check_once(household)
            copies.check_birth_dates(household)
            copies.check_address(household["address"])
            copies.check_base_date(programme)

        return check

    def repaying(_: Method) -> Method:
        def enter(call: Call) -> Answer:
            claim, amount = call.target, int(call.body["amount"])
            if claim.status == "paid":
                repayments.check_amount(claim, amount)
            repayments.check_paid(claim)
            repayments.check_day(call.body["received_on"])
            repaid = repayments.with_repayment(claim, amount)
            service.books.keep_claim(repaid)
            service.ledger.enter(call, claim.party.programme_id, [("repaid", claim, None, amount)])
            return service.claims.shown(call, repaid)

        return enter

    replace(copies, "check", checking)
    replace(repayments, "enter", repaying)


@LIBERTIES.add("entries-at-moments-of-their-own")
def entries_at_moments_of_their_own(reference: Reference) -> None:
    """Entries of the ledger that one request makes have each a moment of its own."""
    books = reference.the(BenefitPayments).books

    def make(keep: Method) -> Method:
        def apart(programme_id: str, entries: list[Any]) -> None:
            later = count()
            keep(programme_id, [changed(entry, recorded_at=entry.recorded_at + next(later)) for entry in entries])

        return apart

    replace(books, "keep_entries", make)
