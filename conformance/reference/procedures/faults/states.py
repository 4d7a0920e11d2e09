"""Faults of the states of an application: a way that is not there, or a refusal with another code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.offered import offer
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem
from conformance.reference.procedures.faults.told import retell
from conformance.reference.procedures.faults.ways import code_of, way
from conformance.reference.procedures.lifecycle import (
    APPROVE,
    REJECT,
    RETURN,
    REVIEW,
    SUBMIT,
)
from conformance.reference.procedures.records import (
    APPROVED,
    DRAFT,
    PAPER,
    RECEIVED,
    REJECTED,
    RETURNED,
    REVIEWING,
    WITHDRAWN,
    Application,
)
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("review-answered-as-received", "PR-STA-001")
def review_answered_as_received(reference: Reference) -> None:
    """The answer to the start of a review shows the application as it was before."""

    def change(body: Any) -> None:
        body["status"] = "received"

    retell(reference, "POST", "/applications/*/reviews", change)


@FAULTS.add("reason-of-return-cut", "PR-STA-002")
def reason_of_return_cut(reference: Reference) -> None:
    """Of the reason of a return the first ten code points are kept."""
    revise(reference.the(Procedures).reviews, "reason_kept", lambda _: lambda reason: reason[:10])


@FAULTS.add("reason-of-return-not-shown", "PR-STA-002")
def reason_of_return_not_shown(reference: Reference) -> None:
    """A returned application is read without its reason."""

    def change(body: Any) -> None:
        body["return_reason"] = None

    retell(reference, "GET", "/applications/*", change)


@FAULTS.add("correction-answered-as-returned", "PR-STA-003", "PR-DLN-004")
def correction_answered_as_returned(reference: Reference) -> None:
    """The answer to the submission of a returned application shows it as it was before."""

    def change(body: Any) -> None:
        if body["notifications"][-1]["kind"] == "resubmitted":
            body["status"], body["signed"] = "returned", False
            del body["notifications"][-1]

    retell(reference, "POST", "/online_applications/*/submissions", change)


def _known_as_draft(reference: Reference, operation: str) -> None:
    """A draft is there for one operation of the administration."""
    service = reference.the(Procedures)

    def make(_: Method) -> Method:
        def found(call: Call) -> None:
            call.target = service.store.applications[call.path["application_id"]]
            call.subjects[:] = service.subjects_of.of_application(call.target)

        return found

    def concerns(call: Call) -> bool:
        found = service.store.applications.get(call.path["application_id"])
        return call.operation.id == operation and found is not None and found.status == DRAFT

    replace(service.visibility, "received", make, concerns)


@FAULTS.add("review-of-a-draft-conflicts", "PR-STA-004")
def review_of_a_draft_conflicts(reference: Reference) -> None:
    """The start of the review of a draft is a conflict, which says that there is a draft."""
    _known_as_draft(reference, "startReview")


@FAULTS.add("decision-on-a-draft-conflicts", "PR-STA-004")
def decision_on_a_draft_conflicts(reference: Reference) -> None:
    """A decision on a draft is a conflict, which says that there is a draft."""
    _known_as_draft(reference, "decideApplication")


@FAULTS.add("draft-read-by-the-administration", "PR-VIS-002", "PR-CON-001", "COM-SCH-001")
def draft_read_by_the_administration(reference: Reference) -> None:
    """The administration can read a draft by its id, without a receipt number."""
    _known_as_draft(reference, "getApplication")


@FAULTS.add("return-before-review-called-decided", "PR-STA-005")
def return_before_review_called_decided(reference: Reference) -> None:
    """The return of what is received only is refused as if it were decided."""
    code_of(reference, RECEIVED, RETURN, "already_decided")


@FAULTS.add("decided-without-review", "PR-STA-005")
def decided_without_review(reference: Reference) -> None:
    """What is received can be approved without a review."""
    way(reference, {(RECEIVED, APPROVE): APPROVED})


@FAULTS.add("submitted-again-in-review", "PR-STA-006")
def submitted_again_in_review(reference: Reference) -> None:
    """What is in review can be submitted again, and is received then."""
    way(reference, {(REVIEWING, SUBMIT): RECEIVED})


@FAULTS.add("returned-decided", "PR-STA-007")
def returned_decided(reference: Reference) -> None:
    """What is returned can be rejected, for want of a correction."""
    way(reference, {(RETURNED, REJECT): REJECTED})


@FAULTS.add("returned-returned-again", "PR-STA-007")
def returned_returned_again(reference: Reference) -> None:
    """What is returned can be returned again with another reason."""
    way(reference, {(RETURNED, RETURN): RETURNED})


@FAULTS.add("rejection-overturned", "PR-STA-008")
def rejection_overturned(reference: Reference) -> None:
    """What is rejected can be approved afterwards."""
    way(reference, {(REJECTED, APPROVE): APPROVED})


@FAULTS.add("approval-reviewed-again", "PR-STA-008")
def approval_reviewed_again(reference: Reference) -> None:
    """The review of what is approved is refused as if it were not decided."""
    code_of(reference, APPROVED, REVIEW, "wrong_status")


@FAULTS.add("withdrawn-submitted-again", "PR-STA-009")
def withdrawn_submitted_again(reference: Reference) -> None:
    """What is withdrawn can be submitted again."""
    way(reference, {(WITHDRAWN, SUBMIT): RECEIVED})


@FAULTS.add("withdrawn-called-decided", "PR-STA-009")
def withdrawn_called_decided(reference: Reference) -> None:
    """The decision on what is withdrawn is refused as if it were decided."""
    code_of(reference, WITHDRAWN, APPROVE, "already_decided")


@FAULTS.add("refused-decision-leaves-an-event", "PR-STA-010")
def refused_decision_leaves_an_event(reference: Reference) -> None:
    """A decision that is refused because there was no review leaves an event all the same."""
    service = reference.the(Procedures)

    def make(decide: Method) -> Method:
        def traced(call: Call) -> Any:
            before: Application = call.target
            try:
                return decide(call)
            except Problem:
                service.store.keep(service.lifecycle.advance(call, before, before.status, None))
                raise

        return traced

    replace(service.reviews, "decide", make, lambda call: call.target.status == RECEIVED)


@FAULTS.add("paper-returned-from-review", "PR-STA-011")
def paper_returned_from_review(reference: Reference) -> None:
    """What came on paper can be returned while it is in review."""

    def make(stays_on_paper: Method) -> Method:
        def rarely(application: Application) -> bool:
            return application.channel == PAPER and application.status == RECEIVED

        return rarely

    revise(reference.the(Procedures).reviews, "stays_on_paper", make)


@FAULTS.add("status-can-be-put", "PR-STA-013")
def status_can_be_put(reference: Reference) -> None:
    """The status of an application has a path of its own where it can be replaced."""
    offer(reference, "PUT", "/applications/[^/]+/status", "procedures")


@FAULTS.add("application-can-be-deleted", "PR-STA-013")
def application_can_be_deleted(reference: Reference) -> None:
    """The applicant can delete an application."""
    offer(reference, "DELETE", "/online_applications/[^/]+", "procedures")


@FAULTS.add("review-started-twice", "PR-STA-014")
def review_started_twice(reference: Reference) -> None:
    """A review that has begun can be started once more."""
    way(reference, {(REVIEWING, REVIEW): REVIEWING})


@FAULTS.add("review-of-what-is-returned", "PR-STA-014")
def review_of_what_is_returned(reference: Reference) -> None:
    """The review of a returned application can be started without its correction."""
    way(reference, {(RETURNED, REVIEW): REVIEWING})
