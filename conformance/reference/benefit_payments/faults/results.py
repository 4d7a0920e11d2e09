"""Faults of entering what became of transfers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.records import IN_TRANSFER, PAID, PENDING, RETURNED, Batch
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.asked import asks
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.faults.leniency import passing, refused_as

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Result = dict[str, Any]

SERVICE = "benefit-payments"


def _claim_shown(reference: Reference, status: str, instead: dict[str, Any]) -> None:
    """A claim of this status that is read shows something else."""

    def altered(request: Request, answer: Answer) -> Answer:
        body, read = answer.body, asks(request, "GET", "/claims/*", SERVICE)
        if read and isinstance(body, dict) and body.get("status") == status:
            answer.body = {**body, **instead}
        return answer

    rewrite(reference, altered)


@FAULTS.add("paid-shown-as-in-transfer", "BP-RES-001")
def paid_shown_as_in_transfer(reference: Reference) -> None:
    """A claim whose transfer was paid is still shown as in transfer."""
    _claim_shown(reference, PAID, {"status": IN_TRANSFER})


def _settled(reference: Reference, results: Callable[[Batch, list[Result]], list[Result]]) -> None:
    """Only some results change the claims."""

    def make(settle: Method) -> Method:
        def some(call: Call, batch: Batch, entered: list[Result]) -> None:
            settle(call, batch, results(batch, entered))

        return some

    def concerns(call: Call, batch: Batch, entered: list[Result]) -> bool:
        return results(batch, entered) != entered

    replace(reference.the(BenefitPayments).results, "settle", make, concerns=concerns)


@FAULTS.add("last-result-does-not-reach-the-claim", "BP-RES-001")
def last_result_does_not_reach_the_claim(reference: Reference) -> None:
    """Of several results entered together, the last one stands in the batch and does not change its claim."""
    _settled(reference, lambda batch, results: results[:-1] or results)


@FAULTS.add("return-reason-other", "BP-RES-002")
def return_reason_other(reference: Reference) -> None:
    """Whatever the reason of a return, the claim says that it is another one."""

    def make(returned: Method) -> Method:
        return lambda claim, reason: returned(claim, "other")

    revise(reference.the(BenefitPayments).results, "returned", make)


@FAULTS.add("returned-shown-as-in-transfer", "BP-RES-002")
def returned_shown_as_in_transfer(reference: Reference) -> None:
    """A claim whose transfer was returned is still shown as in transfer, with the reason."""
    _claim_shown(reference, RETURNED, {"status": IN_TRANSFER})


def _entered_again(reference: Reference, before: str, after: str) -> None:
    """A transfer that has one outcome may be given another."""

    def when(batch: Batch, results: list[Result]) -> bool:
        had = {transfer.claim_id: transfer.outcome for transfer in batch.transfers}
        return all(
            had[r["claim_id"]] == PENDING or (had[r["claim_id"]], r["outcome"]) == (before, after) for r in results
        )

    revise(reference.the(BenefitPayments).results, "check_pending", passing("result_entered", when))


@FAULTS.add("paid-twice", "BP-RES-003", "BP-RES-008")
def paid_twice(reference: Reference) -> None:
    """A transfer that was paid may be entered as paid once more, which stands in the ledger again."""
    _entered_again(reference, PAID, PAID)


@FAULTS.add("returned-after-payment", "BP-RES-003", "BP-CON-009")
def returned_after_payment(reference: Reference) -> None:
    """A transfer that was paid may be entered as returned afterwards."""
    _entered_again(reference, PAID, RETURNED)


@FAULTS.add("paid-after-return", "BP-RES-003", "BP-CON-009")
def paid_after_return(reference: Reference) -> None:
    """A transfer that was returned may be entered as paid afterwards."""
    _entered_again(reference, RETURNED, PAID)


@FAULTS.add("second-result-refused-yet-entered", "BP-RES-003", "BP-RES-008")
def second_result_refused_yet_entered(reference: Reference) -> None:
    """A second result is refused, but stands in the ledger."""
    service = reference.the(BenefitPayments)

    def settled(call: Call) -> bool:
        return all(transfer.outcome != PENDING for transfer in call.target.transfers)

    def make(enter: Method) -> Method:
        def careless(call: Call) -> Answer:
            claim = service.books.claims[call.target.transfers[0].claim_id]
            service.ledger.enter(call, call.target.programme_id, [(PAID, claim, call.target.id, claim.amount)])
            answer: Answer = enter(call)
            return answer

        return careless

    replace(service.results, "enter", make, concerns=settled)


@FAULTS.add("result-outside-batch-dropped", "BP-RES-004")
def result_outside_batch_dropped(reference: Reference) -> None:
    """A result for a claim that is not in the batch is dropped in silence."""
    revise(reference.the(BenefitPayments).results, "check_named", passing("not_in_batch"))

    def inside(batch: Batch, results: list[Result]) -> list[Result]:
        known = {transfer.claim_id for transfer in batch.transfers}
        return [result for result in results if result["claim_id"] in known]

    _settled(reference, inside)


@FAULTS.add("result-outside-batch-unprocessable", "BP-RES-004")
def result_outside_batch_unprocessable(reference: Reference) -> None:
    """A result for a claim that is not in the batch is refused without saying so."""
    results = reference.the(BenefitPayments).results
    revise(results, "check_named", refused_as(422, "not_in_batch", "unprocessable"))


@FAULTS.add("result-of-another-batch-dropped", "BP-RES-004")
def result_of_another_batch_dropped(reference: Reference) -> None:
    """A result for a claim that is in another batch is dropped in silence."""
    service = reference.the(BenefitPayments)

    def ordered(batch: Batch, results: list[Result]) -> bool:
        claims = [service.books.claims.get(result["claim_id"]) for result in results]
        return all(claim is not None and claim.batch_id is not None for claim in claims)

    revise(service.results, "check_named", passing("not_in_batch", ordered))

    def inside(batch: Batch, results: list[Result]) -> list[Result]:
        known = {transfer.claim_id for transfer in batch.transfers}
        return [result for result in results if result["claim_id"] in known]

    _settled(reference, inside)


@FAULTS.add("last-of-two-results-counts", "BP-RES-005")
def last_of_two_results_counts(reference: Reference) -> None:
    """Where a claim stands twice, the last result counts."""
    revise(reference.the(BenefitPayments).results, "check_once", passing("repeated_claim"))


@FAULTS.add("repeated-result-of-one-outcome", "BP-RES-005")
def repeated_result_of_one_outcome(reference: Reference) -> None:
    """A claim may stand twice when both results agree in their outcome."""

    def agree(results: list[Result]) -> bool:
        return len({(result["claim_id"], result["outcome"]) for result in results}) < len(results)

    revise(reference.the(BenefitPayments).results, "check_once", passing("repeated_claim", agree))


@FAULTS.add("repeated-results-half-entered", "BP-RES-005")
def repeated_results_half_entered(reference: Reference) -> None:
    """Results in which a claim stands twice are refused, and those before the repetition are entered."""
    service = reference.the(BenefitPayments)

    def make(enter: Method) -> Method:
        def careless(call: Call) -> Answer:
            try:
                answer: Answer = enter(call)
            except Problem as problem:
                if problem.code == "repeated_claim":
                    service.results.settle(call, call.target, call.body["results"][:1])
                raise
            return answer

        return careless

    def twice(call: Call) -> bool:
        named = [result["claim_id"] for result in call.body["results"]]
        return len(set(named)) < len(named)

    replace(service.results, "enter", make, concerns=twice)


@FAULTS.add("return-without-reason", "BP-RES-006")
def return_without_reason(reference: Reference) -> None:
    """A return without a reason is taken, as one for another reason."""

    def make(check: Method) -> Method:
        def lenient(results: list[Result]) -> None:
            for result in results:
                if result["outcome"] == RETURNED:
                    result.setdefault("return_reason", "other")
            check(results)

        return lenient

    def without(results: list[Result]) -> bool:
        return any(result["outcome"] == RETURNED and "return_reason" not in result for result in results)

    replace(reference.the(BenefitPayments).results, "check_reasons", make, concerns=without)


@FAULTS.add("payment-with-reason", "BP-CON-009", "BP-RES-006")
def payment_with_reason(reference: Reference) -> None:
    """A payment may have the reason of a return."""

    def only(results: list[Result]) -> bool:
        return all(result["outcome"] == PAID or "return_reason" in result for result in results)

    revise(reference.the(BenefitPayments).results, "check_reasons", passing("unprocessable", only))


@FAULTS.add("return-without-reason-is-invalid", "BP-RES-006")
def return_without_reason_is_invalid(reference: Reference) -> None:
    """A return without a reason is refused with 400, as if the document demanded the reason."""
    results = reference.the(BenefitPayments).results
    revise(results, "check_reasons", refused_as(400, "unprocessable", "invalid_request"))


def _closed(reference: Reference, closed: Callable[[list[str]], bool]) -> None:
    """`closed` says when a batch is, of the outcomes of its transfers."""

    def make(body: Method) -> Method:
        def other(batch: Batch) -> dict[str, Any]:
            outcomes = [transfer.outcome for transfer in batch.transfers]
            return {**body(batch), "status": "closed" if closed(outcomes) else "open"}

        return other

    revise(reference.the(BenefitPayments).batches, "body", make)


@FAULTS.add("batch-closed-by-first-result", "BP-RES-007")
def batch_closed_by_first_result(reference: Reference) -> None:
    """A batch is closed with its first results."""
    _closed(reference, lambda outcomes: set(outcomes) != {PENDING})


@FAULTS.add("batch-open-with-a-return", "BP-RES-007")
def batch_open_with_a_return(reference: Reference) -> None:
    """A batch stays open when a transfer came back."""
    _closed(reference, lambda outcomes: set(outcomes) == {PAID})


@FAULTS.add("batch-never-closed-when-read", "BP-RES-007")
def batch_never_closed_when_read(reference: Reference) -> None:
    """A batch that is read is open, whatever its transfers are."""

    def altered(request: Request, answer: Answer) -> Answer:
        body, read = answer.body, asks(request, "GET", "/payment_batches/*", SERVICE)
        if read and isinstance(body, dict) and body.get("status") == "closed":
            answer.body = {**body, "status": "open"}
        return answer

    rewrite(reference, altered)
