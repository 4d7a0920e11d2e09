"""Faults of what is refused in a batch of transfers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.benefit_payments.records import (
    APPROVED,
    IN_TRANSFER,
    PAID,
    RECEIVED,
    REJECTED,
    RETURNED,
    Claim,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.faults.leniency import passing, refused_as

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _taken(reference: Reference, code: str, status: str) -> None:
    """Claims with a status are transferred as approved ones are."""

    def when(claims: list[Claim]) -> bool:
        return all(claim.status in (status, APPROVED) for claim in claims)

    revise(reference.the(BenefitPayments).batches, "check_states", passing(code, when))


@FAULTS.add("ordered-while-in-transfer", "BP-PAY-002", "BP-PAY-010")
def ordered_while_in_transfer(reference: Reference) -> None:
    """A claim that is in transfer can be put into a second batch."""
    _taken(reference, "already_ordered", IN_TRANSFER)


@FAULTS.add("ordered-when-paid", "BP-PAY-002")
def ordered_when_paid(reference: Reference) -> None:
    """A claim that is paid can be transferred once more."""
    _taken(reference, "already_ordered", PAID)


@FAULTS.add("ordered-already-is-not-approved", "BP-PAY-002")
def ordered_already_is_not_approved(reference: Reference) -> None:
    """A claim that is in transfer or paid is refused with the code for claims that are not approved."""
    batches = reference.the(BenefitPayments).batches
    revise(batches, "check_states", refused_as(409, "already_ordered", "not_approved"))


@FAULTS.add("received-claim-ordered", "BP-PAY-003")
def received_claim_ordered(reference: Reference) -> None:
    """A claim that nobody has decided on is transferred."""
    _taken(reference, "not_approved", RECEIVED)


@FAULTS.add("rejected-claim-ordered", "BP-PAY-003")
def rejected_claim_ordered(reference: Reference) -> None:
    """A rejected claim is transferred."""
    _taken(reference, "not_approved", REJECTED)


@FAULTS.add("returned-claim-ordered", "BP-PAY-003")
def returned_claim_ordered(reference: Reference) -> None:
    """A returned claim is transferred again without a retry."""
    _taken(reference, "not_approved", RETURNED)


def _controls(reference: Reference, when: Callable[[dict[str, Any], int, int], bool]) -> None:
    """Wrong controls pass where `when` says so, of the content, the number and the sum of the claims."""

    def passes(content: dict[str, Any], claims: list[Claim]) -> bool:
        return when(content, len(claims), sum(claim.amount for claim in claims))

    revise(reference.the(BenefitPayments).batches, "check_controls", passing("control_total", passes))


@FAULTS.add("control-count-ignored", "BP-PAY-004")
def control_count_ignored(reference: Reference) -> None:
    """The count of claims may be any."""
    _controls(reference, lambda content, count, total: content["control_total"] == total)


@FAULTS.add("control-total-ignored", "BP-PAY-004")
def control_total_ignored(reference: Reference) -> None:
    """The total may be any."""
    _controls(reference, lambda content, count, total: content["control_count"] == count)


@FAULTS.add("control-total-too-low-passes", "BP-PAY-004")
def control_total_too_low_passes(reference: Reference) -> None:
    """A total that is lower than the sum of the claims passes."""
    _controls(
        reference,
        lambda content, count, total: content["control_count"] == count and content["control_total"] < total,
    )


@FAULTS.add("control-count-too-high-passes", "BP-PAY-004")
def control_count_too_high_passes(reference: Reference) -> None:
    """A count that is higher than the number of claims passes."""
    _controls(
        reference,
        lambda content, count, total: content["control_total"] == total and content["control_count"] > count,
    )


def _check(reference: Reference, name: str, make: Callable[[Method], Method]) -> None:
    revise(reference.the(BenefitPayments).batches, name, make)


@FAULTS.add("claim-of-any-programme", "BP-PAY-008")
def claim_of_any_programme(reference: Reference) -> None:
    """A batch takes claims of whatever programme."""
    _check(reference, "check_programme", passing("other_programme"))


@FAULTS.add("programme-of-the-first-claim", "BP-PAY-008")
def programme_of_the_first_claim(reference: Reference) -> None:
    """Only the first claim of a batch must be of its programme."""

    def when(programme: Any, claims: list[Claim]) -> bool:
        return bool(claims[0].party.programme_id == programme.id)

    _check(reference, "check_programme", passing("other_programme", when))


@FAULTS.add("transfer-in-the-past", "BP-PAY-009")
def transfer_in_the_past(reference: Reference) -> None:
    """The day of transfer may be past."""
    _check(reference, "check_day", passing("date_in_past"))


@FAULTS.add("transfer-yesterday", "BP-PAY-009")
def transfer_yesterday(reference: Reference) -> None:
    """The day of transfer may be yesterday."""
    clock = reference.clock
    _check(reference, "check_day", passing("date_in_past", lambda day: day == dates.add_days(clock.today(), -1)))


@FAULTS.add("nothing-transferred", "BP-PAY-011")
def nothing_transferred(reference: Reference) -> None:
    """A claim of nothing is put into a batch, with a transfer of 0."""
    _check(reference, "check_amounts", passing("nothing_to_pay"))


@FAULTS.add("nothing-to-pay-is-not-approved", "BP-PAY-011")
def nothing_to_pay_is_not_approved(reference: Reference) -> None:
    """A claim of nothing is refused with the code for claims that are not approved."""
    _check(reference, "check_amounts", refused_as(409, "nothing_to_pay", "not_approved"))


@FAULTS.add("unknown-claim-left-out", "BP-PAY-013")
def unknown_claim_left_out(reference: Reference) -> None:
    """Unknown claims are left out of a batch, as if it did not name them."""
    known = reference.the(BenefitPayments).books

    def make(claims: Method) -> Method:
        def lenient(claim_ids: list[str]) -> Any:
            return claims([claim_id for claim_id in claim_ids if claim_id in known.claims])

        return lenient

    _check(reference, "claims", make)


@FAULTS.add("unknown-claim-is-unknown-programme", "BP-PAY-013")
def unknown_claim_is_unknown_programme(reference: Reference) -> None:
    """An unknown claim in a batch is refused as if the programme were unknown."""
    _check(reference, "claims", refused_as(422, "unknown_claim", "unknown_programme"))


@FAULTS.add("states-of-the-first-ten-claims", "BP-PAY-002", "BP-PAY-003")
def states_of_the_first_ten_claims(reference: Reference) -> None:
    """Whether claims can be transferred is examined of the first ten of a batch."""

    def make(check: Method) -> Method:
        return lambda claims: check(claims[:10])

    revise(reference.the(BenefitPayments).batches, "check_states", make)


@FAULTS.add("amounts-of-the-first-ten-claims", "BP-PAY-011")
def amounts_of_the_first_ten_claims(reference: Reference) -> None:
    """Whether there is something to transfer is examined of the first ten claims of a batch."""

    def make(check: Method) -> Method:
        return lambda claims: check(claims[:10])

    revise(reference.the(BenefitPayments).batches, "check_amounts", make)
