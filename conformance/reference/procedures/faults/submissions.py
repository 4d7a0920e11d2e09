"""Faults of submissions: what is received, when, under which number."""

from __future__ import annotations

from dataclasses import replace as altered
from itertools import count
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, conflict, rule
from conformance.reference.procedures.faults.told import retell
from conformance.reference.procedures.records import Application, Document, Json, Procedure
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_SECOND = 1_000_000


@FAULTS.add("submission-answered-as-draft", "PR-SUB-001", "PR-SIG-009")
def submission_answered_as_draft(reference: Reference) -> None:
    """The answer to a submission shows the application as it was before."""

    def change(body: Any) -> None:
        if body["notifications"][-1]["kind"] == "received":
            body["status"] = "draft"

    retell(reference, "POST", "/online_applications/*/submissions", change)


@FAULTS.add("received-not-listed-yet", "PR-SUB-002", "PR-VIS-006")
def received_not_listed_yet(reference: Reference) -> None:
    """An online application stands from its review on in lists that do not name its subject."""

    def make(matches: Method) -> Method:
        def later(application: Application, wanted: dict[str, Any]) -> bool:
            waits = application.channel == "online" and application.status == "received" and "subject_id" not in wanted
            return bool(matches(application, wanted)) and not waits

        return later

    revise(reference.the(Procedures).applications, "matches", make)


@FAULTS.add("form-digest-not-compared", "PR-SUB-003", "PR-SUB-012")
def form_digest_not_compared(reference: Reference) -> None:
    """The digest in a submission is not compared with the stored form."""
    revise(reference.the(Procedures).submissions, "is_form", lambda _: lambda digest, form: True)


@FAULTS.add("required-fields-not-needed", "PR-SUB-004", "PR-SUB-012")
def required_fields_not_needed(reference: Reference) -> None:
    """A required field need not be answered online; on paper it has to."""

    def make(check_complete: Method) -> Method:
        def lenient(procedure: Procedure, application: Application, form: Json) -> None:
            free = Procedure(procedure.code, {**procedure.content, "fields": []})
            check_complete(free, application, form)

        return lenient

    revise(reference.the(Procedures).submissions, "check_complete", make)


@FAULTS.add("required-attachments-not-needed", "PR-SUB-005")
def required_attachments_not_needed(reference: Reference) -> None:
    """A required attachment need not be stored."""
    revise(reference.the(Procedures).submissions, "lacks_attachments", lambda _: lambda procedure, stored: set())


def _names(reference: Reference, agrees: Any) -> None:
    revise(reference.the(Procedures).submissions, "names_attachments", lambda _: agrees)


@FAULTS.add("attachments-compared-by-name", "PR-SUB-006")
def attachments_compared_by_name(reference: Reference) -> None:
    """The stored attachments are compared with the form by name only, not by digest."""
    _names(reference, lambda named, stored: sorted(item["name"] for item in named) == sorted(stored))


@FAULTS.add("attachment-not-in-the-form-accepted", "PR-SUB-006", "PR-SUB-012")
def attachment_not_in_the_form_accepted(reference: Reference) -> None:
    """An attachment may be stored that the form does not name."""

    def agrees(named: list[Json], stored: dict[str, Document]) -> bool:
        said = [(item["name"], item["sha256"]) for item in named]
        there = {(name, document.sha256) for name, document in stored.items()}
        return len(said) == len(set(said)) and set(said) <= there

    _names(reference, agrees)


@FAULTS.add("attachments-in-alphabetical-order-only", "PR-SUB-011")
def attachments_in_alphabetical_order_only(reference: Reference) -> None:
    """A form has to name its attachments in the order in which they were stored."""

    def agrees(named: list[Json], stored: dict[str, Document]) -> bool:
        said = [(item["name"], item["sha256"]) for item in named]
        return said == [(name, document.sha256) for name, document in stored.items()]

    _names(reference, agrees)


@FAULTS.add("paper-counted-apart", "PR-SUB-007")
def paper_counted_apart(reference: Reference) -> None:
    """Applications on paper have receipt numbers of their own."""
    service = reference.the(Procedures)
    numbers = count(5_000_000)

    def make(received: Method) -> Method:
        def apart(call: Call, procedure: Procedure, subject_id: str) -> Application:
            made: Application = received(call, procedure, subject_id)
            return altered(made, receipt_number=next(numbers))

        return apart

    replace(service.papers, "received", make)


@FAULTS.add("moment-of-receipt-renewed", "PR-SUB-008")
def moment_of_receipt_renewed(reference: Reference) -> None:
    """A corrected application has the moment of its correction as that of its receipt."""

    def make(receipt: Method) -> Method:
        return lambda call, application: receipt(call, application) or {"received_at": call.now}

    revise(reference.the(Procedures).submissions, "receipt", make)


@FAULTS.add("receipt-number-renewed", "PR-SUB-008", "PR-VIS-008")
def receipt_number_renewed(reference: Reference) -> None:
    """A corrected application has a new receipt number."""
    service = reference.the(Procedures)

    def make(receipt: Method) -> Method:
        def renewed(call: Call, application: Application) -> Any:
            return receipt(call, application) or {"receipt_number": service.submissions.next_receipt()}

        return renewed

    replace(service.submissions, "receipt", make, lambda call, application: application.receipt_number is not None)


@FAULTS.add("missing-form-called-changed", "PR-SUB-010", "PR-SUB-012")
def missing_form_called_changed(reference: Reference) -> None:
    """A submission without a form is refused as one whose form has changed."""

    def make(check_form: Method) -> Method:
        def other(application: Application, digest: str) -> Document:
            if application.form is None:
                raise conflict("form_changed", "申請書が異なります / The form is another", "/form_sha256")
            found: Document = check_form(application, digest)
            return found

        return other

    revise(reference.the(Procedures).submissions, "check_form", make)


@FAULTS.add("window-examined-before-the-attachments", "PR-SUB-012")
def window_examined_before_the_attachments(reference: Reference) -> None:
    """That a submission lies outside the window is found before that something required is missing."""
    service = reference.the(Procedures)

    def make(check: Method) -> Method:
        def turned(call: Call, application: Application, form: Document) -> None:
            if service.submissions.has_window(application):
                procedure = service.showing.procedure_of(application)
                service.submissions.check_window(procedure, service.submissions.day(call))
            check(call, application, form)

        return turned

    revise(service.submissions, "check", make)


@FAULTS.add("signature-examined-before-the-window", "PR-SUB-012")
def signature_examined_before_the_window(reference: Reference) -> None:
    """That a signature is missing is found before that the submission lies outside the window."""
    service = reference.the(Procedures)

    def make(check_window: Method) -> Method:
        def turned(procedure: Procedure, day: str) -> None:
            try:
                check_window(procedure, day)
            except Problem:
                if service.submissions.needs_signature(procedure):
                    raise rule("signature_required", "電子署名が必要です / A signature is required") from None
                raise

        return turned

    revise(service.submissions, "check_window", make)
