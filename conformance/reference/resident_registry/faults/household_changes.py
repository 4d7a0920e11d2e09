"""Faults of household changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.faults.leniency import head_unasked, headless, heir, passing, refused_as
from conformance.reference.resident_registry.records import HEAD, Entry, Json
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

CHANGE = "registerHouseholdChange"


def _related(reference: Reference, kind: str, other: Callable[[Call, Entry, str], str]) -> None:
    def make(relationship: Method) -> Method:
        def wrong(call: Call, entry: Entry) -> str:
            given: str = relationship(call, entry)
            return other(call, entry, given) if call.body["kind"] == kind else given

        return wrong

    revise(reference.the(ResidentRegistry).household_changes, "relationship", make)


@FAULTS.add("change-of-head-former-head-other", "RR-HHC-001")
def change_of_head_former_head_other(reference: Reference) -> None:
    """On a change of head the former head gets the relationship other, whatever is sent."""
    _related(reference, "change_head", lambda call, entry, given: "other" if entry.relationship == HEAD else given)


@FAULTS.add("change-of-head-children-as-before", "RR-HHC-001")
def change_of_head_children_as_before(reference: Reference) -> None:
    """On a change of head only the former head gets the relationship sent, the others keep theirs."""

    def kept(call: Call, entry: Entry, given: str) -> str:
        return given if entry.relationship == HEAD else entry.relationship

    _related(reference, "change_head", kept)


@FAULTS.add("split-of-head-only", "RR-HHC-002")
def split_of_head_only(reference: Reference) -> None:
    """In a split only the new head goes to the new household."""
    changes = reference.the(ResidentRegistry).household_changes
    revise(changes, "leaving", lambda _: lambda named, head: [head])


@FAULTS.add("split-to-a-bare-address", "RR-HHC-002")
def split_to_a_bare_address(reference: Reference) -> None:
    """The household that a split forms is at the same address without its lot."""

    def make(place: Method) -> Method:
        def bare(leaving: list[Entry]) -> Json:
            return {**place(leaving), "lot": "番地なし"}

        return bare

    revise(reference.the(ResidentRegistry).household_changes, "place", make)


@FAULTS.add("merge-of-head-only", "RR-HHC-003", "RR-HHC-007")
def merge_of_head_only(reference: Reference) -> None:
    """In a merge of larger households only the head of the merged household is moved over."""
    changes = reference.the(ResidentRegistry).household_changes
    revise(changes, "joining", lambda _: lambda members: [e for e in members if e.relationship == HEAD])


@FAULTS.add("merged-household-open", "RR-HHC-003")
def merged_household_open(reference: Reference) -> None:
    """A household that was merged into another one is still shown as active, without members."""

    def make(body: Method) -> Method:
        def still_open(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            shown: dict[str, Any] = body(household_id, day, members)
            register = reference.the(ResidentRegistry).register
            once = register.households.get(household_id, ())
            entries = [register.entry_at(resident_id, day) for resident_id in once]
            away = any(e is not None and e.household_id != household_id and e.status == "active" for e in entries)
            return {**shown, "status": "active"} if not members and away else shown

        return still_open

    revise(reference.the(ResidentRegistry).households, "body", make)


@FAULTS.add("merge-anywhere", "RR-HHC-004")
def merge_anywhere(reference: Reference) -> None:
    """Households merge whatever their addresses are."""
    revise(reference.the(ResidentRegistry).household_changes, "check_addresses", passing("different_address"))


@FAULTS.add("merge-in-one-building", "RR-HHC-004")
def merge_in_one_building(reference: Reference) -> None:
    """Households merge whose addresses differ in nothing but the building."""

    def same_lot(kept: Json, merged: Json) -> bool:
        names = ("municipality_code", "postal_code", "town", "lot")
        return [kept.get(name) for name in names] == [merged.get(name) for name in names]

    near = passing("different_address", same_lot)
    revise(reference.the(ResidentRegistry).household_changes, "check_addresses", near)


def _incomplete(reference: Reference, kind: str) -> None:
    """Of one kind of change, relationships may leave somebody out; nobody else may be given."""

    def make(check: Method) -> Method:
        def lenient(call: Call, wanted: list[Entry]) -> None:
            given = call.body["relationships"]
            some = [entry for entry in wanted if entry.id in given]
            check(call, some if call.body["kind"] == kind else wanted)

        return lenient

    revise(reference.the(ResidentRegistry).household_changes, "check_relationships", make)


@FAULTS.add("change-of-head-relationships-incomplete", "RR-HHC-005")
def change_of_head_relationships_incomplete(reference: Reference) -> None:
    """A change of head may leave out the relationship of a member."""
    _incomplete(reference, "change_head")


@FAULTS.add("merge-relationships-incomplete", "RR-HHC-005")
def merge_relationships_incomplete(reference: Reference) -> None:
    """A merge may leave out the relationship of a member."""
    _incomplete(reference, "merge")


@FAULTS.add("split-remaining-head-chosen", "RR-HHC-006")
def split_remaining_head_chosen(reference: Reference) -> None:
    """When the head leaves in a split and nobody is named, one of those who remain becomes head."""
    revise(reference.the(ResidentRegistry).succession, "of_remaining", head_unasked(CHANGE))


@FAULTS.add("merge-relationships-as-before", "RR-HHC-007")
def merge_relationships_as_before(reference: Reference) -> None:
    """In a merge only the head of the merged household gets the relationship sent, the others keep theirs."""

    def kept(call: Call, entry: Entry, given: str) -> str:
        return given if entry.relationship == HEAD else entry.relationship

    _related(reference, "merge", kept)


@FAULTS.add("split-another-remaining-head", "RR-HHC-008")
def split_another_remaining_head(reference: Reference) -> None:
    """When the head leaves in a split the first of those who stay becomes head, whoever is named."""
    other = heir(CHANGE, lambda head, remaining: remaining[0])
    revise(reference.the(ResidentRegistry).succession, "of_remaining", other)


@FAULTS.add("split-without-remaining-head", "RR-HHC-009", "RR-PRT-036")
def split_without_remaining_head(reference: Reference) -> None:
    """The only one who stays after a split of the head does not become head."""
    headless(reference, CHANGE, "household_change")


@FAULTS.add("merge-with-itself", "RR-HHC-010")
def merge_with_itself(reference: Reference) -> None:
    """A household may be merged with itself."""
    registry = reference.the(ResidentRegistry)
    revise(registry.household_changes, "check_two", passing("unprocessable"))
    revise(
        registry.succession,
        "is_headed",
        lambda headed: lambda kind, found: kind == "household_change" or headed(kind, found),
    )


@FAULTS.add("change-of-head-to-head", "RR-HHC-011")
def change_of_head_to_head(reference: Reference) -> None:
    """A change of head may name the present head."""
    revise(reference.the(ResidentRegistry).household_changes, "check_not_head", passing("unprocessable"))


@FAULTS.add("split-of-all", "RR-HHC-012")
def split_of_all(reference: Reference) -> None:
    """All members of a household may be split off: it is closed, and they form another one."""
    revise(reference.the(ResidentRegistry).household_changes, "check_part", passing("unprocessable"))


@FAULTS.add("change-of-head-to-stranger-unprocessable", "RR-HHC-013")
def change_of_head_to_stranger_unprocessable(reference: Reference) -> None:
    """A change of head to somebody who is no member is answered unprocessable, like other mistakes."""
    confused = refused_as(422, "new_head_required", "unprocessable")
    revise(reference.the(ResidentRegistry).household_changes, "check_member", confused)


@FAULTS.add("split-unfit-head-replaced", "RR-HHC-013")
def split_unfit_head_replaced(reference: Reference) -> None:
    """A split may name as head somebody who stays behind: the first of those who leave becomes head."""

    def make(head_of_split: Method) -> Method:
        def first(call: Call, leaving: list[Entry]) -> Entry:
            named = call.body["new_head_id"]
            found: Entry = next((entry for entry in leaving if entry.id == named), leaving[0])
            return found

        return first

    revise(reference.the(ResidentRegistry).household_changes, "head_of_split", make)


@FAULTS.add("split-of-strangers", "RR-HHC-014")
def split_of_strangers(reference: Reference) -> None:
    """A split may name residents who are not members of the household."""
    revise(reference.the(ResidentRegistry).household_changes, "check_from", passing("different_households"))


@FAULTS.add("change-of-closed-household-conflict", "RR-HHC-015")
def change_of_closed_household_conflict(reference: Reference) -> None:
    """A change of a closed household is answered 409 not_active, as for residents."""
    registry = reference.the(ResidentRegistry)

    def closed(call: Call, field: str) -> bool:
        return call.operation.id == CHANGE and call.body[field] in registry.register.placements

    revise(registry.named, "household", refused_as(409, "unknown_household", "not_active", closed))
