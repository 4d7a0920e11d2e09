"""Faults of who may apply for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.operations import Operation
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.procedures.faults.told import retell
from conformance.reference.procedures.records import Json, Procedure
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("draft-has-a-moment-of-receipt", "PR-FIL-001")
def draft_has_a_moment_of_receipt(reference: Reference) -> None:
    """A draft is read with a moment of receipt, which the answer to its begin did not tell."""

    def change(body: Any) -> None:
        if body["status"] == "draft":
            body["received_at"] = "2026-04-01T09:00:00+09:00"

    retell(reference, "GET", "/online_applications/*", change)


@FAULTS.add("unknown-procedure-taken-for-a-person", "PR-FIL-002", "PR-FIL-007")
def unknown_procedure_taken_for_a_person(reference: Reference) -> None:
    """An application for a procedure that does not exist is refused as one of an unknown applicant."""

    def make(procedure: Method) -> Method:
        def other(code: str) -> Procedure:
            try:
                found: Procedure = procedure(code)
            except Problem:
                raise rule("unknown_applicant", "該当がありません / Unknown", "/procedure_code") from None
            return found

        return other

    revise(reference.the(Procedures).entitlement, "procedure", make)


@FAULTS.add("applicant-who-left-accepted", "PR-FIL-003", "PR-PRE-006")
def applicant_who_left_accepted(reference: Reference) -> None:
    """Who stands in a copy may apply, whatever the standing there."""
    revise(reference.the(Procedures).entitlement, "is_applicant", lambda _: lambda person: True)


@FAULTS.add("deceased-applicant-accepted", "PR-FIL-003", "PR-PRE-006")
def deceased_applicant_accepted(reference: Reference) -> None:
    """Who died may still apply; who moved out may not."""

    def make(is_applicant: Method) -> Method:
        return lambda person: is_applicant(person) or person["status"] == "deceased"

    revise(reference.the(Procedures).entitlement, "is_applicant", make)


@FAULTS.add("household-may-always-apply", "PR-FIL-004", "PR-FIL-007")
def household_may_always_apply(reference: Reference) -> None:
    """Others of the household may apply for every procedure, as far as they may at all."""
    revise(reference.the(Procedures).entitlement, "open_to_others", lambda _: lambda procedure: True)


@FAULTS.add("subject-of-another-household", "PR-FIL-005", "PR-SUB-014")
def subject_of_another_household(reference: Reference) -> None:
    """The subject may stand in the copy of another household."""
    service = reference.the(Procedures)

    def make(check: Method) -> Method:
        def lenient(procedure: Procedure, applicant_id: str, subject_id: str) -> None:
            try:
                check(procedure, applicant_id, subject_id)
            except Problem as problem:
                known = service.store.known(subject_id)
                elsewhere = known is not None and service.entitlement.is_subject(known.person)
                if problem.code != "unknown_subject" or not elsewhere:
                    raise

        return lenient

    revise(service.entitlement, "check", make)


@FAULTS.add("subject-who-left-accepted", "PR-FIL-005", "PR-SUB-014")
def subject_who_left_accepted(reference: Reference) -> None:
    """The subject may have moved out or died."""

    def make(is_subject: Method) -> Method:
        def lenient(person: Json | None) -> bool:
            return bool(person is not None and not person["protected"])

        return lenient

    revise(reference.the(Procedures).entitlement, "is_subject", make)


@FAULTS.add("nobody-applies-for-the-head", "PR-FIL-006", "PR-DUP-006")
def nobody_applies_for_the_head(reference: Reference) -> None:
    """Nobody may apply for the head of the household, whom all others depend on."""

    def make(is_subject: Method) -> Method:
        return lambda person: is_subject(person) and person["relationship"] != "head"

    revise(reference.the(Procedures).entitlement, "is_subject", make)


@FAULTS.add("subject-examined-before-entitlement", "PR-FIL-007")
def subject_examined_before_entitlement(reference: Reference) -> None:
    """That the subject is unknown is found before that only the person concerned may apply."""
    service = reference.the(Procedures)

    def make(check: Method) -> Method:
        def turned(procedure: Procedure, applicant_id: str, subject_id: str) -> None:
            copy = service.entitlement.copy_of_applicant(applicant_id)
            stranger = copy is not None and copy.person(subject_id) is None
            if stranger and subject_id != applicant_id:
                raise rule("unknown_subject", "該当する対象者がありません / Unknown subject", "/subject_id")
            check(procedure, applicant_id, subject_id)

        return turned

    revise(service.entitlement, "check", make)


@FAULTS.add("paper-fields-examined-before-the-day", "PR-FIL-007")
def paper_fields_examined_before_the_day(reference: Reference) -> None:
    """Of an application on paper the answers are examined before the day on which it came."""
    service = reference.the(Procedures)

    def make(original: Method) -> Method:
        def turned(call: Call) -> Any:
            procedure = service.store.procedures.get(call.body["procedure_code"])
            if procedure is not None and service.entitlement.copy_of_applicant(call.body["applicant_id"]):
                service.forms.check_answers(procedure, call.body["answers"])
            return original(call)

        return turned

    replace(service.papers, "enter", make, lambda call: any(a["field"] == "unknown" for a in call.body["answers"]))


@FAULTS.add("search-by-individual-number", "PR-NUM-001")
def search_by_individual_number(reference: Reference) -> None:
    """The list of applications takes an Individual Number as a parameter, and finds nothing by it."""

    def make(unknown_parameters: Method) -> Method:
        def lenient(operation: Operation, names: tuple[str, ...]) -> tuple[str, ...]:
            found: tuple[str, ...] = unknown_parameters(operation, names)
            return tuple(n for n in found if operation.id != "listApplications" or n != "individual_number")

        return lenient

    revise(reference.pipeline, "unknown_parameters", make)
