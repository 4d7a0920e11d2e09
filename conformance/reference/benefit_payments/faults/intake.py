"""Faults of what both channels examine: duplicates, window, amount, channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter, refuse, rename, waive
from conformance.reference.benefit_payments.records import (
    ONLINE,
    PAID,
    POST,
    RETURNED,
    Claim,
    Member,
    Party,
    Programme,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem, conflict, rule

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _live(reference: Reference, party: Party) -> Claim | None:
    return reference.the(BenefitPayments).books.live_claim(party)


@FAULTS.add("anybody-claims", "BP-INT-001", "BP-SEP-018")
def anybody_claims(reference: Reference) -> None:
    """Anybody may claim for a household."""
    waive(reference.the(BenefitPayments).intake, "check_claimant")


@FAULTS.add("members-claim", "BP-INT-001", "BP-SEP-018")
def members_claim(reference: Reference) -> None:
    """Any member of a household may claim for it."""
    service = reference.the(BenefitPayments)

    def member(party: Party, claimant_id: str) -> bool:
        return claimant_id in (person["resident_id"] for person in service.eligibility.members(party))

    waive(service.intake, "check_claimant", member)


@FAULTS.add("duplicates-by-channel", "BP-INT-003", "BP-INT-017", "BP-SEP-022")
def duplicates_by_channel(reference: Reference) -> None:
    """Further claims are noticed only within one channel."""

    def other(party: Party, channel: str) -> bool:
        claim = _live(reference, party)
        return claim is not None and claim.channel != channel

    waive(reference.the(BenefitPayments).intake, "check_no_other", other)


@FAULTS.add("second-online-claim-taken", "BP-INT-003", "BP-SEP-022")
def second_online_claim_taken(reference: Reference) -> None:
    """A household that has claimed online may claim online again."""

    def online(party: Party, channel: str) -> bool:
        claim = _live(reference, party)
        return claim is not None and claim.channel == ONLINE == channel

    waive(reference.the(BenefitPayments).intake, "check_no_other", online)


@FAULTS.add("claim-after-payment-taken", "BP-INT-003", "BP-INT-019", "BP-SEP-022")
def claim_after_payment_taken(reference: Reference) -> None:
    """A household that has been paid may claim again."""

    def paid(party: Party, channel: str) -> bool:
        claim = _live(reference, party)
        return claim is not None and claim.status == PAID

    waive(reference.the(BenefitPayments).intake, "check_no_other", paid)


@FAULTS.add("opted-out-paid", "BP-INT-005")
def opted_out_paid(reference: Reference) -> None:
    """Members who are opted out are paid for."""
    service = reference.the(BenefitPayments)

    def everybody(_: int, party: Party, members: tuple[Member, ...]) -> int:
        return service.eligibility.amount(party, len(members))

    alter(service.intake, "amount", everybody)


@FAULTS.add("one-member-always-paid", "BP-INT-005")
def one_member_always_paid(reference: Reference) -> None:
    """One member is paid for even where all are opted out."""
    service = reference.the(BenefitPayments)

    def one(amount: int, party: Party, _: tuple[Member, ...]) -> int:
        return max(amount, service.eligibility.amount(party, 1))

    alter(service.intake, "amount", one)


@FAULTS.add("amount-of-four-at-most", "BP-INT-011")
def amount_of_four_at_most(reference: Reference) -> None:
    """A claim comes to the amount of four members at most."""
    service = reference.the(BenefitPayments)

    def four(amount: int, party: Party, _: tuple[Member, ...]) -> int:
        return min(amount, service.eligibility.amount(party, 4))

    alter(service.intake, "amount", four)


@FAULTS.add("amount-of-eight-at-most", "BP-INT-011")
def amount_of_eight_at_most(reference: Reference) -> None:
    """A claim of which nobody is opted out comes to the amount of eight members at most."""
    service = reference.the(BenefitPayments)

    def eight(amount: int, party: Party, members: tuple[Member, ...]) -> int:
        whole = not any(member.opted_out for member in members)
        return min(amount, service.eligibility.amount(party, 8)) if whole else amount

    alter(service.intake, "amount", eight)


@FAULTS.add("amount-without-who-has-left", "BP-INT-011")
def amount_without_who_has_left(reference: Reference) -> None:
    """Members who moved out on the base date are not paid for."""
    service = reference.the(BenefitPayments)

    def there(amount: int, party: Party, members: tuple[Member, ...]) -> int:
        paid = {member.resident_id for member in members if not member.opted_out}
        people = service.books.copy_of(party).members
        left = sum(p["resident_id"] in paid and p["status"] == "moved_out" for p in people)
        return amount - service.eligibility.amount(party, left)

    alter(service.intake, "amount", there)


def _before(programme: Programme, day: str) -> bool:
    return day < programme.claims_from


@FAULTS.add("window-not-looked-at", "BP-INT-006", "BP-INT-013", "BP-INT-044")
def window_not_looked_at(reference: Reference) -> None:
    """Claims are taken on any day."""
    waive(reference.the(BenefitPayments).intake, "check_day")


@FAULTS.add("postmark-before-the-window-taken", "BP-INT-006")
def postmark_before_the_window_taken(reference: Reference) -> None:
    """A form that was posted before the window began is taken."""
    intake = reference.the(BenefitPayments).intake
    waive(intake, "check_day", lambda programme, day, *pointer: bool(pointer) and _before(programme, day))


@FAULTS.add("online-before-the-window-taken", "BP-INT-006", "BP-INT-044")
def online_before_the_window_taken(reference: Reference) -> None:
    """An online claim is taken before the window begins."""
    intake = reference.the(BenefitPayments).intake
    waive(intake, "check_day", lambda programme, day, *pointer: not pointer and _before(programme, day))


@FAULTS.add("postmark-after-the-window-taken", "BP-INT-006")
def postmark_after_the_window_taken(reference: Reference) -> None:
    """A form that was posted the day after the window ended is taken."""
    intake = reference.the(BenefitPayments).intake
    waive(intake, "check_day", lambda programme, day, *pointer: bool(pointer) and day > programme.claims_until)


def _outside() -> Any:
    return rule("outside_claim_window", "受付期間外です / Outside the claim window", "/postmarked_on")


@FAULTS.add("posted-on-the-first-day-refused", "BP-INT-023")
def posted_on_the_first_day_refused(reference: Reference) -> None:
    """A form that was posted on the first day of the window is refused."""
    intake = reference.the(BenefitPayments).intake
    refuse(intake, "check_day", _outside(), lambda programme, day, *at: bool(at) and day == programme.claims_from)


@FAULTS.add("posted-on-the-last-day-refused", "BP-INT-023")
def posted_on_the_last_day_refused(reference: Reference) -> None:
    """A form that was posted on the last day of the window is refused."""
    intake = reference.the(BenefitPayments).intake
    refuse(intake, "check_day", _outside(), lambda programme, day, *at: bool(at) and day == programme.claims_until)


def _over(wanted: str) -> Any:
    return lambda programme, channel: channel == wanted


@FAULTS.add("post-taken-where-not-offered", "BP-INT-010")
def post_taken_where_not_offered(reference: Reference) -> None:
    """Forms are entered for programmes that take online claims only."""
    waive(reference.the(BenefitPayments).intake, "check_channel", _over(POST))


@FAULTS.add("online-taken-where-not-offered", "BP-INT-010")
def online_taken_where_not_offered(reference: Reference) -> None:
    """Online claims are taken for programmes that take forms only."""
    waive(reference.the(BenefitPayments).intake, "check_channel", _over(ONLINE))


@FAULTS.add("channel-refused-in-other-words", "BP-INT-010")
def channel_refused_in_other_words(reference: Reference) -> None:
    """A channel that is not offered is refused as a claim outside the window."""
    rename(reference.the(BenefitPayments).intake, "check_channel", "outside_claim_window")


def _rejected(reference: Reference, party: Party) -> bool:
    claims = reference.the(BenefitPayments).books.claims_of(party.programme_id)
    return any(claim.party == party and not claim.live for claim in claims)


@FAULTS.add("rejected-for-good", "BP-INT-015")
def rejected_for_good(reference: Reference) -> None:
    """A household whose claim was rejected cannot claim again."""
    problem = conflict("already_claimed", "申請済みの世帯です / The party has claimed already")
    intake = reference.the(BenefitPayments).intake
    refuse(intake, "check_no_other", problem, lambda party, channel: _rejected(reference, party))


@FAULTS.add("rejected-for-good-by-post", "BP-INT-015")
def rejected_for_good_by_post(reference: Reference) -> None:
    """A household whose claim was rejected cannot claim again by post."""
    problem = conflict("already_claimed", "申請済みの世帯です / The party has claimed already")
    intake = reference.the(BenefitPayments).intake
    refuse(intake, "check_no_other", problem, lambda party, channel: channel == POST and _rejected(reference, party))


@FAULTS.add("claim-of-nothing-is-none", "BP-INT-003", "BP-INT-019")
def claim_of_nothing_is_none(reference: Reference) -> None:
    """A household of which everybody was opted out can claim again."""

    def nothing(party: Party, channel: str) -> bool:
        claim = _live(reference, party)
        return claim is not None and claim.amount == 0

    waive(reference.the(BenefitPayments).intake, "check_no_other", nothing)


@FAULTS.add("one-claim-for-each-claimant", "BP-INT-003", "BP-INT-019")
def one_claim_for_each_claimant(reference: Reference) -> None:
    """Where several may claim for a household each of them can."""
    service = reference.the(BenefitPayments)

    def by_another(refusal: Problem, party: Party, claimant_id: str) -> bool:
        claim = _live(reference, party)
        return refusal.code == "already_claimed" and claim is not None and claim.claimant_id != claimant_id

    def by_post(check: Method) -> Method:
        def entering(party: Party, content: dict[str, Any]) -> None:
            try:
                check(party, content)
            except Problem as refusal:
                if not by_another(refusal, party, content["claimant_id"]):
                    raise

        return entering

    def online(check: Method) -> Method:
        def filing(party: Party, programme: Programme, call: Call) -> Any:
            try:
                return check(party, programme, call)
            except Problem as refusal:
                if not by_another(refusal, party, call.body["claimant_id"]):
                    raise
                return service.online_claims.members(party, call.body["members"])

        return filing

    revise(service.postal_claims, "check", by_post)
    revise(service.online_claims, "check", online)


@FAULTS.add("returned-claim-is-none", "BP-INT-003")
def returned_claim_is_none(reference: Reference) -> None:
    """A household whose transfer came back can claim online."""

    def returned(party: Party, channel: str) -> bool:
        claim = _live(reference, party)
        return channel == ONLINE and party.separation_id is None and claim is not None and claim.status == RETURNED

    waive(reference.the(BenefitPayments).intake, "check_no_other", returned)
