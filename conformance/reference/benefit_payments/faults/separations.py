"""Faults of separations: who is separated, and what becomes of the claim of the household."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter, refuse, waive
from conformance.reference.benefit_payments.records import (
    APPROVED,
    IN_TRANSFER,
    PAID,
    RECEIVED,
    Claim,
    Copy,
    Json,
    Member,
    Party,
)
from conformance.reference.benefit_payments.separations import unknown_resident
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem, conflict, rule

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _household_claim(service: BenefitPayments, party: Party) -> Claim | None:
    """The live claim of the household from which a party is separated."""
    if party.separation_id is None:
        return None
    return service.books.live_claim(service.books.parties[service.books.copy_of(party).form_id])


@FAULTS.add("household-claims-for-separations", "BP-SEP-001")
def household_claims_for_separations(reference: Reference) -> None:
    """Where the household has claimed, a separation from it cannot claim."""
    service = reference.the(BenefitPayments)
    problem = conflict("already_claimed", "申請済みの世帯です / The party has claimed already")
    refuse(
        service.intake,
        "check_no_other",
        problem,
        lambda party, channel: _household_claim(service, party) is not None,
    )


@FAULTS.add("separation-too-late-to-claim", "BP-SEP-001")
def separation_too_late_to_claim(reference: Reference) -> None:
    """Once the household is paid, a separation from it cannot claim."""
    service = reference.the(BenefitPayments)
    problem = conflict("already_claimed", "申請済みの世帯です / The party has claimed already")

    def paid(party: Party, channel: str) -> bool:
        claim = _household_claim(service, party)
        return claim is not None and claim.status == PAID

    refuse(service.intake, "check_no_other", problem, paid)


@FAULTS.add("separation-not-online", "BP-SEP-001")
def separation_not_online(reference: Reference) -> None:
    """A separation cannot claim online."""
    problem = rule("channel_not_offered", "この申請方法は受け付けていません / The channel is not offered")
    online = reference.the(BenefitPayments).online_claims
    refuse(online, "check", problem, lambda party, *_: party.separation_id is not None)


@FAULTS.add("separated-stays-in-the-claim", "BP-SEP-002")
def separated_stays_in_the_claim(reference: Reference) -> None:
    """Whoever is separated stays in the received claim of the household, which comes to less."""

    def stay(left: tuple[Member, ...], claim: Claim, _: frozenset[str]) -> tuple[Member, ...]:
        return claim.members if claim.status == RECEIVED else left

    alter(reference.the(BenefitPayments).separations, "left", stay)


def _without(reference: Reference, without: Any) -> None:
    """The claim of the household changes otherwise."""
    alter(reference.the(BenefitPayments).separations, "without", without)


@FAULTS.add("received-claim-does-not-drop", "BP-SEP-002")
def received_claim_does_not_drop(reference: Reference) -> None:
    """The received claim of a household comes to as much as before a separation."""
    _without(reference, lambda after, claim, share: claim if claim.status == RECEIVED else after)


@FAULTS.add("approved-claim-does-not-drop", "BP-SEP-003")
def approved_claim_does_not_drop(reference: Reference) -> None:
    """The approved claim of a household comes to as much as before a separation."""
    _without(reference, lambda after, claim, share: claim if claim.status == APPROVED else after)


@FAULTS.add("approved-claim-overpaid", "BP-SEP-003")
def approved_claim_overpaid(reference: Reference) -> None:
    """What the household no longer gets of an approved claim is shown as overpaid."""

    def overpaid(after: Claim, claim: Claim, share: int) -> Claim:
        return changed(claim, overpaid_amount=share) if claim.status == APPROVED else after

    _without(reference, overpaid)


@FAULTS.add("paid-claim-drops", "BP-REP-007", "BP-SEP-004")
def paid_claim_drops(reference: Reference) -> None:
    """The amount of a paid claim drops with a separation."""

    def drops(after: Claim, claim: Claim, share: int) -> Claim:
        return changed(claim, amount=claim.amount - share) if claim.status == PAID else after

    _without(reference, drops)


@FAULTS.add("overpayment-not-shown", "BP-SEP-004")
def overpayment_not_shown(reference: Reference) -> None:
    """What was paid for somebody separated afterwards is not shown as overpaid."""
    _without(reference, lambda after, claim, share: claim if claim.status == PAID else after)


@FAULTS.add("return-keeps-the-amount", "BP-SEP-012")
def return_keeps_the_amount(reference: Reference) -> None:
    """A returned claim comes to as much as was ordered, also for who is separated meanwhile."""

    def kept(after: Claim, claim: Claim, _: str) -> Claim:
        return changed(after, amount=claim.amount)

    alter(reference.the(BenefitPayments).results, "returned", kept)


@FAULTS.add("return-keeps-the-overpaid", "BP-SEP-012")
def return_keeps_the_overpaid(reference: Reference) -> None:
    """A returned claim still shows as overpaid what was never paid."""

    def kept(after: Claim, claim: Claim, _: str) -> Claim:
        return changed(after, overpaid_amount=claim.overpaid_amount)

    alter(reference.the(BenefitPayments).results, "returned", kept)


@FAULTS.add("separation-in-transfer-forgotten", "BP-SEP-004", "BP-SEP-012")
def separation_in_transfer_forgotten(reference: Reference) -> None:
    """A separation while the claim of the household is in transfer leaves its amounts as they are."""
    _without(reference, lambda after, claim, share: claim if claim.status == IN_TRANSFER else after)


@FAULTS.add("separated-must-not-be-named", "BP-SEP-006", "BP-SEP-023")
def separated_must_not_be_named(reference: Reference) -> None:
    """A claim of the household that names a separated person is refused."""
    alter(reference.the(BenefitPayments).intake, "others", lambda others, party: [])


@FAULTS.add("separated-must-not-be-typed", "BP-SEP-006", "BP-SEP-023")
def separated_must_not_be_typed(reference: Reference) -> None:
    """An online claim of the household that names a separated person is refused."""

    def make(places: Method) -> Method:
        return lambda typed, members, others: places(typed, members, [])

    revise(reference.the(BenefitPayments).online_claims, "places", make)


@FAULTS.add("separated-paid-with-the-household", "BP-SEP-006")
def separated_paid_with_the_household(reference: Reference) -> None:
    """A form of the household that names a separated person is paid for that person too."""
    service = reference.the(BenefitPayments)

    def everybody(amount: int, party: Party, members: tuple[Member, ...]) -> int:
        separated = len(service.intake.others(party)) if party.separation_id is None else 0
        return amount + service.eligibility.amount(party, separated)

    alter(service.intake, "amount", everybody)


@FAULTS.add("strangers-separated", "BP-SEP-007")
def strangers_separated(reference: Reference) -> None:
    """A separation may name strangers beside somebody of a copy."""
    service = reference.the(BenefitPayments)

    def common_copy(_: Method) -> Method:
        def first(programme_id: str, member_ids: list[str]) -> Copy:
            copy = service.books.copy_with(programme_id, member_ids[0])
            if copy is None:
                raise unknown_resident("/member_ids/0")
            return copy

        return first

    def check_eligible(check: Method) -> Method:
        def known(copy: Copy, member_ids: list[str]) -> None:
            own = {person["resident_id"] for person in copy.members}
            check(copy, [resident_id for resident_id in member_ids if resident_id in own])

        return known

    revise(service.separations, "common_copy", common_copy)
    revise(service.separations, "check_eligible", check_eligible)


@FAULTS.add("ineligible-separated", "BP-SEP-007")
def ineligible_separated(reference: Reference) -> None:
    """Persons of a copy who are not eligible can be separated."""
    waive(reference.the(BenefitPayments).separations, "check_eligible")


@FAULTS.add("separated-from-two-households", "BP-SEP-007")
def separated_from_two_households(reference: Reference) -> None:
    """Persons of two households can be separated together."""
    service = reference.the(BenefitPayments)

    def make(common_copy: Method) -> Method:
        def first(programme_id: str, member_ids: list[str]) -> Copy:
            copies = [service.books.copy_with(programme_id, resident_id) for resident_id in member_ids]
            found: Copy = common_copy(programme_id, member_ids[:1] if None not in copies else member_ids)
            return found

        return first

    def check_eligible(check: Method) -> Method:
        def known(copy: Copy, member_ids: list[str]) -> None:
            elsewhere = service.books.copy_with
            own = [i for i in member_ids if elsewhere(copy.programme_id, i) in (None, copy)]
            check(copy, own)

        return known

    revise(service.separations, "common_copy", make)
    revise(service.separations, "check_eligible", check_eligible)


@FAULTS.add("head-separated", "BP-SEP-008")
def head_separated(reference: Reference) -> None:
    """The head can be separated."""
    waive(reference.the(BenefitPayments).separations, "check_no_head")


@FAULTS.add("head-separated-with-others", "BP-SEP-008")
def head_separated_with_others(reference: Reference) -> None:
    """Whether the head is separated is examined of the claimant alone."""

    def make(check: Method) -> Method:
        return lambda copy, member_ids: check(copy, member_ids[:1])

    revise(reference.the(BenefitPayments).separations, "check_no_head", make)


@FAULTS.add("separated-twice", "BP-SEP-009", "BP-SEP-019")
def separated_twice(reference: Reference) -> None:
    """Somebody who is separated can be separated again."""
    waive(reference.the(BenefitPayments).separations, "check_once")


@FAULTS.add("separated-twice-in-other-words", "BP-SEP-009")
def separated_twice_in_other_words(reference: Reference) -> None:
    """A second separation is refused as one of an unknown person."""

    def make(check: Method) -> Method:
        def renamed(programme_id: str, member_ids: list[str]) -> None:
            try:
                check(programme_id, member_ids)
            except Problem:
                raise unknown_resident("/member_ids") from None

        return renamed

    revise(reference.the(BenefitPayments).separations, "check_once", make)


@FAULTS.add("claimant-need-not-be-separated", "BP-SEP-014")
def claimant_need_not_be_separated(reference: Reference) -> None:
    """The claimant of a separation need not be among its members."""
    separations = reference.the(BenefitPayments).separations
    waive(separations, "check_claimant_named")

    def make(check: Method) -> Method:
        def known(copy: Copy, claimant_id: str) -> None:
            if any(person["resident_id"] == claimant_id for person in copy.members):
                check(copy, claimant_id)

        return known

    revise(separations, "check_claimant_alive", make)


def _household_form(reference: Reference, members: Any) -> None:
    service = reference.the(BenefitPayments)

    def everybody(found: list[Json], party: Party) -> list[Json]:
        whole = service.eligibility.eligible(service.books.copy_of(party))
        return members(whole, found) if party.separation_id is None else found

    alter(service.forms, "members", everybody)


@FAULTS.add("separated-printed-with-the-household", "BP-SEP-011")
def separated_printed_with_the_household(reference: Reference) -> None:
    """Separated persons are printed on the form of the household."""
    _household_form(reference, lambda whole, found: whole)


@FAULTS.add("form-amount-before-the-separation", "BP-SEP-011", "BP-FRM-002")
def form_amount_before_the_separation(reference: Reference) -> None:
    """The amount on the form of the household counts separated persons."""
    service = reference.the(BenefitPayments)

    def before(amount: int, party: Party, members: list[Json]) -> int:
        if party.separation_id is not None:
            return amount
        whole = service.eligibility.eligible(service.books.copy_of(party))
        own = service.eligibility.members(party)
        return amount + service.eligibility.amount(party, len(whole) - len(own))

    alter(service.forms, "amount", before)


@FAULTS.add("separation-online-pays-the-household", "BP-SEP-001")
def separation_online_pays_the_household(reference: Reference) -> None:
    """A separation that claims gets the amount of the whole household."""
    service = reference.the(BenefitPayments)

    def whole(amount: int, party: Party, members: tuple[Member, ...]) -> int:
        if party.separation_id is None:
            return amount
        return service.eligibility.amount(party, len(service.eligibility.eligible(service.books.copy_of(party))))

    alter(service.intake, "amount", whole)
