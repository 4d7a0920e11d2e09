"""Submissions of drafts and of returned applications: submitApplication. Section 7 of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.clock import timestamp
from conformance.reference.problems import Problem, conflict, rule
from conformance.reference.procedures.lifecycle import SUBMIT
from conformance.reference.procedures.records import DRAFT, Application, Document, Json, Known, Procedure

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures


class Submissions:
    """Examines a submission in the order of the document; the first rule that is broken is the answer."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "submitApplication": Handler(
                perform=lambda call: self.submit(call), locate=lambda call: self.service.visibility.own(call)
            )
        }

    def submit(self, call: Call) -> Answer:
        """Makes the application received."""
        application: Application = call.target
        status = self.service.lifecycle.check(application, SUBMIT)
        form = self.check_form(application, call.body["form_sha256"])
        self.check(call, application, form)
        received = self.service.lifecycle.advance(
            call,
            application,
            status,
            None,
            known=self.known(application),
            signed="signature" in call.body,
            return_reason=None,
            **self.receipt(call, application),
        )
        return self.service.showing.to_applicant(200, self.service.store.keep(received))

    def check(self, call: Call, application: Application, form: Document) -> None:
        """All rules behind those about the digest of the form. Raises 409 and 422."""
        procedure = self.service.showing.procedure_of(application)
        self.check_complete(procedure, application, form.value)
        if not self.names_attachments(form.value["attachments"], application.attachments):
            raise conflict("attachments_mismatch", "添付が申請書と一致しません / Not the attachments of the form")
        self.check_register(procedure, application, form.value)
        if self.has_window(application):
            self.check_window(procedure, self.day(call))
        self.service.entitlement.check_no_other_pending(application)
        self.check_signature(call, procedure, application, form)

    def check_form(self, application: Application, digest: str) -> Document:
        """The form, if it is the one that the applicant saw. Raises 409."""
        if application.form is None:
            raise incomplete("申請書がありません / There is no form")
        if not self.is_form(digest, application.form):
            raise conflict("form_changed", "保存された申請書と異なります / The stored form is another", "/form_sha256")
        return application.form

    def is_form(self, digest: str, form: Document) -> bool:
        """Whether a digest is that of the stored bytes."""
        return digest == form.sha256

    def check_complete(self, procedure: Procedure, application: Application, form: Json) -> None:
        """Every required field is answered, every required attachment stored. Raises 409."""
        if self.service.forms.lacks(procedure, form["answers"]):
            raise incomplete("必須の項目に記入がありません / A required field is not answered")
        if self.lacks_attachments(procedure, set(application.attachments)):
            raise incomplete("必須の添付がありません / A required attachment is missing")

    def lacks_attachments(self, procedure: Procedure, stored: set[str]) -> set[str]:
        """The required attachments that are not stored."""
        return procedure.required("attachments") - stored

    def names_attachments(self, named: list[Json], stored: Any) -> bool:
        """Whether a form names exactly the stored attachments, each once with its digest, in any order."""
        said = sorted((item["name"], item["sha256"]) for item in named)
        return said == sorted((name, document.sha256) for name, document in stored.items())

    def check_register(self, procedure: Procedure, application: Application, form: Json) -> None:
        """Applicant, subject and form are still as the register has them. Raises 409."""
        stands = self.service.entitlement.still_stands(procedure, application)
        if not stands or not self.service.prefilling.agrees(form, application.subject_id):
            raise conflict("register_changed", "住民記録が変わっています / The register has changed")

    def has_window(self, application: Application) -> bool:
        """Whether a submission has to come within the window: a correction has not."""
        return application.status == DRAFT

    def day(self, call: Call) -> str:
        """The date in Japan at which the submission arrived."""
        return timestamp(call.now)[:10]

    def check_window(self, procedure: Procedure, day: str) -> None:
        """The day lies in the window of the procedure. Raises 422."""
        if not self.service.catalogue.in_window(procedure, day):
            raise outside_window()

    def check_signature(self, call: Call, procedure: Procedure, application: Application, form: Document) -> None:
        """There is a signature where one is required, and it is right. Raises 422."""
        signature = call.body.get("signature")
        if signature is not None:
            applicant = self.service.store.known(application.applicant_id)
            assert applicant is not None  # noqa: S101  the applicant still stands in a copy
            self.service.signatures.check(signature, form.content, applicant, call.now)
        elif self.needs_signature(procedure):
            raise rule("signature_required", "電子署名が必要です / A signature is required", "/signature")

    def needs_signature(self, procedure: Procedure) -> bool:
        """Whether a submission needs a signature."""
        return bool(procedure.content["signature_required"])

    def known(self, application: Application) -> Known:
        """What is taken from the register, and stays from now on."""
        return self.service.prefilling.known(application)

    def next_receipt(self) -> int:
        """A receipt number that is greater than all before, of both channels."""
        return self.service.store.next_receipt()

    def receipt(self, call: Call, application: Application) -> dict[str, Any]:
        """Number and moment of the receipt: those of the first submission stay."""
        if application.receipt_number is not None:
            return {}
        return {"receipt_number": self.next_receipt(), "received_at": call.now}


def incomplete(detail: str) -> Problem:
    """409: something required is missing."""
    return conflict("incomplete", detail)


def outside_window() -> Problem:
    """422: the day lies outside the window."""
    return rule("outside_window", "受付期間外です / Outside the window of the procedure")
