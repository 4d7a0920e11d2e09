"""Faults of benefit payments: budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.records import (
    APPROVED,
    IN_TRANSFER,
    PAID,
    Claim,
    Programme,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


def _budget(reference: Reference, available: Any) -> None:
    service = _service(reference)

    def make(_: Method) -> Method:
        def check(claim: Claim) -> None:
            if not available(service, claim):
                raise conflict("budget_exceeded", "予算の上限を超えます / The budget ceiling is exceeded")

        return check

    revise(service.decisions, "check_budget", make)


@FAULTS.add("budget-freed-by-return", "BP-DEC-004")
def budget_freed_by_return(reference: Reference) -> None:
    """What came back from the bank does not count when an approval is held against the budget; the ledger counts it."""

    def available(service: BenefitPayments, claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        used = service.ledger.total(programme.id, frozenset({APPROVED, IN_TRANSFER, PAID}))
        return used + claim.amount <= programme.budget_ceiling

    _budget(reference, available)


@FAULTS.add("budget-as-created", "BP-DEC-003", "BP-DEC-004")
def budget_as_created(reference: Reference) -> None:
    """An approval is held against the budget ceiling with which the programme was created."""
    first: dict[str, int] = {}
    service = _service(reference)

    def keeping(keep: Method) -> Method:
        def kept(programme: Programme) -> None:
            first.setdefault(programme.id, programme.budget_ceiling)
            keep(programme)

        return kept

    replace(service.books, "keep_programme", keeping)

    def available(service: BenefitPayments, claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        ceiling = first.get(programme.id, programme.budget_ceiling)
        return service.ledger.approved(programme.id) + claim.amount <= ceiling

    _budget(reference, available)


@FAULTS.add("nothing-left-for-nothing", "BP-DEC-003")
def nothing_left_for_nothing(reference: Reference) -> None:
    """Once the budget is used up a claim of 0 cannot be approved either."""

    def available(service: BenefitPayments, claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        used = service.ledger.approved(programme.id)
        return used < programme.budget_ceiling and used + claim.amount <= programme.budget_ceiling

    _budget(reference, available)


@FAULTS.add("budget-with-what-is-reduced", "BP-DEC-003")
def budget_with_what_is_reduced(reference: Reference) -> None:
    """What a separation has taken off an approved claim stays used up: it is not free for another approval."""

    def available(service: BenefitPayments, claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        used = sum(e.amount for e in service.books.entries(programme.id) if e.kind == "approved")
        return used + claim.amount <= programme.budget_ceiling

    _budget(reference, available)
