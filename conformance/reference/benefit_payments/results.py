"""What became of transfers: enterBatchResults."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.ledger import Line
from conformance.reference.benefit_payments.records import PAID, PENDING, RETURNED, Batch, Claim, Transfer
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import conflict, rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments

Result = dict[str, Any]


class Results:
    """Results of the bank, entered as a whole or not at all; each transfer has one."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        batches = self.service.batches
        return {
            "enterBatchResults": Handler(
                perform=lambda call: self.enter(call), locate=lambda call: batches.locate(call)
            )
        }

    def enter(self, call: Call) -> Answer:
        """Enters what became of some or all transfers of a batch."""
        batch: Batch = call.target
        results: list[Result] = call.body["results"]
        self.check(batch, results)
        changed = self.with_results(batch, results)
        self.service.books.keep_batch(changed)
        self.settle(call, batch, results)
        return self.service.batches.shown(call, changed)

    def check(self, batch: Batch, results: list[Result]) -> None:
        """All that is examined, before anything is entered. Raises 422 and 409."""
        self.check_once(results)
        self.check_named(batch, results)
        self.check_reasons(results)
        self.check_pending(batch, results)

    def check_once(self, results: list[Result]) -> None:
        """No claim stands twice. Raises 422."""
        seen: set[str] = set()
        for place, result in enumerate(results):
            if result["claim_id"] in seen:
                detail = "同じ申請が2度あります / A claim stands twice"
                raise rule("repeated_claim", detail, f"/results/{place}/claim_id")
            seen.add(result["claim_id"])

    def check_named(self, batch: Batch, results: list[Result]) -> None:
        """All claims are in the batch. Raises 422."""
        known = {transfer.claim_id for transfer in batch.transfers}
        for place, result in enumerate(results):
            if result["claim_id"] not in known:
                detail = "振込依頼にない申請です / A claim that is not in the batch"
                raise rule("not_in_batch", detail, f"/results/{place}/claim_id")

    def check_reasons(self, results: list[Result]) -> None:
        """A return has a reason, a payment has none. Raises 422."""
        for place, result in enumerate(results):
            if (result["outcome"] == RETURNED) != ("return_reason" in result):
                detail = "返戻の理由は返戻のときだけ必要です / A return has a reason, a payment has none"
                raise rule("unprocessable", detail, f"/results/{place}/return_reason")

    def check_pending(self, batch: Batch, results: list[Result]) -> None:
        """No transfer has its result already. Raises 409."""
        settled = {transfer.claim_id for transfer in batch.transfers if transfer.outcome != PENDING}
        for place, result in enumerate(results):
            if result["claim_id"] in settled:
                detail = "結果は登録済みです / The result is entered already"
                raise conflict("result_entered", detail, f"/results/{place}/claim_id")

    def with_results(self, batch: Batch, results: list[Result]) -> Batch:
        """The batch with the results at its transfers."""
        by_claim = {result["claim_id"]: result for result in results}
        return replace(batch, transfers=tuple(self.with_result(item, by_claim) for item in batch.transfers))

    def with_result(self, transfer: Transfer, by_claim: dict[str, Result]) -> Transfer:
        """A transfer with its result, where it is among those entered."""
        result = by_claim.get(transfer.claim_id)
        if result is None:
            return transfer
        return replace(transfer, outcome=result["outcome"], return_reason=result.get("return_reason"))

    def settle(self, call: Call, batch: Batch, results: list[Result]) -> None:
        """Changes the claims, and enters it all in the ledger in the order of the results."""
        ordered = {transfer.claim_id: transfer.amount for transfer in batch.transfers}
        lines: list[Line] = []
        for result in results:
            claim = self.service.books.claims[result["claim_id"]]
            after = self.paid(claim) if result["outcome"] == PAID else self.returned(claim, result["return_reason"])
            self.service.books.keep_claim(after)
            lines.append((result["outcome"], claim, batch.id, ordered[claim.id]))
            if after.amount != claim.amount:
                lines.append(("reduced", claim, batch.id, claim.amount - after.amount))
        self.service.ledger.enter(call, batch.programme_id, lines)

    def paid(self, claim: Claim) -> Claim:
        """A claim whose transfer has arrived."""
        return replace(claim, status=PAID)

    def returned(self, claim: Claim, reason: str) -> Claim:
        """A claim whose transfer came back; what would have been overpaid is no longer claimed."""
        return replace(
            claim,
            status=RETURNED,
            return_reason=reason,
            amount=claim.amount - claim.overpaid_amount,
            overpaid_amount=0,
        )
