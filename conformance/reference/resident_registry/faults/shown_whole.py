"""Faults about what is shown of a resident in each representation: parts that are left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import Entry, Json
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Shown = dict[str, Any]


def _without(shown: Any, member: str, part: str) -> Shown:
    """What is shown of somebody, without a part of one member."""
    return {**shown, member: {name: value for name, value in shown[member].items() if name != part}}


def _found(reference: Reference, member: str, part: str) -> None:
    """What is found by a search has not that part."""
    revise(
        reference.the(ResidentRegistry).search,
        "line",
        lambda line: lambda resident_id: _without(line(resident_id), member, part),
    )


@FAULTS.add("search-without-building", "RR-RES-014")
def search_without_building(reference: Reference) -> None:
    """The addresses in the results of a search have no building."""
    _found(reference, "address", "building")


@FAULTS.add("search-without-notation", "RR-RES-014")
def search_without_notation(reference: Reference) -> None:
    """The birth dates in the results of a search have no notation."""
    _found(reference, "birth_date", "notation")


@FAULTS.add("search-without-alias", "RR-RES-014")
def search_without_alias(reference: Reference) -> None:
    """The names in the results of a search have no alias."""
    _found(reference, "name", "alias")


@FAULTS.add("search-without-reduced", "RR-RES-014")
def search_without_reduced(reference: Reference) -> None:
    """The names in the results of a search have no reduced form."""
    _found(reference, "name", "reduced")


def _looked_up(reference: Reference, member: str, part: str) -> None:
    def make(holder: Method) -> Method:
        def lacking(number: str) -> Entry | None:
            found: Entry | None = holder(number)
            if found is None:
                return None
            cut: Any = {name: value for name, value in getattr(found, member).items() if name != part}
            return dataclasses.replace(found, **{member: cut})

        return lacking

    revise(reference.the(ResidentRegistry).numbers, "holder", make)


@FAULTS.add("look-up-without-building", "RR-RES-014")
def look_up_without_building(reference: Reference) -> None:
    """The address that a look-up shows has no building."""
    _looked_up(reference, "address", "building")


@FAULTS.add("look-up-without-roman", "RR-RES-014")
def look_up_without_roman(reference: Reference) -> None:
    """The name that a look-up shows has no Roman form."""
    _looked_up(reference, "name", "roman")


def _printed(reference: Reference, change: Callable[[Call, Entry, Json], Json]) -> None:
    revise(
        reference.the(ResidentRegistry).certificates,
        "line",
        lambda line: lambda call, entry: change(call, entry, line(call, entry)),
    )


@FAULTS.add("certificate-without-building", "RR-CRT-001", "RR-CRT-013")
def certificate_without_building(reference: Reference) -> None:
    """The address on a certificate has no building."""
    _printed(reference, lambda call, entry, line: _without(line, "address", "building"))


@FAULTS.add("certificate-without-notation", "COM-DAT-005", "RR-CRT-001", "RR-CRT-013")
def certificate_without_notation(reference: Reference) -> None:
    """A birth date on a certificate has no notation."""
    _printed(reference, lambda call, entry, line: _without(line, "birth_date", "notation"))


@FAULTS.add("certificate-without-alias", "RR-CRT-001", "RR-CRT-013")
def certificate_without_alias(reference: Reference) -> None:
    """A name on a certificate has no alias."""
    _printed(reference, lambda call, entry, line: _without(line, "name", "alias"))


@FAULTS.add("export-without-notation", "RR-EXP-005")
def export_without_notation(reference: Reference) -> None:
    """The birth dates in an export have no notation."""
    revise(
        reference.the(ResidentRegistry).exports,
        "lines",
        lambda lines: lambda entries: [_without(line, "birth_date", "notation") for line in lines(entries)],
    )


@FAULTS.add("household-names-without-alias", "RR-RES-021")
def household_names_without_alias(reference: Reference) -> None:
    """The names of the members of a household have neither alias nor Roman form."""

    def make(body: Method) -> Method:
        def short(household_id: str, day: str, members: list[Entry]) -> Shown:
            told: Shown = body(household_id, day, members)
            lines = [_without(_without(one, "name", "alias"), "name", "roman") for one in told["members"]]
            return {**told, "members": lines}

        return short

    revise(reference.the(ResidentRegistry).households, "body", make)
