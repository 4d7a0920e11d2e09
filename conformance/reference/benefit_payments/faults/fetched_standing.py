"""Faults about persons of the register who have died since the base date: who is paid for, who may claim."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.fetched_members import fetches_of, register_of
from conformance.reference.benefit_payments.records import Claim, Copy, Json, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict
from conformance.reference.resident_registry.records import DECEASED, HEAD

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def registered(reference: Reference, resident_id: str) -> bool:
    """Whether the registry of the same environment knows a person."""
    return register_of(reference).known(resident_id) is not None


def _died_since(reference: Reference, person: Json, base_date: str) -> bool:
    """Whether a person of the register has died after the base date."""
    died = person["status"] == DECEASED and person["ceased_on"] is not None and person["ceased_on"] > base_date
    return died and registered(reference, person["resident_id"])


@FAULTS.add("dead-since-the-base-date-not-eligible", "XS-DTH-003")
def dead_since_the_base_date_not_eligible(reference: Reference) -> None:
    """A member other than the head who has died between base date and fetch is not eligible."""

    def make(is_eligible: Method) -> Method:
        def alive(person: Json, base_date: str) -> bool:
            lost = person["relationship"] != HEAD and _died_since(reference, person, base_date)
            return bool(is_eligible(person, base_date)) and not lost

        return alive

    revise(reference.the(BenefitPayments).eligibility, "is_eligible", make)


@FAULTS.add("standing-of-the-base-date", "XS-DTH-004")
def standing_of_the_base_date(reference: Reference) -> None:
    """A fetch does not tell of a death after the base date: the dead head alone could claim."""
    revise(fetches_of(reference), "present", lambda _: lambda registry, entry: entry)


@FAULTS.add("dead-since-not-paid-for", "XS-DTH-005")
def dead_since_not_paid_for(reference: Reference) -> None:
    """Where the head has died since the base date, a claim comes to less by all who have died since."""
    service = reference.the(BenefitPayments)

    def make(amount: Method) -> Method:
        def lowered(party: Party, members: int) -> int:
            copy, programme = service.books.copy_of(party), service.books.programme_of(party)
            dead = [p for p in copy.members if _died_since(reference, p, programme.base_date)]
            by_head = any(person["relationship"] == HEAD for person in dead)
            return int(amount(party, members - len(dead) if by_head else members))

        return lowered

    revise(service.eligibility, "amount", make)


@FAULTS.add("one-successor-only", "XS-DTH-006")
def one_successor_only(reference: Reference) -> None:
    """Where a head of the register died on the base date, only the first of the others may claim."""
    service = reference.the(BenefitPayments)

    def make(successors: Method) -> Method:
        def first(party: Party, head: Json) -> list[str]:
            found: list[str] = successors(party, head)
            return found[:1] if registered(reference, head["resident_id"]) else found

        return first

    revise(service.eligibility, "successors", make)


@FAULTS.add("claim-of-the-dead-not-approved", "XS-DTH-001")
def claim_of_the_dead_not_approved(reference: Reference) -> None:
    """The claim of somebody who has died by the register since it was entered is not decided."""
    register = register_of(reference)

    def make(check_undecided: Method) -> Method:
        def checked(claim: Claim) -> None:
            check_undecided(claim)
            known = register.known(claim.claimant_id)
            if known is not None and known.status == DECEASED:
                raise conflict("already_decided", "申請者が死亡しています / The claimant has died")

        return checked

    revise(reference.the(BenefitPayments).decisions, "check_undecided", make)


@FAULTS.add("claimant-replaced-after-death", "XS-DTH-002")
def claimant_replaced_after_death(reference: Reference) -> None:
    """A fetch after the death of the claimant puts another member of the claim in the claimant's place."""
    register = register_of(reference)

    def make(take_protection: Method) -> Method:
        def replaced(call: Call, copy: Copy, found: Any) -> None:
            take_protection(call, copy, found)
            books = reference.the(BenefitPayments).books
            claim = books.live_claim(books.parties[copy.form_id])
            known = register.known(claim.claimant_id) if claim else None
            others = [m.resident_id for m in claim.members if m.resident_id != claim.claimant_id] if claim else []
            if claim is not None and known is not None and known.status == DECEASED and others:
                books.keep_claim(altered(claim, claimant_id=others[0]))

        return replaced

    replace(fetches_of(reference), "take_protection", make)
