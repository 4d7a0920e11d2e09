"""Faults of batches of transfers that are made: their content, their number, what is refused and leaves something."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.offered import offer
from conformance.reference.benefit_payments.records import APPROVED, IN_TRANSFER, PENDING, Batch, Claim, Transfer
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, conflict
from conformance.reference.resident_registry.faults.leniency import passing

if TYPE_CHECKING:
    from conformance.reference.application import Reference

BATCH = "/payment_batches/[^/]+"


def _transferred(reference: Reference, altered: Callable[[Transfer, Claim], Transfer]) -> None:
    """What is transferred for a claim is altered."""

    def make(transfer: Method) -> Method:
        return lambda claim: altered(transfer(claim), claim)

    revise(reference.the(BenefitPayments).batches, "transfer", make)


@FAULTS.add("transfer-of-one-unit", "BP-PAY-001", "BP-LED-007", "BP-RES-008")
def transfer_of_one_unit(reference: Reference) -> None:
    """The amount for one person is transferred for each claim."""
    books = reference.the(BenefitPayments).books

    def unit(made: Transfer, claim: Claim) -> Transfer:
        return changed(made, amount=min(made.amount, books.programme_of(claim.party).unit_amount))

    _transferred(reference, unit)


@FAULTS.add("transfer-to-holder-without-space", "BP-PAY-001")
def transfer_to_holder_without_space(reference: Reference) -> None:
    """A first transfer names the holder of the account without the space that the claim has."""

    def joined(made: Transfer, claim: Claim) -> Transfer:
        if claim.retried:
            return made
        return changed(made, account={**made.account, "holder": made.account["holder"].replace(" ", "")})

    _transferred(reference, joined)


def _shown(reference: Reference, altered: Callable[[dict[str, Any], Batch], dict[str, Any]]) -> None:
    """A batch is shown altered."""

    def make(body: Method) -> Method:
        return lambda batch: {**body(batch), **altered(body(batch), batch)}

    revise(reference.the(BenefitPayments).batches, "body", make)


@FAULTS.add("total-of-the-last-transfer", "BP-PAY-001")
def total_of_the_last_transfer(reference: Reference) -> None:
    """The total of a batch is the amount of its last transfer."""
    _shown(reference, lambda body, batch: {"total": batch.transfers[-1].amount})


@FAULTS.add("total-of-pending-transfers", "BP-PAY-001")
def total_of_pending_transfers(reference: Reference) -> None:
    """The total of a batch that is read is the sum of the transfers without a result."""
    _shown(reference, lambda body, batch: {"total": sum(t.amount for t in batch.transfers if t.outcome == PENDING)})


def _refused(reference: Reference, code: str, leave: Callable[[Call, list[Claim]], None]) -> None:
    """A batch that is refused with this code leaves something behind, with those of its claims that are approved."""
    service = reference.the(BenefitPayments)

    def make(create: Method) -> Method:
        def careless(call: Call) -> Answer:
            try:
                answer: Answer = create(call)
            except Problem as problem:
                if problem.code == code:
                    leave(call, [c for c in _named(service, call) if c.status == APPROVED])
                raise
            return answer

        return careless

    replace(service.batches, "create", make, concerns=lambda call: any(_named(service, call)))


def _named(service: BenefitPayments, call: Call) -> list[Claim]:
    claims = service.books.claims
    return [claims[claim_id] for claim_id in call.body["claim_ids"] if claim_id in claims]


@FAULTS.add("refused-batch-takes-claims", "BP-PAY-005", "BP-PAY-014")
def refused_batch_takes_claims(reference: Reference) -> None:
    """The claims of a batch with a wrong total are in transfer, though the batch is refused."""
    books = reference.the(BenefitPayments).books

    def take(call: Call, claims: list[Claim]) -> None:
        for claim in claims:
            books.keep_claim(changed(claim, status=IN_TRANSFER))

    _refused(reference, "control_total", take)


@FAULTS.add("refused-batch-entered", "BP-PAY-005", "BP-CON-007")
def refused_batch_entered(reference: Reference) -> None:
    """A batch that is refused for one claim has entered the claims before it in the ledger."""
    ledger = reference.the(BenefitPayments).ledger

    def enter(call: Call, claims: list[Claim]) -> None:
        lines = [("ordered", claim, None, claim.amount) for claim in claims]
        ledger.enter(call, call.body["programme_id"], lines)

    _refused(reference, "not_approved", enter)


def _content(reference: Reference, when: Callable[[Batch, dict[str, Any]], bool]) -> None:
    """Of a number that is used, contents for which `when` holds count as equal."""
    revise(reference.the(BenefitPayments).batches, "check_content", passing("batch_number_used", when))


@FAULTS.add("batch-number-with-any-content", "BP-PAY-006")
def batch_number_with_any_content(reference: Reference) -> None:
    """Whatever is sent under a number that is used is answered with the batch that has it."""
    _content(reference, lambda before, content: True)


@FAULTS.add("batch-number-on-another-day", "BP-PAY-006")
def batch_number_on_another_day(reference: Reference) -> None:
    """A content with another day of transfer counts as equal when it has the claims of the batch with the number."""
    _content(reference, lambda before, content: before.content["claim_ids"] == content["claim_ids"])


@FAULTS.add("batch-number-with-fewer-claims", "BP-PAY-006")
def batch_number_with_fewer_claims(reference: Reference) -> None:
    """A content with some of the claims counts as equal to that of the batch which has the number."""
    _content(reference, lambda before, content: set(content["claim_ids"]) < set(before.content["claim_ids"]))


@FAULTS.add("batch-number-of-two-batches", "BP-PAY-006")
def batch_number_of_two_batches(reference: Reference) -> None:
    """A number that is used makes another batch when the content has other claims."""
    batches = reference.the(BenefitPayments).batches

    def make(create: Method) -> Method:
        def again(call: Call) -> Answer:
            try:
                answer: Answer = create(call)
            except Problem as problem:
                if problem.code != "batch_number_used":
                    raise
                before = batches.with_number(call.body["batch_number"])
                batches.service.books.batch_of_number.pop(call.body["batch_number"])
                try:
                    answer = create(call)
                finally:
                    if before is not None:
                        batches.service.books.keep_batch(before)
            return answer

        return again

    replace(batches, "create", make, concerns=lambda call: batches.with_number(call.body["batch_number"]) is not None)


def _repeated(reference: Reference, refuses: Callable[[Batch, dict[str, Any]], bool]) -> None:
    """A batch sent again is refused, where `refuses` says so."""

    def make(check: Method) -> Method:
        def strict(before: Batch, content: dict[str, Any]) -> None:
            check(before, content)
            if refuses(before, content):
                raise conflict(
                    "batch_number_used", "依頼番号は使用済みです / The batch number is used", "/batch_number"
                )

        return strict

    revise(reference.the(BenefitPayments).batches, "check_content", make)


@FAULTS.add("batch-again-refused", "BP-PAY-007")
def batch_again_refused(reference: Reference) -> None:
    """A batch that is sent again is refused, because its number is used."""
    _repeated(reference, lambda before, content: True)


@FAULTS.add("batch-again-in-other-order-refused", "BP-PAY-007")
def batch_again_in_other_order_refused(reference: Reference) -> None:
    """A batch that is sent again with its claims in another order is refused."""
    _repeated(reference, lambda before, content: before.content["claim_ids"] != content["claim_ids"])


@FAULTS.add("batch-again-after-results-refused", "BP-PAY-007")
def batch_again_after_results_refused(reference: Reference) -> None:
    """A batch that is sent again after its results are there is refused."""
    _repeated(reference, lambda before, content: all(t.outcome != PENDING for t in before.transfers))


@FAULTS.add("batch-again-entered", "BP-PAY-007")
def batch_again_entered(reference: Reference) -> None:
    """A batch that is sent again is the batch that is there, but its orders stand in the ledger once more."""
    service = reference.the(BenefitPayments)

    def again(call: Call) -> bool:
        return service.batches.with_number(call.body["batch_number"]) is not None

    def make(create: Method) -> Method:
        def entering(call: Call) -> Answer:
            before = service.batches.with_number(call.body["batch_number"])
            answer: Answer = create(call)
            if before is not None:
                lines = [("ordered", claim, before.id, claim.amount) for claim in _named(service, call)]
                service.ledger.enter(call, before.programme_id, lines)
            return answer

        return entering

    replace(service.batches, "create", make, concerns=again)


@FAULTS.add("claim-ordered-at-once", "BP-PAY-010")
def claim_ordered_at_once(reference: Reference) -> None:
    """Claims are looked at when a request arrives: batches at the same moment that name one claim are all made."""
    service = reference.the(BenefitPayments)
    arrived: dict[str, dict[str, str]] = {}

    def entering(_: Method) -> Method:
        async def enter(call: Call) -> None:
            try:
                content = json.loads(call.raw_body)
                known = [service.books.claims.get(claim_id) for claim_id in content["claim_ids"]]
                arrived[content["batch_number"]] = {claim.id: claim.status for claim in known if claim is not None}
            except (ValueError, KeyError, TypeError, RecursionError):
                return
            await asyncio.sleep(0.02)

        return enter

    def make(check: Method) -> Method:
        def late(content: dict[str, Any]) -> list[Claim]:
            claims = [service.books.claims.get(claim_id) for claim_id in content["claim_ids"]]
            before = arrived.pop(content["batch_number"], {})
            if all(c is not None and c.status == IN_TRANSFER and before.get(c.id) == APPROVED for c in claims):
                return [claim for claim in claims if claim is not None]
            found: list[Claim] = check(content)
            return found

        return late

    def creates(call: Call) -> bool:
        return call.operation.id == "createPaymentBatch"

    replace(reference.pipeline, "enter", entering, concerns=creates)
    replace(service.batches, "check", make)


@FAULTS.add("batch-changed", "BP-PAY-012")
def batch_changed(reference: Reference) -> None:
    """A batch can be changed after it was made."""
    offer(reference, "PATCH", BATCH)


@FAULTS.add("batch-deleted", "BP-PAY-012")
def batch_deleted(reference: Reference) -> None:
    """A batch can be deleted."""
    offer(reference, "DELETE", BATCH)


def _ordered(reference: Reference, altered: Callable[[Claim, Batch], Claim]) -> None:
    def make(ordered: Method) -> Method:
        return lambda claim, batch: altered(ordered(claim, batch), batch)

    revise(reference.the(BenefitPayments).batches, "ordered", make)


@FAULTS.add("claim-without-its-batch", "BP-PAY-014")
def claim_without_its_batch(reference: Reference) -> None:
    """A claim does not say in which batch it is."""
    _ordered(reference, lambda claim, batch: changed(claim, batch_id=None))


@FAULTS.add("only-first-claim-in-transfer", "BP-PAY-002", "BP-PAY-014")
def only_first_claim_in_transfer(reference: Reference) -> None:
    """Of a batch of several claims the last one stays approved until its result is there."""

    def stays(claim: Claim, batch: Batch) -> Claim:
        behind = len(batch.transfers) > 1 and batch.transfers[-1].claim_id == claim.id
        return changed(claim, status=APPROVED) if behind else claim

    _ordered(reference, stays)
