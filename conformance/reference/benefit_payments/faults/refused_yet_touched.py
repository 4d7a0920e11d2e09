"""Faults of requests that are refused with 409 or 422 and leave a trace all the same."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.faults.acting import _service
from conformance.reference.benefit_payments.records import Claim, Copy, Programme
from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.application import Reference


def _refused(
    reference: Reference, part: str, method: str, codes: tuple[str, ...], touch: Callable[[Call], None]
) -> None:
    """What a method refuses with one of these codes touches something."""

    def make(original: Method) -> Method:
        def touching(call: Call) -> Answer:
            try:
                answer: Answer = original(call)
            except Problem as problem:
                if problem.code in codes:
                    touch(call)
                raise
            return answer

        return touching

    replace(getattr(_service(reference), part), method, make)


@FAULTS.add("refused-ceiling-half-changed", "BP-PRG-010")
def refused_ceiling_half_changed(reference: Reference) -> None:
    """A change of a programme that is refused for its ceiling has changed title and last day."""
    _half_changed(reference, "budget_exceeded", "title", "claims_until")


@FAULTS.add("refused-window-half-changed", "BP-PRG-010")
def refused_window_half_changed(reference: Reference) -> None:
    """A change of a programme that is refused for its window has changed ceiling and title."""
    _half_changed(reference, "window_invalid", "title", "budget_ceiling")


def _half_changed(reference: Reference, code: str, *names: str) -> None:
    """A change of a programme that is refused with this code has changed these members."""
    service = _service(reference)

    def touch(call: Call) -> None:
        programme: Programme = call.target
        service.books.keep_programme(changed(programme, **{n: call.body[n] for n in names if n in call.body}))

    _refused(reference, "programmes", "change", (code,), touch)


@FAULTS.add("refused-copy-kept", "BP-REG-035")
def refused_copy_kept(reference: Reference) -> None:
    """A copy that is refused because the household has claimed takes the place of the former all the same."""
    service = _service(reference)

    def touch(call: Call) -> None:
        before = service.copies.named(call)
        if before is not None:
            service.books.keep_copy(Copy(before.programme_id, call.body, before.form_id))

    _refused(reference, "copies", "put", ("household_claimed",), touch)


@FAULTS.add("refused-copy-takes-its-persons", "BP-REG-035")
def refused_copy_takes_its_persons(reference: Reference) -> None:
    """The persons of a copy that is refused for one of them count as standing in it."""
    service = _service(reference)

    def touch(call: Call) -> None:
        for person in call.body["members"]:
            service.books.household_of.setdefault((call.target.id, person["resident_id"]), call.body["household_id"])

    _refused(reference, "copies", "put", ("already_in_household",), touch)


@FAULTS.add("refused-retry-takes-the-account", "BP-CON-012")
def refused_retry_takes_the_account(reference: Reference) -> None:
    """A retry that is refused has put its account into the claim."""
    service = _service(reference)

    def touch(call: Call) -> None:
        claim: Claim = service.books.claims[call.path["claim_id"]]
        service.books.keep_claim(changed(claim, account=call.body["account"]))

    _refused(reference, "decisions", "retry", ("not_returned", "retry_used"), touch)


@FAULTS.add("refused-repayment-counted-in-part", "BP-CON-012", "BP-REP-005", "BP-REP-006")
def refused_repayment_counted_in_part(reference: Reference) -> None:
    """A repayment that is too large is refused, and the claim counts as repaid in full."""
    service = _service(reference)

    def touch(call: Call) -> None:
        claim: Claim = service.books.claims[call.path["claim_id"]]
        service.books.keep_claim(changed(claim, repaid_amount=claim.amount))

    _refused(reference, "repayments", "enter", ("repayment_too_large",), touch)


@FAULTS.add("own-claim-refused-yet-rejected", "BP-DEC-002")
def own_claim_refused_yet_rejected(reference: Reference) -> None:
    """A decision on an own claim is refused, and the claim is rejected for it."""
    service = _service(reference)

    def touch(call: Call) -> None:
        claim: Claim = service.books.claims[call.path["claim_id"]]
        rejected = changed(claim, status="rejected", decided_by=call.caller.client, decision_reason="own_claim")
        service.books.keep_claim(rejected)

    _refused(reference, "decisions", "decide", ("own_claim",), touch)


@FAULTS.add("refused-for-the-budget-yet-rejected", "BP-DEC-003", "BP-DEC-004")
def refused_for_the_budget_yet_rejected(reference: Reference) -> None:
    """A claim whose approval the budget does not allow is rejected with the refusal."""
    service = _service(reference)

    def touch(call: Call) -> None:
        claim: Claim = service.books.claims[call.path["claim_id"]]
        rejected = changed(claim, status="rejected", decided_by=call.caller.client, decision_reason="budget")
        service.books.keep_claim(rejected)

    _refused(reference, "decisions", "decide", ("budget_exceeded",), touch)


@FAULTS.add("refused-separation-recorded-for-the-rest", "BP-SEP-027")
def refused_separation_recorded_for_the_rest(reference: Reference) -> None:
    """A separation that is refused because somebody is separated already is recorded for the others."""
    service = _service(reference)

    def touch(call: Call) -> None:
        programme_id = call.target.id
        rest = [m for m in call.body["member_ids"] if (programme_id, m) not in service.books.separation_of]
        copy = service.books.copy_with(programme_id, call.body["member_ids"][0])
        if rest and copy is not None:
            call.body = {**call.body, "member_ids": rest, "claimant_id": rest[0]}
            separation = service.separations.record(call, copy)
            claim = service.books.live_claim(service.books.parties[copy.form_id])
            if claim is not None:
                service.separations.take_out(call, claim, frozenset(separation.member_ids))

    _refused(reference, "separations", "create", ("already_separated",), touch)


def _audited(reference: Reference, operation: str, outcome: str) -> None:
    """What an operation refuses with 409 leaves an entry."""
    service = _service(reference)

    def make(refuse: Method) -> Method:
        def refused(call: Call | None, request: Request, problem: Problem) -> Answer:
            if call is not None and call.operation.id == operation and problem.status == 409:
                call.subjects[:] = service.subjects_of.of_path(call)
                reference.audit.record(call, 409, outcome)
            answer: Answer = refuse(call, request, problem)
            return answer

        return refused

    replace(reference.pipeline, "refuse", make, concerns=lambda call, request, problem: problem.status == 409)


@FAULTS.add("refused-decision-audited-as-made", "BP-AUD-007")
def refused_decision_audited_as_made(reference: Reference) -> None:
    """A decision that is refused with 409 leaves an audit entry with the outcome success."""
    _audited(reference, "decideClaim", "success")


@FAULTS.add("refused-results-audited", "BP-AUD-007")
def refused_results_audited(reference: Reference) -> None:
    """Results that are refused with 409 leave an audit entry with the outcome refused."""
    _audited(reference, "enterBatchResults", "refused")


@FAULTS.add("refused-retry-audited", "BP-AUD-007")
def refused_retry_audited(reference: Reference) -> None:
    """A retry that is refused with 409 leaves an audit entry with the outcome refused."""
    _audited(reference, "retryClaim", "refused")
