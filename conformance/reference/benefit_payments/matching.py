"""Finds the persons whom typed members mean: section 4 of the document."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.reference.benefit_payments.records import Json

Fits = Callable[[int, int], bool]


def means(typed: Json, person: Json) -> bool:
    """Whether a typed member matches a person: by birth date, and by the name or its reduced form."""
    if typed["birth_date"] != person["birth_date"]["value"]:
        return False
    names = (person["name"], person["name"].get("reduced"))
    return any(name is not None and same_name(typed, name) for name in names)


def same_name(typed: Json, name: Json) -> bool:
    """Whether both parts are equal, code point by code point; an absent given name equals an absent one only."""
    return bool(typed["family"] == name["family"] and typed.get("given") == name.get("given"))


def match(typed: Sequence[Json], wanted: Sequence[Json], beside: Sequence[Json]) -> list[int] | None:
    """For each wanted person the place of the typed member; None where it does not come out even.

    Every wanted person needs a typed member of their own, and every typed member a person, wanted or `beside`.
    """
    people = [*wanted, *beside]
    fits = [[means(member, person) for member in typed] for person in people]
    member_of: dict[int, int] = {}
    for person in range(len(wanted)):
        if not _seat(person, range(len(typed)), lambda p, m: fits[p][m], member_of, set()):
            return None
    person_of = {member: person for person, member in member_of.items()}
    for member in range(len(typed)):
        if member not in person_of and not _seat(member, range(len(people)), lambda m, p: fits[p][m], person_of, set()):
            return None
    found = {person: member for member, person in person_of.items()}
    return _in_order(typed, [found[person] for person in range(len(wanted))])


def _in_order(typed: Sequence[Json], places: list[int]) -> list[int]:
    """The places, those of typed members that agree in everything given to the persons in the order of the copy."""
    alike: dict[tuple[str, str | None, str], list[int]] = {}
    for place in sorted(places):
        alike.setdefault(_written(typed[place]), []).append(place)
    return [alike[_written(typed[place])].pop(0) for place in places]


def _written(typed: Json) -> tuple[str, str | None, str]:
    """All that a typed member is matched by."""
    return typed["family"], typed.get("given"), typed["birth_date"]


def _seat(one: int, others: range, fits: Fits, taken: dict[int, int], tried: set[int]) -> bool:
    """Gives `one` a counterpart, moving those who have one already where that is needed (augmenting path)."""
    holder_of = {other: holder for holder, other in taken.items()}
    for other in others:
        if other in tried or not fits(one, other):
            continue
        tried.add(other)
        holder = holder_of.get(other)
        if holder is None or _seat(holder, others, fits, taken, tried):
            taken[one] = other
            return True
    return False
