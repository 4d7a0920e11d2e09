"""Settles synthetic residents in the register, with the notifications by which they came and went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from conformance.reference import dates
from conformance.reference.resident_registry.records import (
    ACTIVE,
    DECEASED,
    HEAD,
    MOVED_OUT,
    Entry,
    Event,
    Notification,
    Placement,
    Protection,
)
from conformance.reference.resident_registry.seeds import Seed, seeds

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry

_KINDS: Final = {MOVED_OUT: "move_out", DECEASED: "death"}

Key = tuple[str, str, str]


@dataclass
class Settling:
    """Collects residents by household and notification, then hands them to the register at once."""

    registry: ResidentRegistry
    moment: int
    named: dict[Key, list[str]] = field(default_factory=dict)
    touched: dict[Key, list[str]] = field(default_factory=dict)

    def settle(self, limit: int) -> None:
        """Settles the first `limit` synthetic residents, as far as they are not there yet."""
        register, settings, ids = self.registry.register, self.registry.reference.settings, self.registry.reference.ids
        for seed in seeds(settings.fixtures, self.registry.town, limit):
            resident_id = ids.of(f"resident|{seed.person['individual_number']}")
            if resident_id not in register.histories:
                register.load(resident_id, self.events(resident_id, seed))
                self.protect(resident_id, seed)
        for key in sorted(self.named, key=lambda key: key[2]):
            register.keep(self.notification(key))
        register.loaded()

    def events(self, resident_id: str, seed: Seed) -> list[Event]:
        """How the resident came, became head, and went."""
        person, household_id = seed.person, self.registry.reference.ids.of(f"household|{seed.household}")
        entry = self.entry(resident_id, seed, household_id)
        since = entry.became_resident_on
        key = (household_id, "move_in", since)
        self.name(key, resident_id)
        if household_id not in self.registry.register.placements:
            self.registry.register.place(household_id, Placement(since, self.id(key), entry.address))
        events = [Event(1, "move_in", self.id(key), since, since, self.moment, entry)]
        if seed.headed_from is not None:
            key = (household_id, "death", seed.headed_from)
            self.touched.setdefault(key, []).append(resident_id)
            headed = {"relationship": HEAD}
            events.append(Event(0, "death", self.id(key), key[2], key[2], self.moment + 1, headed))
        if person["status"] in _KINDS:
            events.append(self.ceasing(resident_id, household_id, person["status"], person["ceased_on"]))
        return events

    def entry(self, resident_id: str, seed: Seed, household_id: str) -> Entry:
        """The resident as registered at first."""
        person = seed.person
        return Entry(
            id=resident_id,
            status=ACTIVE,
            individual_number=person["individual_number"],
            resident_code=person["resident_code"],
            name=person["name"],
            birth_date=person["birth_date"],
            sex=person["sex"],
            nationality=person["nationality"],
            address=person["address"],
            household_id=household_id,
            relationship=seed.former,
            became_resident_on=person["became_resident_on"],
            ceased_on=None,
            recorded_at=self.moment,
        )

    def ceasing(self, resident_id: str, household_id: str, status: str, day: str) -> Event:
        """The move-out or the death."""
        kind = _KINDS[status]
        key = (household_id, kind, day)
        self.name(key, resident_id)
        effective = dates.add_days(day, 1) if status == MOVED_OUT else day
        changes = {"status": status, "ceased_on": day}
        return Event(2, kind, self.id(key), day, effective, self.moment + 1, changes)

    def name(self, key: Key, resident_id: str) -> None:
        """Counts the resident among those whom the notification names."""
        self.named.setdefault(key, []).append(resident_id)

    def notification(self, key: Key) -> Notification:
        """The notification by which people of one household came or went on one day."""
        household_id, kind, day = key
        named = tuple(self.named[key])
        moment = self.moment + (kind != "move_in")
        touched = (*named, *self.touched.get(key, ()), household_id)
        return Notification(self.id(key), kind, day, day, False, household_id, named, touched, moment)

    def protect(self, resident_id: str, seed: Seed) -> None:
        """The protection, whose days count from the day of loading."""
        given = seed.person.get("protection")
        if given is not None:
            first, last = (dates.add_days(self.registry.register.today, given[end]) for end in ("from", "to"))
            protection = Protection(resident_id, first, last, given["category"], self.moment)
            self.registry.visibility.protections[resident_id] = protection

    def id(self, key: Key) -> str:
        """The id of the notification."""
        return self.registry.reference.ids.of("|".join(("notification", *key)))
