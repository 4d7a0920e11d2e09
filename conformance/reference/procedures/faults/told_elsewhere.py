"""Faults of what is told beside an application: notifications, refusals, the catalogue, the audit trail."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Problem
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.records import APPROVED, ONLINE, Procedure

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _notifications(reference: Reference, change: Any) -> None:
    def other(request: Request, answer: Answer) -> Answer:
        if isinstance(answer.body, dict) and "notifications" in answer.body:
            return altered(answer, body={**answer.body, "notifications": change(answer.body["notifications"])})
        return answer

    rewrite(reference, other)


@FAULTS.add("notifications-numbered-by-themselves", "PR-NTF-001")
def notifications_numbered_by_themselves(reference: Reference) -> None:
    """Notifications have numbers of their own, not those of their events."""
    _notifications(reference, lambda told: [{**item, "sequence": n} for n, item in enumerate(told, 1)])


@FAULTS.add("approval-notified-without-its-reason", "PR-NTF-003")
def approval_notified_without_its_reason(reference: Reference) -> None:
    """The notification of an approval does not tell the reason that was given."""
    _notifications(reference, lambda told: [{**i, "text": None} if i["kind"] == APPROVED else i for i in told])


@FAULTS.add("applied-already-tells-of-the-other", "PR-DUP-012")
def applied_already_tells_of_the_other(reference: Reference) -> None:
    """Who is held back by a draft of another client is told its id."""
    service = _service(reference)

    def make(check_no_other: Method) -> Method:
        def other(procedure: Procedure, applicant_id: str, subject_id: str, held: frozenset[str]) -> None:
            try:
                check_no_other(procedure, applicant_id, subject_id, held)
            except Problem as problem:
                by = next(f for f in service.store.about(procedure.code, subject_id) if f.status in held)
                problem.detail = f"申請済みです / Applied already: {by.id}"
                raise

        return other

    def concerns(procedure: Procedure, applicant_id: str, subject_id: str, held: frozenset[str]) -> bool:
        return any(found.status in held for found in service.store.about(procedure.code, subject_id))

    replace(service.entitlement, "check_no_other", make, concerns)


@FAULTS.add("protected-subject-told-by-the-detail", "PR-VIS-012")
def protected_subject_told_by_the_detail(reference: Reference) -> None:
    """That somebody of the household is protected, is told in the detail of the refusal."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def other(procedure: Procedure, applicant_id: str, subject_id: str) -> None:
            try:
                check(procedure, applicant_id, subject_id)
            except Problem as problem:
                known = service.store.known(subject_id)
                if problem.code == "unknown_subject" and known is not None and known.person["protected"]:
                    problem.detail = "支援措置対象者のため申請できません / The person is protected"
                raise

        return other

    def concerns(procedure: Procedure, applicant_id: str, subject_id: str) -> bool:
        known = service.store.known(subject_id)
        return applicant_id != subject_id and known is not None and bool(known.person["protected"])

    replace(service.entitlement, "check", make, concerns)


@FAULTS.add("procedure-with-paper-only-free", "PR-CAT-006")
def procedure_with_paper_only_free(reference: Reference) -> None:
    """A procedure that was applied for on paper only may be changed in everything."""
    service = _service(reference)

    def make(in_use: Method) -> Method:
        def other(code: str) -> bool:
            found = [a for a in service.store.applications.values() if a.procedure_code == code]
            return bool(in_use(code)) and any(application.channel == ONLINE for application in found)

        return other

    revise(service.store, "in_use", make)


@FAULTS.add("end-not-taken-away", "PR-CAT-009", "PR-DLN-010")
def end_not_taken_away(reference: Reference) -> None:
    """A change that says null as the last day leaves the last day that there was."""
    service = _service(reference)

    def make(keep: Method) -> Method:
        def other(procedure: Procedure) -> None:
            last = service.store.procedures[procedure.code].closes_on
            keep(Procedure(procedure.code, {**procedure.content, "closes_on": last}))

        return other

    replace(
        service.store,
        "keep_procedure",
        make,
        lambda procedure: procedure.closes_on is None and procedure.code in service.store.procedures,
    )


@FAULTS.add("title-changed-although-refused", "PR-CAT-010")
def title_changed_although_refused(reference: Reference) -> None:
    """A change of a procedure in use is refused, and its title and window are changed all the same."""
    service = _service(reference)

    def make(check_use: Method) -> Method:
        def other(before: Procedure, after: Procedure) -> None:
            try:
                check_use(before, after)
            except Problem:
                changed = {name: after.content[name] for name in ("title", "opens_on", "closes_on")}
                service.store.keep_procedure(Procedure(before.code, {**before.content, **changed}))
                raise

        return other

    replace(service.catalogue, "check_use", make, lambda before, after: before.content != after.content)


@FAULTS.add("conflict-audited-as-refused", "PR-AUD-011")
def conflict_audited_as_refused(reference: Reference) -> None:
    """A change that is refused with 409 because of the status leaves an audit entry with the outcome refused."""

    def make(refuse: Method) -> Method:
        def other(call: Call, request: Request, problem: Problem) -> Answer:
            call.withheld = True
            return refuse(call, request, problem)  # type: ignore[no-any-return]

        return other

    replace(
        reference.pipeline,
        "refuse",
        make,
        lambda call, request, problem: (
            call is not None and call.service == "procedures" and problem.code in ("wrong_status", "already_decided")
        ),
    )


def _of_the_applicant(reference: Reference, *operations: str) -> None:
    def make(record: Method) -> Method:
        def other(call: Call, status: int, outcome: str) -> None:
            del call.subjects[1:]
            record(call, status, outcome)

        return other

    replace(
        reference.audit,
        "record",
        make,
        lambda call, status, outcome: (
            outcome == "success" and call.operation.id in operations and len(call.subjects) > 1
        ),
    )


@FAULTS.add("form-stored-audited-of-the-applicant-only", "PR-AUD-012")
def form_stored_audited_of_the_applicant_only(reference: Reference) -> None:
    """That a form or an attachment was stored is audited for the applicant only."""
    _of_the_applicant(reference, "putForm", "putAttachment")


@FAULTS.add("decision-audited-of-the-applicant-only", "PR-AUD-012")
def decision_audited_of_the_applicant_only(reference: Reference) -> None:
    """A return, a decision and a withdrawal are audited for the applicant only."""
    _of_the_applicant(reference, "returnApplication", "decideApplication", "withdrawApplication")


@FAULTS.add("own-papers-read-audited-of-the-applicant-only", "PR-AUD-002")
def own_papers_read_audited_of_the_applicant_only(reference: Reference) -> None:
    """A read of a form, an attachment or the events is audited for the applicant only."""
    _of_the_applicant(reference, "getForm", "getOwnAttachment", "getApplicationForm", "getAttachment", "listEvents")
