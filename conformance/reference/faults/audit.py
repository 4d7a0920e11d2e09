"""Faults of the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _unless(reference: Reference, skips: tuple[str, str]) -> None:
    def make(record: Method) -> Method:
        def recorded(call: Call, status: int, outcome: str) -> None:
            if (call.operation.id, outcome) != skips:
                record(call, status, outcome)

        return recorded

    replace(reference.audit, "record", make)


@FAULTS.add("audit-read-missing", "COM-AUD-001")
def audit_read_missing(reference: Reference) -> None:
    """Reading one resident leaves no audit entry."""
    _unless(reference, ("getResident", "success"))


@FAULTS.add("audit-change-missing", "COM-AUD-002")
def audit_change_missing(reference: Reference) -> None:
    """A correction ex officio leaves no audit entry."""
    _unless(reference, ("correctResident", "success"))
