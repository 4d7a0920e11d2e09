"""Claims printed beforehand: getClaimForm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments import views
from conformance.reference.benefit_payments.records import Json, Party
from conformance.reference.calls import Answer, Call, Handler

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class Forms:
    """Every party has just one form; what is on it is made when it is read."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"getClaimForm": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call))}

    def locate(self, call: Call) -> None:
        """The party whose form the path names, if the caller may see it."""
        call.target = self.service.visibility.form_in_path(call)

    def read(self, call: Call) -> Answer:
        """The form as it is to be printed now."""
        call.subjects[:] = self.service.subjects_of.of_form(call.target)
        return Answer(200, self.body(call.target))

    def body(self, party: Party) -> dict[str, Any]:
        """The form as JSON."""
        programme = self.service.books.programme_of(party)
        claimants, members = self.service.eligibility.claimants(party), self.members(party)
        addressee, address = self.addressee(party, claimants), self.address(party)
        amount = self.amount(party, members)
        return views.form(party, programme, addressee, address, claimants, members, amount)

    def members(self, party: Party) -> list[Json]:
        """Who is printed on the form."""
        return self.service.eligibility.members(party)

    def amount(self, party: Party, members: list[Json]) -> int:
        """What is printed as the amount: as if nobody opted out."""
        return self.service.eligibility.amount(party, len(members))

    def addressee(self, party: Party, claimants: list[str]) -> Json:
        """The first claimant; the head where nobody is left to claim."""
        copy = self.service.books.copy_of(party)
        named = (person for person in copy.members if claimants and person["resident_id"] == claimants[0])
        return next(named, None) or self.service.eligibility.head(copy)

    def address(self, party: Party) -> Json:
        """Where the form goes: for a separation to its own address."""
        if party.separation_id is not None:
            return self.service.books.separations[party.separation_id].address
        address: Json = self.service.books.copy_of(party).household["address"]
        return address
