"""Faults of the resident registry: callers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import Notification

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.resident_registry.faults.acting import _registry


def _seen_by(reference: Reference, role: str, *operations: str) -> None:
    """In calls of these operations nobody is hidden from a role."""

    def seen(call: Call) -> bool:
        return call.caller.role == role and call.operation.id in operations

    visibility = _registry(reference).visibility
    revise(visibility, "hides", lambda hides: lambda call, i: not seen(call) and hides(call, i))
    revise(visibility, "hidden_ids", lambda hidden: lambda call: frozenset() if seen(call) else hidden(call))


@FAULTS.add("clerk-reads-hidden", "RR-PRT-001")
def clerk_reads_hidden(reference: Reference) -> None:
    """Clerks read hidden residents; viewers do not."""
    _seen_by(reference, "clerk", "getResident")


@FAULTS.add("viewer-reads-hidden", "RR-PRT-001", "XS-PRO-011")
def viewer_reads_hidden(reference: Reference) -> None:
    """Viewers read hidden residents; clerks do not."""
    _seen_by(reference, "viewer", "getResident")


@FAULTS.add("clerk-finds-hidden", "RR-PRT-002")
def clerk_finds_hidden(reference: Reference) -> None:
    """A search shows hidden residents to clerks."""
    _seen_by(reference, "clerk", "searchResidents")


@FAULTS.add("viewer-finds-hidden", "RR-PRT-002")
def viewer_finds_hidden(reference: Reference) -> None:
    """A search shows hidden residents to viewers."""
    _seen_by(reference, "viewer", "searchResidents")


@FAULTS.add("clerk-sees-hidden-members", "RR-PRT-004", "RR-PRT-028")
def clerk_sees_hidden_members(reference: Reference) -> None:
    """A household shows hidden members to clerks."""
    _seen_by(reference, "clerk", "getHousehold")


@FAULTS.add("viewer-sees-hidden-members", "RR-PRT-004", "RR-PRT-028")
def viewer_sees_hidden_members(reference: Reference) -> None:
    """A household shows hidden members to viewers."""
    _seen_by(reference, "viewer", "getHousehold")


@FAULTS.add("clerk-reads-hidden-history", "RR-PRT-005")
def clerk_reads_hidden_history(reference: Reference) -> None:
    """The history of a hidden resident is shown to clerks."""
    _seen_by(reference, "clerk", "listResidentHistory")


@FAULTS.add("viewer-reads-hidden-history", "RR-PRT-005")
def viewer_reads_hidden_history(reference: Reference) -> None:
    """The history of a hidden resident is shown to viewers."""
    _seen_by(reference, "viewer", "listResidentHistory")


@FAULTS.add("viewer-reads-hidden-notification", "RR-PRT-008", "RR-PRT-020")
def viewer_reads_hidden_notification(reference: Reference) -> None:
    """A notification about hidden residents is shown to viewers."""
    _seen_by(reference, "viewer", "getNotification")


@FAULTS.add("clerk-reads-hidden-notification", "RR-PRT-008", "RR-PRT-020")
def clerk_reads_hidden_notification(reference: Reference) -> None:
    """A notification about hidden residents is shown to clerks."""
    _seen_by(reference, "clerk", "getNotification")


@FAULTS.add("hidden-who-registered-them-sees", "RR-PRT-001")
def hidden_who_registered_them_sees(reference: Reference) -> None:
    """Whoever registered the move-in of a resident sees them for good."""
    registry = _registry(reference)
    by: dict[str, str] = {}

    def recording(record: Method) -> Method:
        def kept(call: Call) -> Notification:
            made: Notification = record(call)
            by.update(dict.fromkeys(made.resident_ids, call.caller.client))
            return made

        return kept

    replace(registry.move_ins, "record", recording)
    replace(
        registry.visibility,
        "hides",
        lambda hides: (
            lambda call, i: (
                hides(call, i) and not (call.operation.id == "getResident" and by.get(i) == call.caller.client)
            )
        ),
        concerns=lambda call, i: call.operation.id == "getResident",
    )
