"""Faults of parties that changed since: separated persons, replaced copies, protection that began or ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.acting import _service
from conformance.reference.benefit_payments.faults.lenience import alter, waive
from conformance.reference.benefit_payments.records import Batch, Claim, Copy, Party, Programme
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.application import Reference


@FAULTS.add("persons-of-another-separation-are-strangers", "BP-SEP-023")
def persons_of_another_separation_are_strangers(reference: Reference) -> None:
    """A claim of a separation may name the household besides, but nobody of another separation from it."""
    service = _service(reference)

    def household_only(found: list[Any], party: Party) -> list[Any]:
        if party.separation_id is None:
            return found
        copy = service.books.copy_of(party)
        return [p for p in found if service.books.party_of(copy, p["resident_id"]).separation_id is None]

    alter(service.intake, "others", household_only)


def _entered(service: BenefitPayments) -> dict[str, list[str]]:
    """The members with which each claim was entered."""
    members: dict[str, list[str]] = {}

    def make(enter: Method) -> Method:
        def noting(*arguments: Any) -> Claim:
            claim: Claim = enter(*arguments)
            members[claim.id] = [member.resident_id for member in claim.members]
            return claim

        return noting

    service.intake.enter = make(service.intake.enter)  # type: ignore[method-assign]
    return members


@FAULTS.add("separated-still-audited-with-the-household", "BP-AUD-023")
def separated_still_audited_with_the_household(reference: Reference) -> None:
    """A read of the claim of a household is audited about those too who were separated from it since."""
    service = _service(reference)
    members = _entered(service)
    alter(
        service.subjects_of,
        "of_claim",
        lambda found, claim: list(dict.fromkeys([*found, *members.get(claim.id, ())])),
    )


@FAULTS.add("batch-audited-as-ordered", "BP-AUD-023")
def batch_audited_as_ordered(reference: Reference) -> None:
    """A read of a batch is audited about those too who were separated from its claims since."""
    service = _service(reference)
    members = _entered(service)

    def ordered(found: list[str], batch: Batch) -> list[str]:
        return list(dict.fromkeys([*found, *(m for t in batch.transfers for m in members.get(t.claim_id, ()))]))

    alter(service.subjects_of, "of_batch", ordered)


@FAULTS.add("replacement-audited-about-the-former", "BP-AUD-023")
def replacement_audited_about_the_former(reference: Reference) -> None:
    """The replacement of a copy is audited about those too who stand in it no more."""
    service = _service(reference)

    def make(put: Method) -> Method:
        def both(call: Call) -> Answer:
            before = service.copies.named(call)
            answer: Answer = put(call)
            if before is not None:
                former = service.subjects_of.of_copy(before)
                call.subjects[:] = list(dict.fromkeys([*call.subjects, *former]))
            return answer

        return both

    replace(service.copies, "put", make)


@FAULTS.add("separation-audited-about-the-whole-household", "BP-AUD-023")
def separation_audited_about_the_whole_household(reference: Reference) -> None:
    """A separation is audited about the members of the household, also where it has no live claim that changes."""
    service = _service(reference)

    def make(create: Method) -> Method:
        def whole(call: Call) -> Answer:
            answer: Answer = create(call)
            copy = service.books.copy_with(call.target.id, call.body["claimant_id"])
            if copy is not None and service.books.live_claim(service.books.parties[copy.form_id]) is None:
                others = service.subjects_of.of_form(service.books.parties[copy.form_id])
                call.subjects[:] = list(dict.fromkeys([*call.subjects, *others]))
            return answer

        return whole

    replace(service.separations, "create", make)


def _protected_in(
    reference: Reference, choose: Callable[[list[Copy]], list[Copy]], concerns: Callable[[Call], bool]
) -> None:
    """For some calls, whether a household is hidden is seen in copies that it has had."""
    service = _service(reference)
    copies: dict[str, list[Copy]] = {}

    def make(content: Method) -> Method:
        def noting(before: Copy | None, household: Any) -> Any:
            stored = content(before, household)
            had = copies.setdefault(before.form_id, [before]) if before else []
            had.append(Copy("", stored, ""))
            return stored

        return noting

    service.copies.content = make(service.copies.content)  # type: ignore[method-assign]

    def seen(found: bool, call: Call, party: Party) -> bool:
        had = choose(copies.get(service.books.copy_of(party).form_id, []))
        if not had or party.separation_id is not None or service.visibility.privileged(call) or not concerns(call):
            return found
        return any(person["protected"] for copy in had for person in copy.members)

    alter(service.visibility, "hides_party", seen)


@FAULTS.add("once-protected-hidden-for-good", "BP-FRM-029")
def once_protected_hidden_for_good(reference: Reference) -> None:
    """A household of which somebody was ever protected stays hidden when nobody is any more."""
    _protected_in(reference, lambda copies: copies, lambda call: True)


@FAULTS.add("form-read-by-the-first-copy", "BP-FRM-006")
def form_read_by_the_first_copy(reference: Reference) -> None:
    """Whether somebody is protected is seen in the first copy of a household when its form is read."""
    _protected_in(reference, lambda copies: copies[:1], lambda call: call.operation.id == "getClaimForm")


@FAULTS.add("form-entered-by-the-first-copy", "BP-FRM-008", "BP-FRM-012")
def form_entered_by_the_first_copy(reference: Reference) -> None:
    """Whether somebody is protected is seen in the first copy of a household when its form is entered."""
    _protected_in(reference, lambda copies: copies[:1], lambda call: call.operation.id == "enterPostalClaim")


@FAULTS.add("own-claim-hidden-with-the-household", "BP-INT-045")
def own_claim_hidden_with_the_household(reference: Reference) -> None:
    """The applicant does not find the own claim where somebody of the household is protected."""
    service = _service(reference)

    def make(read: Method) -> Method:
        def hiding(call: Call) -> Answer:
            if service.visibility.is_protected(call.target.party):
                raise not_found()
            answer: Answer = read(call)
            return answer

        return hiding

    replace(
        service.online_claims,
        "read",
        make,
        concerns=lambda call: service.visibility.is_protected(call.target.party),
    )


@FAULTS.add("own-claim-of-a-separation-hidden", "BP-INT-045")
def own_claim_of_a_separation_hidden(reference: Reference) -> None:
    """Who lives apart and has filed online does not find the own claim."""
    service = _service(reference)

    def make(read: Method) -> Method:
        def hiding(call: Call) -> Answer:
            if call.target.party.separation_id is not None:
                raise not_found()
            answer: Answer = read(call)
            return answer

        return hiding

    replace(service.online_claims, "read", make, concerns=lambda call: call.target.party.separation_id is not None)


@FAULTS.add("applicant-told-the-first-count", "BP-SEP-002")
def applicant_told_the_first_count(reference: Reference) -> None:
    """The applicant who looks again is told how many members the claim had when it was entered."""
    service = _service(reference)
    members = _entered(service)

    def make(read: Method) -> Method:
        def former(call: Call) -> Answer:
            answer: Answer = read(call)
            answer.body = {**answer.body, "member_count": len(members.get(call.target.id, call.target.members))}
            return answer

        return former

    replace(service.online_claims, "read", make)


@FAULTS.add("second-change-from-the-first", "BP-PRG-005")
def second_change_from_the_first(reference: Reference) -> None:
    """A second change of a programme begins with what it was created with: the first change is lost."""
    service = _service(reference)
    created: dict[str, Programme] = {}

    def make(change: Method) -> Method:
        def from_the_first(programme: Programme, patch: dict[str, Any]) -> Programme:
            first = created.setdefault(programme.id, programme)
            found: Programme = change(first, patch)
            return found

        return from_the_first

    replace(service.programmes, "changed", make)


@FAULTS.add("ineligible-claim-for-the-dead-head", "BP-INT-001")
def ineligible_claim_for_the_dead_head(reference: Reference) -> None:
    """Where the head has died, persons of the copy may claim too who are not eligible."""
    service = _service(reference)

    def ineligible(party: Party, claimant_id: str) -> bool:
        copy = service.books.copy_of(party)
        eligible = {person["resident_id"] for person in service.eligibility.eligible(copy)}
        alive = {person["resident_id"] for person in copy.members if service.eligibility.is_alive(person)}
        dead_head = service.eligibility.head(copy)["resident_id"] not in alive
        return dead_head and party.separation_id is None and claimant_id in alive - eligible

    waive(service.intake, "check_claimant", ineligible)
