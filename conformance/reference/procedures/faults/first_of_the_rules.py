"""Faults of which of several broken rules is the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.records import PENDING, Application
from conformance.reference.procedures.signatures import invalid, refused
from conformance.reference.procedures.submissions import incomplete

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _before(part: object, method: str, first: Callable[..., Any]) -> None:
    """Something is examined before a method is asked."""

    def make(original: Method) -> Method:
        def other(*given: Any) -> Any:
            first(*given)
            return original(*given)

        return other

    revise(part, method, make)


@FAULTS.add("paper-applied-for-before-its-day", "PR-FIL-007")
def paper_applied_for_before_its_day(reference: Reference) -> None:
    """Of paper it is found first that there is an application already, then that it is late or lacks an answer."""
    service = _service(reference)
    entitlement = service.entitlement

    def make(enter: Method) -> Method:
        def other(call: Call) -> Any:
            body = call.body
            procedure = entitlement.procedure(body["procedure_code"])
            subject_id = service.online.subject(call)
            entitlement.check(procedure, body["applicant_id"], subject_id)
            entitlement.check_no_other(procedure, body["applicant_id"], subject_id, entitlement.paper())
            return enter(call)

        return other

    def concerns(call: Call) -> bool:
        found = service.store.about(call.body["procedure_code"], service.online.subject(call))
        return any(application.status in PENDING for application in found)

    replace(service.papers, "enter", make, concerns)


@FAULTS.add("paper-incomplete-before-its-fields", "PR-FIL-007")
def paper_incomplete_before_its_fields(reference: Reference) -> None:
    """Of paper it is found first that a required field is not answered, then that there is an unknown one."""
    service = _service(reference)

    def make(enter: Method) -> Method:
        def other(call: Call) -> Any:
            entitlement, body = service.entitlement, call.body
            procedure = entitlement.procedure(body["procedure_code"])
            entitlement.check(procedure, body["applicant_id"], service.online.subject(call))
            service.papers.check_day(procedure, body["arrived_on"])
            if service.forms.lacks(procedure, body["answers"]):
                raise incomplete("必須の項目に記入がありません / A required field is not answered")
            return enter(call)

        return other

    def concerns(call: Call) -> bool:
        procedure = service.store.procedures.get(call.body["procedure_code"])
        return procedure is not None and bool(service.forms.lacks(procedure, call.body["answers"]))

    replace(service.papers, "enter", make, concerns)


@FAULTS.add("submission-applied-before-the-window", "PR-SUB-012")
def submission_applied_before_the_window(reference: Reference) -> None:
    """That there is another pending application is found before that a submission lies outside the window."""
    service = _service(reference)

    def make(has_window: Method) -> Method:
        def other(application: Application) -> bool:
            service.entitlement.check_no_other_pending(application)
            return bool(has_window(application))

        return other

    revise(service.submissions, "has_window", make)


@FAULTS.add("submission-register-before-attachments", "PR-SUB-012")
def submission_register_before_attachments(reference: Reference) -> None:
    """That the register has changed is found before that something is missing or attachments differ."""
    submissions = _service(reference).submissions
    _before(
        submissions,
        "check_complete",
        lambda procedure, application, form: submissions.check_register(procedure, application, form),
    )


@FAULTS.add("submission-incomplete-before-form-changed", "PR-SUB-012")
def submission_incomplete_before_form_changed(reference: Reference) -> None:
    """That something required is missing is found before that the digest is not that of the stored form."""
    service = _service(reference)

    def first(application: Application, digest: str) -> None:
        if application.form is not None:
            procedure = service.showing.procedure_of(application)
            service.submissions.check_complete(procedure, application, application.form.value)

    _before(service.submissions, "check_form", first)


@FAULTS.add("other-person-before-expired", "PR-SIG-010")
def other_person_before_expired(reference: Reference) -> None:
    """That a certificate is another person's is found before that it is not valid any more."""
    signatures = _service(reference).signatures

    def first(signature: Any, content: bytes, applicant: Any, now: int) -> None:
        certificate = signatures.certificate(signature)
        if certificate is not None and not signatures.is_of(certificate["holder"], signatures.holder(applicant)):
            raise refused("certificate_other_person", "申請者の証明書ではありません / Not the applicant's certificate")

    _before(signatures, "check", first)


@FAULTS.add("signature-before-its-certificate", "PR-SIG-010")
def signature_before_its_certificate(reference: Reference) -> None:
    """The signature over the form is verified before it is looked at whose the certificate is, and since when."""
    signatures = _service(reference).signatures

    def first(signature: Any, content: bytes, applicant: Any, now: int) -> None:
        certificate = signatures.certificate(signature)
        if certificate is not None and not signatures.is_signed(certificate["key"], signature["value"], content):
            raise invalid("value", "申請書の署名ではありません / Not a signature over the form")

    _before(signatures, "check", first)
