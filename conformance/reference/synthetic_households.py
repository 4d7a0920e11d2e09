"""Copies of the synthetic residents who are registered, by the ids that the resident registry gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.reference.resident_registry.records import HEAD
from conformance.reference.resident_registry.seeds import Seed, Town, seeds

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Json = dict[str, Any]


def synthetic_households(reference: Reference, town: Town, people: int) -> Iterator[Json]:
    """The households with a head who is registered, of the first so many residents, in the order of the fixtures."""
    grouped: dict[str, list[Seed]] = {}
    for seed in seeds(reference.settings.fixtures, town, people):
        if seed.person["status"] == "active":
            grouped.setdefault(seed.household, []).append(seed)
    for name, found in grouped.items():
        members = [_person(reference, seed) for seed in found]
        if sum(person["relationship"] == HEAD for person in members) == 1:
            household_id = reference.ids.of(f"household|{name}")
            yield {"household_id": household_id, "address": found[0].person["address"], "members": members}


def _person(reference: Reference, seed: Seed) -> Json:
    """A resident as the register tells other services."""
    person = seed.person
    return {
        "resident_id": reference.ids.of(f"resident|{person['individual_number']}"),
        "name": person["name"],
        "birth_date": person["birth_date"],
        "sex": person["sex"],
        "relationship": person["relationship"],
        "status": "active",
        "ceased_on": None,
        "protected": "protection" in person,
    }
