"""Faults of money that comes back from claimants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.records import APPROVED, IN_TRANSFER, RETURNED, Claim
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.faults.leniency import passing, refused_as

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _repaid(reference: Reference, altered: Callable[[Claim, Claim, int], Claim]) -> None:
    """A repaid claim is kept altered; `altered` is told what it was before and what came back as well."""

    def make(with_repayment: Method) -> Method:
        return lambda claim, amount: altered(with_repayment(claim, amount), claim, amount)

    revise(reference.the(BenefitPayments).repayments, "with_repayment", make)


@FAULTS.add("repayment-replaces-the-former", "BP-REP-001")
def repayment_replaces_the_former(reference: Reference) -> None:
    """A second repayment stands in the place of the first."""
    _repaid(reference, lambda claim, before, amount: changed(claim, repaid_amount=amount))


def _summed(reference: Reference, name: str, sign: int) -> None:
    """A sum of the ledger has the repayments added, or taken off."""
    service = reference.the(BenefitPayments)

    def make(summed: Method) -> Method:
        def other(programme_id: str) -> int:
            claims = service.books.claims_of(programme_id)
            return int(summed(programme_id)) + sign * sum(claim.repaid_amount for claim in claims)

        return other

    revise(service.ledger, name, make)


@FAULTS.add("repayment-lowers-what-was-paid", "BP-REP-001", "BP-LED-001")
def repayment_lowers_what_was_paid(reference: Reference) -> None:
    """Repayments are taken off the paid amount."""
    _summed(reference, "paid", -1)


@FAULTS.add("repayment-frees-budget", "BP-REP-001", "BP-DEC-004", "BP-LED-001", "BP-PRG-006")
def repayment_frees_budget(reference: Reference) -> None:
    """Repayments are taken off the approved amount, so that they can be spent again."""
    _summed(reference, "approved", -1)


@FAULTS.add("repayment-not-in-the-sums", "BP-REP-001")
def repayment_not_in_the_sums(reference: Reference) -> None:
    """The ledger says that nothing was repaid."""
    revise(reference.the(BenefitPayments).ledger, "repaid", lambda _: lambda programme_id: 0)


def _amount(reference: Reference, when: Callable[[Claim, int], bool]) -> None:
    checks = reference.the(BenefitPayments).repayments
    revise(checks, "check_amount", passing("repayment_too_large", when))


@FAULTS.add("repayment-of-any-amount", "BP-REP-002", "BP-REP-005", "BP-REP-007")
def repayment_of_any_amount(reference: Reference) -> None:
    """More can be repaid than was paid."""
    _amount(reference, lambda claim, amount: True)


@FAULTS.add("second-repayment-by-itself", "BP-REP-002", "BP-REP-005", "BP-REP-007")
def second_repayment_by_itself(reference: Reference) -> None:
    """Each repayment by itself must not be larger than what was paid; their sum may be."""
    _amount(reference, lambda claim, amount: amount <= claim.amount)


@FAULTS.add("first-repayment-of-any-amount", "BP-REP-002", "BP-REP-007")
def first_repayment_of_any_amount(reference: Reference) -> None:
    """Only from the second repayment on it is looked at what was paid."""
    _amount(reference, lambda claim, amount: claim.repaid_amount == 0)


def _unpaid(reference: Reference, status: str) -> None:
    checks = reference.the(BenefitPayments).repayments
    revise(checks, "check_paid", passing("not_paid", lambda claim: claim.status == status))


@FAULTS.add("repaid-while-in-transfer", "BP-REP-003")
def repaid_while_in_transfer(reference: Reference) -> None:
    """What is in transfer can be repaid."""
    _unpaid(reference, IN_TRANSFER)


@FAULTS.add("repaid-when-approved", "BP-REP-003")
def repaid_when_approved(reference: Reference) -> None:
    """What is approved and not yet ordered can be repaid."""
    _unpaid(reference, APPROVED)


@FAULTS.add("repaid-after-return", "BP-REP-003")
def repaid_after_return(reference: Reference) -> None:
    """What came back from the bank can be repaid by the claimant too."""
    _unpaid(reference, RETURNED)


@FAULTS.add("repaid-in-the-future", "BP-REP-004")
def repaid_in_the_future(reference: Reference) -> None:
    """The day on which a repayment came may be in the future."""
    revise(reference.the(BenefitPayments).repayments, "check_day", passing("date_in_future"))


@FAULTS.add("repaid-in-the-future-is-a-conflict", "BP-REP-004")
def repaid_in_the_future_is_a_conflict(reference: Reference) -> None:
    """A repayment on a day in the future is refused with 409."""
    repayments = reference.the(BenefitPayments).repayments
    revise(repayments, "check_day", refused_as(409, "date_in_future", "not_paid"))
