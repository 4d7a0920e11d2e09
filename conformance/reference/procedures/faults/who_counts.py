"""Faults of who counts: whose application holds back another, who stands where, who has left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict, rule
from conformance.reference.procedures.faults.acting import _alter, _service
from conformance.reference.procedures.records import (
    ACTIVE,
    DECIDED,
    PAPER,
    REVIEWING,
    Application,
    Json,
    Procedure,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("paper-in-review-holds-back-nothing", "PR-DUP-003", "PR-DUP-011")
def paper_in_review_holds_back_nothing(reference: Reference) -> None:
    """Once the review of paper has been started, it holds back no other application."""
    _alter(
        _service(reference).entitlement,
        "holds_back",
        lambda found, a, statuses: found and not (a.channel == PAPER and a.status == REVIEWING),
    )


@FAULTS.add("decided-paper-holds-back-a-submission", "PR-DUP-010")
def decided_paper_holds_back_a_submission(reference: Reference) -> None:
    """A draft cannot be submitted once an application on paper was decided meanwhile."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def strict(application: Application) -> None:
            check(application)
            others = service.store.about(application.procedure_code, application.subject_id)
            if any(o.channel == PAPER and o.status in DECIDED for o in others):
                raise conflict("already_applied", "申請済みです / There is an application already", "/procedure_code")

        return strict

    revise(service.entitlement, "check_no_other_pending", make)


@FAULTS.add("applications-of-who-left-not-counted", "PR-DUP-006")
def applications_of_who_left_not_counted(reference: Reference) -> None:
    """An application by somebody who no longer lives with the subject does not hold back another."""
    service = _service(reference)
    _alter(service.entitlement, "holds_back", lambda found, a, statuses: found and service.visibility.together(a))


@FAULTS.add("own-application-beside-the-family-s", "PR-DUP-006", "PR-DUP-011")
def own_application_beside_the_family_s(reference: Reference) -> None:
    """Who applies for themselves is not held back by a draft of the family."""
    _alter(
        _service(reference).entitlement,
        "others",
        lambda found, p, applicant, subject: [
            a for a in found if not (applicant == subject and a.applicant_id != subject)
        ],
    )


@FAULTS.add("oneself-named-is-not-entitled", "PR-FIL-011")
def oneself_named_is_not_entitled(reference: Reference) -> None:
    """Who names themselves as the subject, where only the person concerned may apply, is not entitled."""
    service = _service(reference)

    def make(subject: Method) -> Method:
        def strict(call: Call) -> str:
            found: str = subject(call)
            procedure = service.store.procedures.get(call.body["procedure_code"])
            applicant = service.entitlement.copy_of_applicant(call.body["applicant_id"])
            closed = procedure is not None and not service.entitlement.open_to_others(procedure)
            if closed and applicant is not None and "subject_id" in call.body:
                raise rule("not_entitled", "本人以外は申請できません / Only the person concerned", "/subject_id")
            return found

        return strict

    revise(service.online, "subject", make)


@FAULTS.add("subject-who-stands-nowhere-shown", "PR-VIS-009")
def subject_who_stands_nowhere_shown(reference: Reference) -> None:
    """The applicant is shown the last address of another subject who stands in no copy any more."""
    service = _service(reference)
    _alter(
        service.visibility,
        "hides_from_applicant",
        lambda found, a: found and service.store.known(a.subject_id) is not None,
    )


@FAULTS.add("applicant-who-left-goes-on-seeing", "PR-VIS-011")
def applicant_who_left_goes_on_seeing(reference: Reference) -> None:
    """An applicant who has left the household goes on seeing the address of the subject who stayed."""
    service = _service(reference)
    begun: dict[str, str | None] = {}

    def keeping(keep: Method) -> Method:
        def other(application: Application) -> Application:
            begun.setdefault(application.id, service.store.household_of.get(application.subject_id))
            kept: Application = keep(application)
            return kept

        return other

    replace(service.store, "keep", keeping)

    def change(found: bool, a: Application) -> bool:
        stayed = service.store.household_of.get(a.subject_id) == begun.get(a.id)
        return found and not (stayed and not service.visibility.is_protected(a.subject_id))

    _alter(service.visibility, "hides_from_applicant", change)


@FAULTS.add("who-moved-out-stands-in-two-copies", "PR-REG-006")
def who_moved_out_stands_in_two_copies(reference: Reference) -> None:
    """Somebody with another status than active may stand in the copy of another household, too."""

    def make(check_elsewhere: Method) -> Method:
        def lenient(household: Json) -> None:
            check_elsewhere({**household, "members": [m for m in household["members"] if m["status"] == ACTIVE]})

        return lenient

    revise(_service(reference).copies, "check_elsewhere", make)


@FAULTS.add("paper-beside-paper", "PR-DUP-011")
def paper_beside_paper(reference: Reference) -> None:
    """An application on paper is held back by what came online only."""
    service = _service(reference)

    def make(others: Method) -> Method:
        def online_only(procedure: Procedure, applicant_id: str, subject_id: str) -> list[Application]:
            found: list[Application] = others(procedure, applicant_id, subject_id)
            return [a for a in found if a.channel != PAPER]

        return online_only

    entering: list[bool] = []

    def received(enter: Method) -> Method:
        def other(call: Call) -> Any:
            entering.append(True)
            try:
                return enter(call)
            finally:
                entering.pop()

        return other

    replace(service.papers, "enter", received)
    replace(service.entitlement, "others", make, lambda *given: bool(entering))
