"""Faults of forms that are entered by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.benefit_payments.faults.lenience import alter, rename, waive
from conformance.reference.benefit_payments.records import POST, RECEIVED, Claim, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, conflict, rule

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _expected(reference: Reference, party: Party) -> set[str]:
    return {person["resident_id"] for person in reference.the(BenefitPayments).eligibility.members(party)}


@FAULTS.add("form-with-fewer-members-taken", "BP-INT-002")
def form_with_fewer_members_taken(reference: Reference) -> None:
    """A form may leave members out."""
    postal = reference.the(BenefitPayments).postal_claims
    waive(postal, "check_members", lambda party, ids: postal.own(party, ids) <= _expected(reference, party))


@FAULTS.add("form-with-more-members-taken", "BP-INT-002", "XS-CLM-002")
def form_with_more_members_taken(reference: Reference) -> None:
    """A form may name strangers beside the members."""
    postal = reference.the(BenefitPayments).postal_claims
    waive(postal, "check_members", lambda party, ids: postal.own(party, ids) >= _expected(reference, party))


@FAULTS.add("same-form-refused", "BP-INT-004")
def same_form_refused(reference: Reference) -> None:
    """A form that is entered again is refused."""
    alter(reference.the(BenefitPayments).postal_claims, "repeats", lambda repeats, *_: False)


@FAULTS.add("same-form-refused-after-decision", "BP-INT-004")
def same_form_refused_after_decision(reference: Reference) -> None:
    """A form that is entered again once its claim is decided is refused."""

    def undecided(repeats: bool, before: Claim, _: Any) -> bool:
        return repeats and before.status == RECEIVED

    alter(reference.the(BenefitPayments).postal_claims, "repeats", undecided)


@FAULTS.add("form-known-by-its-id", "BP-INT-019")
def form_known_by_its_id(reference: Reference) -> None:
    """A form that is entered again with whatever content is answered with the claim that is there."""
    postal = reference.the(BenefitPayments).postal_claims
    alter(postal, "repeats", lambda repeats, before, _: before.channel == POST)


def _same_but(name: str) -> Any:
    def alike(repeats: bool, before: Claim, content: dict[str, Any]) -> bool:
        others = [{n: v for n, v in one.items() if n != name} for one in (before.content, content)]
        return repeats or (before.channel == POST and others[0] == others[1])

    return alike


@FAULTS.add("other-account-not-noticed", "BP-INT-019")
def other_account_not_noticed(reference: Reference) -> None:
    """A form that is entered again with another account counts as the same."""
    alter(reference.the(BenefitPayments).postal_claims, "repeats", _same_but("account"))


@FAULTS.add("other-opting-out-not-noticed", "BP-INT-019")
def other_opting_out_not_noticed(reference: Reference) -> None:
    """A form that is entered again with somebody opted out counts as the same."""
    alter(reference.the(BenefitPayments).postal_claims, "repeats", _same_but("opted_out_ids"))


@FAULTS.add("postmark-in-the-future-taken", "BP-INT-007")
def postmark_in_the_future_taken(reference: Reference) -> None:
    """A form may be posted in the future."""
    waive(reference.the(BenefitPayments).postal_claims, "check_postmark")


@FAULTS.add("postmark-of-this-week-taken", "BP-INT-007")
def postmark_of_this_week_taken(reference: Reference) -> None:
    """A form may be posted within the next three days."""
    service = reference.the(BenefitPayments)
    waive(service.postal_claims, "check_postmark", lambda day: day <= dates.add_days(service.clock.today(), 3))


@FAULTS.add("unknown-form-in-other-words", "BP-INT-008", "BP-SEP-005", "BP-FRM-008", "BP-FRM-012")
def unknown_form_in_other_words(reference: Reference) -> None:
    """A form that is unknown or hidden is refused as one with other members."""
    rename(reference.the(BenefitPayments).visibility, "form_in_body", "members_mismatch")


@FAULTS.add("unknown-form-found-by-claimant", "BP-INT-008", "BP-SEP-005")
def unknown_form_found_by_claimant(reference: Reference) -> None:
    """Where a form is unknown, the household of the claimant is taken."""
    service = reference.the(BenefitPayments)

    def make(form_in_body: Method) -> Method:
        def found(call: Call, form_id: str, pointer: str) -> Party:
            try:
                party: Party = form_in_body(call, form_id, pointer)
            except Problem:
                copies = (c for c in service.books.copies.values() if c.household["members"])
                theirs = [c for c in copies if service.eligibility.head(c)["resident_id"] == call.body["claimant_id"]]
                if call.withheld or not theirs:
                    raise
                return service.books.parties[theirs[0].form_id]
            return party

        return found

    revise(service.visibility, "form_in_body", make)


@FAULTS.add("stranger-opted-out", "BP-INT-022")
def stranger_opted_out(reference: Reference) -> None:
    """A form may opt out somebody whom it does not name."""
    waive(reference.the(BenefitPayments).postal_claims, "check_opted_out")


@FAULTS.add("stranger-opted-out-in-other-words", "BP-INT-022")
def stranger_opted_out_in_other_words(reference: Reference) -> None:
    """A form that opts out somebody whom it does not name is refused as an unknown one."""
    rename(reference.the(BenefitPayments).postal_claims, "check_opted_out", "unknown_form")


@FAULTS.add("refused-form-is-used-up", "BP-INT-014", "XS-CLM-001")
def refused_form_is_used_up(reference: Reference) -> None:
    """A form whose members were refused cannot be entered again."""
    used: set[str] = set()

    def make(check_members: Method) -> Method:
        def once(party: Party, resident_ids: list[str]) -> None:
            try:
                check_members(party, resident_ids)
            except Problem:
                used.add(party.form_id)
                raise
            if party.form_id in used:
                raise conflict("already_claimed", "申請済みの世帯です / The party has claimed already")

        return once

    replace(reference.the(BenefitPayments).postal_claims, "check_members", make)


@FAULTS.add("rejected-form-is-shown-again", "BP-INT-015")
def rejected_form_is_shown_again(reference: Reference) -> None:
    """A form that is entered again after a rejection is answered with the rejected claim."""
    service = reference.the(BenefitPayments)

    def rejected(before: Claim | None, party: Party) -> Claim | None:
        claims = (claim for claim in service.books.claims_of(party.programme_id) if claim.party == party)
        return before or next(claims, None)

    alter(service.postal_claims, "before", rejected)


@FAULTS.add("not-head-in-other-words", "BP-INT-001", "BP-SEP-018")
def not_head_in_other_words(reference: Reference) -> None:
    """A form whose claimant is not the head is refused as one with other members."""

    def make(check: Method) -> Method:
        def renamed(party: Party, content: dict[str, Any]) -> None:
            try:
                check(party, content)
            except Problem as refusal:
                if refusal.code != "claimant_not_head":
                    raise
                raise rule("members_mismatch", refusal.detail, "/claimant_id") from None

        return renamed

    revise(reference.the(BenefitPayments).postal_claims, "check", make)
