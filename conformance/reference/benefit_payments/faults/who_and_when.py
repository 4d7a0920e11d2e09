"""More faults of benefit payments: who did what, what is shown of it later, what a change of the programme reaches."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter, refuse
from conformance.reference.benefit_payments.records import PAID, Claim, Party, Programme
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict, rule

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _service(reference: Reference) -> BenefitPayments:
    return reference.the(BenefitPayments)


@FAULTS.add("repayment-is-available-again", "BP-CON-006")
def repayment_is_available_again(reference: Reference) -> None:
    """The available amount of the ledger counts what was repaid; nothing else does."""
    alter(
        _service(reference).ledger,
        "sums",
        lambda found, _: {**found, "available_amount": found["available_amount"] + found["repaid_amount"]},
    )


@FAULTS.add("overpaid-is-not-paid", "BP-CON-006")
def overpaid_is_not_paid(reference: Reference) -> None:
    """The available amount of the ledger counts what is overpaid as if it were back."""
    service = _service(reference)
    alter(
        service.ledger,
        "sums",
        lambda found, programme: {
            **found,
            "available_amount": found["available_amount"]
            + sum(c.overpaid_amount for c in service.books.claims_of(programme.id)),
        },
    )


@FAULTS.add("decided-by-the-role", "BP-CON-002")
def decided_by_who_entered(reference: Reference) -> None:
    """A decided claim names the client that entered it as the one that decided."""
    alter(_service(reference).decisions, "decided", lambda found, *_: changed(found, decided_by=found.entered_by))


@FAULTS.add("retry-undoes-the-decider", "BP-CON-004", "BP-RTR-027")
def retry_undoes_the_decider(reference: Reference) -> None:
    """A retried claim no longer says why it was approved, and by whom."""
    alter(
        _service(reference).decisions,
        "retried",
        lambda found, *_: changed(found, decided_by=None, decision_reason=None),
    )


@FAULTS.add("received-at-the-postmark", "BP-CON-003")
def received_at_the_postmark(reference: Reference) -> None:
    """A claim by post is shown as received at midnight of the day of its postmark."""
    service = _service(reference)

    def backdated(body: dict[str, Any], claim: Claim) -> dict[str, Any]:
        return {**body, "received_at": f"{claim.postmarked_on}T00:00:00+09:00"} if claim.postmarked_on else body

    alter(service.claims, "body", backdated)


@FAULTS.add("online-members-without-opted-out", "BP-INT-005")
def online_members_without_opted_out(reference: Reference) -> None:
    """The applicant is told the number of members who are not opted out."""
    service = _service(reference)

    def fewer(answer: Answer, call: Call) -> Answer:
        claim = service.books.claims[answer.body["id"]]
        return changed(answer, body={**answer.body, "member_count": sum(not m.opted_out for m in claim.members)})

    for method in ("read", "file"):
        revise_or_replace(service.online_claims, method, fewer)


def revise_or_replace(part: Any, method: str, change: Any) -> None:
    """`replace`, with what the method gives passed through a function."""
    replace(part, method, lambda original: lambda call: change(original(call), call))


@FAULTS.add("applicant-told-the-first-amount", "BP-SEP-002")
def applicant_told_the_first_amount(reference: Reference) -> None:
    """The applicant who looks again is told the amount with which the claim was entered, whatever was separated."""
    service = _service(reference)
    first: dict[str, int] = {}

    def filing(answer: Answer, call: Call) -> Answer:
        first[answer.body["id"]] = answer.body["amount"]
        return answer

    revise_or_replace(service.online_claims, "file", filing)
    revise_or_replace(
        service.online_claims,
        "read",
        lambda answer, call: changed(
            answer, body={**answer.body, "amount": first.get(answer.body["id"], answer.body["amount"])}
        ),
    )


@FAULTS.add("applicant-never-told-of-payment", "BP-INT-045")
def applicant_never_told_of_payment(reference: Reference) -> None:
    """The applicant reads a claim that is in transfer, paid or returned as approved."""
    service = _service(reference)
    revise_or_replace(
        service.online_claims,
        "read",
        lambda answer, call: changed(
            answer,
            body={
                **answer.body,
                "status": "approved"
                if answer.body["status"] in ("in_transfer", "paid", "returned")
                else answer.body["status"],
            },
        ),
    )


@FAULTS.add("form-with-the-first-deadline", "BP-FRM-010")
def form_with_the_first_deadline(reference: Reference) -> None:
    """A form is printed with the last day that the programme had when it was created."""
    service = _service(reference)
    first: dict[str, str] = {}

    def keeping(keep: Method) -> Method:
        def kept(programme: Programme) -> None:
            first.setdefault(programme.id, programme.claims_until)
            keep(programme)

        return kept

    replace(service.books, "keep_programme", keeping, concerns=lambda p: p.id not in first)
    alter(
        service.forms,
        "body",
        lambda body, party: {**body, "claims_until": first.get(party.programme_id, body["claims_until"])},
    )


@FAULTS.add("form-of-the-claimed-shows-the-claim", "BP-FRM-002")
def form_amount_without_opted_out(reference: Reference) -> None:
    """The amount on a form leaves out who was opted out in the claim: the form tells of the claim."""
    service = _service(reference)

    def amount(found: int, party: Party, members: Any) -> int:
        claim = service.books.live_claim(party)
        return found if claim is None else int(service.intake.amount(party, claim.members))

    alter(service.forms, "amount", amount)


@FAULTS.add("addressee-with-the-address-of-the-copy", "BP-SEP-017")
def form_of_separation_to_the_old_address(reference: Reference) -> None:
    """Once a separation has claimed, its form has the address of the household."""
    service = _service(reference)

    def old(found: Any, party: Party) -> Any:
        if party.separation_id is None or service.books.live_claim(party) is None:
            return found
        return service.books.copy_of(party).household["address"]

    alter(service.forms, "address", old)


@FAULTS.add("form-of-separation-goes-to-the-household", "BP-SEP-017")
def form_of_separation_goes_to_the_household(reference: Reference) -> None:
    """The form of a separation has the address of the household that its members have fled."""
    service = _service(reference)
    alter(
        service.forms,
        "address",
        lambda found, party: (
            found if party.separation_id is None else service.books.copy_of(party).household["address"]
        ),
    )


@FAULTS.add("form-of-separation-addressed-to-the-head", "BP-SEP-017")
def form_of_separation_addressed_to_the_head(reference: Reference) -> None:
    """The form of a separation is addressed to the head of the household."""
    service = _service(reference)
    alter(
        service.forms,
        "addressee",
        lambda found, party, _: (
            found if party.separation_id is None else service.eligibility.head(service.books.copy_of(party))
        ),
    )


@FAULTS.add("separation-claims-for-the-household", "BP-SEP-017", "BP-SEP-018")
def head_claims_for_the_separation(reference: Reference) -> None:
    """The head of the household may claim for a separation by post, to whom its form is known."""
    service = _service(reference)

    def head_too(found: list[str], party: Party) -> list[str]:
        if party.separation_id is None:
            return found
        return [*found, service.eligibility.head(service.books.copy_of(party))["resident_id"]]

    alter(service.eligibility, "claimants", head_too)


@FAULTS.add("any-separated-claims", "BP-SEP-017", "BP-SEP-018")
def any_separated_claims(reference: Reference) -> None:
    """Every member of a separation may claim for it, not its claimant alone."""
    service = _service(reference)

    def all_of_them(found: list[str], party: Party) -> list[str]:
        if party.separation_id is None:
            return found
        return list(service.books.separations[party.separation_id].member_ids)

    alter(service.eligibility, "claimants", all_of_them)


@FAULTS.add("household-claimant-separated", "BP-INT-001", "BP-FRM-009")
def successor_who_is_separated_claims(reference: Reference) -> None:
    """Where the head has died, who is separated may claim for the household too."""
    service = _service(reference)

    def with_separated(found: list[str], party: Party, head: Any) -> list[str]:
        others = [
            p
            for p in service.eligibility.eligible(service.books.copy_of(party))
            if p["resident_id"] != head["resident_id"]
        ]
        return [p["resident_id"] for p in others if service.eligibility.is_alive(p)]

    alter(service.eligibility, "successors", with_separated)


@FAULTS.add("separation-of-everybody-paid-refused", "BP-SEP-020")
def separation_before_window_only(reference: Reference) -> None:
    """A separation can be recorded until the claim window has ended."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def timely(programme_id: str, body: Any) -> Any:
            if service.books.programmes[programme_id].claims_until < service.clock.today():
                raise rule("unprocessable", "受付期間が終了しています / The window has ended", "/member_ids")
            return check(programme_id, body)

        return timely

    revise(service.separations, "check", make)


