"""Faults of benefit payments: batches and results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import (
    PAID,
    RETURNED,
    Batch,
    Claim,
)
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


@FAULTS.add("transfers-sorted", "BP-PAY-001")
def transfers_sorted(reference: Reference) -> None:
    """The transfers of a batch stand in the order of their amounts."""
    alter(
        _service(reference).batches,
        "body",
        lambda body, _: {
            **body,
            "transfers": sorted(body["transfers"], key=lambda item: (item["amount"], item["claim_id"])),
        },
    )


@FAULTS.add("batch-of-five", "BP-PAY-001")
def batch_of_five(reference: Reference) -> None:
    """Of a batch of more than five claims those behind the fifth have the account of the first."""
    service = _service(reference)

    def make(body: Method) -> Method:
        def first(batch: Batch) -> dict[str, Any]:
            found: dict[str, Any] = body(batch)
            lines = found["transfers"]
            return {**found, "transfers": lines[:5] + [{**line, "account": lines[0]["account"]} for line in lines[5:]]}

        return first

    revise(service.batches, "body", make)


@FAULTS.add("batch-shows-account-of-today", "BP-PAY-001")
def batch_shows_account_of_today(reference: Reference) -> None:
    """A batch that is read shows the account that a claim has now, not that of the transfer."""
    service = _service(reference)

    def today(body: dict[str, Any], _: Batch) -> dict[str, Any]:
        claims = service.books.claims
        lines = [{**line, "account": claims[line["claim_id"]].account} for line in body["transfers"]]
        return {**body, "transfers": lines}

    alter(service.batches, "body", today)


@FAULTS.add("batch-shows-amount-of-today", "BP-PAY-001")
def batch_shows_amount_of_today(reference: Reference) -> None:
    """A batch that is read shows the amount that a claim has now, and their sum."""
    service = _service(reference)

    def today(body: dict[str, Any], _: Batch) -> dict[str, Any]:
        claims = service.books.claims
        lines = [{**line, "amount": claims[line["claim_id"]].amount or line["amount"]} for line in body["transfers"]]
        return {**body, "transfers": lines, "total": sum(line["amount"] for line in lines)}

    alter(service.batches, "body", today)


@FAULTS.add("former-result-forgotten", "BP-CON-009")
def former_result_forgotten(reference: Reference) -> None:
    """The batch in which a transfer came back shows it as paid once the second transfer of the claim was paid."""
    service = _service(reference)

    def today(body: dict[str, Any], _: Batch) -> dict[str, Any]:
        claims = service.books.claims
        lines = [
            {**line, "outcome": "paid", "return_reason": None}
            if line["outcome"] == "returned" and claims[line["claim_id"]].status == PAID
            else line
            for line in body["transfers"]
        ]
        return {**body, "transfers": lines}

    alter(service.batches, "body", today)


@FAULTS.add("results-entered-in-order-of-the-batch", "BP-LED-008")
def results_entered_in_order_of_the_batch(reference: Reference) -> None:
    """The entries of results stand in the order of the transfers, whatever the order of the results is."""
    service = _service(reference)

    def make(settle: Method) -> Method:
        def ordered(call: Call, batch: Batch, results: list[Any]) -> None:
            place = {transfer.claim_id: i for i, transfer in enumerate(batch.transfers)}
            settle(call, batch, sorted(results, key=lambda result: place[result["claim_id"]]))

        return ordered

    replace(service.results, "settle", make)


@FAULTS.add("reduced-before-returned", "BP-LED-007")
def reduced_before_returned(reference: Reference) -> None:
    """Where a return lowers an amount, `reduced` stands before `returned` in the ledger."""
    service = _service(reference)

    def make(enter: Method) -> Method:
        def turned(call: Call, programme_id: str, lines: Any) -> None:
            enter(call, programme_id, sorted(lines, key=lambda line: line[0] != "reduced"))

        return turned

    replace(service.ledger, "enter", make, concerns=lambda call, *_: call.operation.id == "enterBatchResults")


@FAULTS.add("results-of-ten", "BP-RES-001")
def results_of_five(reference: Reference) -> None:
    """Of results entered together those behind the fifth do not reach the claims."""
    service = _service(reference)
    replace(service.results, "settle", lambda settle: lambda call, batch, results: settle(call, batch, results[:5]))


@FAULTS.add("second-return-shown-with-the-first-reason", "BP-RES-002")
def second_return_shown_with_the_first_reason(reference: Reference) -> None:
    """A claim that comes back a second time shows the reason of the first return."""
    service = _service(reference)
    first: dict[str, str] = {}

    def make(returned: Method) -> Method:
        def kept(claim: Claim, reason: str) -> Claim:
            return returned(claim, first.setdefault(claim.id, reason))  # type: ignore[no-any-return]

        return kept

    replace(service.results, "returned", make)


@FAULTS.add("ledger-forgets-second-return", "BP-LED-001")
def ledger_forgets_second_return(reference: Reference) -> None:
    """A claim that came back twice counts as returned no more: neither paid, returned nor pending."""
    service = _service(reference)
    alter(
        service.ledger,
        "returned",
        lambda found, programme_id: (
            found - sum(c.amount for c in service.books.claims_of(programme_id) if c.status == RETURNED and c.retried)
        ),
    )
