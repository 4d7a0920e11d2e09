"""Copies that the service fetches itself from the resident registry (register-link): fetchHouseholds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.records import Copy, Json, Programme
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import Problem
from conformance.reference.registry_households import RegistryHouseholds

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class Fetches(RegistryHouseholds):
    """Reads households as they are on the base date, and stores them as if they had been sent."""

    def __init__(self, service: BenefitPayments) -> None:
        super().__init__(service.reference)
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "fetchHouseholds": Handler(
                perform=lambda call: self.fetch(call), locate=lambda call: self.service.programmes.locate(call)
            )
        }

    def fetch(self, call: Call) -> Answer:
        """Each household by itself, in the order asked for."""
        programme: Programme = call.target
        self.service.copies.check_base_date(programme)
        results = [
            {"household_id": household_id, "outcome": self.take(call, programme, household_id)}
            for household_id in call.body["household_ids"]
        ]
        return Answer(200, {"results": results})

    def take(self, call: Call, programme: Programme, household_id: str) -> str:
        """Fetches and stores one household; what became of it."""
        found = self.household(household_id, programme.base_date)
        if found is None:
            return "unknown"
        before = self.service.books.copies.get((programme.id, household_id))
        if before is not None and self.service.copies.is_taken(before):
            self.take_protection(call, before, found)
            return "claimed"
        if before is not None and before.household == found:
            return "unchanged"
        try:
            copy = self.service.copies.store(programme, found)
        except Problem:
            return "refused"
        call.subjects.extend(self.service.subjects_of.of_copy(copy))
        return "stored"

    def take_protection(self, call: Call, copy: Copy, found: Json) -> None:
        """A copy on which somebody relies stays, but who is under protection now is hidden from now on."""
        now = {person["resident_id"]: person["protected"] for person in found["members"]}
        members = [{**p, "protected": now.get(p["resident_id"], p["protected"])} for p in copy.members]
        if members != list(copy.members):
            self.service.books.keep_copy(replace(copy, household={**copy.household, "members": members}))
            call.subjects.extend(self.service.subjects_of.of_copy(copy))
