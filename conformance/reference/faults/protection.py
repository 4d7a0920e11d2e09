"""Faults of protection: a hidden person shows somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry.records import Entry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("protected-in-search", "RR-PRT-002", "RR-PRT-003")
def protected_in_search(reference: Reference) -> None:
    """A search shows residents under active protection to everybody."""
    replace(reference.registry.search, "visible", lambda _: lambda call, found, order: found)


@FAULTS.add("protected-in-household", "RR-PRT-004")
def protected_in_household(reference: Reference) -> None:
    """A household shows members under active protection to everybody, as long as others are there too."""

    def make(visible: Method) -> Method:
        def leaky(call: Call, members: list[Entry]) -> list[Entry]:
            return members if visible(call, members) else []

        return leaky

    replace(reference.registry.households, "visible", make)
