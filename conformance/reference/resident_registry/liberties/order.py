"""Another order, where the documents promise none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry.index import Place
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("newest-first")
def backwards(reference: Reference) -> None:
    """A search without `sort` lists residents by descending id."""

    def make(find: Method) -> Method:
        def reversed_unless_sorted(call: Call, criteria: dict[str, str], sort: str) -> list[Place]:
            found: list[Place] = find(call, criteria, sort)
            return found if "sort" in call.query else found[::-1]

        return reversed_unless_sorted

    replace(reference.the(ResidentRegistry).search, "find", make)
