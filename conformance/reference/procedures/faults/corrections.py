"""Faults that show only at a correction, not at the first submission."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, conflict
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.records import (
    RECEIVED,
    RETURNED,
    REVIEWING,
    Application,
    Document,
    Procedure,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _at_a_correction(reference: Reference, *overlooked: str) -> None:
    """At the submission of a returned application these rules are not looked at."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def lenient(call: Call, application: Application, form: Document) -> None:
            try:
                check(call, application, form)
            except Problem as problem:
                if application.status != RETURNED or problem.code not in overlooked:
                    raise

        return lenient

    revise(service.submissions, "check", make)


def _returns(application: Application) -> int:
    return sum(event.kind == "returned" for event in application.events)


@FAULTS.add("correction-may-lack-answers", "PR-SUB-004")
def correction_may_lack_answers(reference: Reference) -> None:
    """A correction whose form no longer answers a required field is received."""
    _at_a_correction(reference, "incomplete")


@FAULTS.add("correction-attachments-not-compared", "PR-SUB-006")
def correction_attachments_not_compared(reference: Reference) -> None:
    """At a correction the attachments are not compared with the form."""
    _at_a_correction(reference, "attachments_mismatch")


@FAULTS.add("correction-whatever-the-register-says", "PR-PRE-006", "PR-SUB-014")
def correction_whatever_the_register_says(reference: Reference) -> None:
    """At a correction applicant, subject and form are not compared with the register."""
    _at_a_correction(reference, "register_changed")


@FAULTS.add("card-of-anybody-at-a-correction", "PR-SIG-004", "PR-SIG-007")
def card_of_anybody_at_a_correction(reference: Reference) -> None:
    """At a correction the certificate of another person is accepted."""
    _at_a_correction(reference, "certificate_other_person")


@FAULTS.add("card-of-the-day-of-receipt", "PR-SIG-006")
def card_of_the_day_of_receipt(reference: Reference) -> None:
    """At a correction the certificate has to be valid at the moment of the first submission."""
    service = _service(reference)

    def make(check_signature: Method) -> Method:
        def other(call: Call, procedure: Procedure, application: Application, form: Document) -> None:
            at = application.received_at if application.status == RETURNED else None
            check_signature(call if at is None else altered(call, now=at), procedure, application, form)

        return other

    revise(service.submissions, "check_signature", make)


@FAULTS.add("corrected-not-withdrawn", "PR-WDR-001")
def corrected_not_withdrawn(reference: Reference) -> None:
    """What was returned and submitted again cannot be withdrawn any more."""

    def make(withdraw: Method) -> Method:
        def once(call: Call) -> Answer:
            if _returns(call.target) and call.target.status in (RECEIVED, REVIEWING):
                raise conflict("wrong_status", "補正後は取り下げできません / Corrected")
            answer: Answer = withdraw(call)
            return answer

        return once

    replace(_service(reference).online, "withdraw", make)
