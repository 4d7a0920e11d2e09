"""Copies that the service fetches itself from the resident registry (register-link): fetchHouseholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import Problem
from conformance.reference.procedures.records import Copy
from conformance.reference.registry_households import RegistryHouseholds
from conformance.reference.resident_registry.records import ACTIVE, Entry

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures


class Fetches(RegistryHouseholds):
    """Reads households as they are today, and stores them as if they had been sent."""

    def __init__(self, service: Procedures) -> None:
        super().__init__(service.reference)
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"fetchHouseholds": Handler(perform=lambda call: self.fetch(call))}

    def fetch(self, call: Call) -> Answer:
        """Each household by itself, in the order asked for."""
        results = [
            {"household_id": household_id, "outcome": self.take(call, household_id)}
            for household_id in call.body["household_ids"]
        ]
        return Answer(200, {"results": results})

    def take(self, call: Call, household_id: str) -> str:
        """Fetches and stores one household; what became of it."""
        today = self.service.clock.today()
        found = self.household(household_id, today)
        if found is None:
            return "unknown"
        before = self.service.store.copies.get(household_id)
        if before is not None and before.household == found:
            self.service.store.keep_copy(Copy(today, found))
            return "unchanged"
        try:
            copy = self.service.copies.store(Copy(today, found))
        except Problem:
            return "refused"
        call.subjects.extend(self.service.subjects_of.of_change(before, copy))
        return "stored"

    def was_there(self, entry: Entry, household_id: str, day: str) -> bool:
        """Whether somebody is in the household; who died today is so no more."""
        return entry.status == ACTIVE and super().was_there(entry, household_id, day)
