"""What the document of the benefit payments says in so many words is free: whom results name, who counts beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.records import Json, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("results-audited-by-name")
def results_audited_by_name(reference: Reference) -> None:
    """The audit entry of results names those of the claims given, not of the batch; a number again leaves none."""
    service = reference.the(BenefitPayments)

    def entered(enter: Method) -> Method:
        def named(call: Call) -> Answer:
            answer: Answer = enter(call)
            claims = (service.books.claims[result["claim_id"]] for result in call.body["results"])
            call.subjects[:] = service.subjects_of.of_claims(claims)
            return answer

        return named

    def created(create: Method) -> Method:
        def quiet(call: Call) -> Answer:
            answer: Answer = create(call)
            if answer.status == 200:
                call.subjects.clear()
            return answer

        return quiet

    replace(service.results, "enter", entered)
    replace(service.batches, "create", created)


@LIBERTIES.add("not-eligible-not-left-out")
def not_eligible_not_left_out(reference: Reference) -> None:
    """A claim of a separation that names a person who is not eligible is refused: such a person is not left out."""
    service = reference.the(BenefitPayments)

    def make(others: Method) -> Method:
        def eligible(party: Party) -> list[Json]:
            found: list[Json] = others(party)
            if party.separation_id is None:
                return found
            counted = {person["resident_id"] for person in service.eligibility.eligible(service.books.copy_of(party))}
            return [person for person in found if person["resident_id"] in counted]

        return eligible

    replace(service.intake, "others", make)
