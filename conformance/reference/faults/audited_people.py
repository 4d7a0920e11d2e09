"""Faults of what all services share: audit."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _record(reference: Reference, alter: Any) -> None:
    """`alter(call, status, outcome)` says whether an entry is left."""

    def make(record: Method) -> Method:
        return lambda call, status, outcome: record(call, status, outcome) if alter(call, status, outcome) else None

    replace(reference.audit, "record", make, concerns=lambda call, status, outcome: not alter(call, status, outcome))


@FAULTS.add("audit-read-of-the-past-missing", "COM-AUD-001")
def audit_read_of_the_past_missing(reference: Reference) -> None:
    """A read with as_of leaves no audit entry."""
    _record(reference, lambda call, *_: "as_of" not in call.query)


@FAULTS.add("audit-read-of-a-former-recording-missing", "COM-AUD-001")
def audit_read_of_a_former_recording_missing(reference: Reference) -> None:
    """A read with recorded_as_of leaves no audit entry."""
    _record(reference, lambda call, *_: "recorded_as_of" not in call.query)


@FAULTS.add("audit-of-viewers-missing", "COM-AUD-001", "COM-AUD-008", "RR-AUD-001", "XS-AUD-001")
def audit_of_viewers_missing(reference: Reference) -> None:
    """What the role viewer reads leaves no audit entry."""
    _record(reference, lambda call, status, outcome: call.caller.role != "viewer" or outcome != "success")


@FAULTS.add("audit-of-officers-missing", "COM-AUD-001", "BP-AUD-004", "COM-AUD-008", "PR-AUD-007")
def audit_of_officers_missing(reference: Reference) -> None:
    """What the protection officer reads leaves no audit entry."""
    _record(
        reference,
        lambda call, status, outcome: call.caller.role != "protection_officer" or call.operation.method != "GET",
    )


@FAULTS.add("audit-read-once-a-minute", "COM-AUD-001")
def audit_read_once_a_minute(reference: Reference) -> None:
    """A read that the same client has made within the same minute, with the same subjects, leaves no further entry."""
    last: dict[Any, int] = {}

    def make(record: Method) -> Method:
        def once(call: Call, status: int, outcome: str) -> None:
            key = (call.caller.client, call.operation.id, tuple(call.subjects), outcome)
            if call.operation.method == "GET" and call.subjects and call.now - last.get(key, 0) < 60_000_000:
                return
            last[key] = call.now
            record(call, status, outcome)

        return once

    replace(reference.audit, "record", make)


@FAULTS.add("audit-twenty-subjects", "COM-AUD-001", "RR-AUD-001")
def audit_twenty_subjects(reference: Reference) -> None:
    """An audit entry has at most twenty subjects."""

    def make(entry: Method) -> Method:
        def cut(call: Call, status: int, outcome: str) -> AuditEntry:
            made: AuditEntry = entry(call, status, outcome)
            return changed(made, subject_ids=made.subject_ids[:20])

        return cut

    replace(reference.audit, "entry", make, concerns=lambda call, *_: len(call.subjects) > 20)


@FAULTS.add("audit-purpose-of-24", "COM-AUD-005")
def audit_purpose_of_24(reference: Reference) -> None:
    """The purpose is kept in a column of 24 characters."""

    def make(entry: Method) -> Method:
        def cut(call: Call, status: int, outcome: str) -> AuditEntry:
            made: AuditEntry = entry(call, status, outcome)
            return changed(made, purpose=made.purpose and made.purpose[:24])

        return cut

    replace(reference.audit, "entry", make, concerns=lambda call, *_: len(call.purpose or "") > 24)


@FAULTS.add("audit-from-excluded", "COM-AUD-009")
def audit_from_excluded(reference: Reference) -> None:
    """The filter `from` leaves out what occurred at that very moment."""
    from conformance.reference.dates import to_micros

    for service in reference.services.values():
        part = getattr(service, "audit_entries", None)
        if part is not None:
            revise(
                part,
                "narrow",
                lambda narrow: (
                    lambda entries, query: [
                        e for e in narrow(entries, query) if e.occurred_at != to_micros(query.get("from") or "")
                    ]
                ),
            )


@FAULTS.add("audit-from-in-whole-seconds", "COM-AUD-009")
def audit_from_in_whole_seconds(reference: Reference) -> None:
    """The fraction of a second in the filter `from` is dropped."""
    import re

    for service in reference.services.values():
        part = getattr(service, "audit_entries", None)
        if part is not None:

            def make(narrow: Method) -> Method:
                def whole(entries: Any, query: dict[str, Any]) -> Any:
                    if "from" in query:
                        query = {**query, "from": re.sub(r"\.[0-9]+", "", query["from"])}
                    return narrow(entries, query)

                return whole

            revise(part, "narrow", make)
