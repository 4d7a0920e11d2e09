"""Who is eligible, who is a member of a party, and who may claim for it: section 3 of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference import dates
from conformance.reference.benefit_payments.records import CANCELLED, DECEASED, HEAD, Copy, Json, Party

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class Eligibility:
    """The rules about persons; the base date alone decides."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def born_by(self, person: Json, day: str) -> bool:
        """Born on the day or before it; a partly unknown birth date speaks against nobody."""
        born = dates.known_day(person["birth_date"])
        return born is None or born <= day

    def there_on(self, person: Json, day: str) -> bool:
        """Neither dead nor gone before the day; the last day counts."""
        return person["ceased_on"] is None or person["ceased_on"] >= day

    def registered(self, person: Json) -> bool:
        """The registration is not one that was cancelled."""
        return bool(person["status"] != CANCELLED)

    def is_eligible(self, person: Json, base_date: str) -> bool:
        """Whether a person of a copy is paid for."""
        return self.born_by(person, base_date) and self.there_on(person, base_date) and self.registered(person)

    def eligible(self, copy: Copy) -> list[Json]:
        """The eligible persons of a copy, separated ones too, in its order."""
        base_date = self.service.books.programmes[copy.programme_id].base_date
        return [person for person in copy.members if self.is_eligible(person, base_date)]

    def head(self, copy: Copy) -> Json:
        """The one who was head on the base date."""
        return next(person for person in copy.members if person["relationship"] == HEAD)

    def members(self, party: Party) -> list[Json]:
        """The members of a party, in the order of the copy."""
        books = self.service.books
        copy = books.copy_of(party)
        return [p for p in self.eligible(copy) if books.party_of(copy, p["resident_id"]) == party]

    def is_alive(self, person: Json) -> bool:
        """Whether somebody can still claim."""
        return bool(person["status"] != DECEASED)

    def claimants(self, party: Party) -> list[str]:
        """Who alone may claim for a party; nobody where all are dead."""
        if party.separation_id is not None:
            return [self.service.books.separations[party.separation_id].claimant_id]
        head = self.head(self.service.books.copy_of(party))
        if self.is_alive(head):
            return [head["resident_id"]]
        return self.successors(party, head)

    def successors(self, party: Party, head: Json) -> list[str]:
        """Who may claim for a household whose head has died."""
        others = (p for p in self.members(party) if p["resident_id"] != head["resident_id"])
        return [person["resident_id"] for person in others if self.is_alive(person)]

    def amount(self, party: Party, members: int) -> int:
        """What so many members come to."""
        return self.service.books.programme_of(party).unit_amount * members
