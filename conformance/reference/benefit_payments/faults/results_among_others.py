"""Faults of results of which one is wrong and others are right."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.acting import _service
from conformance.reference.benefit_payments.records import PENDING, RETURNED, Batch
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.faults.leniency import passing

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Result = dict[str, Any]


@FAULTS.add("entered-result-behind-another", "BP-RES-003")
def entered_result_behind_another(reference: Reference) -> None:
    """Whether a transfer has its result is looked at for the first of several results alone."""

    def when(batch: Batch, results: list[Result]) -> bool:
        return any(t.claim_id == results[0]["claim_id"] and t.outcome == PENDING for t in batch.transfers)

    revise(_service(reference).results, "check_pending", passing("result_entered", when))


@FAULTS.add("results-outside-left-out", "BP-RES-004")
def results_outside_left_out(reference: Reference) -> None:
    """Results for claims outside the batch are left out, where others are in it."""

    def make(enter: Method) -> Method:
        def lenient(call: Call) -> Answer:
            known = {transfer.claim_id for transfer in call.target.transfers}
            kept = [result for result in call.body["results"] if result["claim_id"] in known]
            if kept:
                call.body["results"] = kept
            answer: Answer = enter(call)
            return answer

        return lenient

    replace(_service(reference).results, "enter", make)


@FAULTS.add("repeated-result-apart", "BP-RES-005")
def repeated_result_apart(reference: Reference) -> None:
    """Only neighbouring results are compared: a claim may stand twice with another one between."""

    def when(results: list[Result]) -> bool:
        return all(one["claim_id"] != next_["claim_id"] for one, next_ in pairwise(results))

    revise(_service(reference).results, "check_once", passing("repeated_claim", when))


@FAULTS.add("reason-of-the-first-result", "BP-CON-009", "BP-RES-006")
def reason_of_the_first_result(reference: Reference) -> None:
    """A payment with a reason is taken behind a result that is right."""

    def when(results: list[Result]) -> bool:
        right = ("return_reason" in results[0]) == (results[0]["outcome"] == RETURNED)
        return right and all("return_reason" in r for r in results if r["outcome"] == RETURNED)

    revise(_service(reference).results, "check_reasons", passing("unprocessable", when))


def _half_entered(reference: Reference, code: str) -> None:
    service = _service(reference)

    def make(enter: Method) -> Method:
        def careless(call: Call) -> Answer:
            try:
                answer: Answer = enter(call)
            except Problem as problem:
                first = call.body["results"][:1]
                if problem.code == code:
                    try:
                        service.results.check(call.target, first)
                    except Problem:
                        raise problem from None
                    service.results.settle(call, call.target, first)
                raise
            return answer

        return careless

    replace(service.results, "enter", make, concerns=lambda call: len(call.body["results"]) > 1)


@FAULTS.add("foreign-results-half-entered", "BP-RES-009")
def foreign_results_half_entered(reference: Reference) -> None:
    """Results with a claim outside the batch are refused, and the first of them is entered."""
    _half_entered(reference, "not_in_batch")


@FAULTS.add("wrong-reasons-half-entered", "BP-RES-009")
def wrong_reasons_half_entered(reference: Reference) -> None:
    """Results with a wrong reason are refused, and the first of them is entered."""
    _half_entered(reference, "unprocessable")
