"""Faults of benefit payments, planted to find what no script notices: repetition, sizes, callers, moments, money."""

from __future__ import annotations

import asyncio
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments import views
from conformance.reference.benefit_payments.faults.lenience import alter, refuse, waive
from conformance.reference.benefit_payments.intake import members_mismatch
from conformance.reference.benefit_payments.matching import means
from conformance.reference.benefit_payments.records import (
    APPROVED,
    HEAD,
    IN_TRANSFER,
    PAID,
    PENDING,
    RECEIVED,
    REJECTED,
    RETURNED,
    Batch,
    Claim,
    Copy,
    Member,
    Party,
    Programme,
    Separation,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, conflict, not_found, rule

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _service(reference: Reference) -> BenefitPayments:
    return reference.the(BenefitPayments)


# --- four eyes ---------------------------------------------------------------------------------------------------------


@FAULTS.add("four-eyes-by-token", "BP-DEC-002")
def four_eyes_by_token(reference: Reference) -> None:
    """Four eyes are two access tokens: who gets a new one may decide on a claim entered with the old one."""
    service = _service(reference)
    by: dict[str, str | None] = {}

    def entering(enter: Method) -> Method:
        def entered(call: Call, *rest: Any, **named: Any) -> Claim:
            claim: Claim = enter(call, *rest, **named)
            by[claim.id] = call.request.joined("authorization")
            return claim

        return entered

    replace(service.intake, "enter", entering)
    waive(service.decisions, "check_other_eyes", lambda call, claim: by.get(claim.id) != call.request.joined("authorization"))


@FAULTS.add("entered-by-who-sent-it-last", "BP-DEC-001", "BP-DEC-002")
def entered_by_who_sent_it_last(reference: Reference) -> None:
    """A form that is entered again counts as entered by the second client: the first one may approve it."""
    service = _service(reference)

    def make(enter: Method) -> Method:
        def again(call: Call) -> Answer:
            answer: Answer = enter(call)
            if answer.status == 200:
                claim = changed(service.books.claims[answer.body["id"]], entered_by=call.caller.client)
                service.books.keep_claim(claim)
            return answer

        return again

    replace(service.postal_claims, "enter", make)


# --- budget ------------------------------------------------------------------------------------------------------------


def _budget(reference: Reference, available: Any) -> None:
    service = _service(reference)

    def make(_: Method) -> Method:
        def check(claim: Claim) -> None:
            if not available(service, claim):
                raise conflict("budget_exceeded", "予算の上限を超えます / The budget ceiling is exceeded")

        return check

    revise(service.decisions, "check_budget", make)


@FAULTS.add("budget-freed-by-return", "BP-DEC-004")
def budget_freed_by_return(reference: Reference) -> None:
    """What came back from the bank does not count when an approval is held against the budget; the ledger counts it."""

    def available(service: BenefitPayments, claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        used = service.ledger.total(programme.id, frozenset({APPROVED, IN_TRANSFER, PAID}))
        return used + claim.amount <= programme.budget_ceiling

    _budget(reference, available)


@FAULTS.add("budget-as-created", "BP-DEC-003", "BP-DEC-004", "BP-PRG-009")
def budget_as_created(reference: Reference) -> None:
    """An approval is held against the budget ceiling with which the programme was created, whatever it was changed to."""
    first: dict[str, int] = {}
    service = _service(reference)

    def keeping(keep: Method) -> Method:
        def kept(programme: Programme) -> None:
            first.setdefault(programme.id, programme.budget_ceiling)
            keep(programme)

        return kept

    replace(service.books, "keep_programme", keeping)

    def available(service: BenefitPayments, claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        ceiling = first.get(programme.id, programme.budget_ceiling)
        return service.ledger.approved(programme.id) + claim.amount <= ceiling

    _budget(reference, available)


@FAULTS.add("nothing-left-for-nothing", "BP-DEC-003")
def nothing_left_for_nothing(reference: Reference) -> None:
    """Once the budget is used up a claim of 0 cannot be approved either."""

    def available(service: BenefitPayments, claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        used = service.ledger.approved(programme.id)
        return used < programme.budget_ceiling and used + claim.amount <= programme.budget_ceiling

    _budget(reference, available)


@FAULTS.add("budget-with-what-is-reduced", "BP-DEC-003")
def budget_with_what_is_reduced(reference: Reference) -> None:
    """What a separation has taken off an approved claim stays used up: it is not free for another approval."""

    def available(service: BenefitPayments, claim: Claim) -> bool:
        programme = service.books.programme_of(claim.party)
        used = sum(e.amount for e in service.books.entries(programme.id) if e.kind == "approved")
        return used + claim.amount <= programme.budget_ceiling

    _budget(reference, available)


# --- windows -----------------------------------------------------------------------------------------------------------


@FAULTS.add("window-as-created", "BP-INT-006")
def window_as_created(reference: Reference) -> None:
    """Claims are held against the last day with which the programme was created, whatever it was changed to."""
    service = _service(reference)
    first: dict[str, str] = {}

    def keeping(keep: Method) -> Method:
        def kept(programme: Programme) -> None:
            first.setdefault(programme.id, programme.claims_until)
            keep(programme)

        return kept

    replace(service.books, "keep_programme", keeping)
    revise(
        service.intake,
        "is_open",
        lambda _: lambda p, day: p.claims_from <= day <= first.get(p.id, p.claims_until),
    )


# --- repetition of a form ----------------------------------------------------------------------------------------------


@FAULTS.add("same-form-compared-by-order-of-members", "BP-INT-004")
def same_form_compared_by_order_of_members(reference: Reference) -> None:
    """A form that is entered again with its JSON members in another order counts as another content."""
    from conformance.reference.strict_json import encode

    def ordered(right: bool, before: Claim, content: Any) -> bool:
        return right and encode(before.content) == encode(content)

    alter(_service(reference).postal_claims, "repeats", ordered)


@FAULTS.add("same-form-in-another-order", "BP-INT-019")
def same_form_in_another_order(reference: Reference) -> None:
    """A form that is entered again with its member ids in another order counts as an equal content."""

    def loose(right: bool, before: Claim, content: Any) -> bool:
        def flat(of: Any) -> Any:
            return {**of, "member_ids": sorted(of["member_ids"])}

        return right or (before.channel == "post" and flat(before.content) == flat(content))

    alter(_service(reference).postal_claims, "repeats", loose)


@FAULTS.add("same-form-after-retry-refused", "BP-INT-004")
def same_form_after_retry_refused(reference: Reference) -> None:
    """A form that is entered again after its claim was retried with another account is refused."""
    alter(
        _service(reference).postal_claims,
        "repeats",
        lambda right, before, content: right and before.account == content["account"],
    )


@FAULTS.add("same-form-after-separation-refused", "BP-INT-004")
def same_form_after_separation_refused(reference: Reference) -> None:
    """A form that is entered again after a person was separated from its claim is refused."""
    alter(
        _service(reference).postal_claims,
        "repeats",
        lambda right, before, content: right and len(before.members) == len(content["member_ids"]),
    )


@FAULTS.add("same-form-once-only", "BP-INT-004")
def same_form_once_only(reference: Reference) -> None:
    """A form that is entered a third time is refused."""
    service = _service(reference)
    times: dict[str, int] = {}

    def make(repeats: Method) -> Method:
        def once(before: Claim, content: Any) -> bool:
            if not repeats(before, content):
                return False
            times[before.id] = times.get(before.id, 0) + 1
            return times[before.id] < 2

        return once

    replace(service.postal_claims, "repeats", make)


# --- separations -------------------------------------------------------------------------------------------------------


def _earlier(service: BenefitPayments, claim: Claim) -> bool:
    """Whether there was another separation from the household before the one that is recorded just now."""
    return len(service.books.separations_of(claim.party.programme_id, claim.party.household_id)) > 1


@FAULTS.add("second-separation-leaves-the-amount", "BP-SEP-002", "BP-SEP-003", "BP-SEP-004", "BP-SEP-012", "BP-SEP-015")
def second_separation_leaves_the_amount(reference: Reference) -> None:
    """Only the first separation from a household lowers the amount of its claim."""
    service = _service(reference)

    def make(without: Method) -> Method:
        return lambda claim, share: claim if _earlier(service, claim) else without(claim, share)

    replace(service.separations, "without", make)


@FAULTS.add("separation-of-the-opted-out-lowers", "BP-SEP-016")
def separation_of_the_opted_out_lowers(reference: Reference) -> None:
    """Whoever is separated lowers the amount of the claim, also who was opted out and not paid for."""
    service = _service(reference)

    def make(take_out: Method) -> Method:
        def lowering(call: Call, claim: Claim, separated: frozenset[str]) -> Claim:
            found: Claim = take_out(call, claim, separated)
            out = [m for m in claim.members if m.resident_id in separated and m.opted_out]
            share = service.eligibility.amount(claim.party, len(out))
            if share and claim.status == RECEIVED:
                found = changed(found, amount=max(found.amount - share, 0))
                service.books.keep_claim(found)
            return found

        return lowering

    replace(service.separations, "take_out", make)


@FAULTS.add("separation-of-the-returned-leaves-the-amount", "BP-SEP-015")
def separation_of_the_returned_leaves_the_amount(reference: Reference) -> None:
    """The amount of a returned claim stays as it was when a person is separated from the household."""
    service = _service(reference)

    def make(without: Method) -> Method:
        return lambda claim, share: claim if claim.status == RETURNED else without(claim, share)

    replace(service.separations, "without", make, concerns=lambda claim, _: claim.status == RETURNED)


@FAULTS.add("separation-of-the-retried-overpays", "BP-SEP-003")
def separation_of_the_retried_overpays(reference: Reference) -> None:
    """From a claim that was retried and is approved again a separation takes nothing: it is shown as overpaid."""
    service = _service(reference)

    def make(without: Method) -> Method:
        def kept(claim: Claim, share: int) -> Claim:
            if claim.status == APPROVED and claim.retried:
                return changed(claim, overpaid_amount=claim.overpaid_amount + share)
            return without(claim, share)  # type: ignore[no-any-return]

        return kept

    replace(service.separations, "without", make, concerns=lambda claim, _: claim.retried)


@FAULTS.add("separation-of-the-returned-not-entered", "BP-SEP-015")
def separation_of_the_returned_not_entered(reference: Reference) -> None:
    """What a separation takes off a returned claim does not stand in the ledger as reduced."""
    service = _service(reference)

    def make(enter: Method) -> Method:
        def entered(call: Call, programme_id: str, lines: Any) -> None:
            lines = [li for li in lines if not (li[0] == "reduced" and call.operation.id == "createSeparation" and li[1].status == RETURNED)]
            enter(call, programme_id, lines)

        return entered

    replace(service.ledger, "enter", make, concerns=lambda call, *_: call.operation.id == "createSeparation")


@FAULTS.add("separation-changes-the-rejected", "BP-DEC-011")
def separation_changes_the_rejected(reference: Reference) -> None:
    """A separation takes its persons out of the rejected claims of the household too."""
    service = _service(reference)

    def make(record: Method) -> Method:
        def wide(call: Call, copy: Copy) -> Separation:
            made: Separation = record(call, copy)
            for claim in service.books.claims_of(copy.programme_id):
                if claim.status == REJECTED and claim.party.form_id == copy.form_id:
                    left = tuple(m for m in claim.members if m.resident_id not in made.member_ids)
                    service.books.keep_claim(changed(claim, members=left, amount=service.intake.amount(claim.party, left)))
            return made

        return wide

    replace(service.separations, "record", make)


@FAULTS.add("separated-in-every-programme", "BP-SEP-021")
def separated_in_every_programme(reference: Reference) -> None:
    """Who is separated in one programme cannot be separated in another."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def everywhere(programme_id: str, member_ids: list[str]) -> None:
            if any(person in member_ids for _, person in service.books.separation_of):
                raise conflict("already_separated", "既に分離されています / Separated already", "/member_ids/0")
            check(programme_id, member_ids)

        return everywhere

    revise(service.separations, "check_once", make)


@FAULTS.add("separation-shares-the-overpayment", "BP-SEP-001")
def separation_after_payment_pays_nothing(reference: Reference) -> None:
    """Where the household has opted a person out, the claim of that person's separation pays nothing for them."""
    service = _service(reference)

    def make(amount: Method) -> Method:
        def less(party: Party, members: tuple[Member, ...]) -> int:
            if party.separation_id is None:
                return int(amount(party, members))
            content = [c.content for c in service.books.claims_of(party.programme_id) if c.party.household_id == party.household_id]
            out = {i for c in content for i in c.get("opted_out_ids", ())}
            return int(amount(party, tuple(m for m in members if m.resident_id not in out)))

        return less

    revise(service.intake, "amount", make)


# --- programmes beside one another ---------------------------------------------------------------------------------------


@FAULTS.add("one-live-claim-in-all-programmes", "BP-INT-024")
def one_live_claim_in_all_programmes(reference: Reference) -> None:
    """A household that has a live claim in one programme cannot claim in another."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def everywhere(party: Party, channel: str) -> None:
            check(party, channel)
            for claim in service.books.claims.values():
                if claim.live and claim.party.household_id == party.household_id and not party.separation_id and not claim.party.separation_id:
                    raise conflict("already_claimed", "申請済みの世帯です / The party has claimed already")

        return everywhere

    revise(service.intake, "check_no_other", make)


@FAULTS.add("one-copy-in-all-programmes", "BP-REG-014")
def one_copy_in_all_programmes(reference: Reference) -> None:
    """A person who stands in the copy of another household in another programme is refused."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def everywhere(programme: Programme, household: Any) -> None:
            check(programme, household)
            for place, person in enumerate(household["members"]):
                for (_, resident_id), other in service.books.household_of.items():
                    if resident_id == person["resident_id"] and other != household["household_id"]:
                        detail = "別の世帯に登録されています / Somebody stands in another copy"
                        raise conflict("already_in_household", detail, f"/members/{place}/resident_id")

        return everywhere

    revise(service.copies, "check_elsewhere", make)


@FAULTS.add("batch-number-of-each-programme", "BP-PAY-006")
def batch_number_of_each_programme(reference: Reference) -> None:
    """A batch number belongs to a programme: the same number makes another batch in another one."""
    service = _service(reference)

    def make(create: Method) -> Method:
        def apart(call: Call) -> Answer:
            number = call.body["batch_number"]
            found = service.books.batch_of_number.get(number)
            if found is not None and service.books.batches[found].programme_id != call.body["programme_id"]:
                del service.books.batch_of_number[number]
            return create(call)  # type: ignore[no-any-return]

        return apart

    replace(service.batches, "create", make)


@FAULTS.add("batch-number-without-leading-zeros", "BP-PAY-015")
def batch_number_without_leading_zeros(reference: Reference) -> None:
    """Batch numbers that differ in leading zeros or in letter case only are one number."""
    service = _service(reference)

    def make(_: Method) -> Method:
        def loose(number: str) -> Batch | None:
            for known, batch_id in service.books.batch_of_number.items():
                if known.lower().lstrip("0") == number.lower().lstrip("0"):
                    return service.books.batches[batch_id]
            return None

        return loose

    revise(service.batches, "with_number", make)


# --- batches and results -------------------------------------------------------------------------------------------------


@FAULTS.add("transfers-sorted", "BP-PAY-001")
def transfers_sorted(reference: Reference) -> None:
    """The transfers of a batch stand in the order of their amounts."""
    alter(
        _service(reference).batches,
        "body",
        lambda body, _: {**body, "transfers": sorted(body["transfers"], key=lambda item: (item["amount"], item["claim_id"]))},
    )


@FAULTS.add("batch-of-five", "BP-PAY-001")
def batch_of_five(reference: Reference) -> None:
    """Of a batch of more than five claims the transfers behind the fifth have no account of their own: the first one's."""
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


@FAULTS.add("former-result-forgotten", "BP-RES-002")
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
    replace(
        service.results, "settle", lambda settle: lambda call, batch, results: settle(call, batch, results[:5])
    )


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
        lambda found, programme_id: found
        - sum(c.amount for c in service.books.claims_of(programme_id) if c.status == RETURNED and c.retried),
    )


# --- repayments ------------------------------------------------------------------------------------------------------------


@FAULTS.add("whole-repayment-refused", "BP-REP-006")
def whole_repayment_refused(reference: Reference) -> None:
    """A repayment of all that was paid is refused: a yen has to stay."""

    def make(_: Method) -> Method:
        def strict(claim: Claim, amount: int) -> None:
            if claim.repaid_amount + amount >= claim.amount:
                raise conflict("repayment_too_large", "返還額が支給額を超えます / More than was paid", "/amount")

        return strict

    revise(_service(reference).repayments, "check_amount", make)


@FAULTS.add("repayment-of-the-overpaid-only", "BP-REP-006")
def repayment_of_the_overpaid_only(reference: Reference) -> None:
    """Of a claim that is overpaid no more than the overpaid amount can be repaid."""
    refuse(
        _service(reference).repayments,
        "check_amount",
        conflict("repayment_too_large", "返還額が過払額を超えます / More than was overpaid", "/amount"),
        lambda claim, amount: bool(claim.overpaid_amount) and claim.repaid_amount + amount > claim.overpaid_amount,
    )


@FAULTS.add("repayment-lowers-the-overpaid", "BP-SEP-004")
def repayment_lowers_the_overpaid(reference: Reference) -> None:
    """A repayment is taken off the overpaid amount of a claim."""
    alter(
        _service(reference).repayments,
        "with_repayment",
        lambda found, claim, amount: changed(found, overpaid_amount=max(0, found.overpaid_amount - amount)),
    )


@FAULTS.add("third-repayment-replaces-the-second", "BP-REP-001")
def third_repayment_replaces_the_second(reference: Reference) -> None:
    """Of three repayments of a claim the second one is lost from the sum."""
    service = _service(reference)
    made: dict[str, list[int]] = {}

    def make(with_repayment: Method) -> Method:
        def kept(claim: Claim, amount: int) -> Claim:
            earlier = made.setdefault(claim.id, [])
            found: Claim = with_repayment(claim, amount)
            if len(earlier) == 2:
                found = changed(found, repaid_amount=found.repaid_amount - earlier[1])
            earlier.append(amount)
            return found

        return kept

    replace(service.repayments, "with_repayment", make)


# --- who is eligible ---------------------------------------------------------------------------------------------------------


@FAULTS.add("year-of-birth-after-base-date", "BP-ELI-007")
def year_of_birth_after_base_date(reference: Reference) -> None:
    """Who is born in a known year after that of the base date, on an unknown day, is not eligible."""
    alter(
        _service(reference).eligibility,
        "born_by",
        lambda found, person, day: found and not (person["birth_date"]["unknown"] and person["birth_date"]["value"][:4] > day[:4]),
    )


@FAULTS.add("active-is-there", "BP-ELI-011")
def active_is_there(reference: Reference) -> None:
    """Whose status is `active` was there on the base date, whatever ceased_on says."""
    alter(_service(reference).eligibility, "there_on", lambda found, person, day: found or person["status"] == "active")


@FAULTS.add("gone-without-a-day-was-not-there", "BP-ELI-010")
def gone_without_a_day_was_not_there(reference: Reference) -> None:
    """Who has moved out or died and has no ceased_on is not eligible."""
    alter(
        _service(reference).eligibility,
        "there_on",
        lambda found, person, day: found and not (person["ceased_on"] is None and person["status"] in ("moved_out", "deceased")),
    )


@FAULTS.add("head-moved-out-cannot-claim", "BP-INT-001")
def head_moved_out_cannot_claim(reference: Reference) -> None:
    """Where the head has moved out, the other members may claim in place of the head."""
    service = _service(reference)

    def others(found: list[str], party: Party) -> list[str]:
        if party.separation_id is not None:
            return found
        head = service.eligibility.head(service.books.copy_of(party))
        return service.eligibility.successors(party, head) if head["status"] == "moved_out" else found

    alter(service.eligibility, "claimants", others)


@FAULTS.add("claimants-oldest-first", "BP-FRM-009")
def claimants_oldest_first(reference: Reference) -> None:
    """Those who may claim in place of a dead head are named from the oldest on, and the form is addressed to that one."""
    service = _service(reference)

    def oldest(found: list[str], party: Party, head: Any) -> list[str]:
        born = {p["resident_id"]: p["birth_date"]["value"] for p in service.books.copy_of(party).members}
        return sorted(found, key=lambda i: (born[i], i))

    alter(service.eligibility, "successors", oldest)


@FAULTS.add("greedy-matching", "BP-INT-025")
def greedy_matching(reference: Reference) -> None:
    """Typed members are matched one after the other with the first person whom they could mean."""

    def make(_: Method) -> Method:
        def greedy(typed: Any, members: Any, others: Any) -> list[int] | None:
            people = [*members, *others]
            taken: dict[int, int] = {}
            for place, one in enumerate(typed):
                found = next((i for i, p in enumerate(people) if i not in taken and means(one, p)), None)
                if found is None:
                    return None
                taken[found] = place
            return [taken[i] for i in range(len(members))] if all(i in taken for i in range(len(members))) else None

        return greedy

    revise(_service(reference).online_claims, "places", make)


@FAULTS.add("twins-in-reverse", "BP-INT-026")
def twins_in_reverse(reference: Reference) -> None:
    """Typed members that agree in everything are matched from the last person to the first: another one is opted out."""

    def make(places: Method) -> Method:
        def reverse(typed: Any, members: Any, others: Any) -> list[int] | None:
            found: list[int] | None = places(typed, members, others)
            if found is None:
                return None
            same: dict[Any, list[int]] = {}
            for person in range(len(members)):
                one = typed[found[person]]
                same.setdefault((one["family"], one.get("given"), one["birth_date"]), []).append(person)
            turned = list(found)
            for persons in same.values():
                for person, other in zip(persons, reversed(persons), strict=True):
                    turned[person] = found[other]
            return turned

        return reverse

    revise(_service(reference).online_claims, "places", make)


@FAULTS.add("mixed-names-match", "BP-INT-002", "BP-INT-025")
def mixed_names_match(reference: Reference) -> None:
    """A typed member matches with the family name of `name` and the given name of `name.reduced`."""

    def make(places: Method) -> Method:
        def mixed(typed: Any, members: Any, others: Any) -> list[int] | None:
            def put_right(one: Any) -> Any:
                for person in [*members, *others]:
                    name, reduced = person["name"], person["name"].get("reduced")
                    if reduced is not None and one["birth_date"] == person["birth_date"]["value"]:
                        forms = ({name["family"], reduced["family"]}, {name.get("given"), reduced.get("given")})
                        if one["family"] in forms[0] and one.get("given") in forms[1]:
                            return {**one, "family": name["family"], "given": name.get("given")}
                return one

            return places([put_right(one) for one in typed], members, others)  # type: ignore[no-any-return]

        return mixed

    revise(_service(reference).online_claims, "places", make)


# --- who sees what -----------------------------------------------------------------------------------------------------------


@FAULTS.add("shared-with-the-hidden-unflagged", "BP-ACC-001")
def shared_with_the_hidden_unflagged(reference: Reference) -> None:
    """An account that is shared with the claim of a separation of another household is not flagged."""
    service = _service(reference)
    alter(
        service.accounts,
        "of_other_household",
        lambda found, one, other: found and other.party.separation_id is None and not service.visibility.is_protected(other.party),
    )


@FAULTS.add("ledger-without-the-hidden", "BP-LED-001")
def ledger_without_the_hidden(reference: Reference) -> None:
    """The sums of the ledger leave out claims that the caller may not see."""
    service = _service(reference)

    def make(read: Method) -> Method:
        def partly(call: Call) -> Answer:
            claims_of = service.books.claims_of
            service.books.claims_of = lambda i: service.visibility.of(call, claims_of(i))  # type: ignore[method-assign]
            try:
                return read(call)  # type: ignore[no-any-return]
            finally:
                service.books.claims_of = claims_of  # type: ignore[method-assign]

        return partly

    replace(service.ledger, "read", make)


def _seen_by(reference: Reference, role: str, operation: str) -> None:
    def seen(hidden: bool, call: Call, _: Any) -> bool:
        return hidden and not (call.caller.role == role and call.operation.id == operation)

    service = _service(reference)
    alter(service.visibility, "hides_party", seen)


@FAULTS.add("viewer-reads-hidden-form", "BP-SEP-005", "BP-FRM-006")
def viewer_reads_hidden_form(reference: Reference) -> None:
    """Hidden forms are shown to viewers."""
    _seen_by(reference, "viewer", "getClaimForm")


@FAULTS.add("clerk-reads-hidden-form", "BP-SEP-005", "BP-FRM-006")
def clerk_reads_hidden_form(reference: Reference) -> None:
    """Hidden forms are shown to clerks."""
    _seen_by(reference, "clerk", "getClaimForm")


@FAULTS.add("viewer-reads-hidden-claim", "BP-SEP-005", "BP-FRM-008")
def viewer_reads_hidden_claim(reference: Reference) -> None:
    """Hidden claims are shown to viewers."""
    _seen_by(reference, "viewer", "getClaim")


@FAULTS.add("clerk-reads-hidden-claim", "BP-SEP-005", "BP-FRM-008")
def clerk_reads_hidden_claim(reference: Reference) -> None:
    """Hidden claims are shown to clerks."""
    _seen_by(reference, "clerk", "getClaim")


@FAULTS.add("viewer-lists-hidden-claims", "BP-SEP-005", "BP-FRM-008")
def viewer_lists_hidden_claims(reference: Reference) -> None:
    """The list of claims shows hidden ones to viewers."""
    _seen_by(reference, "viewer", "listClaims")


@FAULTS.add("clerk-lists-hidden-claims", "BP-SEP-005", "BP-FRM-008")
def clerk_lists_hidden_claims(reference: Reference) -> None:
    """The list of claims shows hidden ones to clerks."""
    _seen_by(reference, "clerk", "listClaims")


@FAULTS.add("claims-of-protected-by-review", "BP-SEP-005", "BP-FRM-008")
def claims_of_protected_by_review(reference: Reference) -> None:
    """A list of claims with the parameter review, status or channel shows hidden ones to everybody."""
    alter(
        _service(reference).visibility,
        "hides_party",
        lambda hidden, call, _: hidden and not (call.operation.id == "listClaims" and {"review", "status", "channel"} & call.query.keys()),
    )


@FAULTS.add("refused-form-not-audited", "BP-AUD-005")
def refused_form_not_audited(reference: Reference) -> None:
    """Looking at a hidden form leaves no audit entry."""
    _quiet(reference, lambda call, status: call.operation.id == "getClaimForm" and status == 404)


@FAULTS.add("refused-entry-of-a-hidden-form-not-audited", "BP-AUD-005")
def refused_entry_of_a_hidden_form_not_audited(reference: Reference) -> None:
    """Entering a hidden form leaves no audit entry."""
    _quiet(reference, lambda call, status: call.operation.id == "enterPostalClaim" and status == 422)


@FAULTS.add("refused-repayment-not-audited", "BP-AUD-004")
def refused_decision_not_audited(reference: Reference) -> None:
    """A decision on a claim that is refused with 403 leaves no audit entry."""
    _quiet(reference, lambda call, status: call.operation.id in ("decideClaim", "retryClaim", "enterRepayment", "enterBatchResults") and status == 403)


@FAULTS.add("household-of-a-separation-not-audited", "BP-AUD-023")
def household_of_a_separation_not_audited(reference: Reference) -> None:
    """A separation is audited about those separated, not about those whose claim it changes."""
    service = _service(reference)

    def make(record: Method) -> Method:
        def narrow(call: Call, status: int, outcome: str) -> None:
            call.subjects[:] = [i for i in call.subjects if i in call.body["member_ids"]]
            record(call, status, outcome)

        return narrow

    replace(
        reference.audit,
        "record",
        make,
        concerns=lambda call, status, outcome: call.operation.id == "createSeparation" and outcome == "success",
    )


def _quiet(reference: Reference, when: Any) -> None:
    replace(
        reference.audit,
        "record",
        lambda record: lambda call, status, outcome: None,
        concerns=lambda call, status, outcome: when(call, status),
    )


# --- lists ---------------------------------------------------------------------------------------------------------------------


def _without_filter(reference: Reference, name: str) -> None:
    def make(matches: Method) -> Method:
        return lambda claim, query: matches(claim, {n: v for n, v in query.items() if n != name})

    revise(_service(reference).claims, "matches", make)


@FAULTS.add("claims-of-any-status", "BP-FLT-001")
def claims_of_any_status(reference: Reference) -> None:
    """The list of claims does not look at the parameter status."""
    _without_filter(reference, "status")


@FAULTS.add("claims-of-any-channel", "BP-FLT-001")
def claims_of_any_channel(reference: Reference) -> None:
    """The list of claims does not look at the parameter channel."""
    _without_filter(reference, "channel")


@FAULTS.add("claims-of-any-household", "BP-FLT-001")
def claims_of_any_household(reference: Reference) -> None:
    """The list of claims does not look at the parameter household_id."""
    _without_filter(reference, "household_id")


def _without_entry_filter(reference: Reference, name: str) -> None:
    def make(find: Method) -> Method:
        return lambda programme_id, query: find(programme_id, {n: v for n, v in query.items() if n != name})

    revise(_service(reference).ledger, "find", make)


@FAULTS.add("entries-of-any-kind", "BP-FLT-002")
def entries_of_any_kind(reference: Reference) -> None:
    """The list of ledger entries does not look at the parameter kind."""
    _without_entry_filter(reference, "kind")


@FAULTS.add("entries-of-any-batch", "BP-FLT-002")
def entries_of_any_batch(reference: Reference) -> None:
    """The list of ledger entries does not look at the parameter batch_id."""
    _without_entry_filter(reference, "batch_id")


@FAULTS.add("claims-of-unknown-programme-404", "COM-HTTP-001")
def claims_of_unknown_programme_404(reference: Reference) -> None:
    """The list of the claims of a programme that there is not is refused as too broad with 404."""
    service = _service(reference)

    def make(find: Method) -> Method:
        def strict(call: Call) -> Any:
            if call.query["programme_id"] not in service.books.programmes:
                raise not_found()
            return find(call)

        return strict

    revise(service.claims, "find", make)


# --- at the same moment ----------------------------------------------------------------------------------------------------------


def _at_once(reference: Reference, operation: str, passes: Any, part: Any, *checks: str) -> None:
    """Of requests of an operation at the same moment each is examined in the state in which it arrived."""
    free: dict[int, bool] = {}
    carrying: list[bool] = []

    def entering(enter: Method) -> Method:
        async def waits(call: Call) -> None:
            free[id(call)] = passes(call)
            await asyncio.sleep(0.05)
            await enter(call)

        return waits

    def carry(carry_out: Method) -> Method:
        def carried(service: Any, call: Call) -> Answer:
            carrying.append(free.pop(id(call), False))
            try:
                return carry_out(service, call)  # type: ignore[no-any-return]
            finally:
                carrying.pop()

        return carried

    replace(reference.pipeline, "enter", entering, concerns=lambda call: call.operation.id == operation)
    replace(reference.pipeline, "carry_out", carry, concerns=lambda _, call: call.operation.id == operation)
    for check in checks:
        original = getattr(part, check)
        setattr(part, check, lambda *given, original=original: None if carrying and carrying[-1] else original(*given))


def _claim(service: BenefitPayments, call: Call) -> Claim | None:
    return service.books.claims.get(call.path.get("claim_id", ""))


@FAULTS.add("two-retries-at-once", "BP-RTR-008")
def two_retries_at_once(reference: Reference) -> None:
    """Of retries of one claim at the same moment all are made: the last account counts."""
    service = _service(reference)

    def passes(call: Call) -> bool:
        claim = _claim(service, call)
        return claim is not None and claim.status == RETURNED and not claim.retried

    _at_once(reference, "retryClaim", passes, service.decisions, "check_retry")


@FAULTS.add("two-decisions-on-one-claim-at-once", "BP-DEC-009")
def two_decisions_on_one_claim_at_once(reference: Reference) -> None:
    """Of decisions on one claim at the same moment all are made: an approved claim is rejected, or entered twice."""
    service = _service(reference)

    def passes(call: Call) -> bool:
        claim = _claim(service, call)
        return claim is not None and claim.status == RECEIVED

    _at_once(reference, "decideClaim", passes, service.decisions, "check_undecided")


@FAULTS.add("two-repayments-at-once", "BP-REP-005")
def two_repayments_at_once(reference: Reference) -> None:
    """Of repayments at the same moment each is held against what was repaid when it arrived: more comes in than was paid."""
    import json

    service = _service(reference)

    def passes(call: Call) -> bool:
        claim = _claim(service, call)
        try:
            amount = json.loads(call.raw_body)["amount"]
            return claim is not None and claim.repaid_amount + amount <= claim.amount
        except (ValueError, KeyError, TypeError, RecursionError):
            return False

    _at_once(reference, "enterRepayment", passes, service.repayments, "check_amount")


@FAULTS.add("two-results-at-once", "BP-RES-008")
def two_results_at_once(reference: Reference) -> None:
    """Of results for one transfer at the same moment all are entered."""
    service = _service(reference)

    def passes(call: Call) -> bool:
        batch = service.books.batches.get(call.path.get("batch_id", ""))
        return batch is not None and all(item.outcome == PENDING for item in batch.transfers)

    _at_once(reference, "enterBatchResults", passes, service.results, "check_pending")


@FAULTS.add("two-separations-at-once", "BP-SEP-019")
def two_separations_at_once(reference: Reference) -> None:
    """Of separations of one person at the same moment all are recorded."""
    import json

    service = _service(reference)

    def passes(call: Call) -> bool:
        try:
            ids = json.loads(call.raw_body)["member_ids"]
            return all((call.path["programme_id"], i) not in service.books.separation_of for i in ids)
        except (ValueError, KeyError, TypeError, RecursionError):
            return False

    _at_once(reference, "createSeparation", passes, service.separations, "check_once")


@FAULTS.add("two-clerks-enter-one-form-at-once", "BP-INT-003")
def two_clerks_enter_one_form_at_once(reference: Reference) -> None:
    """Of entries of one form at the same moment, by two clients, all become claims."""
    import json

    service = _service(reference)

    def passes(call: Call) -> bool:
        try:
            party = service.books.parties.get(json.loads(call.raw_body)["form_id"])
            return party is not None and service.books.live_claim(party) is None
        except (ValueError, KeyError, TypeError, RecursionError):
            return False

    _at_once(reference, "enterPostalClaim", passes, service.postal_claims, "before")
    _at_once(reference, "enterPostalClaim", passes, service.intake, "check_no_other")


@FAULTS.add("ceiling-and-approval-at-once", "BP-PRG-009")
def ceiling_and_approval_at_once(reference: Reference) -> None:
    """A ceiling that is lowered while a claim is approved is held against what was approved when it arrived."""
    service = _service(reference)
    free: dict[str, int] = {}

    def entering(enter: Method) -> Method:
        async def waits(call: Call) -> None:
            free[call.path["programme_id"]] = service.ledger.approved(call.path["programme_id"])
            await asyncio.sleep(0.05)
            await enter(call)

        return waits

    replace(reference.pipeline, "enter", entering, concerns=lambda call: call.operation.id == "changeProgramme")

    def make(_: Method) -> Method:
        def as_seen(programme: Programme) -> None:
            if programme.budget_ceiling < free.get(programme.id, 0):
                raise conflict("budget_exceeded", "支給決定済みの額を下回ります / Less than is approved", "/budget_ceiling")

        return as_seen

    replace(service.programmes, "check_ceiling", make)
