"""Faults of what an earlier application, submission or document leaves to a later one, and the other way round."""

from __future__ import annotations

from dataclasses import replace as with_changes
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.records import (
    DECIDED,
    DRAFT,
    RECEIVED,
    RETURNED,
    WITHDRAWN,
    Application,
    Document,
    Known,
    Procedure,
)
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.reference.application import Reference


@FAULTS.add("equal-bytes-of-another-type", "PR-ATT-001")
def equal_bytes_of_another_type(reference: Reference) -> None:
    """An attachment is given back with the media type with which its bytes were stored first, under whatever name."""
    service = reference.the(Procedures)

    def make(media_type_of: Method) -> Method:
        def first(document: Document) -> str:
            stored = (d for a in service.store.applications.values() for d in a.attachments.values())
            found = next((d for d in stored if d.sha256 == document.sha256), document)
            return str(media_type_of(found))

        return first

    revise(service.attachments, "media_type_of", make)


def _later_attachment(reference: Reference, *, own: bool) -> None:
    """For closed applications the applicant (`own`), or the administration, gets attachments of later ones."""
    service = reference.the(Procedures)

    def make(named: Method) -> Method:
        def latest(call: Call) -> Document | None:
            found: Document | None = named(call)
            application: Application = call.target
            if application.status not in DECIDED | {WITHDRAWN} or own != ("/online_applications/" in call.request.path):
                return found
            about = service.store.about(application.procedure_code, application.subject_id)
            later = about[[other.id for other in about].index(application.id) + 1 :]
            name = call.path["attachment_name"]
            return next((other.attachments[name] for other in reversed(later) if name in other.attachments), found)

        return latest

    revise(service.attachments, "named", make)


@FAULTS.add("attachment-of-the-later-application", "PR-FRM-003")
def attachment_of_the_later_application(reference: Reference) -> None:
    """For a closed application the administration gets the attachment of a later one of the subject and procedure."""
    _later_attachment(reference, own=False)


@FAULTS.add("own-attachment-of-the-later-application", "PR-ATT-001")
def own_attachment_of_the_later_application(reference: Reference) -> None:
    """For a closed application its applicant gets the attachment of a later one of the same subject and procedure."""
    _later_attachment(reference, own=True)


@FAULTS.add("certificate-of-a-correction-of-who-was", "PR-SIG-007")
def certificate_of_a_correction_of_who_was(reference: Reference) -> None:
    """The holder of a certificate is held, in a correction, against what the copy said at the submission before."""
    service = reference.the(Procedures)

    def make(check: Method) -> Method:
        def earlier(call: Call, procedure: Procedure, application: Application, form: Document) -> None:
            same = application.applicant_id == application.subject_id
            if application.status != RETURNED or "signature" not in call.body or not same:
                check(call, procedure, application, form)
            else:
                service.signatures.check(call.body["signature"], form.content, application.known, call.now)

        return earlier

    revise(service.submissions, "check_signature", make)


@FAULTS.add("withdrawal-undoes-the-correction", "PR-STA-021")
def withdrawal_undoes_the_correction(reference: Reference) -> None:
    """The withdrawal of a returned application gives it back the form of the last submission."""
    service = reference.the(Procedures)
    sent: dict[str, Document | None] = {}

    def make(advance: Method) -> Method:
        def back(call: Call, application: Application, status: str, detail: str | None, **changed: Any) -> Application:
            if status == RETURNED:
                sent[application.id] = application.form
            if status == WITHDRAWN and application.status == RETURNED:
                changed["form"] = sent.get(application.id, application.form)
            after: Application = advance(call, application, status, detail, **changed)
            return after

        return back

    def concerns(call: Call, application: Application, status: str, *rest: Any, **changed: Any) -> bool:
        return RETURNED in (status, application.status)

    replace(service.lifecycle, "advance", make, concerns)


@FAULTS.add("applied-for-in-the-former-household", "PR-DUP-006")
def applied_for_in_the_former_household(reference: Reference) -> None:
    """An open application by somebody of the household that the subject has left holds back nobody of the new one."""
    service = reference.the(Procedures)

    def make(others: Method) -> Method:
        def of_the_household(procedure: Procedure, applicant_id: str, subject_id: str) -> list[Application]:
            found: list[Application] = others(procedure, applicant_id, subject_id)
            share = service.visibility.share_a_copy
            return [other for other in found if share(other.applicant_id, subject_id)]

        return of_the_household

    revise(service.entitlement, "others", make)


