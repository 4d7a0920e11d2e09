"""Faults that show when a request is repeated after a change, or a tag is used again."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.records import (
    DECIDED,
    RETURNED,
    WITHDRAWN,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _forgotten(reference: Reference, operation: str, statuses: frozenset[str]) -> None:
    """A repetition is a new request once what the first one made has one of these statuses."""
    service = _service(reference)

    def make(kept: Method) -> Method:
        def other(call: Call) -> Any:
            found = kept(call)
            if call.operation.id == operation and found is not None and found.answer is not None:
                now = service.store.applications.get(found.answer.body["id"])
                if now is not None and now.status in statuses:
                    return None
            return found

        return other

    revise(reference.idempotency, "kept", make)


@FAULTS.add("old-submission-repeated-is-a-correction", "COM-IDM-003")
def old_submission_repeated_is_a_correction(reference: Reference) -> None:
    """The first submission, repeated with its key once the application was returned, is a correction."""
    service = _service(reference)

    def make(kept: Method) -> Method:
        def other(call: Call) -> Any:
            if call.operation.id == "submitApplication":
                found = service.store.applications.get(call.path["application_id"])
                if found is not None and found.status == RETURNED:
                    return None
            return kept(call)

        return other

    revise(reference.idempotency, "kept", make)


@FAULTS.add("begin-repeated-after-withdrawal-is-new", "COM-IDM-003")
def begin_repeated_after_withdrawal_is_new(reference: Reference) -> None:
    """The begin of an application, repeated with its key once it was withdrawn, begins another one."""
    _forgotten(reference, "createApplication", frozenset({WITHDRAWN}))


@FAULTS.add("paper-repeated-after-its-decision-is-new", "COM-IDM-003")
def paper_repeated_after_its_decision_is_new(reference: Reference) -> None:
    """The entry of paper, repeated with its key once it was decided, enters it again."""
    _forgotten(reference, "enterPaperApplication", DECIDED)


@FAULTS.add("tag-without-the-day-of-the-copy", "COM-CND-003")
def tag_without_the_day_of_the_copy(reference: Reference) -> None:
    """The tag of an online application stays when nothing but the day of the copy has changed."""

    def make(tag: Method) -> Method:
        def other(body: Any) -> str:
            if isinstance(body, dict) and "notifications" in body:
                body = {**body, "register_as_of": None}
            found: str = tag(body)
            return found

        return other

    revise(reference.pipeline.preconditions, "tag", make)


@FAULTS.add("replaced-attachment-answered-with-the-former-tag", "COM-CND-003")
def replaced_attachment_answered_with_the_former_tag(reference: Reference) -> None:
    """The answer to the replacing of an attachment has the tag of the one before."""
    service = _service(reference)

    def make(put: Method) -> Method:
        def other(call: Call) -> Answer:
            before = service.attachments.tag(service.attachments.named(call))
            answer: Answer = put(call)
            if before is None:
                return answer
            return altered(answer, headers=[(n, before if n == "ETag" else v) for n, v in answer.headers])

        return other

    replace(service.attachments, "put", make)


@FAULTS.add("replaced-form-answered-with-the-former-tag", "COM-CND-003", "PR-FRM-008")
def replaced_form_answered_with_the_former_tag(reference: Reference) -> None:
    """The answer to the replacing of a form has the tag of the one before."""
    service = _service(reference)

    def make(put: Method) -> Method:
        def other(call: Call) -> Answer:
            before = service.forms.tag(call.target.form)
            answer: Answer = put(call)
            if before is None:
                return answer
            return altered(answer, headers=[(n, before if n == "ETag" else v) for n, v in answer.headers])

        return other

    replace(service.forms, "put", make)
