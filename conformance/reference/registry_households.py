"""Households as the resident registry of the same environment has them, for services that copy them (register-link)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from conformance.reference import dates
from conformance.reference.resident_registry.records import ACTIVE, CANCELLED, HEAD, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Json = dict[str, Any]

OTHER: Final = "other"


class RegistryHouseholds:
    """Reads households in process, in the form `RegisterHousehold`."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference

    def household(self, household_id: str, day: str) -> Json | None:
        """The household as the registry has it on a day, with those who died on that day."""
        registry = self.reference.the(ResidentRegistry)
        self.turn(registry)
        entries = (
            registry.register.entry_at(resident_id, day)
            for resident_id in registry.register.households.get(household_id, ())
        )
        members = [e for e in entries if e is not None and self.was_there(e, household_id, day)]
        address = registry.register.address(household_id, day) if members else None
        if address is None:
            return None
        return {
            "household_id": household_id,
            "address": dict(address),
            "members": [self.person(registry, entry) for entry in self.under_one_head(registry, members, day)],
        }

    def turn(self, registry: ResidentRegistry) -> None:
        """Brings the register to the present day: nobody else may have asked it since midnight."""
        registry.register.turn_to(registry.clock.today())

    def under_one_head(self, registry: ResidentRegistry, members: list[Entry], day: str) -> list[Entry]:
        """Who died as head on the day was head on it; who succeeded on that day is what they were the day before."""
        dead = [entry for entry in members if entry.relationship == HEAD and entry.status != ACTIVE]
        if not dead:
            return members
        head = self.first_head(registry, dead, day)
        return [self.as_before(registry, e, day) if e.relationship == HEAD and e.id != head else e for e in members]

    def first_head(self, registry: ResidentRegistry, dead: list[Entry], day: str) -> str:
        """Of those who died as head on the day the one who was head before it: the others have succeeded on it."""
        yesterday = dates.add_days(day, -1)
        before = (registry.register.entry_at(entry.id, yesterday) for entry in dead)
        return next((entry.id for entry in before if entry is not None and entry.relationship == HEAD), dead[0].id)

    def as_before(self, registry: ResidentRegistry, entry: Entry, day: str) -> Entry:
        """Somebody with the relationship of the day before."""
        before = registry.register.entry_at(entry.id, dates.add_days(day, -1))
        same = before is not None and before.household_id == entry.household_id and before.relationship != HEAD
        return replace(entry, relationship=before.relationship if before is not None and same else OTHER)

    def was_there(self, entry: Entry, household_id: str, day: str) -> bool:
        """Whether somebody was in the household on the day."""
        if entry.household_id != household_id or entry.status == CANCELLED:
            return False
        return entry.status == ACTIVE or entry.ceased_on == day

    def person(self, registry: ResidentRegistry, entry: Entry) -> Json:
        """A person as other services know them, with the standing of today; neither number nor code."""
        present = self.present(registry, entry)
        return {
            "resident_id": entry.id,
            "name": dict(entry.name),
            "birth_date": dict(entry.birth_date),
            "sex": entry.sex,
            "relationship": entry.relationship,
            "status": present.status,
            "ceased_on": present.ceased_on,
            "protected": self.protected(registry, entry),
        }

    def present(self, registry: ResidentRegistry, entry: Entry) -> Entry:
        """The same person today: who has died since the day does not claim any more."""
        return registry.register.known(entry.id) or entry

    def protected(self, registry: ResidentRegistry, entry: Entry) -> bool:
        """Whether the person is under protection today, whatever was on the day."""
        return registry.visibility.is_protected(entry.id)
