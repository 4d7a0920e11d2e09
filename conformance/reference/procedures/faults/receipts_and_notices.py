"""Faults of procedures: numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.records import (
    Application,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.procedures.faults.acting import _service


@FAULTS.add("receipts-of-each-procedure", "PR-SUB-007", "PR-SUB-013")
def receipts_of_each_procedure(reference: Reference) -> None:
    """Receipt numbers begin with 1 in each procedure."""
    service = _service(reference)
    numbers: dict[str, int] = {}

    def make(receipt: Method) -> Method:
        def apart(call: Call, application: Application) -> dict[str, Any]:
            found: dict[str, Any] = receipt(call, application)
            if "receipt_number" in found:
                numbers[application.procedure_code] = numbers.get(application.procedure_code, 0) + 1
                found = {**found, "receipt_number": numbers[application.procedure_code]}
            return found

        return apart

    replace(service.submissions, "receipt", make)


@FAULTS.add("notice-numbers-of-each-procedure", "PR-DEC-004")
def notice_numbers_of_each_procedure(reference: Reference) -> None:
    """Notices are numbered for each procedure: those of two procedures have the same numbers."""
    service = _service(reference)
    numbers: dict[str, int] = {}

    def make(_: Method) -> Method:
        def apart(application: Application) -> str:
            numbers[application.procedure_code] = numbers.get(application.procedure_code, 0) + 1
            return f"notice-{numbers[application.procedure_code]}"

        return apart

    replace(service.reviews, "notice_number", make)


@FAULTS.add("notice-numbers-of-approvals-and-rejections", "PR-DEC-004")
def notice_numbers_of_outcomes(reference: Reference) -> None:
    """Rejections are numbered by the subject: a second rejection of the same person has the same notice number."""
    service = _service(reference)
    revise(service.reviews, "notice_number", lambda number: lambda application: f"notice-{application.subject_id}"[:40])