@FAULTS.add("retry-outside-the-window-refused", "BP-RTR-009")
def retry_within_the_window(reference: Reference) -> None:
    """A claim can be retried until the claim window has ended."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def timely(claim: Claim) -> None:
            check(claim)
            if service.books.programme_of(claim.party).claims_until < service.clock.today():
                raise conflict("not_returned", "受付期間が終了しています / The window has ended")

        return timely

    revise(service.decisions, "check_retry", make)


@FAULTS.add("decision-within-the-window", "BP-DEC-010")
def decision_within_the_window(reference: Reference) -> None:
    """A claim can be decided until the claim window has ended: afterwards it counts as decided."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def timely(claim: Claim) -> None:
            check(claim)
            if service.books.programme_of(claim.party).claims_until < service.clock.today():
                raise conflict("already_decided", "受付期間が終了しています / The window has ended")

        return timely

    revise(service.decisions, "check_undecided", make)


@FAULTS.add("review-of-the-first-account", "BP-ACC-001")
def review_of_the_first_account(reference: Reference) -> None:
    """Whether an account is shared is looked at when the claim is entered: an account of a retry is not compared."""
    service = _service(reference)

    def entered(found: bool, claim: Claim) -> bool:
        return found and not claim.retried

    alter(service.accounts, "is_shared", entered)


