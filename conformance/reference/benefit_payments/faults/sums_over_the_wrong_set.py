"""Faults of amounts: which one counts, where a claim has had several."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.accounts import DIFFERS, comparable, readings
from conformance.reference.benefit_payments.faults.acting import _service
from conformance.reference.benefit_payments.faults.lenience import alter, refuse
from conformance.reference.benefit_payments.ledger import Line
from conformance.reference.benefit_payments.records import IN_TRANSFER, ONLINE, PAID, Claim, Programme, Transfer
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import conflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.application import Reference


def _repaid_of(reference: Reference, counted: Callable[[Claim], bool]) -> None:
    service = _service(reference)

    def summed(_: int, programme_id: str) -> int:
        claims = service.books.claims_of(programme_id)
        return sum(claim.repaid_amount for claim in claims if counted(claim))

    alter(service.ledger, "repaid", summed)


@FAULTS.add("repaid-of-the-retried-not-summed", "BP-REP-001")
def repaid_of_the_retried_not_summed(reference: Reference) -> None:
    """What is repaid of claims that were retried is not in the sum of the ledger."""
    _repaid_of(reference, lambda claim: not claim.retried)


@FAULTS.add("repaid-online-not-summed", "BP-REP-001")
def repaid_online_not_summed(reference: Reference) -> None:
    """What is repaid of claims that came online is not in the sum of the ledger."""
    _repaid_of(reference, lambda claim: claim.channel != ONLINE)


@FAULTS.add("repaid-apart-not-summed", "BP-REP-001")
def repaid_apart_not_summed(reference: Reference) -> None:
    """What persons living apart repay is not in the sum of the ledger."""
    _repaid_of(reference, lambda claim: claim.party.separation_id is None)


def _entered(reference: Reference, kind: str, amount: Callable[[Claim, int], int]) -> None:
    """Entries of a kind have another amount."""

    def make(enter: Method) -> Method:
        def otherwise(call: Call, programme_id: str, lines: list[Line]) -> None:
            enter(call, programme_id, [(k, c, b, amount(c, n) if k == kind else n) for k, c, b, n in lines])

        return otherwise

    replace(
        _service(reference).ledger, "enter", make, concerns=lambda call, _, lines: any(k == kind for k, *_ in lines)
    )


@FAULTS.add("paid-entered-without-the-overpaid", "BP-LED-010")
def paid_entered_without_the_overpaid(reference: Reference) -> None:
    """A payment stands in the entries without what was overpaid."""
    _entered(reference, "paid", lambda claim, amount: amount - claim.overpaid_amount)


@FAULTS.add("returned-entered-without-the-overpaid", "BP-LED-007")
def returned_entered_without_the_overpaid(reference: Reference) -> None:
    """A return stands in the entries with what the claim comes to afterwards."""
    _entered(reference, "returned", lambda claim, amount: amount - claim.overpaid_amount)


def _claimed(reference: Reference) -> dict[str, int]:
    """What each claim came to when it was entered."""
    service = _service(reference)
    claimed: dict[str, int] = {}

    def make(enter: Method) -> Method:
        def noting(*arguments: Any) -> Claim:
            claim: Claim = enter(*arguments)
            claimed[claim.id] = claim.amount
            return claim

        return noting

    service.intake.enter = make(service.intake.enter)  # type: ignore[method-assign]
    return claimed


@FAULTS.add("approval-entered-as-claimed", "BP-LED-011")
def approval_entered_as_claimed(reference: Reference) -> None:
    """An approval stands in the entries with what was claimed, also where somebody was separated since."""
    claimed = _claimed(reference)
    _entered(reference, "approved", lambda claim, amount: claimed.get(claim.id, amount))


@FAULTS.add("budget-by-what-was-claimed", "BP-DEC-003")
def budget_by_what_was_claimed(reference: Reference) -> None:
    """An approval is held against the budget with what was claimed, also where somebody was separated since."""
    service, claimed = _service(reference), _claimed(reference)

    def beyond(claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        amount = claimed.get(claim.id, claim.amount)
        return service.ledger.approved(programme.id) + amount > programme.budget_ceiling

    problem = conflict("budget_exceeded", "予算の上限を超えます / The budget ceiling is exceeded")
    refuse(service.decisions, "check_budget", problem, beyond)


def _reduced(service: BenefitPayments, programme_id: str, by_return: bool) -> int:
    entries = service.books.entries(programme_id)
    return sum(e.amount for e in entries if e.kind == "reduced" and (e.batch_id is not None) == by_return)


@FAULTS.add("budget-with-what-a-return-reduced", "BP-DEC-003")
def budget_with_what_a_return_reduced(reference: Reference) -> None:
    """What a return has taken off a claim stays used up: it is not free for another approval."""
    service = _service(reference)

    def beyond(claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        used = service.ledger.approved(programme.id) + _reduced(service, programme.id, by_return=True)
        return used + claim.amount > programme.budget_ceiling

    problem = conflict("budget_exceeded", "予算の上限を超えます / The budget ceiling is exceeded")
    refuse(service.decisions, "check_budget", problem, beyond)


@FAULTS.add("ceiling-with-what-was-reduced", "BP-PRG-007")
def ceiling_with_what_was_reduced(reference: Reference) -> None:
    """A lowered ceiling is held against all that was ever approved, what was taken off since included."""
    service = _service(reference)

    def below(programme: Programme) -> bool:
        reduced = sum(_reduced(service, programme.id, by_return) for by_return in (False, True))
        return programme.budget_ceiling < service.ledger.approved(programme.id) + reduced

    problem = conflict("budget_exceeded", "支給決定済みの額を下回ります / Less than is approved already")
    refuse(service.programmes, "check_ceiling", problem, below)


@FAULTS.add("overpaid-less-what-is-repaid", "BP-SEP-004")
def overpaid_less_what_is_repaid(reference: Reference) -> None:
    """A separation from a claim of which something was repaid overpays only what goes beyond that."""

    def less(after: Claim, claim: Claim, share: int) -> Claim:
        if claim.status != PAID:
            return after
        return changed(after, overpaid_amount=claim.overpaid_amount + max(0, share - claim.repaid_amount))

    alter(_service(reference).separations, "without", less)


@FAULTS.add("separation-refused-after-a-repayment", "BP-SEP-004")
def separation_refused_after_a_repayment(reference: Reference) -> None:
    """The claim of a household of which something was repaid is closed: a separation leaves it as it was."""

    def closed(after: Claim, claim: Claim, share: int) -> Claim:
        return claim if claim.repaid_amount else after

    alter(_service(reference).separations, "without", closed)


@FAULTS.add("transfer-as-approved", "BP-PAY-001")
def transfer_as_approved(reference: Reference) -> None:
    """What is transferred is what was approved, also where somebody was separated between approval and batch."""
    service = _service(reference)

    def approved(found: Transfer, claim: Claim) -> Transfer:
        entries = service.books.entries(claim.party.programme_id)
        amounts = [e.amount for e in entries if e.claim_id == claim.id and e.kind == "approved"]
        return changed(found, amount=amounts[0]) if amounts else found

    alter(service.batches, "transfer", approved)


@FAULTS.add("earlier-claim-needs-no-look", "BP-ACC-004")
def earlier_claim_needs_no_look(reference: Reference) -> None:
    """Of two claims with one account only the later one is held against its review when it is approved."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def later_only(claim: Claim, body: dict[str, Any]) -> None:
            claims = service.books.claims_of(claim.party.programme_id)
            earlier = claims[: [c.id for c in claims].index(claim.id)]
            accounts = service.accounts
            shared = any(
                c.live and accounts.of_other_household(claim, c) and accounts.same(c.account, claim.account)
                for c in earlier
            )
            if shared or accounts.differs(claim):
                check(claim, body)

        return later_only

    replace(service.decisions, "check_account", make)


