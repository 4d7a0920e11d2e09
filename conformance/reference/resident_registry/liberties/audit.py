"""An audit trail that holds more, or says it in another order, where the documents leave it free."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("entries-without-subjects")
def entries_without_subjects(reference: Reference) -> None:
    """A request that is about nobody leaves an audit entry without subjects, the reading of the trail too."""

    def make(record: Method) -> Method:
        def every(call: Call, status: int, outcome: str) -> None:
            if outcome == "success" and not call.subjects and call.operation.id in _known(reference):
                reference.audit.append(reference.audit.entry(call, status, outcome))
            else:
                record(call, status, outcome)

        return every

    replace(reference.audit, "record", make)


@LIBERTIES.add("subjects-in-another-order")
def subjects_in_another_order(reference: Reference) -> None:
    """An audit entry names its subjects in another order."""

    def make(line: Method) -> Method:
        def turned(entry: AuditEntry, subject: str | None) -> dict[str, Any]:
            shown: dict[str, Any] = line(entry, subject)
            return {**shown, "subject_ids": list(shown["subject_ids"])[::-1]}

        return turned

    replace(reference.the(ResidentRegistry).audit_entries, "line", make)


@LIBERTIES.add("trail-of-whole-seconds")
def trail_of_whole_seconds(reference: Reference) -> None:
    """The audit trail counts whole seconds; entries of one second stand in the order in which they occurred."""

    def make(entry: Method) -> Method:
        def coarse(call: Call, status: int, outcome: str) -> AuditEntry:
            made: AuditEntry = entry(call, status, outcome)
            return dataclasses.replace(made, occurred_at=made.occurred_at // 1_000_000 * 1_000_000)

        return coarse

    replace(reference.audit, "entry", make)


def _known(reference: Reference) -> set[str]:
    return set(reference.the(ResidentRegistry).handlers)
