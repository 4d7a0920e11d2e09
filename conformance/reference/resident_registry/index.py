"""Finds present entries by what a search may ask for, and active registrations by number."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
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

ORDERS: Final[dict[str, Value]] = {
    "id": lambda entry: entry.id,
    "family_kana": lambda entry: entry.name["family_kana"],
    "became_resident_on": lambda entry: entry.became_resident_on,
}
"""The orders that a search may ask for."""

_KEPT: Final = {
    name: ("id", *(("family_kana", "became_resident_on") if name == "postal_code" else ())) for name in KEYS
}
"""A postal code has very many residents: they are kept in every order. The others are sorted when they are asked for."""


class Index:
    """Residents by criterion and value, in order: a list of (value to order by, id)."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, str], dict[str, list[tuple[str, str]]]] = {
            (name, order): {} for name, orders in _KEPT.items() for order in orders
        }
        self.numbers: dict[str, list[str]] = {}
        self.active: dict[str, str] = {}

    def narrowest(self, criteria: Mapping[str, Any]) -> str:
        """The criterion with the fewest candidates; at least one of `KEYS` is given."""
        return min(KEYS.keys() & criteria.keys(), key=lambda name: len(self._lists[name, "id"].get(criteria[name], ())))

    def keeps(self, name: str, order: str) -> bool:
        """Whether `ids` gives this order."""
        return (name, order) in self._lists

    def ids(self, name: str, value: str, order: str) -> list[str]:
        """The ids with this value, in the order asked for where it is kept, else in the order of the ids."""
        kept = order if self.keeps(name, order) else "id"
        return [resident_id for _, resident_id in self._lists[name, kept].get(value, ())]

    def change(self, before: Entry | None, after: Entry | None) -> None:
        """Takes out what was, puts in what is."""
        for (name, order), lists in self._lists.items():
            old, new = _place(name, order, before), _place(name, order, after)
            if old != new:
                _take(lists, old)
                _put(lists, new)
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


Place = tuple[str, tuple[str, str]] | None


def _place(name: str, order: str, entry: Entry | None) -> Place:
    return None if entry is None else (KEYS[name](entry), (ORDERS[order](entry), entry.id))


def _take(lists: dict[str, list[tuple[str, str]]], place: Place) -> None:
    if place is not None:
        found = lists[place[0]]
        del found[bisect_left(found, place[1])]
        if not found:
            del lists[place[0]]


def _put(lists: dict[str, list[tuple[str, str]]], place: Place) -> None:
    if place is not None:
        insort(lists.setdefault(place[0], []), place[1])
