"""Faults of paying a second time what came back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.records import (
    APPROVED,
    IN_TRANSFER,
    ONLINE,
    PAID,
    RECEIVED,
    REJECTED,
    Claim,
    Json,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Violation, conflict
from conformance.reference.resident_registry.faults.leniency import passing, refused_as

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _retried(reference: Reference, altered: Callable[[Claim, Claim], Claim]) -> None:
    """A claim that is retried is kept altered; `altered` is told what it was before as well."""

    def make(retried: Method) -> Method:
        def other(claim: Claim, account: Json) -> Claim:
            return altered(retried(claim, account), claim)

        return other

    revise(reference.the(BenefitPayments).decisions, "retried", make)


@FAULTS.add("retry-to-the-former-account", "BP-RTR-001")
def retry_to_the_former_account(reference: Reference) -> None:
    """A retry leaves the account as it was."""
    _retried(reference, lambda claim, before: changed(claim, account=before.account))


@FAULTS.add("transfer-to-the-account-of-the-form", "BP-RTR-001")
def transfer_to_the_account_of_the_form(reference: Reference) -> None:
    """A claim shows the account of its retry, and the next transfer goes to that of the form."""

    def make(transfer: Method) -> Method:
        return lambda claim: changed(transfer(claim), account=claim.content["account"])

    revise(reference.the(BenefitPayments).batches, "transfer", make)


@FAULTS.add("retry-keeps-the-branch", "BP-RTR-001")
def retry_keeps_the_branch(reference: Reference) -> None:
    """A retry changes the number of the account and leaves bank and branch as they were."""

    def mixed(claim: Claim, before: Claim) -> Claim:
        kept = {name: before.account[name] for name in ("bank_code", "branch_code")}
        return changed(claim, account={**claim.account, **kept})

    _retried(reference, mixed)


def _check_retry(reference: Reference, make: Callable[[Method], Method]) -> None:
    revise(reference.the(BenefitPayments).decisions, "check_retry", make)


@FAULTS.add("retried-without-end", "BP-RTR-002")
def retried_without_end(reference: Reference) -> None:
    """A claim is retried as often as it comes back."""
    _check_retry(reference, passing("retry_used", lambda claim: claim.status == "returned"))


@FAULTS.add("second-retry-is-not-returned", "BP-RTR-002")
def second_retry_is_not_returned(reference: Reference) -> None:
    """A second retry is refused with the code for claims that did not come back."""
    _check_retry(reference, refused_as(409, "retry_used", "not_returned"))


def _retriable(reference: Reference, *statuses: str) -> None:
    _check_retry(reference, passing("not_returned", lambda claim: claim.status in statuses))


@FAULTS.add("retry-while-in-transfer", "BP-RTR-003")
def retry_while_in_transfer(reference: Reference) -> None:
    """A claim in transfer can be retried."""
    _retriable(reference, IN_TRANSFER)


@FAULTS.add("retry-of-the-paid", "BP-RTR-003")
def retry_of_the_paid(reference: Reference) -> None:
    """A paid claim can be retried."""
    _retriable(reference, PAID)


@FAULTS.add("retry-changes-an-approved-account", "BP-RTR-003")
def retry_changes_an_approved_account(reference: Reference) -> None:
    """An approved claim can be retried, which changes its account after somebody looked at it."""
    _retriable(reference, APPROVED)


@FAULTS.add("retry-approves-a-received-claim", "BP-RTR-003")
def retry_approves_a_received_claim(reference: Reference) -> None:
    """A claim that nobody has decided on is approved by a retry."""
    _retriable(reference, RECEIVED)


@FAULTS.add("retry-approves-a-rejected-claim", "BP-RTR-003")
def retry_approves_a_rejected_claim(reference: Reference) -> None:
    """A rejected claim is approved by a retry."""
    _retriable(reference, REJECTED)


def _counted_twice(reference: Reference, name: str, *statuses: str) -> None:
    """A sum of the ledger counts retried claims of these statuses twice."""
    service = reference.the(BenefitPayments)

    def make(summed: Method) -> Method:
        def doubled(programme_id: str) -> int:
            claims = service.books.claims_of(programme_id)
            again = sum(claim.amount for claim in claims if claim.retried and claim.status in statuses)
            return int(summed(programme_id)) + again

        return doubled

    revise(service.ledger, name, make)


@FAULTS.add("retry-approved-twice", "BP-RTR-004", "BP-LED-001", "BP-PRG-007")
def retry_approved_twice(reference: Reference) -> None:
    """A retried claim counts twice in the approved amount."""
    _counted_twice(reference, "approved", APPROVED, IN_TRANSFER, PAID)


@FAULTS.add("retry-paid-twice", "BP-RTR-004", "BP-LED-001")
def retry_paid_twice(reference: Reference) -> None:
    """A retried claim counts twice in the paid amount, once for each transfer."""
    _counted_twice(reference, "paid", PAID)


@FAULTS.add("retry-entered-as-approval", "BP-RTR-004")
def retry_entered_as_approval(reference: Reference) -> None:
    """A retry stands in the entries of the ledger as a second approval."""
    service = reference.the(BenefitPayments)

    def make(retry: Method) -> Method:
        def entering(call: Call) -> Answer:
            answer: Answer = retry(call)
            claim = call.target
            service.ledger.enter(call, claim.party.programme_id, [("approved", claim, None, claim.amount)])
            return answer

        return entering

    replace(service.decisions, "retry", make)


def _overlooked(reference: Reference, *codes: str) -> None:
    """Whatever a retry says of account_confirmed is taken, where it is wrong in one of these ways."""

    def make(violations: Method) -> Method:
        def lenient(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            if call.operation.id != "retryClaim":
                return found
            return tuple(v for v in found if v.code not in codes or v.pointer != "/account_confirmed")

        return lenient

    revise(reference.pipeline, "violations", make)


@FAULTS.add("retry-silent-of-account", "BP-RTR-005", "COM-VAL-001")
def retry_silent_of_account(reference: Reference) -> None:
    """A retry need not say that somebody has looked at the account."""
    _overlooked(reference, "missing")


@FAULTS.add("retry-unconfirmed", "BP-RTR-005")
def retry_unconfirmed(reference: Reference) -> None:
    """A retry is taken that says nobody has looked at the account."""
    _overlooked(reference, "enum")


@FAULTS.add("retry-refused-yet-made", "BP-RTR-005")
def retry_refused_yet_made(reference: Reference) -> None:
    """A retry that says nobody has looked at the account is refused, and made all the same."""
    service = reference.the(BenefitPayments)

    def make(violations: Method) -> Method:
        def careless(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            claim = service.books.claims.get(call.path["claim_id"])
            if claim is not None and {v.pointer for v in found} == {"/account_confirmed"}:
                service.books.keep_claim(service.decisions.retried(claim, body["account"]))
            return found

        return careless

    replace(reference.pipeline, "violations", make, concerns=lambda call, body: call.operation.id == "retryClaim")


@FAULTS.add("online-retry-refused", "BP-RTR-006")
def online_retry_refused(reference: Reference) -> None:
    """An online claim cannot be retried: the applicant has to claim again."""

    def make(check: Method) -> Method:
        def strict(claim: Claim) -> None:
            check(claim)
            if claim.channel == ONLINE:
                raise conflict("not_returned", "返戻されていません / The claim is not returned")

        return strict

    _check_retry(reference, make)


@FAULTS.add("online-retry-unmarked", "BP-PAY-014", "BP-RTR-006")
def online_retry_unmarked(reference: Reference) -> None:
    """An online claim does not show that it was retried."""
    _retried(reference, lambda claim, before: changed(claim, retried=claim.channel != ONLINE))
