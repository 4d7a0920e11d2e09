"""Faults of what is hidden from the administration or another client, and of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.faults.acting import _alter, _service
from conformance.reference.procedures.records import (
    APPROVED,
    DRAFT,
    REJECTED,
    RETURNED,
    WITHDRAWN,
    Application,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _hidden(reference: Reference, operation: str, status: str) -> None:
    service = _service(reference)

    def make(_: Method) -> Method:
        def found(call: Call) -> None:
            call.target = service.store.applications[call.path["application_id"]]
            call.subjects[:] = service.subjects_of.of_application(call.target)

        return found

    def concerns(call: Call) -> bool:
        found = service.store.applications.get(call.path["application_id"])
        unseen = found is not None and found.receipt_number is None and found.status == status
        return call.operation.id == operation and unseen

    replace(service.visibility, "received", make, concerns)


@FAULTS.add("accept-tells-of-a-hidden-attachment", "PR-VIS-001")
def accept_tells_of_a_hidden_attachment(reference: Reference) -> None:
    """A read of the attachment of another client whose Accept excludes its media type is a 406."""
    from conformance.reference import negotiation

    service = _service(reference)

    def make(own: Method) -> Method:
        def telling(call: Call) -> None:
            application = service.store.applications.get(call.path["application_id"])
            document = application.attachments.get(call.path["attachment_name"]) if application else None
            if document is not None and call.operation.id == "getOwnAttachment":
                negotiation.check_accept(call.request, (document.media_type,))
            own(call)

        return telling

    replace(service.attachments, "own", make)


@FAULTS.add("attachment-of-a-withdrawn-draft-read", "PR-VIS-002")
def attachment_of_a_withdrawn_draft_read(reference: Reference) -> None:
    """The administration can read the attachments of what was withdrawn as a draft."""
    _hidden(reference, "getAttachment", WITHDRAWN)


@FAULTS.add("withdrawn-draft-decided-conflicts", "PR-VIS-002")
def withdrawn_draft_decided_conflicts(reference: Reference) -> None:
    """The start of the review of what was withdrawn as a draft is a conflict, not a 404."""
    _hidden(reference, "startReview", WITHDRAWN)


@FAULTS.add("withdrawn-drafts-counted", "PR-VIS-002")
def withdrawn_drafts_counted(reference: Reference) -> None:
    """The count of a list by status includes what was withdrawn as a draft."""
    service = _service(reference)

    def make(list_page: Method) -> Method:
        def counting(call: Call) -> Any:
            answer = list_page(call)
            gone = [
                a for a in service.store.applications.values() if a.status == WITHDRAWN and a.receipt_number is None
            ]
            wanted = {name: value for name, value in call.query.items() if name not in ("limit", "offset")}
            answer.body["resultset"]["count"] += sum(service.applications.matches(a, wanted) for a in gone)
            return answer

        return counting

    replace(service.applications, "list_page", make, lambda call: "status" in call.query)


@FAULTS.add("events-of-a-draft-read", "PR-VIS-002")
def events_of_a_draft_read(reference: Reference) -> None:
    """The administration can read the events of a draft."""
    _hidden(reference, "listEvents", DRAFT)


@FAULTS.add("form-of-a-draft-read", "PR-VIS-002")
def form_of_a_draft_read(reference: Reference) -> None:
    """The administration can read the form of a draft."""
    _hidden(reference, "getApplicationForm", DRAFT)


@FAULTS.add("rejected-found-as-approved", "PR-VIS-006")
def rejected_found_as_approved(reference: Reference) -> None:
    """A list of what is approved has what is rejected, too."""

    def make(matches: Method) -> Method:
        def other(application: Application, wanted: Any) -> bool:
            if wanted.get("status") == APPROVED and application.status == REJECTED:
                wanted = {**wanted, "status": REJECTED}
            return bool(matches(application, wanted))

        return other

    revise(_service(reference).applications, "matches", make)


@FAULTS.add("corrected-found-as-returned", "PR-VIS-006")
def corrected_found_as_returned(reference: Reference) -> None:
    """A list goes on having as returned what was submitted again."""

    def make(matches: Method) -> Method:
        def other(application: Application, wanted: Any) -> bool:
            if wanted.get("status") == RETURNED and application.events[-1].kind == "resubmitted":
                wanted = {**wanted, "status": application.status}
            return bool(matches(application, wanted))

        return other

    revise(_service(reference).applications, "matches", make)


@FAULTS.add("status-beside-two-filters-ignored", "PR-VIS-006")
def status_beside_two_filters_ignored(reference: Reference) -> None:
    """A list by procedure and subject does not look at the status."""

    def make(matches: Method) -> Method:
        def other(application: Application, wanted: Any) -> bool:
            if len(wanted) > 2:
                wanted = {n: v for n, v in wanted.items() if n != "status"}
            return bool(matches(application, wanted))

        return other

    revise(_service(reference).applications, "matches", make)


@FAULTS.add("returned-found-by-no-status", "PR-VIS-006")
def returned_found_by_no_status(reference: Reference) -> None:
    """A list of what is returned is empty."""
    _alter(
        _service(reference).applications,
        "matches",
        lambda found, a, wanted: found and not (a.status == RETURNED and "status" in wanted),
    )
