"""Files of transfers for the bank: createPaymentBatch, getPaymentBatch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from conformance.reference.benefit_payments import views
from conformance.reference.benefit_payments.ledger import Line
from conformance.reference.benefit_payments.records import (
    APPROVED,
    IN_TRANSFER,
    PAID,
    Batch,
    Claim,
    Programme,
    Transfer,
)
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import conflict, not_found, rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments

ORDERED: Final = frozenset({IN_TRANSFER, PAID})


class Batches:
    """A batch is made as a whole or not at all, and no number makes two."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "createPaymentBatch": Handler(perform=lambda call: self.create(call)),
            "getPaymentBatch": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
        }

    def locate(self, call: Call) -> None:
        """The batch that the path names."""
        call.target = self.service.books.batches.get(call.path["batch_id"])
        if call.target is None:
            raise not_found()

    def read(self, call: Call) -> Answer:
        """The batch with what became of its transfers."""
        return self.shown(call, call.target)

    def shown(self, call: Call, batch: Batch) -> Answer:
        """The answer that shows a batch, read or changed."""
        call.subjects[:] = self.service.subjects_of.of_batch(batch)
        return Answer(200, self.body(batch))

    def body(self, batch: Batch) -> dict[str, Any]:
        """The batch as JSON."""
        return views.batch(batch)

    def create(self, call: Call) -> Answer:
        """Makes a batch, or shows the one that has the number."""
        before = self.with_number(call.body["batch_number"])
        if before is not None:
            self.check_content(before, call.body)
            return self.shown(call, before)
        claims = self.check(call.body)
        batch = self.order(call, claims)
        call.subjects[:] = self.service.subjects_of.of_batch(batch)
        location = f"{self.service.base}/payment_batches/{batch.id}"
        return Answer(201, self.body(batch), [("Location", location)])

    def with_number(self, number: str) -> Batch | None:
        """The batch that has a number."""
        batch_id = self.service.books.batch_of_number.get(number)
        return None if batch_id is None else self.service.books.batches[batch_id]

    def check_content(self, before: Batch, content: dict[str, Any]) -> None:
        """A number stands for one content, the order of the claims aside. Raises 409."""
        if in_one_order(before.content) != in_one_order(content):
            detail = "依頼番号は使用済みです / The batch number is used"
            raise conflict("batch_number_used", detail, "/batch_number")

    def check(self, content: dict[str, Any]) -> list[Claim]:
        """The claims to be paid, after all checks, in the order of the document. Raises 422 and 409."""
        programme = self.programme(content["programme_id"])
        claims = self.claims(content["claim_ids"])
        self.check_programme(programme, claims)
        self.check_day(content["transfer_on"])
        self.check_controls(content, claims)
        self.check_states(claims)
        self.check_amounts(claims)
        return claims

    def programme(self, programme_id: str) -> Programme:
        """The programme that the content names. Raises 422."""
        found = self.service.books.programmes.get(programme_id)
        if found is None:
            raise rule("unknown_programme", "該当する給付事業がありません / Unknown programme", "/programme_id")
        return found

    def claims(self, claim_ids: list[str]) -> list[Claim]:
        """The claims named. Raises 422."""
        for place, claim_id in enumerate(claim_ids):
            if claim_id not in self.service.books.claims:
                raise rule("unknown_claim", "該当する申請がありません / Unknown claim", f"/claim_ids/{place}")
        return [self.service.books.claims[claim_id] for claim_id in claim_ids]

    def check_programme(self, programme: Programme, claims: list[Claim]) -> None:
        """All claims are of the programme. Raises 422."""
        for place, claim in enumerate(claims):
            if claim.party.programme_id != programme.id:
                detail = "別の給付事業の申請です / A claim of another programme"
                raise rule("other_programme", detail, f"/claim_ids/{place}")

    def check_day(self, day: str) -> None:
        """The bank transfers today or later. Raises 422."""
        if day < self.service.clock.today():
            raise rule("date_in_past", "振込日が過去です / The day of transfer is past", "/transfer_on")

    def check_controls(self, content: dict[str, Any], claims: list[Claim]) -> None:
        """Number and sum are those of the claims. Raises 422."""
        if content["control_count"] != len(claims):
            raise rule("control_total", "件数が一致しません / The count does not match", "/control_count")
        if content["control_total"] != sum(claim.amount for claim in claims):
            raise rule("control_total", "合計額が一致しません / The total does not match", "/control_total")

    def check_states(self, claims: list[Claim]) -> None:
        """All claims are approved, and none is paid twice. Raises 409."""
        for place, claim in enumerate(claims):
            if claim.status in ORDERED:
                detail = "振込依頼済み又は支給済みです / In transfer or paid already"
                raise conflict("already_ordered", detail, f"/claim_ids/{place}")
        for place, claim in enumerate(claims):
            if claim.status != APPROVED:
                detail = "支給決定されていません / Not approved"
                raise conflict("not_approved", detail, f"/claim_ids/{place}")

    def check_amounts(self, claims: list[Claim]) -> None:
        """There is something to transfer for each. Raises 409."""
        for place, claim in enumerate(claims):
            if claim.amount == 0:
                raise conflict("nothing_to_pay", "支給額がありません / Nothing to pay", f"/claim_ids/{place}")

    def order(self, call: Call, claims: list[Claim]) -> Batch:
        """Keeps the batch, and with it claims and ledger."""
        batch = Batch(
            id=self.service.reference.ids.new(),
            programme_id=call.body["programme_id"],
            content=call.body,
            transfers=tuple(self.transfer(claim) for claim in claims),
            created_at=call.now,
        )
        self.service.books.keep_batch(batch)
        for claim in claims:
            self.service.books.keep_claim(self.ordered(claim, batch))
        self.service.ledger.enter(call, batch.programme_id, self.lines(claims, batch))
        return batch

    def transfer(self, claim: Claim) -> Transfer:
        """What is transferred for a claim: its amount, to its account."""
        return Transfer(claim.id, claim.amount, claim.account)

    def ordered(self, claim: Claim, batch: Batch) -> Claim:
        """A claim that is in a batch now."""
        return replace(claim, status=IN_TRANSFER, batch_id=batch.id)

    def lines(self, claims: list[Claim], batch: Batch) -> list[Line]:
        """What a batch enters in the ledger."""
        return [("ordered", claim, batch.id, claim.amount) for claim in claims]


def in_one_order(content: Any) -> dict[str, Any]:
    """A content with its claims in an order of their own, so that theirs does not count."""
    return {**content, "claim_ids": sorted(content["claim_ids"])}
