"""Faults of the audit trail of procedures: changes that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("form-of-an-old-tag-audited", "PR-AUD-008")
def form_of_an_old_tag_audited(reference: Reference) -> None:
    """A form that is refused with 412 leaves an audit entry with the outcome refused."""
    store = reference.the(Procedures).store

    def make(refuse: Method) -> Method:
        def refused(call: Call | None, request: Request, problem: Problem) -> Answer:
            if call is not None and call.operation.id == "putForm" and problem.status == 412:
                application = store.applications[call.path["application_id"]]
                call.subjects[:] = [application.applicant_id, application.subject_id]
                reference.audit.record(call, 412, "refused")
            return refuse(call, request, problem)  # type: ignore[no-any-return]

        return refused

    replace(reference.pipeline, "refuse", make, concerns=lambda call, request, problem: problem.status == 412)