@FAULTS.add("account-of-the-paid-not-compared", "BP-ACC-001")
def account_of_the_paid_not_compared(reference: Reference) -> None:
    """The account of a claim that is paid is not compared with any more."""
    service = _service(reference)
    alter(
        service.accounts,
        "of_other_household",
        lambda found, one, other: found and other.status != PAID,
    )


@FAULTS.add("holder-in-roman-letters-differs", "BP-ACC-008")
def holder_in_roman_letters_differs(reference: Reference) -> None:
    """A holder in the Roman letters of the claimant counts as another one."""
    service = _service(reference)

    def roman(found: bool, claim: Claim) -> bool:
        return found or claim.account["holder"].isascii()

    alter(service.accounts, "differs", roman)


@FAULTS.add("holder-middle-dot-compared", "BP-ACC-008")
def holder_middle_dot_compared(reference: Reference) -> None:
    """A full stop, a comma, an apostrophe or a middle dot in a holder makes it another one."""
    service = _service(reference)
    alter(
        service.accounts,
        "differs",
        lambda found, claim: found or any(mark in claim.account["holder"] for mark in ".,'・･"),
    )


@FAULTS.add("opted-out-again-in-the-next-claim", "BP-INT-011")
def opted_out_for_good(reference: Reference) -> None:
    """Who was opted out in a rejected claim is opted out in the next one too."""
    service = _service(reference)

    def make(amount: Method) -> Method:
        def lasting(party: Party, members: Any) -> int:
            earlier = [c for c in service.books.claims_of(party.programme_id) if c.party == party and not c.live]
            out = {m.resident_id for c in earlier for m in c.members if m.opted_out}
            return int(amount(party, tuple(m for m in members if m.resident_id not in out)))

        return lasting

    revise(service.intake, "amount", make)


@FAULTS.add("batch-on-the-last-day-of-year", "BP-PAY-016")
def transfer_on_holidays_refused(reference: Reference) -> None:
    """A transfer on a Saturday or a Sunday is refused."""
    from datetime import date

    refuse(
        _service(reference).batches,
        "check_day",
        rule("date_in_past", "銀行休業日です / The bank is closed", "/transfer_on"),
        lambda day: date.fromisoformat(day).weekday() >= 5,
    )


@FAULTS.add("postmark-on-a-sunday-refused", "BP-PAY-016")
def far_transfer_refused(reference: Reference) -> None:
    """A transfer more than a year ahead is refused."""
    from conformance.reference import dates

    service = _service(reference)
    refuse(
        service.batches,
        "check_day",
        rule("date_in_past", "振込日が先すぎます / Too far ahead", "/transfer_on"),
        lambda day: dates.days_between(service.clock.today(), day) > 365,
    )