@FAULTS.add("applicant-in-no-copy-unprotected", "PR-VIS-003")
def applicant_in_no_copy_unprotected(reference: Reference) -> None:
    """The address is shown where the applicant, another person than the subject, stands in no copy any more."""
    service = reference.the(Procedures)

    def make(hides: Method) -> Method:
        def only_known(call: Call, persons: Iterable[str]) -> bool:
            named = list(persons)
            known = [p for p in named if p == named[-1] or service.store.known(p) is not None]
            return bool(hides(call, known))

        return only_known

    revise(service.visibility, "hides_address", make)


@FAULTS.add("second-correction-keeps-the-first-copy", "PR-PRE-010")
def second_correction_keeps_the_first_copy(reference: Reference) -> None:
    """The second correction of an application leaves the data that the first one took from the copy."""

    def make(known: Method) -> Method:
        def first(application: Application) -> Known:
            found: Known = known(application)
            rounds = sum(event.kind == RETURNED for event in application.events)
            return application.known if rounds > 1 else found

        return first

    revise(reference.the(Procedures).submissions, "known", make)


@FAULTS.add("address-of-the-applicant-while-returned", "PR-PRE-008")
def address_of_the_applicant_while_returned(reference: Reference) -> None:
    """A returned application shows the address of its applicant, not that of a subject who stands in another copy."""
    service = reference.the(Procedures)

    def make(known: Method) -> Method:
        def mixed(application: Application) -> Known:
            found: Known = known(application)
            applicant = service.store.known(application.applicant_id)
            if application.status != RETURNED or applicant is None:
                return found
            return with_changes(found, address=applicant.address)

        return mixed

    revise(service.prefilling, "known", make)


@FAULTS.add("decided-with-the-attachment-received-first", "PR-FRM-003")
def decided_with_the_attachment_received_first(reference: Reference) -> None:
    """Of a decided application the administration reads the attachment that was there at its first submission."""
    service = reference.the(Procedures)
    first: dict[str, Mapping[str, Document]] = {}

    def noting(advance: Method) -> Method:
        def noted(call: Call, application: Application, *rest: Any, **changed: Any) -> Application:
            after: Application = advance(call, application, *rest, **changed)
            first.setdefault(after.id, after.attachments)
            return after

        return noted

    def make(named: Method) -> Method:
        def earlier(call: Call) -> Document | None:
            found: Document | None = named(call)
            return first.get(call.target.id, {}).get(call.path["attachment_name"], found)

        return earlier

    def submits(call: Call, application: Application, status: str, *rest: Any, **changed: Any) -> bool:
        return (application.status, status) == (DRAFT, RECEIVED)

    def looks(call: Call) -> bool:
        return call.target.status in DECIDED and "/online_applications/" not in call.request.path

    replace(service.lifecycle, "advance", noting, submits)
    replace(service.attachments, "named", make, looks)


def _closed(service: Procedures, code: str) -> bool:
    """Whether the window of a procedure is over."""
    last = service.store.procedures[code].closes_on
    return last is not None and last < service.clock.today()


@FAULTS.add("draft-that-missed-the-window", "PR-DUP-001")
def draft_that_missed_the_window(reference: Reference) -> None:
    """A draft holds back no other one once the window of its procedure is over."""
    service = reference.the(Procedures)

    def make(holds_back: Method) -> Method:
        def unless_late(application: Application, statuses: frozenset[str]) -> bool:
            late = application.status == DRAFT and _closed(service, application.procedure_code)
            return bool(holds_back(application, statuses)) and not late

        return unless_late

    revise(service.entitlement, "holds_back", make)


@FAULTS.add("correction-that-missed-the-window", "PR-DUP-002")
def correction_that_missed_the_window(reference: Reference) -> None:
    """An online application that was returned holds back no paper once the window of its procedure is over."""
    service = reference.the(Procedures)

    def make(holds_back: Method) -> Method:
        def unless_late(application: Application, statuses: frozenset[str]) -> bool:
            late = application.status == RETURNED and _closed(service, application.procedure_code)
            return bool(holds_back(application, statuses)) and not (late and DRAFT not in statuses)

        return unless_late

    revise(service.entitlement, "holds_back", make)
