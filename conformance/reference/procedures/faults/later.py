"""Faults that show only in what comes later: another submission, a second thing stored, a register that has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import rule
from conformance.reference.procedures.faults.told import retell
from conformance.reference.procedures.records import (
    ACTIVE,
    DRAFT,
    RETURNED,
    Application,
    Document,
    Json,
    Known,
    Procedure,
)
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _still_stands(reference: Reference, **overlooked: Any) -> None:
    """At the submission this member of another subject is not looked at."""
    entitlement = reference.the(Procedures).entitlement

    def make(still_stands: Method) -> Method:
        def lenient(procedure: Procedure, application: Application) -> bool:
            if still_stands(procedure, application):
                return True
            copy = entitlement.copy_of_applicant(application.applicant_id)
            person = None if copy is None else copy.person(application.subject_id)
            return person is not None and entitlement.is_subject({**person, **overlooked})

        return lenient

    revise(entitlement, "still_stands", make)


@FAULTS.add("protected-subject-submitted-by-others", "PR-SUB-014")
def protected_subject_submitted_by_others(reference: Reference) -> None:
    """At the submission it is not looked at whether another subject has become protected."""
    _still_stands(reference, protected=False)


@FAULTS.add("moved-out-subject-submitted-by-others", "PR-SUB-014")
def moved_out_subject_submitted_by_others(reference: Reference) -> None:
    """At the submission it is not looked at whether another subject has moved out."""
    _still_stands(reference, status=ACTIVE)


@FAULTS.add("draft-within-the-window-only", "PR-FIL-008")
def draft_within_the_window_only(reference: Reference) -> None:
    """After the window nobody is entitled to begin a draft."""
    service = reference.the(Procedures)

    def make(subject: Method) -> Method:
        def timely(call: Call) -> str:
            found: str = subject(call)
            procedure = service.store.procedures.get(call.body["procedure_code"])
            online = call.operation.id == "createApplication"
            last = procedure.closes_on if procedure else None
            if online and last is not None and service.clock.today() > last:
                raise rule("not_entitled", "受付期間外です / Outside the window", "/procedure_code")
            return found

        return timely

    revise(service.online, "subject", make)


@FAULTS.add("tag-without-the-media-type", "COM-CND-003")
def tag_without_the_media_type(reference: Reference) -> None:
    """The tag of an attachment stands for its bytes alone, whatever their media type."""

    def make(tag_of_bytes: Method) -> Method:
        def of_bytes(content: bytes, media_type: str) -> str:
            found: str = tag_of_bytes(content, "application/octet-stream")
            return found

        return of_bytes

    revise(reference.pipeline.preconditions, "tag_of_bytes", make)


@FAULTS.add("person-twice-with-another-status", "PR-REG-005")
def person_twice_with_another_status(reference: Reference) -> None:
    """A person may stand twice in a copy, once active and once as somebody who has left."""

    def make(check_once: Method) -> Method:
        def lenient(household: Json) -> None:
            active = [person for person in household["members"] if person["status"] == ACTIVE]
            gone = [person for person in household["members"] if person["status"] != ACTIVE]
            check_once({**household, "members": active})
            check_once({**household, "members": gone})

        return lenient

    revise(reference.the(Procedures).copies, "check_once", make)


@FAULTS.add("draft-of-who-moved-out-stays", "PR-PRE-008")
def draft_of_who_moved_out_stays(reference: Reference) -> None:
    """A draft shows the data with which it was begun, once its subject is not active any more."""
    service = reference.the(Procedures)

    def make(known: Method) -> Method:
        def stale(application: Application) -> Known:
            found: Known = known(application)
            return application.known if application.status == DRAFT and found.person["status"] != ACTIVE else found

        return stale

    revise(service.prefilling, "known", make)


@FAULTS.add("withdrawal-takes-nothing", "PR-PRE-011")
def withdrawal_takes_nothing(reference: Reference) -> None:
    """The withdrawal of a returned application leaves it the data of its last submission."""
    service = reference.the(Procedures)
    _stored_otherwise(
        service,
        service.online,
        "withdraw",
        lambda call, application: altered(application, known=call.target.known),
        _is_returned,
    )


@FAULTS.add("subject-signs", "PR-SIG-003", "PR-SIG-004")
def subject_signs(reference: Reference) -> None:
    """The card of the subject is asked for, whoever applied."""
    submissions = reference.the(Procedures).submissions

    def make(check_signature: Method) -> Method:
        def other(call: Call, procedure: Procedure, application: Application, form: Document) -> None:
            check_signature(call, procedure, altered(application, applicant_id=application.subject_id), form)

        return other

    revise(submissions, "check_signature", make)


@FAULTS.add("card-without-a-given-name-of-anybody", "PR-SIG-004")
def card_without_a_given_name_of_anybody(reference: Reference) -> None:
    """The given name of a certificate is compared only where it has one."""

    def make(is_of: Method) -> Method:
        def lenient(holder: Json, person: Json) -> bool:
            given = {"given": person["given"]} if "given" in person else {}
            return bool(is_of({**given, **holder}, person))

        return lenient

    revise(reference.the(Procedures).signatures, "is_of", make)


@FAULTS.add("signed-for-good", "PR-SIG-009")
def signed_for_good(reference: Reference) -> None:
    """What was signed once is shown as signed after a correction without a signature, too."""
    signed: set[str] = set()

    def change(call: Call, application: Application) -> Application:
        if application.signed:
            signed.add(application.id)
        return altered(application, signed=application.id in signed)

    service = reference.the(Procedures)
    _stored_otherwise(
        service, service.submissions, "submit", change, lambda call: _is_returned(call) or "signature" in call.body
    )


def _is_returned(call: Call) -> bool:
    return bool(call.target.status == RETURNED)


def _stored_otherwise(
    service: Procedures,
    part: Any,
    name: str,
    change: Callable[[Call, Application], Application],
    concerns: Callable[[Call], bool],
) -> None:
    """What a change of status by the applicant leaves is stored, and answered, otherwise."""

    def make(act: Method) -> Method:
        def other(call: Call) -> Any:
            act(call)
            changed = change(call, service.store.applications[call.target.id])
            return service.showing.to_applicant(200, service.store.keep(changed))

        return other

    replace(part, name, make, concerns)


def _with_its_reason(call: Call, application: Application) -> Application:
    return altered(application, return_reason=call.target.return_reason)


@FAULTS.add("reason-stays-after-a-correction", "PR-STA-016")
def reason_stays_after_a_correction(reference: Reference) -> None:
    """Why an application was returned is still shown once it was submitted again."""
    service = reference.the(Procedures)
    _stored_otherwise(service, service.submissions, "submit", _with_its_reason, _is_returned)


@FAULTS.add("reason-stays-after-a-withdrawal", "PR-STA-016")
def reason_stays_after_a_withdrawal(reference: Reference) -> None:
    """Why an application was returned is still shown once it was withdrawn."""
    service = reference.the(Procedures)
    _stored_otherwise(service, service.online, "withdraw", _with_its_reason, _is_returned)


@FAULTS.add("attachments-by-name", "PR-ATT-007")
def attachments_by_name(reference: Reference) -> None:
    """Attachments are shown by name, whatever their order in the procedure."""

    def change(body: Any) -> None:
        body["attachments"].sort(key=lambda attachment: attachment["name"])

    for path in ("/online_applications/*", "/applications/*"):
        retell(reference, "GET", path, change)


@FAULTS.add("answers-by-name-of-the-field", "PR-FRM-009")
def answers_by_name_of_the_field(reference: Reference) -> None:
    """The administration reads the answers by the names of their fields, whatever their order in the form."""

    def change(body: Any) -> None:
        if body["channel"] == "online":
            body["answers"].sort(key=lambda answer: answer["field"])

    retell(reference, "GET", "/applications/*", change)
