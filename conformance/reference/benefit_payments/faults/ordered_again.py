"""Faults of batches: what is paid a second time, a wrong claim among others, the number of a refused batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.faults.acting import _service
from conformance.reference.benefit_payments.records import (
    APPROVED,
    IN_TRANSFER,
    ONLINE,
    PAID,
    REJECTED,
    Claim,
    Programme,
)
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, conflict
from conformance.reference.resident_registry.faults.leniency import passing

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _passes(reference: Reference, code: str, when: Callable[[Claim], bool]) -> None:
    """What the states of claims forbid passes, where it holds of each claim that is not approved."""

    def all_of(claims: list[Claim]) -> bool:
        return all(claim.status == APPROVED or when(claim) for claim in claims)

    revise(_service(reference).batches, "check_states", passing(code, all_of))


@FAULTS.add("retried-claim-paid-again", "BP-PAY-002")
def retried_claim_paid_again(reference: Reference) -> None:
    """A claim that was retried can be transferred once more after it is paid."""
    _passes(reference, "already_ordered", lambda claim: claim.retried and claim.status == PAID)


@FAULTS.add("retried-claim-ordered-twice", "BP-PAY-002")
def retried_claim_ordered_twice(reference: Reference) -> None:
    """A claim that was retried can be put into a further batch while it is in transfer."""
    _passes(reference, "already_ordered", lambda claim: claim.retried and claim.status == IN_TRANSFER)


@FAULTS.add("repaid-claim-paid-again", "BP-PAY-002")
def repaid_claim_paid_again(reference: Reference) -> None:
    """A claim that was repaid in full can be transferred once more."""
    _passes(reference, "already_ordered", lambda claim: claim.status == PAID and claim.repaid_amount == claim.amount)


@FAULTS.add("overpaid-claim-paid-again", "BP-PAY-002")
def overpaid_claim_paid_again(reference: Reference) -> None:
    """A paid claim from which somebody was separated can be transferred once more."""
    _passes(reference, "already_ordered", lambda claim: claim.status == PAID and claim.overpaid_amount > 0)


@FAULTS.add("online-claim-paid-again", "BP-PAY-002")
def online_claim_paid_again(reference: Reference) -> None:
    """A claim that was filed online can be transferred once more after it is paid."""
    _passes(reference, "already_ordered", lambda claim: claim.channel == ONLINE and claim.status == PAID)


@FAULTS.add("claim-of-a-separation-paid-again", "BP-PAY-002")
def claim_of_a_separation_paid_again(reference: Reference) -> None:
    """The claim of a person living apart can be transferred once more after it is paid."""
    _passes(
        reference,
        "already_ordered",
        lambda claim: claim.party.separation_id is not None and claim.status == PAID,
    )


def _of_the_first(reference: Reference, code: str) -> None:
    def when(claims: list[Claim]) -> bool:
        return claims[0].status == APPROVED

    revise(_service(reference).batches, "check_states", passing(code, when))


@FAULTS.add("ordered-behind-an-approved-one", "BP-PAY-002")
def ordered_behind_an_approved_one(reference: Reference) -> None:
    """Whether claims are in transfer or paid already is looked at for the first claim of a batch alone."""
    _of_the_first(reference, "already_ordered")


@FAULTS.add("undecided-behind-an-approved-one", "BP-PAY-003")
def undecided_behind_an_approved_one(reference: Reference) -> None:
    """Whether claims are approved is looked at for the first claim of a batch alone."""
    _of_the_first(reference, "not_approved")


@FAULTS.add("rejected-before-an-approved-one", "BP-PAY-003")
def rejected_before_an_approved_one(reference: Reference) -> None:
    """A rejected claim is transferred, where it is not the last of a batch."""

    def when(claims: list[Claim]) -> bool:
        return claims[-1].status == APPROVED and all(c.status in (APPROVED, REJECTED) for c in claims)

    revise(_service(reference).batches, "check_states", passing("not_approved", when))


@FAULTS.add("nothing-in-the-whole-batch", "BP-PAY-011")
def nothing_in_the_whole_batch(reference: Reference) -> None:
    """A batch is refused where its total is nothing; a claim of nothing among others is transferred."""
    revise(
        _service(reference).batches,
        "check_amounts",
        passing("nothing_to_pay", lambda claims: any(claim.amount for claim in claims)),
    )


@FAULTS.add("programme-of-the-last-claim", "BP-PAY-008")
def programme_of_the_last_claim(reference: Reference) -> None:
    """Only the last claim of a batch must be of its programme."""

    def when(programme: Programme, claims: list[Claim]) -> bool:
        return len(claims) > 1 and claims[-1].party.programme_id == programme.id

    revise(_service(reference).batches, "check_programme", passing("other_programme", when))


def _number_kept(reference: Reference, *codes: str) -> None:
    """The number of a batch that is refused with such a code cannot be used any more."""
    service = _service(reference)
    kept: set[str] = set()

    def make(create: Method) -> Method:
        def keeping(call: Call) -> Answer:
            number = call.body["batch_number"]
            if number in kept:
                detail = "依頼番号は使用済みです / The batch number is used"
                raise conflict("batch_number_used", detail, "/batch_number")
            try:
                answer: Answer = create(call)
            except Problem as problem:
                if problem.code in codes:
                    kept.add(number)
                raise
            return answer

        return keeping

    replace(service.batches, "create", make)


@FAULTS.add("number-kept-by-a-wrong-total", "BP-PAY-017")
def number_kept_by_a_wrong_total(reference: Reference) -> None:
    """The number of a batch that is refused for its control totals is used."""
    _number_kept(reference, "control_total")


@FAULTS.add("number-kept-by-a-wrong-claim", "BP-PAY-017")
def number_kept_by_a_wrong_claim(reference: Reference) -> None:
    """The number of a batch that is refused for the state of a claim is used."""
    _number_kept(reference, "already_ordered", "not_approved", "nothing_to_pay")


@FAULTS.add("number-kept-by-a-wrong-programme", "BP-PAY-017", "COM-IDM-012")
def number_kept_by_a_wrong_programme(reference: Reference) -> None:
    """The number of a batch that names something unknown, or a claim of another programme, is used."""
    _number_kept(reference, "unknown_programme", "unknown_claim", "other_programme")
