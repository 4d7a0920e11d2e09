"""Faults of eligibility: who is paid for on the base date, and who claims where the head has died."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import CANCELLED, DECEASED, Copy, Json, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.faults.registry import FAULTS

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Rule = Callable[[Json, str], bool]
"""Whether a fault is about a person on the base date."""


def _excluded(reference: Reference, rule: Rule) -> None:
    """Such persons are not eligible."""

    def strict(eligible: bool, person: Json, base_date: str) -> bool:
        return eligible and not rule(person, base_date)

    alter(reference.the(BenefitPayments).eligibility, "is_eligible", strict)


def _included(reference: Reference, rule: Rule) -> None:
    """Such persons are eligible as well."""

    def lenient(eligible: bool, person: Json, base_date: str) -> bool:
        return eligible or rule(person, base_date)

    alter(reference.the(BenefitPayments).eligibility, "is_eligible", lenient)


def _shown(reference: Reference, rule: Rule, *, eligible: bool) -> None:
    """The copy alone shows such persons as eligible, or as not eligible."""
    service = reference.the(BenefitPayments)

    def shown(body: dict[str, Any], copy: Copy) -> dict[str, Any]:
        base_date = service.books.programmes[copy.programme_id].base_date
        concerned = [person["resident_id"] for person in copy.members if rule(person, base_date)]
        others = [resident_id for resident_id in body["eligible_ids"] if resident_id not in concerned]
        return {**body, "eligible_ids": [*others, *concerned] if eligible else others}

    alter(service.copies, "body", shown)


def _born(days: int) -> Rule:
    return lambda person, base: person["birth_date"]["value"] == dates.add_days(base, days)


def _ceased(status: str, days: int) -> Rule:
    return lambda person, base: person["status"] == status and person["ceased_on"] == dates.add_days(base, days)


def _partly_unknown(person: Json, base_date: str) -> bool:
    return dates.known_day(person["birth_date"]) is None


@FAULTS.add("born-on-base-date-left-out", "BP-ELI-001", "BP-FRM-001", "BP-INT-011", "XS-BAS-001")
def born_on_base_date_left_out(reference: Reference) -> None:
    """Whoever is born on the base date is not eligible."""
    _excluded(reference, _born(0))


@FAULTS.add("born-on-base-date-not-shown", "BP-ELI-001", "XS-BAS-001")
def born_on_base_date_not_shown(reference: Reference) -> None:
    """The copy does not show as eligible who is born on the base date, though they are paid for."""
    _shown(reference, _born(0), eligible=False)


@FAULTS.add("born-after-base-date-counted", "BP-ELI-002", "BP-FRM-001", "BP-INT-011")
def born_after_base_date_counted(reference: Reference) -> None:
    """Whoever is born the day after the base date is eligible."""
    _included(reference, _born(1))


@FAULTS.add("born-after-base-date-shown", "BP-ELI-002")
def born_after_base_date_shown(reference: Reference) -> None:
    """The copy shows as eligible who is born the day after the base date, though they are not paid for."""
    _shown(reference, _born(1), eligible=True)


@FAULTS.add("died-on-base-date-left-out", "BP-ELI-003", "BP-ELI-010", "BP-FRM-001", "BP-INT-011", "XS-BAS-003")
def died_on_base_date_left_out(reference: Reference) -> None:
    """A member other than the head who died on the base date is not eligible."""
    died = _ceased(DECEASED, 0)
    _excluded(reference, lambda person, base: died(person, base) and person["relationship"] != "head")


@FAULTS.add("died-before-base-date-counted", "BP-ELI-004", "BP-ELI-011", "BP-FRM-001", "BP-INT-011")
def died_before_base_date_counted(reference: Reference) -> None:
    """Whoever died the day before the base date is eligible."""
    _included(reference, _ceased(DECEASED, -1))


@FAULTS.add("died-before-base-date-shown", "BP-ELI-004", "BP-ELI-011")
def died_before_base_date_shown(reference: Reference) -> None:
    """The copy shows as eligible who died the day before the base date, though they are not paid for."""
    _shown(reference, _ceased(DECEASED, -1), eligible=True)


@FAULTS.add("left-on-base-date-left-out", "BP-ELI-005", "BP-ELI-010", "BP-FRM-001", "BP-INT-011", "XS-BAS-005")
def left_on_base_date_left_out(reference: Reference) -> None:
    """Whoever moved out on the base date is not eligible."""
    _excluded(reference, _ceased("moved_out", 0))


@FAULTS.add(
    "left-before-base-date-counted", "BP-ELI-006", "BP-ELI-011", "BP-FRM-001", "BP-INT-011", "BP-REG-004", "BP-SEP-007"
)
def left_before_base_date_counted(reference: Reference) -> None:
    """Whoever moved out the day before the base date is eligible."""
    _included(reference, _ceased("moved_out", -1))


@FAULTS.add("partly-unknown-birth-left-out", "BP-ELI-007", "BP-FRM-001", "BP-INT-011")
def partly_unknown_birth_left_out(reference: Reference) -> None:
    """A member other than the head who has a partly unknown birth date is not eligible."""
    _excluded(reference, lambda person, base: _partly_unknown(person, base) and person["relationship"] != "head")


@FAULTS.add("partly-unknown-birth-not-shown", "BP-ELI-007")
def partly_unknown_birth_not_shown(reference: Reference) -> None:
    """The copy does not show as eligible who has a partly unknown birth date, though they are paid for."""
    _shown(reference, _partly_unknown, eligible=False)


@FAULTS.add("cancelled-counted", "BP-ELI-008", "BP-FRM-001", "BP-INT-011", "BP-REG-004")
def cancelled_counted(reference: Reference) -> None:
    """Whoever has a cancelled registration is eligible."""
    _included(reference, lambda person, base: person["status"] == CANCELLED)


@FAULTS.add("cancelled-shown", "BP-ELI-008")
def cancelled_shown(reference: Reference) -> None:
    """The copy shows as eligible whose registration is cancelled, though they are not paid for."""
    _shown(reference, lambda person, base: person["status"] == CANCELLED, eligible=True)


@FAULTS.add("nobody-claims-for-the-dead-head", "BP-ELI-009", "BP-FRM-009", "XS-DTH-004", "XS-DTH-006")
def nobody_claims_for_the_dead_head(reference: Reference) -> None:
    """Where the head has died nobody may claim."""
    alter(reference.the(BenefitPayments).eligibility, "successors", lambda claimants, *_: [])


@FAULTS.add("share-of-the-dead-head-lost", "BP-ELI-009", "XS-DTH-005")
def share_of_the_dead_head_lost(reference: Reference) -> None:
    """A claim in place of a head who has died comes to nothing for the head."""
    service = reference.the(BenefitPayments)

    def without(amount: int, party: Party, members: Any) -> int:
        head = service.eligibility.head(service.books.copy_of(party))
        dead = head["status"] == DECEASED and any(member.resident_id == head["resident_id"] for member in members)
        return amount - service.books.programme_of(party).unit_amount if dead else amount

    alter(service.intake, "amount", without)
