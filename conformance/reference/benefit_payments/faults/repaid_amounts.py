"""Faults of benefit payments: repayments."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.faults.lenience import alter, refuse
from conformance.reference.benefit_payments.records import (
    Claim,
)
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


@FAULTS.add("whole-repayment-refused", "BP-REP-006")
def whole_repayment_refused(reference: Reference) -> None:
    """A repayment of all that was paid is refused: a yen has to stay."""

    def make(_: Method) -> Method:
        def strict(claim: Claim, amount: int) -> None:
            if claim.repaid_amount + amount >= claim.amount:
                raise conflict("repayment_too_large", "返還額が支給額を超えます / More than was paid", "/amount")

        return strict

    revise(_service(reference).repayments, "check_amount", make)


@FAULTS.add("repayment-of-the-overpaid-only", "BP-REP-006")
def repayment_of_the_overpaid_only(reference: Reference) -> None:
    """Of a claim that is overpaid no more than the overpaid amount can be repaid."""
    refuse(
        _service(reference).repayments,
        "check_amount",
        conflict("repayment_too_large", "返還額が過払額を超えます / More than was overpaid", "/amount"),
        lambda claim, amount: bool(claim.overpaid_amount) and claim.repaid_amount + amount > claim.overpaid_amount,
    )


@FAULTS.add("repayment-lowers-the-overpaid", "BP-SEP-004")
def repayment_lowers_the_overpaid(reference: Reference) -> None:
    """A repayment is taken off the overpaid amount of a claim."""
    alter(
        _service(reference).repayments,
        "with_repayment",
        lambda found, claim, amount: changed(found, overpaid_amount=max(0, found.overpaid_amount - amount)),
    )


@FAULTS.add("third-repayment-replaces-the-second", "BP-REP-001")
def third_repayment_replaces_the_second(reference: Reference) -> None:
    """Of three repayments of a claim the second one is lost from the sum."""
    service = _service(reference)
    made: dict[str, list[int]] = {}

    def make(with_repayment: Method) -> Method:
        def kept(claim: Claim, amount: int) -> Claim:
            earlier = made.setdefault(claim.id, [])
            found: Claim = with_repayment(claim, amount)
            if len(earlier) == 2:
                found = changed(found, repaid_amount=found.repaid_amount - earlier[1])
            earlier.append(amount)
            return found

        return kept

    replace(service.repayments, "with_repayment", make)
