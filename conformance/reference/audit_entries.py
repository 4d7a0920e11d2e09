"""Reading the audit trail of one service: listAuditEntries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from conformance.reference import dates
from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.clock import timestamp

if TYPE_CHECKING:
    from conformance.reference.service import Service

MOST_SUBJECTS: Final = 1000


class AuditEntries:
    """The entries of a service in the trail, filtered; reading them has no subject and leaves no entry."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"listAuditEntries": Handler(perform=lambda call: self.read(call))}

    def read(self, call: Call) -> Answer:
        """One page of the entries that match all filters, the newest last."""
        subject = call.query.get("subject_id")
        body = self.service.reference.pages.page(call, self.find(call), lambda entry: self.line(entry, subject))
        return Answer(200, body)

    def find(self, call: Call) -> Sequence[AuditEntry]:
        """The entries that match, in the order in which they occurred."""
        log, query = self.service.reference.audit, call.query
        subject = query.get("subject_id")
        found: Sequence[AuditEntry] = log.entries if subject is None else log.by_subject.get(subject, [])
        own = self.own(found)
        return self.narrow(own, query) if len(query) > 2 + (subject is not None) else own

    def own(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        """The entries of this service: all services write into one trail."""
        return [entry for entry in entries if entry.service == self.service.name]

    def narrow(self, entries: Iterable[AuditEntry], query: dict[str, Any]) -> list[AuditEntry]:
        """The entries that match the filters besides the subject."""
        first, last = _moment(query.get("from")), _moment(query.get("to"))
        actor, operation = query.get("actor"), query.get("operation")
        return [
            entry
            for entry in entries
            if (actor is None or entry.actor == actor)
            and (operation is None or entry.operation == operation)
            and (first is None or entry.occurred_at >= first)
            and (last is None or entry.occurred_at < last)
        ]

    def line(self, entry: AuditEntry, subject: str | None) -> dict[str, Any]:
        """One entry as JSON; of very many subjects the one asked for and others."""
        subjects = entry.subject_ids
        if len(subjects) > MOST_SUBJECTS:
            subjects = tuple(dict.fromkeys([subject or subjects[0], *subjects]))[:MOST_SUBJECTS]
        return {
            "id": entry.id,
            "occurred_at": timestamp(entry.occurred_at),
            "actor": entry.actor,
            "role": entry.role,
            "operation": entry.operation,
            "purpose": entry.purpose,
            "subject_ids": subjects,
            "outcome": entry.outcome,
            "status": entry.status,
        }


def _moment(text: str | None) -> int | None:
    return None if text is None else dates.to_micros(text)
