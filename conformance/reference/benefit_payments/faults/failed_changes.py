"""Faults of the audit trail of benefit payments: changes that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("invalid-decision-audited", "BP-AUD-006")
def invalid_decision_audited(reference: Reference) -> None:
    """A decision that is refused with 400 leaves an audit entry with the outcome refused."""
    claims = reference.the(BenefitPayments).books.claims

    def make(refuse: Method) -> Method:
        def refused(call: Call | None, request: Request, problem: Problem) -> Answer:
            claim = claims.get(call.path.get("claim_id", "")) if call is not None else None
            if call is not None and claim is not None and call.operation.id == "decideClaim" and problem.status == 400:
                call.subjects[:] = [claim.claimant_id]
                reference.audit.record(call, 400, "refused")
            return refuse(call, request, problem)  # type: ignore[no-any-return]

        return refused

    replace(reference.pipeline, "refuse", make, concerns=lambda call, request, problem: problem.status == 400)
