"""Faults of who sees which application, and of what is told of it in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.faults.offered import offer
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.records import ONLINE, PAPER, Application, Json
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _made(reference: Reference, also: Any) -> None:
    def make(made: Method) -> Method:
        return lambda call, application: made(call, application) or also(call, application)

    revise(reference.the(Procedures).visibility, "made", make)


@FAULTS.add("form-of-another-client-read", "PR-AUD-005", "PR-VIS-001")
def form_of_another_client_read(reference: Reference) -> None:
    """The form of an application can be read by every client that may apply."""
    _made(reference, lambda call, application: call.operation.id == "getForm")


@FAULTS.add("attachment-of-another-client-read", "PR-VIS-001")
def attachment_of_another_client_read(reference: Reference) -> None:
    """An attachment can be read by every client that may apply."""
    _made(reference, lambda call, application: call.operation.id == "getOwnAttachment")


@FAULTS.add("received-application-of-another-client-read", "PR-VIS-001")
def received_application_of_another_client_read(reference: Reference) -> None:
    """What was received can be read by every client that may apply."""
    _made(
        reference,
        lambda call, application: (
            call.operation.id == "getOnlineApplication"
            and application.channel == ONLINE
            and application.receipt_number is not None
        ),
    )


@FAULTS.add("paper-read-online", "PR-VIS-007")
def paper_read_online(reference: Reference) -> None:
    """What came on paper can be read as if it had come online."""
    lifecycle = reference.the(Procedures).lifecycle
    _made(reference, lambda call, application: application.channel == PAPER)
    # Whatever is read online tells of its receipt: that it is read is the fault, not what is shown then.
    revise(lifecycle, "notifications", lambda _: lambda application: [*filter(lifecycle.is_told, application.events)])


@FAULTS.add("moved-subject-followed", "PR-VIS-009", "PR-VIS-011")
def moved_subject_followed(reference: Reference) -> None:
    """A draft about somebody who has left the household shows the applicant the address they went to."""
    revise(reference.the(Procedures).visibility, "together", lambda _: lambda application: True)


@FAULTS.add("protected-member-shown-to-the-family", "PR-VIS-009", "PR-PRE-012")
def protected_member_shown_to_the_family(reference: Reference) -> None:
    """Protection is not looked at online: who applied for a member of the household goes on seeing the address."""
    visibility = reference.the(Procedures).visibility
    revise(
        visibility,
        "hides_from_applicant",
        lambda _: lambda application: not visibility.together(application),
    )


@FAULTS.add("drafts-counted", "PR-VIS-002")
def drafts_counted(reference: Reference) -> None:
    """The count of a list includes drafts."""
    service = reference.the(Procedures)

    def make(list_page: Method) -> Method:
        def counting(call: Call) -> Any:
            answer = list_page(call)
            drafts = [a for a in service.store.applications.values() if a.status == "draft"]
            wanted = {name: value for name, value in call.query.items() if name not in ("limit", "offset")}
            more = sum(service.applications.matches(draft, wanted) for draft in drafts)
            answer.body["resultset"]["count"] += more
            return answer

        return counting

    replace(service.applications, "list_page", make, lambda call: "procedure_code" in call.query)


def _hides(reference: Reference, hides: Any) -> None:
    revise(reference.the(Procedures).visibility, "hides_address", lambda original: hides(original))


@FAULTS.add("protected-address-in-the-decision", "PR-VIS-003")
def protected_address_in_the_decision(reference: Reference) -> None:
    """The answer to a decision shows the address of a protected person to everybody."""

    def make(hides: Method) -> Method:
        def careless(call: Call, persons: Iterable[str]) -> bool:
            return call.operation.id != "decideApplication" and bool(hides(call, persons))

        return careless

    _hides(reference, make)


@FAULTS.add("protected-since-the-receipt-only", "PR-VIS-003", "XS-PRO-010")
def protected_since_the_receipt_only(reference: Reference) -> None:
    """Whether somebody is protected is looked at when the application is received, and never again."""
    service = reference.the(Procedures)

    def make(to_administration: Method) -> Method:
        def stale(call: Call, application: Application, status: int = 200, headers: Any = None) -> Any:
            answer = to_administration(call, application, status, headers)
            known, of = service.prefilling.known(application), service.showing.procedure_of(application)
            if known.person["protected"]:
                return answer
            body = {**answer.body, "prefilled": service.prefilling.shown(of, known)}
            return altered(answer, body=body)

        return stale

    revise(service.showing, "to_administration", make)


@FAULTS.add("protected-address-hidden-from-all", "PR-VIS-004", "XS-PRO-009")
def protected_address_hidden_from_all(reference: Reference) -> None:
    """The address of a protected person is hidden from those too who may see it."""
    service = reference.the(Procedures)

    def make(_: Method) -> Method:
        return lambda call, persons: any(service.visibility.is_protected(person) for person in persons)

    _hides(reference, make)


@FAULTS.add("protected-subject-of-others", "PR-VIS-005", "PR-SUB-014")
def protected_subject_of_others(reference: Reference) -> None:
    """Others of the household may apply for a protected person."""

    def make(is_subject: Method) -> Method:
        def lenient(person: Json | None) -> bool:
            return bool(person is not None and is_subject({**person, "protected": False}))

        return lenient

    revise(reference.the(Procedures).entitlement, "is_subject", make)


def _matches(reference: Reference, narrow: Any) -> None:
    def make(matches: Method) -> Method:
        return lambda application, wanted: matches(application, narrow(wanted))

    revise(reference.the(Procedures).applications, "matches", make)


@FAULTS.add("status-beside-a-subject-ignored", "PR-VIS-006")
def status_beside_a_subject_ignored(reference: Reference) -> None:
    """A list by subject does not look at the status."""
    _matches(
        reference,
        lambda wanted: {n: v for n, v in wanted.items() if n != "status" or "subject_id" not in wanted},
    )


@FAULTS.add("subject-beside-a-procedure-ignored", "PR-VIS-006")
def subject_beside_a_procedure_ignored(reference: Reference) -> None:
    """A list by procedure does not look at the subject."""
    _matches(
        reference,
        lambda wanted: {n: v for n, v in wanted.items() if n != "subject_id" or "procedure_code" not in wanted},
    )


@FAULTS.add("newest-applications-first", "PR-VIS-008")
def newest_applications_first(reference: Reference) -> None:
    """Applications are listed by receipt number, the greatest first."""
    revise(reference.the(Procedures).applications, "listed", lambda listed: lambda: listed()[::-1])


@FAULTS.add("applications-listed-by-subject", "PR-VIS-008")
def applications_listed_by_subject(reference: Reference) -> None:
    """Applications are listed by the id of their subject."""

    def make(listed: Method) -> Method:
        return lambda: sorted(listed(), key=lambda application: application.subject_id)

    revise(reference.the(Procedures).applications, "listed", make)


@FAULTS.add("procedure-audit-entries-can-be-deleted", "PR-AUD-001")
def procedure_audit_entries_can_be_deleted(reference: Reference) -> None:
    """An entry of the audit trail can be deleted."""
    offer(reference, "DELETE", "/audit_entries/[^/]+", "procedures")


@FAULTS.add("procedure-audit-entries-can-be-added", "PR-AUD-001")
def procedure_audit_entries_can_be_added(reference: Reference) -> None:
    """An entry can be added to the audit trail by hand."""
    offer(reference, "POST", "/audit_entries", "procedures")


def _entry(reference: Reference, operation: str, change: Any) -> None:
    def make(entry: Method) -> Method:
        def other(call: Call, status: int, outcome: str) -> AuditEntry:
            found: AuditEntry = entry(call, status, outcome)
            return altered(found, subject_ids=change(found.subject_ids))

        return other

    replace(reference.audit, "entry", make, lambda call, status, outcome: call.operation.id == operation)


@FAULTS.add("read-audited-of-the-applicant-only", "PR-AUD-002")
def read_audited_of_the_applicant_only(reference: Reference) -> None:
    """The entry of a read of an application is about its applicant only."""
    _entry(reference, "getApplication", lambda subjects: subjects[:1])


@FAULTS.add("read-audited-of-the-subject-only", "PR-AUD-002")
def read_audited_of_the_subject_only(reference: Reference) -> None:
    """The entry of a read of an application is about its subject only."""
    _entry(reference, "getApplication", lambda subjects: subjects[-1:])


def _refused(reference: Reference, under: str, make: Callable[[Method], Method]) -> None:
    """What the trail is told of reads of what came online, under one of the two collections, refused with 404."""
    service = reference.the(Procedures)

    def concerns(call: Call, status: int, outcome: str) -> bool:
        application = service.store.applications.get(call.path.get("application_id", ""))
        online = call.service == "procedures" and application is not None and application.channel == ONLINE
        return online and status == 404 and call.operation.method == "GET" and f"/{under}/" in call.request.path

    replace(reference.audit, "record", make, concerns)


def _untold(_: Method) -> Method:
    return lambda call, status, outcome: None


def _successful(record: Method) -> Method:
    return lambda call, status, outcome: record(call, status, "success")


@FAULTS.add("hidden-application-not-audited", "PR-AUD-003")
def hidden_application_not_audited(reference: Reference) -> None:
    """That the application of another client was asked for leaves no entry."""
    _refused(reference, "online_applications", _untold)


@FAULTS.add("hidden-application-audited-as-a-success", "PR-AUD-003")
def hidden_application_audited_as_a_success(reference: Reference) -> None:
    """That the application of another client was asked for leaves an entry with the outcome of a success."""
    _refused(reference, "online_applications", _successful)


@FAULTS.add("hidden-draft-not-audited", "PR-AUD-004")
def hidden_draft_not_audited(reference: Reference) -> None:
    """That the administration asked for a draft leaves no entry."""
    _refused(reference, "applications", _untold)


@FAULTS.add("hidden-draft-audited-as-a-success", "PR-AUD-004")
def hidden_draft_audited_as_a_success(reference: Reference) -> None:
    """That the administration asked for a draft leaves an entry with the outcome of a success."""
    _refused(reference, "applications", _successful)
