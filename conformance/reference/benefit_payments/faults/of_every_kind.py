"""Faults about some claims and not about others: what counts in the budget, what is rejected, what is in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.acting import _service
from conformance.reference.benefit_payments.ledger import Line
from conformance.reference.benefit_payments.records import (
    APPROVED,
    IN_TRANSFER,
    ONLINE,
    PAID,
    REJECTED,
    RETURNED,
    Claim,
    Programme,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.faults.leniency import passing

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _used(service: BenefitPayments, programme_id: str, counts: Callable[[Claim], bool]) -> int:
    granted = (APPROVED, IN_TRANSFER, PAID, RETURNED)
    claims = service.books.claims_of(programme_id)
    return sum(claim.amount for claim in claims if claim.status in granted and counts(claim))


def _budget(reference: Reference, counts: Callable[[Claim], bool]) -> None:
    """Only the claims for which it holds count when an approval is held against the budget."""
    service = _service(reference)

    def available(claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        return _used(service, programme.id, counts) + claim.amount <= programme.budget_ceiling

    revise(service.decisions, "check_budget", passing("budget_exceeded", available))


@FAULTS.add("budget-without-separations", "BP-DEC-004")
def budget_without_separations(reference: Reference) -> None:
    """Approved claims of persons living apart do not count when an approval is held against the budget."""
    _budget(reference, lambda claim: claim.party.separation_id is None)


@FAULTS.add("budget-without-online-claims", "BP-DEC-004")
def budget_without_online_claims(reference: Reference) -> None:
    """Approved claims that were filed online do not count when an approval is held against the budget."""
    _budget(reference, lambda claim: claim.channel != ONLINE)


@FAULTS.add("separation-beyond-the-budget", "BP-DEC-004")
def separation_beyond_the_budget(reference: Reference) -> None:
    """The claim of a person living apart is approved whatever is left of the budget."""
    revise(
        _service(reference).decisions,
        "check_budget",
        passing("budget_exceeded", lambda claim: claim.party.separation_id is not None),
    )


def _rejection(reference: Reference, check: Callable[[BenefitPayments, Call], None]) -> None:
    service = _service(reference)

    def make(decide: Method) -> Method:
        def strict(call: Call) -> Answer:
            service.decisions.check_undecided(call.target)
            service.decisions.check_other_eyes(call, call.target)
            if "reason" in call.body:
                check(service, call)
            answer: Answer = decide(call)
            return answer

        return strict

    replace(service.decisions, "decide", make, concerns=lambda call: call.body["decision"] == REJECTED)


@FAULTS.add("rejection-of-the-unconfirmed-refused", "BP-DEC-029")
def rejection_of_the_unconfirmed_refused(reference: Reference) -> None:
    """A claim with an odd account cannot be rejected before somebody has confirmed the account."""
    _rejection(reference, lambda service, call: service.decisions.check_account(call.target, call.body))


@FAULTS.add("rejection-held-against-the-budget", "BP-DEC-029")
def rejection_held_against_the_budget(reference: Reference) -> None:
    """A claim for which there is no budget cannot be rejected either."""
    _rejection(reference, lambda service, call: service.decisions.check_budget(call.target))


@FAULTS.add("nothing-not-entered", "BP-LED-002")
def nothing_not_entered(reference: Reference) -> None:
    """An approval of nothing has no entry in the ledger."""

    def make(enter: Method) -> Method:
        def sparing(call: Call, programme_id: str, lines: Iterable[Line]) -> None:
            enter(call, programme_id, [line for line in lines if line[3] > 0])

        return sparing

    replace(_service(reference).ledger, "enter", make)


@FAULTS.add("ledger-as-of-the-last-entry", "BP-LED-001", "BP-LED-009")
def ledger_as_of_the_last_entry(reference: Reference) -> None:
    """The ledger is summed up anew only where there is a new entry: a retry and another ceiling are not seen."""
    service = _service(reference)
    known: dict[str, tuple[int, dict[str, Any]]] = {}

    def make(sums: Method) -> Method:
        def kept(programme: Programme) -> dict[str, Any]:
            entries = len(service.books.entries(programme.id))
            before = known.get(programme.id)
            if before is None or before[0] != entries:
                before = known[programme.id] = (entries, sums(programme))
            return before[1]

        return kept

    replace(service.ledger, "sums", make)


@FAULTS.add("ledger-with-the-first-ceiling", "BP-LED-009")
def ledger_with_the_first_ceiling(reference: Reference) -> None:
    """The ledger goes on showing the ceiling with which it was first read."""
    first: dict[str, int] = {}

    def make(sums: Method) -> Method:
        def stale(programme: Programme) -> dict[str, Any]:
            body: dict[str, Any] = sums(programme)
            ceiling = first.setdefault(programme.id, body["budget_ceiling"])
            available = max(0, ceiling - body["approved_amount"])
            return {**body, "budget_ceiling": ceiling, "available_amount": available}

        return stale

    replace(_service(reference).ledger, "sums", make)


def _ceiling(reference: Reference, counts: Callable[[Claim], bool]) -> None:
    """The ceiling must not go below the claims for which it holds."""
    service = _service(reference)

    def enough(programme: Programme) -> bool:
        return programme.budget_ceiling >= _used(service, programme.id, counts)

    revise(service.programmes, "check_ceiling", passing("budget_exceeded", enough))


@FAULTS.add("ceiling-below-what-is-paid", "BP-PRG-006")
def ceiling_below_what_is_paid(reference: Reference) -> None:
    """The ceiling can go below what is approved where that is paid."""
    _ceiling(reference, lambda claim: claim.status != PAID)


@FAULTS.add("ceiling-below-what-came-back", "BP-PRG-006")
def ceiling_below_what_came_back(reference: Reference) -> None:
    """The ceiling can go below what is approved where that came back from the bank."""
    _ceiling(reference, lambda claim: claim.status != RETURNED)


@FAULTS.add("ceiling-below-what-is-apart", "BP-PRG-006")
def ceiling_below_what_is_apart(reference: Reference) -> None:
    """The ceiling can go below what is approved where that is of persons living apart."""
    _ceiling(reference, lambda claim: claim.party.separation_id is None)


@FAULTS.add("ceiling-with-another-title", "BP-PRG-006")
def ceiling_with_another_title(reference: Reference) -> None:
    """The ceiling can go below what is approved where the title is changed, too."""
    service = _service(reference)

    def when(programme: Programme) -> bool:
        return programme.title != service.books.programmes[programme.id].title

    revise(service.programmes, "check_ceiling", passing("budget_exceeded", when))


@FAULTS.add("entries-skip-from-the-ninth-page", "COM-PAG-008")
def entries_skip_from_the_ninth_page(reference: Reference) -> None:
    """From the ninth page on the list of ledger entries begins one entry too late."""
    service = _service(reference)

    def make(find: Method) -> Method:
        return lambda programme_id, query: find(programme_id, query)[1:]

    def far(programme_id: str, query: dict[str, Any]) -> bool:
        return bool(query["offset"] >= 8 * query["limit"])

    replace(service.ledger, "find", make, concerns=far)
