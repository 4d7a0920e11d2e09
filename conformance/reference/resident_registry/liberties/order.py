"""Another order, where the documents promise none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry.index import Place
from conformance.reference.resident_registry.records import Entry
from conformance.reference.resident_registry.service import ResidentRegistry

Json = dict[str, Any]

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


@LIBERTIES.add("by-a-secret-order")
def by_a_secret_order(reference: Reference) -> None:
    """A search without `sort` lists residents in an order that nobody can see, the same each time."""

    def make(find: Method) -> Method:
        def scattered_unless_sorted(call: Call, criteria: dict[str, str], sort: str) -> list[Place]:
            found: list[Place] = find(call, criteria, sort)
            return found if "sort" in call.query else sorted(found, key=lambda place: place[1][::-1])

        return scattered_unless_sorted

    replace(reference.the(ResidentRegistry).search, "find", make)


@LIBERTIES.add("ties-backwards")
def ties_backwards(reference: Reference) -> None:
    """A search with `sort` lists those who are equal in it by descending id."""

    def make(find: Method) -> Method:
        def tied(call: Call, criteria: dict[str, str], sort: str) -> list[Place]:
            found: list[Place] = find(call, criteria, sort)
            if call.query.get("sort", "id") == "id":
                return found
            values = [place[0] for place in found]
            groups = {value: [place for place in found if place[0] == value] for value in dict.fromkeys(values)}
            return [place for group in groups.values() for place in group[::-1]]

        return tied

    replace(reference.the(ResidentRegistry).search, "find", make)


@LIBERTIES.add("head-last")
def head_last(reference: Reference) -> None:
    """A household lists its members from the last to the first, the head at the end."""

    def make(visible: Method) -> Method:
        def turned(call: Call, members: list[Entry]) -> list[Entry]:
            found: list[Entry] = visible(call, members)
            return found[::-1]

        return turned

    replace(reference.the(ResidentRegistry).households, "visible", make)


@LIBERTIES.add("certificates-in-another-order")
def certificates_in_another_order(reference: Reference) -> None:
    """A certificate of a household lists its members from the last to the first."""

    def make(certificate: Method) -> Method:
        return lambda call, entries: certificate(call, entries[::-1])

    replace(reference.the(ResidentRegistry).certificates, "make", make)


@LIBERTIES.add("exports-in-another-order")
def exports_in_another_order(reference: Reference) -> None:
    """An export lists residents from the last to the first."""

    def make(entries: Method) -> Method:
        def turned(call: Call, as_of: str) -> list[Entry]:
            found: list[Entry] = entries(call, as_of)
            return found[::-1]

        return turned

    exports = reference.the(ResidentRegistry).exports
    replace(exports, "named", make)
    replace(exports, "everybody", make)


@LIBERTIES.add("last-hidden-member-becomes-head")
def last_hidden_member_becomes_head(reference: Reference) -> None:
    """Where only hidden members remain without a head, the one who joined last becomes head."""
    registry = reference.the(ResidentRegistry)

    def make(of_remaining: Method) -> Method:
        def last(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            remaining = [entry for entry in members if entry.id not in leaving]
            turned = members if registry.visibility.of(call, remaining) else members[::-1]
            found: Entry | None = of_remaining(call, turned, leaving, field)
            return found

        return last

    replace(registry.succession, "of_remaining", make)


@LIBERTIES.add("fetched-members-in-another-order")
def fetched_members_in_another_order(reference: Reference) -> None:
    """Services that fetch a household have its members from the last to the first, the head at the end."""

    def make(household: Method) -> Method:
        def turned(household_id: str, day: str) -> Json | None:
            found: Json | None = household(household_id, day)
            return found if found is None else {**found, "members": found["members"][::-1]}

        return turned

    for service in reference.services.values():
        fetches = getattr(service, "fetches", None)
        if fetches is not None:
            replace(fetches, "household", make)
