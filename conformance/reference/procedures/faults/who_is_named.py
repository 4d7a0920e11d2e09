"""Faults of whom the audit trail names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.records import (
    WITHDRAWN,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _marks(reference: Reference, operation: str) -> None:
    service = _service(reference)

    def make(read: Method) -> Method:
        def other(call: Call) -> Answer:
            call.withheld = True
            answer: Answer = read(call)
            return answer

        return other

    replace(service.forms, "read", make, lambda call: call.operation.id == operation and call.target.form is None)


@FAULTS.add("withdrawn-draft-asked-for-not-audited", "PR-AUD-004")
def withdrawn_draft_asked_for_not_audited(reference: Reference) -> None:
    """That the administration asked for what was withdrawn as a draft leaves no entry."""
    service = _service(reference)

    def concerns(call: Call, status: int, outcome: str) -> bool:
        found = service.store.applications.get(call.path.get("application_id", ""))
        gone = found is not None and found.status == WITHDRAWN and found.receipt_number is None
        return call.service == "procedures" and status == 404 and gone and "/applications/" in call.request.path

    replace(reference.audit, "record", lambda _: lambda call, status, outcome: None, concerns)


@FAULTS.add("missing-form-audited-as-refused", "PR-AUD-009")
def missing_form_audited_as_refused(reference: Reference) -> None:
    """That a client asked for the form of its own draft that has none yet leaves an entry of a refusal."""
    _marks(reference, "getForm")


@FAULTS.add("form-of-paper-audited-as-refused", "PR-AUD-009")
def form_of_paper_audited_as_refused(reference: Reference) -> None:
    """That the administration asked for the form of paper, which has none, leaves an entry of a refusal."""
    _marks(reference, "getApplicationForm")


@FAULTS.add("list-audited-of-all-that-match", "PR-AUD-010")
def list_audited_of_all_that_match(reference: Reference) -> None:
    """The entry of a list names the persons of all applications that match, not only of those on the page."""
    service = _service(reference)

    def make(list_page: Method) -> Method:
        def other(call: Call) -> Any:
            answer = list_page(call)
            wanted = {n: v for n, v in call.query.items() if n not in ("limit", "offset", "sort")}
            found = [a for a in service.applications.listed() if service.applications.matches(a, wanted)]
            call.subjects[:] = service.subjects_of.of_applications(found)
            return answer

        return other

    replace(service.applications, "list_page", make)
