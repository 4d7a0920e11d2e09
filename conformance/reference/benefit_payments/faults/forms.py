"""Faults of forms: who and how much is printed, and the id by which form and claim belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import DECEASED, Claim, Json, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.faults.registry import FAULTS

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("form-without-the-dead", "BP-FRM-001")
def form_without_the_dead(reference: Reference) -> None:
    """Whoever has died on the base date is not printed on the form, though they are paid for."""

    def living(members: list[Json], _: Party) -> list[Json]:
        return [person for person in members if person["status"] != DECEASED]

    alter(reference.the(BenefitPayments).forms, "members", living)


@FAULTS.add("form-of-four-lines", "BP-FRM-001")
def form_of_four_lines(reference: Reference) -> None:
    """No more than four persons are printed on a form."""
    alter(reference.the(BenefitPayments).forms, "members", lambda members, _: members[:4])


@FAULTS.add("spouse-named-beside-the-head", "BP-FRM-030")
def spouse_named_beside_the_head(reference: Reference) -> None:
    """A form names the spouse of a living head as one who may claim, too."""

    def named(body: dict[str, Any], party: Party) -> dict[str, Any]:
        members = reference.the(BenefitPayments).eligibility.members(party)
        heads = [person["resident_id"] for person in members if person["relationship"] == "head"]
        if not heads or body["claimant_ids"] != heads:
            return body
        spouses = [person["resident_id"] for person in members if person["relationship"] == "spouse"]
        return {**body, "claimant_ids": [*heads, *spouses]}

    alter(reference.the(BenefitPayments).forms, "body", named)


@FAULTS.add("form-amount-for-everybody", "BP-FRM-002")
def form_amount_for_everybody(reference: Reference) -> None:
    """The amount on the form counts all persons of the copy, eligible or not."""
    service = reference.the(BenefitPayments)

    def everybody(amount: int, party: Party, _: list[Json]) -> int:
        copy = service.books.copy_of(party)
        ineligible = len(copy.members) - len(service.eligibility.eligible(copy))
        return amount + service.eligibility.amount(party, ineligible)

    alter(service.forms, "amount", everybody)


@FAULTS.add("form-amount-of-four-at-most", "BP-FRM-002")
def form_amount_of_four_at_most(reference: Reference) -> None:
    """The amount on a form is that of four members at most."""
    service = reference.the(BenefitPayments)

    def four(amount: int, party: Party, _: list[Json]) -> int:
        return min(amount, service.eligibility.amount(party, 4))

    alter(service.forms, "amount", four)


@FAULTS.add("claim-with-a-form-of-its-own", "BP-FRM-003")
def claim_with_a_form_of_its_own(reference: Reference) -> None:
    """A claim shows its own id as the id of its form."""

    def own(body: dict[str, Any], claim: Claim) -> dict[str, Any]:
        return {**body, "form_id": claim.id}

    alter(reference.the(BenefitPayments).claims, "body", own)


@FAULTS.add("form-with-an-id-of-its-own", "BP-FRM-003")
def form_with_an_id_of_its_own(reference: Reference) -> None:
    """A form shows another id than the one by which it is read."""

    def another(body: dict[str, Any], _: Party) -> dict[str, Any]:
        return {**body, "id": body["id"][::-1].strip(".-_~") or "form"}

    alter(reference.the(BenefitPayments).forms, "body", another)


@FAULTS.add("form-addressed-in-reduced-letters", "BP-FRM-005")
def form_addressed_in_reduced_letters(reference: Reference) -> None:
    """A form is addressed with the reduced name, where there is one."""

    def reduced(addressee: Json, *_: Any) -> Json:
        return {**addressee, "family": addressee.get("reduced", addressee)["family"]}

    service = reference.the(BenefitPayments)
    alter(
        service.forms,
        "body",
        lambda body, _: {**body, "addressee": reduced(body["addressee"])},
    )


@FAULTS.add("form-names-normalised", "BP-FRM-005")
def form_names_normalised(reference: Reference) -> None:
    """The names of all members but the first are normalised on a form, compatibility characters replaced."""

    def normalised(body: dict[str, Any], _: Party) -> dict[str, Any]:
        first, *others = body["members"]
        names = [{**member, "name": _normalised(member["name"])} for member in others]
        return {**body, "members": [first, *names]}

    alter(reference.the(BenefitPayments).forms, "body", normalised)


def _normalised(name: Json) -> dict[str, Any]:
    return {part: normalize("NFKC", text) if isinstance(text, str) else text for part, text in name.items()}
