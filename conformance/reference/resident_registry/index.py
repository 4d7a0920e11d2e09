"""Finds present entries by what a search may ask for, and active registrations by number."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from conformance.reference.resident_registry.records import ACTIVE, Entry

Value = Callable[[Entry], str]

KEYS: Final[dict[str, Value]] = {
    "family_kana": lambda entry: entry.name["family_kana"],
    "birth_date": lambda entry: entry.birth_date["value"],
    "household_id": lambda entry: entry.household_id,
    "postal_code": lambda entry: entry.address["postal_code"],
}
"""The criteria of which a search needs at least one."""

FILTERS: Final[dict[str, Callable[[Entry], Any]]] = {
    **KEYS,
    "given_kana": lambda entry: entry.name.get("given_kana"),
    "status": lambda entry: entry.status,
}
"""All criteria of a search."""

ORDERS: Final[dict[str, Value]] = {
    "id": lambda entry: entry.id,
    "family_kana": lambda entry: entry.name["family_kana"],
    "became_resident_on": lambda entry: entry.became_resident_on,
}
"""The orders that a search may ask for."""

INDEXES: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("family_kana",): ("id",),
    ("given_kana",): ("id",),
    ("birth_date",): ("id",),
    ("household_id",): ("id",),
    ("postal_code",): tuple(ORDERS),
    ("postal_code", "status"): tuple(ORDERS),
}
"""Criteria that are looked up together, and the orders that are kept for them. A postal code has very many residents,
so they are kept in every order; the others are few, and sorted when that is asked."""

Values = tuple[Any, ...]
Place = tuple[str, str]
"""Where somebody stands in an ordered list: the value to order by, then the id, so that the order is total."""


class Index:
    """Residents by criterion and value, in order."""

    def __init__(self) -> None:
        self._lists: dict[tuple[tuple[str, ...], str], dict[Values, list[Place]]] = {
            (names, order): {} for names, orders in INDEXES.items() for order in orders
        }
        self.numbers: dict[str, list[str]] = {}
        self.active: dict[str, str] = {}

    def narrowest(self, criteria: Mapping[str, Any]) -> tuple[str, ...]:
        """The criteria, of those given, that leave the fewest candidates; one of `KEYS` is among those given."""
        usable = [names for names in INDEXES if criteria.keys() >= set(names)]
        return min(usable, key=lambda names: len(self.places(names, criteria, "id")))

    def keeps(self, names: tuple[str, ...], order: str) -> bool:
        """Whether `places` gives this order."""
        return order in INDEXES[names]

    def places(self, names: tuple[str, ...], criteria: Mapping[str, Any], order: str) -> list[Place]:
        """Those who match the criteria named, in the order asked for where it is kept, else by id; not a copy."""
        lists = self._lists[names, order if self.keeps(names, order) else "id"]
        return lists.get(tuple(criteria[name] for name in names), [])

    def load(self, entries: Iterable[Entry]) -> None:
        """Puts in very many at once."""
        for entry in entries:
            for names, orders in INDEXES.items():
                values = _values(names, entry)
                for order in orders:
                    self._lists[names, order].setdefault(values, []).append((ORDERS[order](entry), entry.id))
            self._register(entry)
        for lists in self._lists.values():
            for places in lists.values():
                places.sort()

    def change(self, before: Entry | None, after: Entry | None) -> None:
        """Takes out what was, puts in what is."""
        for (names, order), lists in self._lists.items():
            old = None if before is None else (_values(names, before), ORDERS[order](before))
            new = None if after is None else (_values(names, after), ORDERS[order](after))
            if before is not None and old is not None and old != new:
                _take(lists, old[0], (old[1], before.id))
            if after is not None and new is not None and old != new:
                insort(lists.setdefault(new[0], []), (new[1], after.id))
        if before is not None:
            for number in (before.individual_number, before.resident_code):
                if self.active.get(number) == before.id:
                    del self.active[number]
        if after is not None:
            self._register(after)

    def _register(self, entry: Entry) -> None:
        for number in (entry.individual_number, entry.resident_code):
            holders = self.numbers.setdefault(number, [])
            if entry.id not in holders:
                holders.append(entry.id)
            if entry.status == ACTIVE:
                self.active[number] = entry.id


def without(places: list[Place], others: Iterable[Place]) -> list[Place]:
    """An ordered list without some of its places, in time that grows with their number and not with its length."""
    kept: list[Place] = []
    start = 0
    for place in sorted(others):
        position = bisect_left(places, place, start)
        if position < len(places) and places[position] == place:
            kept += places[start:position]
            start = position + 1
    return kept + places[start:] if start else places


def _values(names: tuple[str, ...], entry: Entry) -> Values:
    return tuple([FILTERS[name](entry) for name in names])


def _take(lists: dict[Values, list[Place]], values: Values, place: Place) -> None:
    found = lists[values]
    del found[bisect_left(found, place)]
    if not found:
        del lists[values]
