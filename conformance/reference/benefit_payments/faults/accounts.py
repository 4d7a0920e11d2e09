"""Faults of looking at accounts: what is flagged, and what has to be confirmed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.accounts import DIFFERS, SHARED, comparable, readings
from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import Claim, Json
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import conflict
from conformance.reference.resident_registry.faults.leniency import passing

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Seen = Callable[[Claim, bool], bool]


def _shared(reference: Reference, seen: Seen) -> None:
    """`seen` says whether an account counts as shared, of the claim and whether it is."""
    service = reference.the(BenefitPayments)
    revise(service.accounts, "is_shared", lambda is_shared: lambda claim: seen(claim, is_shared(claim)))


def _differs(reference: Reference, seen: Seen) -> None:
    """`seen` says whether the holder counts as another, of the claim and whether it is."""
    service = reference.the(BenefitPayments)
    revise(service.accounts, "differs", lambda differs: lambda claim: seen(claim, differs(claim)))


def _with_the_same(service: BenefitPayments, claim: Claim) -> list[Claim]:
    """The claims of other households, of whatever programme and status, that have the account of a claim."""
    accounts = service.accounts
    others = (other for other in service.books.claims.values() if accounts.of_other_household(claim, other))
    return [other for other in others if accounts.same(claim.account, other.account)]


@FAULTS.add("shared-account-unflagged", "BP-ACC-001")
def shared_account_unflagged(reference: Reference) -> None:
    """An account that two households share is flagged in neither claim."""
    _shared(reference, lambda claim, shared: False)


@FAULTS.add("shared-account-flagged-in-the-later", "BP-ACC-001")
def shared_account_flagged_in_the_later(reference: Reference) -> None:
    """Of two claims with one account only the one is flagged that was entered later."""
    service = reference.the(BenefitPayments)

    def later(claim: Claim, shared: bool) -> bool:
        same = _with_the_same(service, claim)
        return shared and any(other.received_at < claim.received_at for other in same)

    _shared(reference, later)


@FAULTS.add("shared-account-forgotten-when-approved", "BP-ACC-001")
def shared_account_forgotten_when_approved(reference: Reference) -> None:
    """An account that is shared with a claim already decided is not flagged: only claims received are compared."""
    service = reference.the(BenefitPayments)

    def undecided(claim: Claim, shared: bool) -> bool:
        return shared and any(other.status == "received" for other in _with_the_same(service, claim))

    _shared(reference, undecided)


def _same(reference: Reference, *names: str) -> None:
    """Accounts are compared by these members alone."""

    def make(_: Method) -> Method:
        return lambda one, other: all(one[name] == other[name] for name in names)

    revise(reference.the(BenefitPayments).accounts, "same", make)


@FAULTS.add("account-known-by-number", "BP-ACC-003")
def account_known_by_number(reference: Reference) -> None:
    """Accounts with the same number at different banks count as one."""
    _same(reference, "branch_code", "type", "number")


@FAULTS.add("account-of-any-branch", "BP-ACC-003")
def account_of_any_branch(reference: Reference) -> None:
    """Accounts with the same number at different branches of a bank count as one."""
    _same(reference, "bank_code", "type", "number")


@FAULTS.add("account-of-any-type", "BP-ACC-003")
def account_of_any_type(reference: Reference) -> None:
    """An ordinary and a current account with the same number count as one."""
    _same(reference, "bank_code", "branch_code", "number")


@FAULTS.add("account-shared-with-the-rejected", "BP-ACC-003")
def account_shared_with_the_rejected(reference: Reference) -> None:
    """The account of a rejected claim is still looked for in the claims of other households."""
    service = reference.the(BenefitPayments)

    def ever(claim: Claim, shared: bool) -> bool:
        of_programme = (other.party.programme_id for other in _with_the_same(service, claim))
        return shared or claim.party.programme_id in of_programme

    _shared(reference, ever)


@FAULTS.add("account-shared-across-programmes", "BP-ACC-003")
def account_shared_across_programmes(reference: Reference) -> None:
    """The account of a claim from another programme counts as shared."""
    service = reference.the(BenefitPayments)
    _shared(reference, lambda claim, shared: shared or any(other.live for other in _with_the_same(service, claim)))


@FAULTS.add("other-holder-unflagged", "BP-ACC-002")
def other_holder_unflagged(reference: Reference) -> None:
    """Nobody compares the holder of an account with the claimant."""
    _differs(reference, lambda claim, differs: False)


def _names(service: BenefitPayments, claim: Claim) -> list[Json]:
    return [person["name"] for person in service.books.copy_of(claim.party).members]


@FAULTS.add("holder-of-the-same-family", "BP-ACC-002")
def holder_of_the_same_family(reference: Reference) -> None:
    """A holder with the family name of the claimant counts as the claimant."""
    service = reference.the(BenefitPayments)

    def relative(claim: Claim, differs: bool) -> bool:
        holder = comparable(claim.account["holder"])
        families = [comparable(name["family_kana"]) for name in _names(service, claim)]
        return differs and not any(holder.startswith(family) for family in families)

    _differs(reference, relative)


@FAULTS.add("holder-of-the-household", "BP-ACC-002")
def holder_of_the_household(reference: Reference) -> None:
    """The account of any member of the household counts as that of the claimant."""
    service = reference.the(BenefitPayments)

    def member(claim: Claim, differs: bool) -> bool:
        known = [form for name in _names(service, claim) for form in readings(name)]
        return differs and comparable(claim.account["holder"]) not in known

    _differs(reference, member)


@FAULTS.add("own-holder-with-space", "BP-ACC-003", "BP-ACC-008")
def own_holder_with_space(reference: Reference) -> None:
    """The space in the holder is compared, which the reading does not have."""
    _differs(reference, lambda claim, differs: differs or " " in claim.account["holder"])


@FAULTS.add("own-holder-with-voiced-mark", "BP-ACC-003")
def own_holder_with_voiced_mark(reference: Reference) -> None:
    """A holder with a voiced mark of its own differs from a reading in which it is part of the character."""
    _differs(reference, lambda claim, differs: differs or bool({"ﾞ", "ﾟ"} & set(claim.account["holder"])))


@FAULTS.add("own-holder-with-small-kana", "BP-ACC-003")
def own_holder_with_small_kana(reference: Reference) -> None:
    """Small kana in a reading are not made large as banks write them."""
    service = reference.the(BenefitPayments)

    def small(claim: Claim, differs: bool) -> bool:
        kana = [name["family_kana"] + name.get("given_kana", "") for name in _names(service, claim)]
        return differs or bool(set("ァィゥェォッャュョヮ") & set(kana[0]))

    _differs(reference, small)


def _unconfirmed(reference: Reference, when: Callable[[list[str], Any], bool]) -> None:
    """Where `when` says so of review and content, nothing has to be confirmed."""
    service = reference.the(BenefitPayments)
    lenient = passing("review_required", lambda claim, body: when(service.accounts.review(claim), body))
    revise(service.decisions, "check_account", lenient)


@FAULTS.add("review-ignored", "BP-ACC-004")
def review_ignored(reference: Reference) -> None:
    """A claim is approved whatever is odd about its account."""
    _unconfirmed(reference, lambda review, body: True)


@FAULTS.add("shared-account-unconfirmed", "BP-ACC-004")
def shared_account_unconfirmed(reference: Reference) -> None:
    """Only another holder has to be confirmed, a shared account is not."""
    _unconfirmed(reference, lambda review, body: review == [SHARED])


@FAULTS.add("other-holder-unconfirmed", "BP-ACC-004")
def other_holder_unconfirmed(reference: Reference) -> None:
    """Only a shared account has to be confirmed, another holder is not."""
    _unconfirmed(reference, lambda review, body: review == [DIFFERS])


@FAULTS.add("account-not-confirmed-is-enough", "BP-ACC-004")
def account_not_confirmed_is_enough(reference: Reference) -> None:
    """It is enough that account_confirmed is there, be it false."""
    _unconfirmed(reference, lambda review, body: "account_confirmed" in body)


@FAULTS.add("confirmed-account-refused", "BP-ACC-005", "XS-DTH-001", "XS-PRO-006")
def confirmed_account_refused(reference: Reference) -> None:
    """A claim with an odd account is never approved, though somebody has looked at it."""
    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def strict(claim: Claim, body: Any) -> None:
            check(claim, body)
            if service.accounts.review(claim):
                raise conflict("review_required", "口座が確認の対象です / The account is flagged", "/account_confirmed")

        return strict

    revise(service.decisions, "check_account", make)


def _matched(reference: Reference, review: Callable[[Claim, str], bool]) -> None:
    """`review` says which claims the parameter of that name finds."""
    service = reference.the(BenefitPayments)

    def make(matches: Method) -> Method:
        def loosely(claim: Claim, query: dict[str, Any]) -> bool:
            rest = {name: value for name, value in query.items() if name != "review"}
            return matches(claim, rest) and ("review" not in query or review(claim, query["review"]))

        return loosely

    revise(service.claims, "matches", make)


@FAULTS.add("review-parameter-ignored", "BP-ACC-006", "BP-FLT-001")
def review_parameter_ignored(reference: Reference) -> None:
    """The parameter review leaves out no claim."""
    _matched(reference, lambda claim, value: True)


@FAULTS.add("review-parameter-finds-any", "BP-ACC-006")
def review_parameter_finds_any(reference: Reference) -> None:
    """The parameter review finds every claim whose account is odd in whatever way."""
    service = reference.the(BenefitPayments)
    _matched(reference, lambda claim, value: bool(service.accounts.review(claim)))


def _household(reference: Reference, other: Callable[[Claim, Claim], bool]) -> None:
    """Claims for which `other` holds count as those of two households too."""

    def make(of_other: Method) -> Method:
        return lambda one, two: of_other(one, two) or other(one, two)

    revise(reference.the(BenefitPayments).accounts, "of_other_household", make)


@FAULTS.add("separation-shares-account", "BP-ACC-003", "BP-ACC-007")
def separation_shares_account(reference: Reference) -> None:
    """A household and each of its separations count as households of their own when their account is one."""
    _household(reference, lambda one, two: one.party != two.party)


@FAULTS.add("household-shares-account-of-separation", "BP-ACC-007")
def household_shares_account_of_separation(reference: Reference) -> None:
    """The claim of the household is flagged when its separation has the same account; that of the separation is not."""
    _household(reference, lambda one, two: one.party.separation_id is None and two.party.separation_id is not None)


@FAULTS.add("middle-dot-of-a-reading-compared", "BP-ACC-008")
def middle_dot_of_a_reading_compared(reference: Reference) -> None:
    """A middle dot in the reading of the claimant makes a holder without it another one."""
    service = reference.the(BenefitPayments)

    def dotted(found: bool, claim: Claim) -> bool:
        members = service.books.copy_of(claim.party).members
        name = next(person["name"] for person in members if person["resident_id"] == claim.claimant_id)
        return found or "・" in name["family_kana"] + name.get("given_kana", "")

    alter(service.accounts, "differs", dotted)
