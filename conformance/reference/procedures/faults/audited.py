"""Faults of procedures: audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _quiet(reference: Reference, when: Any) -> None:
    replace(
        reference.audit,
        "record",
        lambda record: lambda call, status, outcome: None,
        concerns=lambda call, status, outcome: when(call, status),
    )


@FAULTS.add("refused-review-not-audited", "PR-AUD-007")
def refused_review_not_audited(reference: Reference) -> None:
    """A review, a return or a decision that is refused with 403 leaves no audit entry."""
    _quiet(
        reference,
        lambda call, status: (
            call.operation.id in ("startReview", "returnApplication", "decideApplication") and status == 403
        ),
    )


@FAULTS.add("events-read-not-audited", "COM-AUD-001")
def events_read_not_audited(reference: Reference) -> None:
    """Reading the events of an application beyond the first page leaves no audit entry."""
    _quiet(reference, lambda call, status: call.operation.id == "listEvents" and call.query.get("offset", 0) > 0)


@FAULTS.add("attachment-of-the-administration-not-audited", "COM-AUD-001", "PR-AUD-002")
def attachment_of_the_administration_not_audited(reference: Reference) -> None:
    """Reading an attachment by the administration leaves no audit entry."""
    _quiet(reference, lambda call, status: call.operation.id == "getAttachment" and status < 400)
