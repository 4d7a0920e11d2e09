"""Faults of the audit trail: what becomes of the purpose of a request that is refused for want of scope.

The scope is examined before the headers, so that such a request may state any purpose, or none.
"""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("audit-purpose-of-any-text", "COM-SCH-001")
def audit_purpose_of_any_text(reference: Reference) -> None:
    """The audit entry of a request refused with 403 keeps any text that was stated as its purpose."""

    def make(entry: Method) -> Method:
        def kept(call: Call, status: int, outcome: str) -> AuditEntry:
            made: AuditEntry = entry(call, status, outcome)
            stated = call.request.joined("access-purpose") if call.operation.declares("access-purpose") else None
            return changed(made, purpose=stated) if status == 403 else made

        return kept

    replace(reference.audit, "entry", make, concerns=lambda call, status, outcome: status == 403)


@FAULTS.add("audit-refused-without-purpose-missing", "COM-AUD-006", "BP-AUD-004", "PR-AUD-007")
def audit_refused_without_purpose_missing(reference: Reference) -> None:
    """What is refused with 403 and states no purpose of the form, though the operation takes one, leaves no entry."""

    def lost(call: Call, status: int, outcome: str) -> bool:
        return status == 403 and call.operation.declares("access-purpose") and call.purpose is None

    def make(record: Method) -> Method:
        return lambda call, status, outcome: None if lost(call, status, outcome) else record(call, status, outcome)

    replace(reference.audit, "record", make, concerns=lost)


@FAULTS.add("audit-purpose-of-the-hidden-missing", "COM-AUD-005")
def audit_purpose_of_the_hidden_missing(reference: Reference) -> None:
    """The audit entry of a read that is refused because somebody is hidden has no purpose."""
    _of_the_hidden(reference, purpose=None)


@FAULTS.add("audit-actor-of-the-hidden-is-the-system", "COM-AUD-004")
def audit_actor_of_the_hidden_is_the_system(reference: Reference) -> None:
    """The audit entry of a read that is refused because somebody is hidden names the system as its actor."""
    _of_the_hidden(reference, actor="system")


@FAULTS.add("audit-status-of-the-hidden", "COM-AUD-003")
def audit_status_of_the_hidden(reference: Reference) -> None:
    """The audit entry of what is refused because somebody is hidden has the status 403 wherever it was a 422."""
    _of_the_hidden(reference, 422, status=403)


def _of_the_hidden(reference: Reference, only: int | None = None, **members: Any) -> None:
    """An audit entry of what is refused because somebody is hidden (with one status only) has these members."""

    def make(entry: Method) -> Method:
        def kept(call: Call, status: int, outcome: str) -> AuditEntry:
            made: AuditEntry = entry(call, status, outcome)
            return changed(made, **members)

        return kept

    replace(
        reference.audit, "entry", make, concerns=lambda call, status, outcome: call.withheld and only in {None, status}
    )
