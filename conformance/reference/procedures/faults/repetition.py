"""Faults of procedures: repetition."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict
from conformance.reference.procedures.records import (
    RETURNED,
    REVIEWING,
    Application,
    Document,
    Event,
    Procedure,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.procedures.faults.acting import _alter, _service


def _returns(application: Application) -> int:
    return sum(event.kind == "returned" for event in application.events)


@FAULTS.add("returned-once-only", "PR-STA-002")
def returned_once_only(reference: Reference) -> None:
    """An application can be returned once: a second return is a 409 wrong_status."""
    service = _service(reference)

    def make(send_back: Method) -> Method:
        def once(call: Call) -> Answer:
            if _returns(call.target) and call.target.status == REVIEWING:
                raise conflict("wrong_status", "差戻しは1回までです / Returned before")
            return send_back(call)  # type: ignore[no-any-return]

        return once

    replace(service.reviews, "send_back", make)


@FAULTS.add("second-correction-within-the-window", "PR-DLN-004")
def second_correction_within_the_window(reference: Reference) -> None:
    """The submission of an application that was returned a second time has to come within the window."""
    _alter(_service(reference).submissions, "has_window", lambda found, a: found or _returns(a) > 1)


@FAULTS.add("second-correction-renews-the-receipt", "PR-SUB-008")
def second_correction_renews_the_receipt(reference: Reference) -> None:
    """The second correction of an application has the moment of its arrival as that of the receipt."""
    _alter(
        _service(reference).submissions,
        "receipt",
        lambda found, call, a: {**found, "received_at": call.now} if _returns(a) > 1 else found,
    )


@FAULTS.add("second-return-not-notified", "PR-NTF-002")
def second_return_not_notified(reference: Reference) -> None:
    """The applicant is notified of the first return only."""

    def first(found: list[Event], application: Application) -> list[Event]:
        kept, seen = [], 0
        for event in found:
            seen += event.kind == "returned"
            if event.kind != "returned" or seen == 1:
                kept.append(event)
        return kept

    _alter(_service(reference).lifecycle, "notifications", first)


@FAULTS.add("second-correction-keeps-its-data", "PR-PRE-008")
def second_correction_keeps_its_data(reference: Reference) -> None:
    """What is prefilled in an application that was returned a second time no longer follows the register."""
    _alter(_service(reference).prefilling, "follows", lambda found, a: found and _returns(a) < 2)


@FAULTS.add("third-application-refused", "PR-DUP-005", "PR-DUP-007")
def third_application_refused(reference: Reference) -> None:
    """A subject may apply twice for one procedure; a third application is refused, whatever became of the others."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def twice(procedure: Procedure, applicant_id: str, subject_id: str, held: frozenset[str]) -> None:
            check(procedure, applicant_id, subject_id, held)
            if len(service.store.about(procedure.code, subject_id)) > 1:
                raise conflict("already_applied", "申請済みです / Applied before", "/procedure_code")

        return twice

    revise(service.entitlement, "check_no_other", make)


@FAULTS.add("form-replaced-twice-is-the-first", "PR-FRM-003")
def form_replaced_twice(reference: Reference) -> None:
    """The administration reads the form as it was received first, also after a correction."""
    service = _service(reference)
    first: dict[str, Document] = {}

    def make(submit: Method) -> Method:
        def kept(call: Call) -> Answer:
            answer: Answer = submit(call)
            application = service.store.applications[call.target.id]
            if application.form is not None:
                first.setdefault(application.id, application.form)
            return answer

        return kept

    replace(service.submissions, "submit", make)

    def reading(read: Method) -> Method:
        def former(call: Call) -> Answer:
            if call.operation.id == "getApplicationForm" and call.target.id in first:
                call.target = changed(call.target, form=first[call.target.id])
            return read(call)  # type: ignore[no-any-return]

        return former

    replace(service.forms, "read", reading, concerns=lambda call: call.operation.id == "getApplicationForm")


@FAULTS.add("administration-reads-the-submitted-form", "PR-FRM-003")
def administration_reads_the_submitted_form(reference: Reference) -> None:
    """While an application is returned, the administration reads the form of its last submission."""
    service = _service(reference)
    last: dict[str, Document] = {}

    def make(submit: Method) -> Method:
        def kept(call: Call) -> Answer:
            answer: Answer = submit(call)
            application = service.store.applications[call.target.id]
            if application.form is not None:
                last[application.id] = application.form
            return answer

        return kept

    replace(service.submissions, "submit", make)

    def reading(read: Method) -> Method:
        def former(call: Call) -> Answer:
            if call.operation.id == "getApplicationForm" and call.target.status == RETURNED and call.target.id in last:
                call.target = changed(call.target, form=last[call.target.id])
            return read(call)  # type: ignore[no-any-return]

        return former

    replace(service.forms, "read", reading, concerns=lambda call: call.operation.id == "getApplicationForm")
