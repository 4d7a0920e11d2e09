"""Faults of single members of an answer, which contradict their description in the document or another member."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import Claim
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _service(reference: Reference) -> BenefitPayments:
    return reference.the(BenefitPayments)


@FAULTS.add("return-reason-after-retry", "BP-CON-001", "BP-RTR-027")
def return_reason_after_retry(reference: Reference) -> None:
    """A claim that was retried still shows why its first transfer came back."""
    alter(
        _service(reference).decisions,
        "retried",
        lambda found, claim, _: changed(found, return_reason=claim.return_reason),
    )


@FAULTS.add("first-batch-for-good", "BP-PAY-014")
def first_batch_for_good(reference: Reference) -> None:
    """A claim that is ordered a second time shows its first batch."""
    alter(
        _service(reference).batches,
        "ordered",
        lambda found, claim, batch: changed(found, batch_id=claim.batch_id or batch.id),
    )


@FAULTS.add("reduced-by-return-without-batch", "BP-LED-007")
def reduced_by_return_without_batch(reference: Reference) -> None:
    """An entry `reduced` that a return has made names no batch."""

    def make(enter: Method) -> Method:
        def bare(call: Call, programme_id: str, lines: Any) -> None:
            enter(call, programme_id, [(k, c, None if k == "reduced" else b, n) for k, c, b, n in lines])

        return bare

    replace(
        _service(reference).ledger, "enter", make, concerns=lambda call, *_: call.operation.id == "enterBatchResults"
    )


@FAULTS.add("members-in-the-order-entered", "BP-INT-027")
def members_in_reverse(reference: Reference) -> None:
    """The members of a claim stand in reverse order of the copy."""
    alter(_service(reference).claims, "body", lambda body, _: {**body, "members": body["members"][::-1]})


@FAULTS.add("form-members-by-age", "BP-FRM-011")
def form_members_by_age(reference: Reference) -> None:
    """The members on a form stand by their birth dates, not in the order of the copy."""
    alter(
        _service(reference).forms,
        "members",
        lambda found, _: sorted(found, key=lambda p: (p["birth_date"]["value"], p["resident_id"])),
    )


@FAULTS.add("batch-count-of-pending", "BP-PAY-001")
def batch_count_of_pending(reference: Reference) -> None:
    """The count of a batch is that of the transfers without a result, as long as there are any."""

    def pending(body: dict[str, Any], _: Any) -> dict[str, Any]:
        left = sum(line["outcome"] == "pending" for line in body["transfers"])
        return {**body, "count": left or body["count"]}

    alter(_service(reference).batches, "body", pending)


@FAULTS.add("available-of-what-is-paid", "BP-CON-006")
def available_of_what_is_paid(reference: Reference) -> None:
    """The available amount is the ceiling less what is paid."""
    alter(
        _service(reference).ledger,
        "sums",
        lambda found, _: {**found, "available_amount": found["budget_ceiling"] - found["paid_amount"]},
    )


@FAULTS.add("retried-forgotten-when-paid", "BP-RTR-006")
def retried_forgotten_when_paid(reference: Reference) -> None:
    """A claim that was retried and is paid no longer shows that it was retried."""
    alter(_service(reference).claims, "body", lambda body, c: {**body, "retried": c.retried and c.status != "paid"})


@FAULTS.add("overpaid-beyond-what-is-ordered", "BP-SEP-004", "BP-SEP-012")
def second_overpayment_replaces_the_first(reference: Reference) -> None:
    """After a second separation from a paid claim only its own person is shown as overpaid."""
    service = _service(reference)

    def make(without: Method) -> Method:
        def last(claim: Claim, share: int) -> Claim:
            if claim.overpaid_amount:
                claim = changed(claim, overpaid_amount=0)
            return without(claim, share)  # type: ignore[no-any-return]

        return last

    replace(service.separations, "without", make, concerns=lambda claim, _: bool(claim.overpaid_amount))


@FAULTS.add("summary-without-separation", "BP-CON-003", "BP-SEP-001")
def summary_without_separation(reference: Reference) -> None:
    """A claim of a separation is read as one of the household: its separation_id is null."""
    alter(_service(reference).claims, "body", lambda body, _: {**body, "separation_id": None})


@FAULTS.add("postmark-of-the-entry", "BP-INT-028")
def postmark_of_the_entry(reference: Reference) -> None:
    """A claim by post shows the day of its entry as that of the postmark."""
    alter(
        _service(reference).claims,
        "body",
        lambda body, c: {**body, "postmarked_on": body["received_at"][:10]} if c.postmarked_on else body,
    )
