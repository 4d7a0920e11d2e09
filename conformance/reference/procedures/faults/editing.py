"""Faults of what an applicant may still do: store a form or an attachment, or withdraw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.registry import FAULTS
from conformance.reference.procedures.faults.ways import code_of, way
from conformance.reference.procedures.lifecycle import (
    ATTACH,
    EDIT,
    WITHDRAW,
)
from conformance.reference.procedures.records import (
    APPROVED,
    RECEIVED,
    REJECTED,
    RETURNED,
    REVIEWING,
    WITHDRAWN,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("form-replaced-in-review", "PR-FRM-007")
def form_replaced_in_review(reference: Reference) -> None:
    """The form can be replaced while the application is in review."""
    way(reference, {(REVIEWING, EDIT): REVIEWING})


@FAULTS.add("form-replaced-after-receipt", "PR-FRM-007")
def form_replaced_after_receipt(reference: Reference) -> None:
    """The form can be replaced as long as no review was started."""
    way(reference, {(RECEIVED, EDIT): RECEIVED})


@FAULTS.add("form-of-returned-refused", "PR-FRM-008", "PR-PRE-013")
def form_of_returned_refused(reference: Reference) -> None:
    """The form of a returned application cannot be replaced."""
    way(reference, {(RETURNED, EDIT): None})


@FAULTS.add("attachment-of-returned-refused", "PR-FRM-008")
def attachment_of_returned_refused(reference: Reference) -> None:
    """No attachment can be stored for a returned application."""
    way(reference, {(RETURNED, ATTACH): None})


@FAULTS.add("attachment-after-receipt", "PR-ATT-006")
def attachment_after_receipt(reference: Reference) -> None:
    """An attachment can be handed in later, as long as no review was started."""
    way(reference, {(RECEIVED, ATTACH): RECEIVED})


@FAULTS.add("attachment-after-decision", "PR-ATT-006")
def attachment_after_decision(reference: Reference) -> None:
    """An attachment can be handed in after an approval."""
    way(reference, {(APPROVED, ATTACH): APPROVED})


@FAULTS.add("no-withdrawal-in-review", "PR-WDR-001")
def no_withdrawal_in_review(reference: Reference) -> None:
    """What is in review cannot be withdrawn."""
    way(reference, {(REVIEWING, WITHDRAW): None})


@FAULTS.add("no-withdrawal-of-what-is-returned", "PR-WDR-001")
def no_withdrawal_of_what_is_returned(reference: Reference) -> None:
    """What is returned cannot be withdrawn."""
    way(reference, {(RETURNED, WITHDRAW): None})


@FAULTS.add("approval-withdrawn", "PR-WDR-002")
def approval_withdrawn(reference: Reference) -> None:
    """What is approved can be withdrawn."""
    way(reference, {(APPROVED, WITHDRAW): WITHDRAWN})


@FAULTS.add("withdrawal-of-a-rejection-called-wrong", "PR-WDR-002")
def withdrawal_of_a_rejection_called_wrong(reference: Reference) -> None:
    """The withdrawal of what is rejected is refused as if it were not decided."""
    code_of(reference, REJECTED, WITHDRAW, "wrong_status")


@FAULTS.add("withdrawn-twice", "PR-WDR-003")
def withdrawn_twice(reference: Reference) -> None:
    """What is withdrawn can be withdrawn once more."""
    way(reference, {(WITHDRAWN, WITHDRAW): WITHDRAWN})
