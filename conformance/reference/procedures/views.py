"""How what is held looks in JSON. Nothing here judges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.reference.clock import timestamp
from conformance.reference.procedures.records import Application, Copy, Decision, Document, Event, Procedure

Json = dict[str, Any]


def procedure(found: Procedure) -> Json:
    """Procedure."""
    return {"code": found.code, **found.content}


def copy(found: Copy) -> Json:
    """HouseholdCopy."""
    return {"as_of": found.as_of, "household": found.household}


def stored_form(application_id: str, form: Document) -> Json:
    """StoredForm."""
    return {"application_id": application_id, "size": len(form.content), "sha256": form.sha256}


def attachment(name: str, document: Document) -> Json:
    """Attachment."""
    return {
        "name": name,
        "media_type": document.media_type,
        "size": len(document.content),
        "sha256": document.sha256,
    }


def attachments(of: Procedure, found: Application) -> list[Json]:
    """The attachments that are stored, in the order of the procedure."""
    return [attachment(name, found.attachments[name]) for name in of.names("attachments") if name in found.attachments]


def event(found: Event) -> Json:
    """Event."""
    return {
        "sequence": found.sequence,
        "occurred_at": timestamp(found.occurred_at),
        "kind": found.kind,
        "status": found.status,
        "actor": found.actor,
        "detail": found.detail,
    }


def notification(found: Event) -> Json:
    """Notification: what the applicant was told of an event."""
    return {
        "sequence": found.sequence,
        "issued_at": timestamp(found.occurred_at),
        "kind": found.kind,
        "text": found.detail,
    }


def decision(found: Decision | None) -> Json | None:
    """Decision, as the applicant sees it."""
    if found is None:
        return None
    return {
        "outcome": found.outcome,
        "reason": found.reason,
        "decided_at": timestamp(found.decided_at),
        "notice_number": found.notice_number,
    }


def _common(of: Procedure, found: Application) -> Json:
    return {
        "id": found.id,
        "procedure_code": found.procedure_code,
        "status": found.status,
        "receipt_number": found.receipt_number,
        "received_at": None if found.received_at is None else timestamp(found.received_at),
        "applicant_id": found.applicant_id,
        "subject_id": found.subject_id,
        "form_sha256": None if found.form is None else found.form.sha256,
        "attachments": attachments(of, found),
        "signed": found.signed,
    }


def online(of: Procedure, found: Application, register_as_of: str, prefilled: Json, told: Iterable[Event]) -> Json:
    """OnlineApplication: what its applicant sees."""
    return {
        **_common(of, found),
        "register_as_of": register_as_of,
        "prefilled": prefilled,
        "notifications": [notification(event) for event in told],
        "decision": decision(found.decision),
    }


def administered(of: Procedure, found: Application, register_as_of: str, prefilled: Json) -> Json:
    """Application: what the administration sees."""
    taken = decision(found.decision)
    return {
        **_common(of, found),
        "channel": found.channel,
        "arrived_on": found.arrived_on,
        "register_as_of": register_as_of,
        "prefilled": prefilled,
        "answers": found.answers if found.form is None else found.form.value["answers"],
        "entered_by": found.entered_by,
        "return_reason": found.return_reason,
        "decision": taken and {**taken, "decided_by": found.decision and found.decision.decided_by},
    }


def summary(found: Application) -> Json:
    """ApplicationSummary: what a list shows."""
    return {
        "id": found.id,
        "procedure_code": found.procedure_code,
        "channel": found.channel,
        "status": found.status,
        "receipt_number": found.receipt_number,
        "received_at": timestamp(found.received_at or 0),
        "applicant_id": found.applicant_id,
        "subject_id": found.subject_id,
    }