@FAULTS.add("holder-of-the-dead-head-is-own", "BP-ACC-002")
def holder_of_the_dead_head_is_own(reference: Reference) -> None:
    """Where somebody claims in place of a dead head, the account of the head counts as that of the claimant."""
    service = _service(reference)

    def own(found: list[str], claim: Claim) -> list[str]:
        head = service.eligibility.head(service.books.copy_of(claim.party))
        if claim.party.separation_id is None and comparable(claim.account["holder"]) in readings(head["name"]):
            return [name for name in found if name != DIFFERS]
        return found

    alter(service.accounts, "review", own)


@FAULTS.add("pending-as-ordered", "BP-LED-001", "BP-SEP-004")
def pending_without_the_overpaid(reference: Reference) -> None:
    """What is in transfer is pending without what is overpaid of it."""
    service = _service(reference)

    def less(found: int, programme_id: str) -> int:
        claims = service.books.claims_of(programme_id)
        return found - sum(claim.overpaid_amount for claim in claims if claim.status == IN_TRANSFER)

    alter(service.ledger, "pending", less)


@FAULTS.add("paid-sum-without-the-overpaid", "BP-LED-001", "BP-REP-001", "BP-SEP-004")
def paid_sum_without_the_overpaid(reference: Reference) -> None:
    """The paid amount of the ledger leaves out what is overpaid."""
    service = _service(reference)

    def less(found: int, programme_id: str) -> int:
        claims = service.books.claims_of(programme_id)
        return found - sum(claim.overpaid_amount for claim in claims if claim.status == PAID)

    alter(service.ledger, "paid", less)
