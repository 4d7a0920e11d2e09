"""What several faults of benefit payments need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.service import BenefitPayments

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _service(reference: Reference) -> BenefitPayments:
    return reference.the(BenefitPayments)
