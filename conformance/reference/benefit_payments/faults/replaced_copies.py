"""Faults of copies that are replaced, of protected persons in them, and of forms that nobody can claim with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import Copy, Json, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _service(reference: Reference) -> BenefitPayments:
    return reference.the(BenefitPayments)


@FAULTS.add("protected-child-not-eligible", "BP-ELI-031")
def protected_child_not_eligible(reference: Reference) -> None:
    """A protected person who is a child of the household is not eligible."""

    def unprotected(eligible: bool, person: Json, _: str) -> bool:
        return eligible and not (person["protected"] and person["relationship"] == "child")

    alter(_service(reference).eligibility, "is_eligible", unprotected)


@FAULTS.add("form-of-the-dead-to-the-last", "BP-FRM-027")
def form_of_the_dead_to_the_last(reference: Reference) -> None:
    """Where nobody is left to claim the form is addressed to the last member of the copy."""
    service = _service(reference)

    def last(name: Json, party: Party, claimants: list[str]) -> Json:
        return name if claimants else service.books.copy_of(party).members[-1]

    alter(service.forms, "addressee", last)


@FAULTS.add("taken-out-yet-elsewhere", "BP-REG-033")
def taken_out_yet_elsewhere(reference: Reference) -> None:
    """Who was taken out of a copy still counts as standing in it when another one is stored."""
    service = _service(reference)
    books = service.books

    def make(keep: Method) -> Method:
        def kept(copy: Copy) -> None:
            before = books.copies.get((copy.programme_id, copy.household_id))
            keep(copy)
            for person in before.members if before else ():
                books.household_of.setdefault((copy.programme_id, person["resident_id"]), copy.household_id)

        return kept

    replace(books, "keep_copy", make)


@FAULTS.add("frozen-by-a-rejected-claim", "BP-REG-034", "XS-AFT-007")
def frozen_by_a_rejected_claim(reference: Reference) -> None:
    """The copy of a household that ever claimed is not replaced, though the claim was rejected."""
    service = _service(reference)

    def claimed(taken: bool, copy: Copy) -> Any:
        return taken or any(c.party.form_id == copy.form_id for c in service.books.claims_of(copy.programme_id))

    alter(service.copies, "is_taken", claimed)
