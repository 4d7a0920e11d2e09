"""The audit trail: who did what to whose data, when, for which purpose. Entries are only ever added."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.reference.calls import Call
from conformance.reference.identifiers import Ids


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the trail. `occurred_at` is in microseconds since 1970-01-01T00:00Z."""

    id: str
    service: str
    occurred_at: int
    actor: str
    role: str
    operation: str
    purpose: str | None
    subject_ids: tuple[str, ...]
    outcome: str
    status: int


class AuditLog:
    """All entries in the order in which they happened, and those of each subject."""

    def __init__(self, ids: Ids) -> None:
        self.ids = ids
        self.entries: list[AuditEntry] = []
        self.by_subject: dict[str, list[AuditEntry]] = {}

    def record(self, call: Call, status: int, outcome: str) -> None:
        """Leaves one entry for the call, where it had a subject."""
        if call.subjects:
            self.append(self.entry(call, status, outcome))

    def entry(self, call: Call, status: int, outcome: str) -> AuditEntry:
        """The entry of a call."""
        return AuditEntry(
            id=self.ids.new(),
            service=call.service,
            occurred_at=call.now,
            actor=call.caller.client,
            role=call.caller.role,
            operation=call.operation.id,
            purpose=call.purpose,
            subject_ids=tuple(dict.fromkeys(call.subjects)),
            outcome=outcome,
            status=status,
        )

    def append(self, entry: AuditEntry) -> None:
        """Adds an entry at the end."""
        self.entries.append(entry)
        for subject in entry.subject_ids:
            self.by_subject.setdefault(subject, []).append(entry)

    def clear(self) -> None:
        """An empty trail, for the reset of a test environment."""
        self.entries.clear()
        self.by_subject.clear()
