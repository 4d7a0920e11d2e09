"""The synthetic residents: read from the fixtures, settled in the municipality that the reference plays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any

from conformance.reference import identifiers

Json = dict[str, Any]


class Town:
    """The municipality that the reference plays, from `bodies.json`. Raises ValueError for an unknown code."""

    def __init__(self, fixtures: Path, code: str) -> None:
        bodies = json.loads((fixtures / "bodies.json").read_text("utf-8"))
        found = next((body for body in bodies if body["code"] == code), None)
        if found is None or found["type"] == "prefecture":
            raise ValueError(f"{code} is not the code of a municipality: see fixtures/bodies.json for those that are")
        self.code = code
        self.areas: list[Json] = found.get("wards") or [found]
        self.own_codes = frozenset({code, *(area["code"] for area in self.areas)})

    @cached_property
    def places(self) -> list[dict[str, str]]:
        """Where people can live: municipality code, postal code and town."""
        return [{"municipality_code": area["code"], **place} for area in self.areas for place in area["postal_codes"]]

    def address(self, address: Json, household: str) -> Json:
        """The address itself where it lies in this town, else the same lot somewhere in this town."""
        if address["municipality_code"] in self.own_codes:
            return address
        place = self.places[blake2b(household.encode(), digest_size=4).digest()[0] % len(self.places)]
        return {**address, **place}


@dataclass(frozen=True)
class Seed:
    """One synthetic resident. `former` is the relationship before somebody else ceased to be head (`headed_from`)."""

    person: Mapping[str, Any]
    household: str
    former: str
    headed_from: str | None


def seeds(fixtures: Path, town: Town, limit: int) -> Iterator[Seed]:
    """The first `limit` residents: those of the file, then copies of them with other numbers."""
    with (fixtures / "people.jsonl").open(encoding="utf-8") as file:
        people = [json.loads(line) for line in file]
    households: dict[str, list[Json]] = {}
    for person in people:
        households.setdefault(person["household"], []).append(person)
    addresses: dict[str, Json] = {}
    used = {person["individual_number"] for person in people} | {person["resident_code"] for person in people}
    for position in range(limit):
        copy, place = divmod(position, len(people))
        person = people[place]
        key = f"{person['household']}-{copy}" if copy else person["household"]
        address = addresses.setdefault(key, town.address(person["address"], key))
        numbers = _numbers(position, used) if copy else {}
        former, headed_from = _succession(person, households[person["household"]])
        yield Seed({**person, **numbers, "address": address}, key, former, headed_from)


def _succession(person: Json, household: Iterable[Json]) -> tuple[str, str | None]:
    """Whoever heads a household whose former head died or left, was something else before: a spouse."""
    relationship = person["relationship"]
    ceased = [p["ceased_on"] for p in household if p["relationship"] == "head" and "ceased_on" in p and p is not person]
    if relationship == "head" and ceased and person["status"] == "active":
        return "spouse", max(ceased)
    return relationship, None


def _numbers(position: int, used: set[str]) -> dict[str, str]:
    """An Individual Number and a resident code that nobody else has, always the same for the same position."""
    found = {}
    for name, digits in (("individual_number", 11), ("resident_code", 10)):
        for attempt in count():
            digest = blake2b(f"{name}|{position}|{attempt}".encode(), digest_size=8).digest()
            body = str(int.from_bytes(digest) % 10**digits).zfill(digits)
            number = identifiers.complete(name.replace("_", "-"), body)
            if number not in used:
                used.add(number)
                found[name] = number
                break
    return found
