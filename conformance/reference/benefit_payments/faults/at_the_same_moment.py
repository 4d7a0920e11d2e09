"""Faults of benefit payments: at the same moment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.records import (
    PENDING,
    RECEIVED,
    RETURNED,
    Claim,
    Programme,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import conflict

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


def _at_once(reference: Reference, operation: str, passes: Any, part: Any, *checks: str) -> None:
    """Of requests of an operation at the same moment each is examined in the state in which it arrived."""
    free: dict[int, bool] = {}
    carrying: list[bool] = []

    def entering(enter: Method) -> Method:
        async def waits(call: Call) -> None:
            free[id(call)] = passes(call)
            await asyncio.sleep(0.05)
            await enter(call)

        return waits

    def carry(carry_out: Method) -> Method:
        def carried(service: Any, call: Call) -> Answer:
            carrying.append(free.pop(id(call), False))
            try:
                return carry_out(service, call)  # type: ignore[no-any-return]
            finally:
                carrying.pop()

        return carried

    replace(reference.pipeline, "enter", entering, concerns=lambda call: call.operation.id == operation)
    replace(reference.pipeline, "carry_out", carry, concerns=lambda _, call: call.operation.id == operation)
    for check in checks:
        original = getattr(part, check)
        setattr(part, check, lambda *given, original=original: None if carrying and carrying[-1] else original(*given))


def _claim(service: BenefitPayments, call: Call) -> Claim | None:
    return service.books.claims.get(call.path.get("claim_id", ""))


@FAULTS.add("two-retries-at-once", "BP-RTR-008")
def two_retries_at_once(reference: Reference) -> None:
    """Of retries of one claim at the same moment all are made: the last account counts."""
    service = _service(reference)

    def passes(call: Call) -> bool:
        claim = _claim(service, call)
        return claim is not None and claim.status == RETURNED and not claim.retried

    _at_once(reference, "retryClaim", passes, service.decisions, "check_retry")


@FAULTS.add("two-decisions-on-one-claim-at-once", "BP-DEC-009")
def two_decisions_on_one_claim_at_once(reference: Reference) -> None:
    """Of decisions on one claim at the same moment all are made: an approved claim is rejected, or entered twice."""
    service = _service(reference)

    def passes(call: Call) -> bool:
        claim = _claim(service, call)
        return claim is not None and claim.status == RECEIVED

    _at_once(reference, "decideClaim", passes, service.decisions, "check_undecided")


@FAULTS.add("two-repayments-at-once", "BP-REP-005", "BP-REP-007")
def two_repayments_at_once(reference: Reference) -> None:
    """Of repayments at the same moment each is held against what was repaid when it arrived."""
    import json

    service = _service(reference)

    def passes(call: Call) -> bool:
        claim = _claim(service, call)
        try:
            amount = json.loads(call.raw_body)["amount"]
            return claim is not None and claim.repaid_amount + amount <= claim.amount
        except (ValueError, KeyError, TypeError, RecursionError):
            return False

    _at_once(reference, "enterRepayment", passes, service.repayments, "check_amount")


@FAULTS.add("two-results-at-once", "BP-RES-008")
def two_results_at_once(reference: Reference) -> None:
    """Of results for one transfer at the same moment all are entered."""
    service = _service(reference)

    def passes(call: Call) -> bool:
        batch = service.books.batches.get(call.path.get("batch_id", ""))
        return batch is not None and all(item.outcome == PENDING for item in batch.transfers)

    _at_once(reference, "enterBatchResults", passes, service.results, "check_pending")


@FAULTS.add("two-separations-at-once", "BP-SEP-019")
def two_separations_at_once(reference: Reference) -> None:
    """Of separations of one person at the same moment all are recorded."""
    import json

    service = _service(reference)

    def passes(call: Call) -> bool:
        try:
            ids = json.loads(call.raw_body)["member_ids"]
            return all((call.path["programme_id"], i) not in service.books.separation_of for i in ids)
        except (ValueError, KeyError, TypeError, RecursionError):
            return False

    _at_once(reference, "createSeparation", passes, service.separations, "check_once")


@FAULTS.add("two-clerks-enter-one-form-at-once", "BP-INT-017")
def two_clerks_enter_one_form_at_once(reference: Reference) -> None:
    """Of entries of one form at the same moment, by two clients, all become claims."""
    import json

    service = _service(reference)

    def passes(call: Call) -> bool:
        try:
            party = service.books.parties.get(json.loads(call.raw_body)["form_id"])
            return party is not None and service.books.live_claim(party) is None
        except (ValueError, KeyError, TypeError, RecursionError):
            return False

    _at_once(reference, "enterPostalClaim", passes, service.postal_claims, "before")
    _at_once(reference, "enterPostalClaim", passes, service.intake, "check_no_other")


@FAULTS.add("ceiling-and-approval-at-once", "BP-PRG-009")
def ceiling_and_approval_at_once(reference: Reference) -> None:
    """A ceiling that is lowered while a claim is approved is held against what was approved when it arrived."""
    service = _service(reference)
    free: dict[str, int] = {}

    def entering(enter: Method) -> Method:
        async def waits(call: Call) -> None:
            free[call.path["programme_id"]] = service.ledger.approved(call.path["programme_id"])
            await asyncio.sleep(0.05)
            await enter(call)

        return waits

    replace(reference.pipeline, "enter", entering, concerns=lambda call: call.operation.id == "changeProgramme")

    def make(_: Method) -> Method:
        def as_seen(programme: Programme) -> None:
            if programme.budget_ceiling < free.get(programme.id, 0):
                raise conflict(
                    "budget_exceeded", "支給決定済みの額を下回ります / Less than is approved", "/budget_ceiling"
                )

        return as_seen

    replace(service.programmes, "check_ceiling", make)
