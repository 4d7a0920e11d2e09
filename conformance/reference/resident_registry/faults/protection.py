"""Faults of protection: a hidden person shows somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Caller
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry.index import FILTERS
from conformance.reference.resident_registry.records import Entry
from conformance.reference.resident_registry.service import ResidentRegistry
from conformance.reference.resident_registry.visibility import PRIVILEGE

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_SEEING = Caller("", "", frozenset({PRIVILEGE}))


@FAULTS.add("protected-in-search", "RR-PRT-002")
def protected_in_search(reference: Reference) -> None:
    """A search shows residents under active protection to everybody."""
    replace(reference.the(ResidentRegistry).search, "visible", lambda _: lambda call, found, order: found)


@FAULTS.add("protected-in-count", "RR-PRT-003")
def protected_in_count(reference: Reference) -> None:
    """A search leaves residents under active protection out of its results, and counts them."""

    def make(search: Method) -> Method:
        def telling(call: Call) -> Answer:
            answer: Answer = search(call)
            criteria = {name: call.query[name] for name in FILTERS if name in call.query}
            everybody = Call(call.request, call.operation, call.path, _SEEING, call.now, call.query)
            answer.body["resultset"]["count"] = len(
                reference.the(ResidentRegistry).search.find(everybody, criteria, "id")
            )
            return answer

        return telling

    replace(reference.the(ResidentRegistry).search, "search", make)


@FAULTS.add("protected-in-household", "RR-PRT-004")
def protected_in_household(reference: Reference) -> None:
    """A household shows members under active protection to everybody, as long as others are there too."""

    def make(visible: Method) -> Method:
        def leaky(call: Call, members: list[Entry]) -> list[Entry]:
            return members if visible(call, members) else []

        return leaky

    replace(reference.the(ResidentRegistry).households, "visible", make)
