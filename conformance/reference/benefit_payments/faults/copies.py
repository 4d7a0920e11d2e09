"""Faults of the copies of the register: what is taken, what is kept, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.benefit_payments.faults.lenience import alter, refuse, rename, waive
from conformance.reference.benefit_payments.records import HEAD, PAID, RECEIVED, Copy, Json, Programme
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import rule

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _heads(household: Json) -> list[Json]:
    return [person for person in household["members"] if person["relationship"] == HEAD]


@FAULTS.add("first-person-shown-as-head", "BP-REG-001")
def first_person_shown_as_head(reference: Reference) -> None:
    """A copy shows whoever stands first as head."""

    def shown(body: dict[str, Any], copy: Copy) -> dict[str, Any]:
        return {**body, "head_id": copy.members[0]["resident_id"]}

    alter(reference.the(BenefitPayments).copies, "body", shown)


def _kept(reference: Reference, keep: Callable[[Json], dict[str, Any]]) -> None:
    """Of each person something else is shown than what was sent."""

    def shown(body: dict[str, Any], _: Copy) -> dict[str, Any]:
        members = [{**person, **keep(person)} for person in body["household"]["members"]]
        return {**body, "household": {**body["household"], "members": members}}

    alter(reference.the(BenefitPayments).copies, "body", shown)


@FAULTS.add("protection-not-copied", "BP-REG-001", "XS-PRO-001", "XS-PRO-004", "XS-PRO-007")
def protection_not_copied(reference: Reference) -> None:
    """A copy shows nobody as protected."""
    _kept(reference, lambda person: {"protected": False})


@FAULTS.add("last-day-not-copied", "BP-REG-001")
def last_day_not_copied(reference: Reference) -> None:
    """A copy does not show on which day somebody moved out."""
    _kept(reference, lambda person: {"ceased_on": None} if person["status"] == "moved_out" else {})


@FAULTS.add("form-renewed-with-the-copy", "BP-REG-002")
def form_renewed_with_the_copy(reference: Reference) -> None:
    """A household whose copy is replaced gets another form."""
    copies = reference.the(BenefitPayments).copies

    def make(form_id: Method) -> Method:
        return lambda before: form_id(None)

    replace(copies, "form_id", make, concerns=lambda before: before is not None)


@FAULTS.add("replaced-persons-stay", "BP-REG-002", "BP-REG-033", "XS-BAS-010")
def replaced_persons_stay(reference: Reference) -> None:
    """Persons whom the new copy of a household does not name stay in it."""

    def merged(household: Json, before: Copy | None, _: Json) -> Json:
        named = {person["resident_id"] for person in household["members"]}
        stay = [p for p in before.members if p["resident_id"] not in named] if before else []
        return {**household, "members": [*household["members"], *stay]} if stay else household

    alter(reference.the(BenefitPayments).copies, "content", merged)


@FAULTS.add("other-household-id-taken", "BP-REG-003")
def other_household_id_taken(reference: Reference) -> None:
    """A copy may name another household than its path."""
    waive(reference.the(BenefitPayments).copies, "check_id")


@FAULTS.add("other-household-id-in-other-words", "BP-REG-003")
def other_household_id_in_other_words(reference: Reference) -> None:
    """A copy of another household than that of the path is refused with the code unprocessable."""
    rename(reference.the(BenefitPayments).copies, "check_id", "unprocessable")


@FAULTS.add("household-without-head-taken", "BP-REG-001", "BP-REG-004")
def household_without_head_taken(reference: Reference) -> None:
    """A household may have no head; then the first person counts as one."""
    service = reference.the(BenefitPayments)
    waive(service.copies, "check_head", lambda programme, household: not _heads(household))

    def make(head: Method) -> Method:
        return lambda copy: head(copy) if _heads(copy.household) else copy.members[0]

    revise(service.eligibility, "head", make)


@FAULTS.add("household-with-two-heads-taken", "BP-REG-004")
def household_with_two_heads_taken(reference: Reference) -> None:
    """A household may have two heads; then the first of them counts."""
    copies = reference.the(BenefitPayments).copies
    waive(copies, "check_head", lambda programme, household: len(_heads(household)) > 1)


@FAULTS.add("head-who-has-left-taken", "BP-REG-004")
def head_who_has_left_taken(reference: Reference) -> None:
    """It does not matter whether the head is eligible."""
    copies = reference.the(BenefitPayments).copies
    waive(copies, "check_head", lambda programme, household: len(_heads(household)) == 1)


def _free(reference: Reference, free: Callable[[Copy], bool]) -> None:
    """Some copies can be replaced although they are taken."""
    waive(reference.the(BenefitPayments).copies, "check_free", free)


@FAULTS.add("copy-replaced-after-claim", "BP-REG-005")
def copy_replaced_after_claim(reference: Reference) -> None:
    """A copy can be replaced after the household has claimed, as long as nobody is separated."""
    service = reference.the(BenefitPayments)
    _free(reference, lambda copy: not service.books.separations_of(copy.programme_id, copy.household_id))


@FAULTS.add("copy-replaced-after-separation", "BP-REG-005")
def copy_replaced_after_separation(reference: Reference) -> None:
    """A copy can be replaced after a separation, as long as the household has not claimed."""
    service = reference.the(BenefitPayments)
    _free(reference, lambda copy: service.books.live_claim(service.books.parties[copy.form_id]) is None)


@FAULTS.add("copy-replaced-until-approval", "BP-REG-005")
def copy_replaced_until_approval(reference: Reference) -> None:
    """A copy can be replaced until the claim of the household is decided."""
    _free(reference, lambda copy: _status(reference, copy) == RECEIVED)


@FAULTS.add("copy-replaced-after-payment", "BP-REG-005")
def copy_replaced_after_payment(reference: Reference) -> None:
    """A copy can be replaced once the claim of the household is paid."""
    _free(reference, lambda copy: _status(reference, copy) == PAID)


def _status(reference: Reference, copy: Copy) -> str:
    books = reference.the(BenefitPayments).books
    claim = books.live_claim(books.parties[copy.form_id])
    return "" if claim is None else claim.status


@FAULTS.add("person-twice-taken", "BP-REG-006", "COM-SCH-001")
def person_twice_taken(reference: Reference) -> None:
    """A person may stand twice in a household."""
    waive(reference.the(BenefitPayments).copies, "check_once")


@FAULTS.add("person-twice-apart-taken", "BP-REG-006", "COM-SCH-001")
def person_twice_apart_taken(reference: Reference) -> None:
    """That a person stands twice in a household is noticed only of neighbours."""

    def apart(household: Json) -> bool:
        ids = [person["resident_id"] for person in household["members"]]
        return all(one != other for one, other in pairwise(ids))

    waive(reference.the(BenefitPayments).copies, "check_once", apart)


@FAULTS.add("person-of-another-copy-taken", "BP-REG-007", "XS-HHD-005")
def person_of_another_copy_taken(reference: Reference) -> None:
    """A person may stand in the copies of two households."""
    waive(reference.the(BenefitPayments).copies, "check_elsewhere")


@FAULTS.add("head-alone-looked-for-elsewhere", "BP-REG-007", "XS-HHD-005")
def head_alone_looked_for_elsewhere(reference: Reference) -> None:
    """Only of the head it is examined whether they stand in another copy."""

    def make(check: Method) -> Method:
        return lambda programme, household: check(programme, {**household, "members": _heads(household)})

    revise(reference.the(BenefitPayments).copies, "check_elsewhere", make)


@FAULTS.add("copy-with-other-municipality", "BP-REG-008")
def copy_with_other_municipality(reference: Reference) -> None:
    """A copy may have an address in another municipality."""
    copies = reference.the(BenefitPayments).copies

    def make(_: Method) -> Method:
        return lambda address: copies.check_code(address["municipality_code"], "/address/municipality_code")

    revise(copies, "check_address", make)


@FAULTS.add("copy-with-ward-refused", "BP-REG-009")
def copy_with_ward_refused(reference: Reference) -> None:
    """A copy whose address has the code of a ward of the body other than its first one is refused."""
    service = reference.the(BenefitPayments)
    first = min(service.town.own_codes - {reference.settings.body}, default=reference.settings.body)
    problem = rule("other_municipality", "他の自治体の住所です / An address in another municipality")
    refuse(service.copies, "check_address", problem, lambda address: address["municipality_code"] > first)


@FAULTS.add("copy-before-the-base-date", "BP-REG-010")
def copy_before_the_base_date(reference: Reference) -> None:
    """A copy is taken before the base date has come."""
    waive(reference.the(BenefitPayments).copies, "check_base_date")


@FAULTS.add("copy-a-week-before-the-base-date", "BP-REG-010")
def copy_a_week_before_the_base_date(reference: Reference) -> None:
    """A copy is taken from a week before the base date on."""
    service = reference.the(BenefitPayments)

    def near(programme: Programme) -> bool:
        return programme.base_date <= dates.add_days(service.clock.today(), 7)

    waive(service.copies, "check_base_date", near)


@FAULTS.add("fetched-unknown-is-refused", "BP-REG-011", "XS-AFT-004", "XS-BAS-008")
def fetched_unknown_is_refused(reference: Reference) -> None:
    """A household that the registry does not have is said to be refused."""

    def make(take: Method) -> Method:
        def otherwise(*arguments: Any) -> str:
            outcome: str = take(*arguments)
            return "refused" if outcome == "unknown" else outcome

        return otherwise

    replace(reference.the(BenefitPayments).fetches, "take", make)


@FAULTS.add("fetched-unknown-is-stored", "BP-REG-012", "XS-BAS-008", "XS-HHD-013")
def fetched_unknown_is_stored(reference: Reference) -> None:
    """Of a household that the registry does not have, a copy with a nameless person is stored."""
    service = reference.the(BenefitPayments)

    def make(take: Method) -> Method:
        def storing(call: Call, programme: Programme, household_id: str) -> str:
            outcome: str = take(call, programme, household_id)
            if outcome == "unknown":
                nobody = next(iter(service.books.copies.values())).household
                person = {**nobody["members"][0], "resident_id": reference.ids.new(), "relationship": HEAD}
                household = {"household_id": household_id, "address": nobody["address"], "members": [person]}
                service.books.keep_copy(Copy(programme.id, household, reference.ids.new()))
            return outcome

        return storing

    replace(service.fetches, "take", make)
