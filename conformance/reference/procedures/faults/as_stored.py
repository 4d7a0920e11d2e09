"""Faults of forms and attachments: what is told of them, and what becomes of them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace as altered
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from conformance.reference import negotiation
from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, rewrite
from conformance.reference.problems import Problem, not_found
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.lifecycle import ATTACH
from conformance.reference.procedures.records import REJECTED, RETURNED, WITHDRAWN, Application, Document

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("size-of-a-form-in-characters", "PR-FRM-013")
def size_of_a_form_in_characters(reference: Reference) -> None:
    """The size of a stored form is told in characters, not in bytes."""
    service = _service(reference)

    def other(request: Request, answer: Answer) -> Answer:
        body = answer.body
        if isinstance(body, dict) and body.keys() == {"application_id", "size", "sha256"}:
            form = service.store.applications[body["application_id"]].form
            assert form is not None  # noqa: S101  it was just stored
            return altered(answer, body={**body, "size": len(form.content.decode())})
        return answer

    rewrite(reference, other)


def _attachments(reference: Reference, change: Any) -> None:
    """What is told of attachments in applications is changed, with the application."""
    service = _service(reference)

    def other(request: Request, answer: Answer) -> Answer:
        if isinstance(answer.body, dict) and answer.body.get("attachments") and "form_sha256" in answer.body:
            application = service.store.applications[answer.body["id"]]
            told = [change(item, application) for item in answer.body["attachments"]]
            return altered(answer, body={**answer.body, "attachments": told})
        return answer

    rewrite(reference, other)


@FAULTS.add("attachment-told-with-its-first-media-type", "PR-ATT-008")
def attachment_told_with_its_first_media_type(reference: Reference) -> None:
    """An application tells an attachment with the media type and size that it had before it was replaced."""
    service = _service(reference)
    first: dict[tuple[str, str], Document] = {}

    def make(put: Method) -> Method:
        def other(call: Call) -> Answer:
            before = service.attachments.named(call)
            answer: Answer = put(call)
            if before is not None:
                first.setdefault((call.target.id, call.path["attachment_name"]), before)
            return answer

        return other

    replace(service.attachments, "put", make, lambda call: service.attachments.named(call) is not None)

    def change(item: dict[str, Any], application: Application) -> dict[str, Any]:
        former = first.get((application.id, item["name"]))
        return item if former is None else {**item, "media_type": former.media_type, "size": len(former.content)}

    _attachments(reference, change)


@FAULTS.add("size-of-an-attachment-in-base64", "PR-ATT-008")
def size_of_an_attachment_in_base64(reference: Reference) -> None:
    """An application tells the size of an attachment as that of its base64, in which it is kept."""
    _attachments(reference, lambda item, _: {**item, "size": -(-item["size"] // 3) * 4})


@FAULTS.add("form-of-a-withdrawn-draft-gone", "PR-STA-021")
def form_of_a_withdrawn_draft_gone(reference: Reference) -> None:
    """The form of what was withdrawn as a draft cannot be read by its applicant any more."""

    def concerns(call: Call) -> bool:
        own = call.operation.id == "getForm" and call.target.status == WITHDRAWN
        return own and call.target.receipt_number is None

    _gone(_service(reference).forms, concerns)


@FAULTS.add("own-attachment-gone-after-rejection", "PR-STA-021")
def own_attachment_gone_after_rejection(reference: Reference) -> None:
    """The applicant cannot read an attachment any more once the application is rejected."""
    _gone(
        _service(reference).attachments,
        lambda call: call.operation.id == "getOwnAttachment" and call.target.status == REJECTED,
    )


def _gone(part: Any, concerns: Callable[[Call], bool]) -> None:
    """What a part keeps is not found by reads of some kind."""

    def make(_: Method) -> Method:
        def gone(call: Call) -> Answer:
            raise not_found()

        return gone

    replace(part, "read", make, concerns)


@FAULTS.add("returned-and-withdrawn-is-signed-again", "PR-STA-021")
def returned_and_withdrawn_is_signed_again(reference: Reference) -> None:
    """What was signed, returned and withdrawn is shown as signed."""
    service = _service(reference)
    signed: set[str] = set()

    def submitting(submit: Method) -> Method:
        def other(call: Call) -> Answer:
            answer: Answer = submit(call)
            signed.update([call.target.id] if "signature" in call.body else [])
            return answer

        return other

    def make(withdraw: Method) -> Method:
        def other(call: Call) -> Answer:
            if call.target.id in signed:
                call.target = altered(call.target, signed=True)
            return withdraw(call)  # type: ignore[no-any-return]

        return other

    replace(service.submissions, "submit", submitting, lambda call: "signature" in call.body)
    replace(service.online, "withdraw", make, lambda call: call.target.status == RETURNED)


@FAULTS.add("wrong-attachment-kept-all-the-same", "PR-ATT-009")
def wrong_attachment_kept_all_the_same(reference: Reference) -> None:
    """An attachment whose digest is wrong is refused, and has taken the place of the one that was stored."""
    service = _service(reference)

    def make(put: Method) -> Method:
        def other(call: Call) -> Answer:
            try:
                return put(call)  # type: ignore[no-any-return]
            except Problem as problem:
                if problem.code == "digest_mismatch":
                    name, application = call.path["attachment_name"], call.target
                    document = Document.of(call.raw_body, negotiation.media_type(call.request))
                    service.store.keep(altered(application, attachments={**application.attachments, name: document}))
                raise

        return other

    def concerns(call: Call) -> bool:
        digest = base64.b64encode(sha256(call.raw_body).digest()).decode()
        return digest not in (call.request.joined("content-digest") or "") and call.target.attachments != {}

    replace(service.attachments, "put", make, concerns)


@FAULTS.add("late-attachment-kept-all-the-same", "PR-ATT-006", "PR-ATT-009")
def late_attachment_kept_all_the_same(reference: Reference) -> None:
    """An attachment for what is received or in review is refused, and stored."""
    service = _service(reference)

    def make(put: Method) -> Method:
        def other(call: Call) -> Answer:
            name, application = call.path["attachment_name"], call.target
            document = Document.of(call.raw_body, negotiation.media_type(call.request))
            service.store.keep(altered(application, attachments={**application.attachments, name: document}))
            return put(call)  # type: ignore[no-any-return]

        return other

    replace(
        service.attachments,
        "put",
        make,
        lambda call: (
            service.lifecycle.after(call.target.status, ATTACH) is None
            and call.target.status not in ("withdrawn", "approved", "rejected")
        ),
    )


@FAULTS.add("wrong-form-kept-all-the-same", "PR-FRM-014")
def wrong_form_kept_all_the_same(reference: Reference) -> None:
    """A form that contradicts the register is refused, and has taken the place of the one that was stored."""
    service = _service(reference)

    def make(put: Method) -> Method:
        def other(call: Call) -> Answer:
            try:
                return put(call)  # type: ignore[no-any-return]
            except Problem as problem:
                if problem.code == "contradicts_register":
                    form = Document.of(call.raw_body, "application/json", call.body)
                    service.store.keep(altered(call.target, form=form))
                raise

        return other

    def concerns(call: Call) -> bool:
        return call.target.form is not None and not service.prefilling.agrees(call.body, call.target.subject_id)

    replace(service.forms, "put", make, concerns)


@FAULTS.add("answers-of-the-first-form", "PR-FRM-009")
def answers_of_the_first_form(reference: Reference) -> None:
    """Once an application was corrected, the administration reads the answers of its first form."""
    service = _service(reference)
    first: dict[str, Any] = {}

    def make(send_back: Method) -> Method:
        def other(call: Call) -> Answer:
            form = call.target.form
            first.setdefault(call.target.id, form and form.value["answers"])
            return send_back(call)  # type: ignore[no-any-return]

        return other

    replace(service.reviews, "send_back", make, lambda call: call.target.form is not None)

    def told(request: Request, answer: Answer) -> Answer:
        if isinstance(answer.body, dict) and "answers" in answer.body and answer.body["id"] in first:
            return altered(answer, body={**answer.body, "answers": first[answer.body["id"]]})
        return answer

    rewrite(reference, told)


@FAULTS.add("correction-attachments-compared-by-name", "PR-SUB-006")
def attachments_of_a_correction_by_name(reference: Reference) -> None:
    """At a correction the attachments are compared with the form by their names only."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def other(call: Call, application: Application, form: Document) -> Any:
            if application.status == RETURNED:
                named = [
                    {**item, "sha256": application.attachments[item["name"]].sha256}
                    if item["name"] in application.attachments
                    else item
                    for item in form.value["attachments"]
                ]
                form = altered(form, value={**form.value, "attachments": named})
            return check(call, application, form)

        return other

    replace(service.submissions, "check", make, lambda call, application, form: application.status == RETURNED)
