"""Faults of what an earlier claim, transfer or form leaves to a later one."""

from __future__ import annotations

from dataclasses import replace as with_changes
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.batches import in_one_order
from conformance.reference.benefit_payments.decisions import Decisions
from conformance.reference.benefit_payments.records import (
    APPROVED,
    IN_TRANSFER,
    ONLINE,
    POST,
    REJECTED,
    RETURNED,
    Batch,
    Claim,
    Json,
    Party,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import conflict

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("number-free-once-all-is-returned", "BP-PAY-007")
def number_free_once_all_is_returned(reference: Reference) -> None:
    """A batch whose transfers were all returned is made again, when its content comes after its claims were retried."""
    service = reference.the(BenefitPayments)

    def make(create: Method) -> Method:
        def again(call: Call) -> Answer:
            before = service.batches.with_number(call.body["batch_number"])
            if before is None or not _retried(service, before):
                answer: Answer = create(call)
                return answer
            if in_one_order(before.content) == in_one_order(call.body):
                del service.books.batch_of_number[before.number]
            made: Answer = create(call)
            return made

        return again

    def concerns(call: Call) -> bool:
        before = service.batches.with_number(call.body["batch_number"])
        return before is not None and _retried(service, before)

    replace(service.batches, "create", make, concerns)


def _retried(service: BenefitPayments, batch: Batch) -> bool:
    """Whether all transfers of a batch were returned and all its claims wait to be paid again."""
    claims = [service.books.claims[item.claim_id] for item in batch.transfers]
    return all(t.outcome == RETURNED for t in batch.transfers) and all(c.status == APPROVED for c in claims)


@FAULTS.add("second-retry-where-the-account-stayed", "BP-RTR-002")
def second_retry_where_the_account_stayed(reference: Reference) -> None:
    """A claim is retried a second time where the first retry gave the account that the claim had."""
    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def lenient(claim: Claim) -> None:
            batches = service.books.batches.values()
            accounts = [item.account for batch in batches for item in batch.transfers if item.claim_id == claim.id]
            if claim.status != RETURNED or len(accounts) != 2 or accounts[0] != accounts[1]:
                check(claim)

        return lenient

    revise(service.decisions, "check_retry", make)


@FAULTS.add("form-of-the-rejected-claim-repeated", "BP-INT-019")
def form_of_the_rejected_claim_repeated(reference: Reference) -> None:
    """A form with the content of a rejected claim is answered with that claim although another by post is live."""
    service = reference.the(BenefitPayments)

    def rejected(party: Party, content: Json) -> Claim | None:
        claims = service.books.claims_of(party.programme_id)
        found = (c for c in claims if c.party == party and c.status == REJECTED and c.content == content)
        live = service.books.live_claim(party)
        return next(found, None) if live is not None and live.channel == POST and live.content != content else None

    def make(before: Method) -> Method:
        def enter(call: Call) -> Answer:
            party = service.visibility.form_in_body(call, call.body["form_id"], "/form_id")
            claim = rejected(party, call.body)
            if claim is None:
                answer: Answer = before(call)
                return answer
            call.subjects[:] = service.subjects_of.of_claim(claim)
            return Answer(200, service.claims.body(claim))

        return enter

    def concerns(call: Call) -> bool:
        party = service.books.parties.get(call.body["form_id"])
        return party is not None and rejected(party, call.body) is not None

    replace(service.postal_claims, "enter", make, concerns)


@FAULTS.add("result-of-the-first-transfer-given-anew", "BP-RES-003", "BP-CON-009")
def result_of_the_first_transfer_given_anew(reference: Reference) -> None:
    """The result of a returned transfer is entered a second time while the retried claim is in another batch."""
    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def lenient(batch: Batch, results: list[dict[str, Any]]) -> None:
            claims = [service.books.claims[result["claim_id"]] for result in results]
            again = {c.id for c in claims if c.status == IN_TRANSFER and c.batch_id != batch.id}
            check(batch, [result for result in results if result["claim_id"] not in again])

        return lenient

    revise(service.results, "check_pending", make)


@FAULTS.add("second-return-lowers-nothing", "BP-SEP-012")
def second_return_lowers_nothing(reference: Reference) -> None:
    """A claim of which the transfer after a retry is returned keeps its amount and what is overpaid."""

    def make(returned: Method) -> Method:
        def kept(claim: Claim, reason: str) -> Claim:
            after: Claim = returned(claim, reason)
            if not claim.retried:
                return after
            return with_changes(after, amount=claim.amount, overpaid_amount=claim.overpaid_amount)

        return kept

    revise(reference.the(BenefitPayments).results, "returned", make)


@FAULTS.add("what-a-return-lowered-stays-spent", "BP-DEC-003")
def what_a_return_lowered_stays_spent(reference: Reference) -> None:
    """By how much a return lowered a claim is not free again for other approvals."""
    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def spent(claim: Claim) -> None:
            check(claim)
            programme = service.books.programme_of(claim.party)
            entries = service.books.entries(programme.id)
            lost = sum(entry.amount for entry in entries if entry.kind == "reduced" and entry.batch_id is not None)
            if service.ledger.approved(programme.id) + claim.amount + lost > programme.budget_ceiling:
                raise conflict("budget_exceeded", "予算の上限を超えます / The budget ceiling is exceeded")

        return spent

    decisions: Decisions = service.decisions
    revise(decisions, "check_budget", make)


@FAULTS.add("two-separations-with-one-account", "BP-ACC-003")
def two_separations_with_one_account(reference: Reference) -> None:
    """Two separations from one household count as two households when their account is one."""

    def make(of_other: Method) -> Method:
        def parted(one: Claim, other: Claim) -> bool:
            both = one.party.separation_id is not None and other.party.separation_id is not None
            return bool(of_other(one, other)) or (both and one.party != other.party)

        return parted

    revise(reference.the(BenefitPayments).accounts, "of_other_household", make)


@FAULTS.add("batch-open-while-its-claim-is-paid-anew", "BP-RES-007")
def batch_open_while_its_claim_is_paid_anew(reference: Reference) -> None:
    """A closed batch is open again while a claim of it, that was returned and retried, is in another one."""
    service = reference.the(BenefitPayments)

    def make(body: Method) -> Method:
        def by_claim(batch: Batch) -> dict[str, Any]:
            found: dict[str, Any] = body(batch)
            claims = [service.books.claims[item.claim_id] for item in batch.transfers]
            under_way = any(c.status == IN_TRANSFER and c.batch_id != batch.id for c in claims)
            return {**found, "status": "open"} if under_way else found

        return by_claim

    revise(service.batches, "body", make)


@FAULTS.add("list-of-what-came-back", "BP-RTR-001")
def list_of_what_came_back(reference: Reference) -> None:
    """A list shows a retried claim with the amount of the transfer that came back, whatever was taken off it since."""
    service = reference.the(BenefitPayments)

    def came_back(claim_id: object) -> int | None:
        claim = service.books.claims.get(str(claim_id))
        if claim is None or not claim.retried or claim.status != APPROVED or claim.batch_id is None:
            return None
        transfers = service.books.batches[claim.batch_id].transfers
        return next(item.amount for item in transfers if item.claim_id == claim.id)

    def change(request: Request, answer: Answer) -> Answer:
        if answer.status != 200 or not isinstance(answer.body, dict) or "results" not in answer.body:
            return answer
        for line in answer.body["results"]:
            amount = came_back(line.get("id")) if "review" in line else None
            if amount is not None:
                line["amount"] = amount
        return answer

    rewrite(reference, change)


def _closed_by_repayment(reference: Reference, channel: str) -> None:
    """Over this channel a party may claim again once its claim was repaid in full."""
    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def lenient(party: Party, over: str) -> None:
            live = service.books.live_claim(party)
            if over != channel or live is None or not live.amount or live.repaid_amount != live.amount:
                check(party, over)

        return lenient

    revise(service.intake, "check_no_other", make)


@FAULTS.add("all-given-back-claimed-again-by-post", "BP-INT-019")
def all_given_back_claimed_again_by_post(reference: Reference) -> None:
    """A household whose claim was paid and repaid in full may send back its form again, with another content."""
    _closed_by_repayment(reference, POST)


@FAULTS.add("all-given-back-claimed-again-online", "BP-INT-003")
def all_given_back_claimed_again_online(reference: Reference) -> None:
    """A household whose claim was paid and repaid in full may claim again online."""
    _closed_by_repayment(reference, ONLINE)


@FAULTS.add("transfer-of-what-became-nothing", "BP-PAY-011")
def transfer_of_what_became_nothing(reference: Reference) -> None:
    """A claim that came to something when it was approved, and to nothing since, is put into a batch."""
    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def approved(claims: list[Claim]) -> None:
            entries = [e for c in claims for e in service.books.entries(c.party.programme_id) if e.kind == "approved"]
            granted = {entry.claim_id: entry.amount for entry in entries}
            check([with_changes(claim, amount=granted.get(claim.id, claim.amount)) for claim in claims])

        return approved

    revise(service.batches, "check_amounts", make)
