"""Faults of looking at the budget when claims are approved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.records import PAID, Claim
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, conflict

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _budget(reference: Reference, refuses: Callable[[int, int, int, bool], bool]) -> None:
    """`refuses` decides in place of the rule: of the amounts approved and to approve, the ceiling, and the rule."""
    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def other(claim: Claim) -> None:
            programme = service.books.programme_of(claim.party)
            approved, ceiling = service.ledger.approved(programme.id), programme.budget_ceiling
            if refuses(approved, claim.amount, ceiling, approved + claim.amount > ceiling):
                raise conflict("budget_exceeded", "予算の上限を超えます / The budget ceiling is exceeded")

        return other

    revise(service.decisions, "check_budget", make)


@FAULTS.add("ceiling-out-of-reach", "BP-DEC-003")
def ceiling_out_of_reach(reference: Reference) -> None:
    """An approval that uses up the budget to the last yen is refused."""
    _budget(reference, lambda approved, amount, ceiling, over: approved + amount >= ceiling)


@FAULTS.add("ceiling-out-of-reach-later", "BP-DEC-003")
def ceiling_out_of_reach_later(reference: Reference) -> None:
    """An approval that is not the first one cannot use up the budget to the last yen."""
    _budget(reference, lambda approved, amount, ceiling, over: over or (approved > 0 and approved + amount == ceiling))


@FAULTS.add("budget-unlimited", "BP-DEC-004", "BP-DEC-007", "COM-SCH-001")
def budget_unlimited(reference: Reference) -> None:
    """Claims are approved whatever the budget is."""
    _budget(reference, lambda approved, amount, ceiling, over: False)


@FAULTS.add("budget-looked-at-before", "BP-DEC-004", "BP-DEC-007")
def budget_looked_at_before(reference: Reference) -> None:
    """A claim is approved as long as anything is left of the budget, be it less than the claim."""
    _budget(reference, lambda approved, amount, ceiling, over: approved >= ceiling and amount > 0)


@FAULTS.add("budget-a-yen-over", "BP-DEC-004")
def budget_a_yen_over(reference: Reference) -> None:
    """The approved amount may exceed the ceiling by one yen."""
    _budget(reference, lambda approved, amount, ceiling, over: approved + amount > ceiling + 1)


def _freed(reference: Reference, freed: Callable[[Claim], int]) -> None:
    """Of what is approved, `freed` counts no more against the budget."""
    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def other(claim: Claim) -> None:
            claims = service.books.claims_of(claim.party.programme_id)
            ceiling = service.books.programme_of(claim.party).budget_ceiling
            approved = service.ledger.approved(claim.party.programme_id) - sum(map(freed, claims))
            if approved + claim.amount > ceiling:
                check(claim)

        return other

    revise(service.decisions, "check_budget", make)


@FAULTS.add("budget-freed-by-payment", "BP-DEC-004")
def budget_freed_by_payment(reference: Reference) -> None:
    """What is paid does not count any more when the budget is looked at."""
    _freed(reference, lambda claim: claim.amount if claim.status == PAID and not claim.repaid_amount else 0)


@FAULTS.add("budget-freed-by-repayment", "BP-DEC-004")
def budget_freed_by_repayment(reference: Reference) -> None:
    """What is repaid can be approved once more."""
    _freed(reference, lambda claim: claim.repaid_amount)


@FAULTS.add("budget-exceeded-yet-entered", "BP-DEC-004")
def budget_exceeded_yet_entered(reference: Reference) -> None:
    """An approval beyond the ceiling is refused, but stands in the ledger."""
    service = reference.the(BenefitPayments)

    def make(decide: Method) -> Method:
        def careless(call: Call) -> Answer:
            try:
                answer: Answer = decide(call)
            except Problem as problem:
                if problem.code == "budget_exceeded":
                    claim = call.target
                    service.ledger.enter(call, claim.party.programme_id, [("approved", claim, None, claim.amount)])
                raise
            return answer

        return careless

    def scarce(call: Call) -> bool:
        programme = service.books.programme_of(call.target.party)
        return bool(service.ledger.approved(programme.id) + call.target.amount > programme.budget_ceiling)

    replace(service.decisions, "decide", make, concerns=scarce)


@FAULTS.add("budget-raced", "BP-DEC-007")
def budget_raced(reference: Reference) -> None:
    """The budget is looked at when a request arrives: of approvals at the same moment all are made."""
    service = reference.the(BenefitPayments)
    arrived: dict[str, int] = {}

    def entering(_: Method) -> Method:
        async def enter(call: Call) -> None:
            claim = service.books.claims[call.path["claim_id"]]
            arrived[claim.id] = service.ledger.approved(claim.party.programme_id)
            await asyncio.sleep(0.02)

        return enter

    def make(check: Method) -> Method:
        def late(claim: Claim) -> None:
            ceiling = service.books.programme_of(claim.party).budget_ceiling
            if claim.id not in arrived or arrived.pop(claim.id) + claim.amount > ceiling:
                check(claim)

        return late

    replace(reference.pipeline, "enter", entering, concerns=lambda call: _scarce(service, call))
    replace(service.decisions, "check_budget", make, concerns=lambda claim: claim.id in arrived)


def _scarce(service: BenefitPayments, call: Call) -> bool:
    """Whether the budget does not last for two claims such as that which is decided on."""
    claim = service.books.claims.get(call.path.get("claim_id", ""))
    if call.operation.id != "decideClaim" or claim is None:
        return False
    ledger, ceiling = service.ledger, service.books.programme_of(claim.party).budget_ceiling
    return bool(ledger.approved(claim.party.programme_id) + 2 * claim.amount > ceiling)
