"""Faults of address changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.faults.leniency import (
    head_unasked,
    headless,
    heir,
    of,
    open_although,
    passing,
    refused_as,
)
from conformance.reference.resident_registry.records import CANCELLED, DECEASED, HEAD, MOVED_OUT, Entry, Json
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

MOVE = "registerAddressChange"


def _whatever(headed: Method) -> Method:
    """Of `Succession.is_headed`: an address change may leave households with any number of heads."""
    return lambda kind, found: kind == "address_change" or headed(kind, found)


@FAULTS.add("whole-household-renumbered", "RR-ADC-001")
def whole_household_renumbered(reference: Reference) -> None:
    """A whole household that changes address gets a new id, like a part of one."""

    def make(whole_household: Method) -> Method:
        return lambda moving: reference.ids.of(f"renumbered|{whole_household(moving)}")

    revise(reference.the(ResidentRegistry).address_changes, "whole_household", make)


@FAULTS.add("whole-household-counts-the-gone", "RR-ADC-001")
def whole_household_counts_the_gone(reference: Reference) -> None:
    """Members who have moved out or died long ago still count when it is asked whether the whole household moves."""
    registry = reference.the(ResidentRegistry)

    def make(is_whole: Method) -> Method:
        def counting(moving: list[Entry], members: list[Entry]) -> bool:
            household_id = moving[0].household_id
            ever = [registry.register.known(i) for i in registry.register.households.get(household_id, ())]
            gone = [e for e in ever if e is not None and e.ceased_on and e.household_id == household_id]
            return bool(is_whole(moving, members)) and not gone

        return counting

    revise(registry.address_changes, "is_whole", make)


@FAULTS.add("whole-household-head-only", "RR-ADC-001")
def whole_household_head_only(reference: Reference) -> None:
    """When a whole household moves, the first resident named gets the new address, and the others keep the old one."""

    def make(changes: Method) -> Method:
        def first(call: Call, entry: Entry) -> Any:
            members = reference.the(ResidentRegistry).register.members(entry.household_id)
            whole = len(members) == len(call.body["resident_ids"])
            alone = not whole or entry.id == call.body["resident_ids"][0]
            return changes(call, entry) if alone else {"address": entry.address}

        return first

    revise(reference.the(ResidentRegistry).address_changes, "changes", make)


@FAULTS.add("part-joins-household-at-address", "RR-ADC-002")
def part_joins_household_at_address(reference: Reference) -> None:
    """A part of a household that moves to where a former member lives joins that one's household."""
    registry = reference.the(ResidentRegistry)

    def make(new_household: Method) -> Method:
        def found(call: Call, moving: list[Entry]) -> Any:
            register, left = registry.register, moving[0].household_id
            others = (register.known(resident_id) for resident_id in register.households.get(left, ()))
            for other in others:
                there = other is not None and other.status == "active" and other.household_id != left
                if there and other is not None and other.address == call.body["new_address"]:
                    return other.household_id
            return new_household(call, moving)

        return found

    replace(registry.address_changes, "new_household", make)
    revise(registry.succession, "is_headed", _whatever)


@FAULTS.add("part-at-the-old-address", "RR-ADC-002")
def part_at_the_old_address(reference: Reference) -> None:
    """Of several residents who leave a household together, only the first one named gets the new address."""

    def make(changes: Method) -> Method:
        def first(call: Call, entry: Entry) -> Any:
            members = reference.the(ResidentRegistry).register.members(entry.household_id)
            part = len(members) > len(call.body["resident_ids"])
            return (
                {"address": entry.address}
                if part and entry.id != call.body["resident_ids"][0]
                else changes(call, entry)
            )

        return first

    revise(reference.the(ResidentRegistry).address_changes, "changes", make)


@FAULTS.add("household-left-behind-moves-too", "RR-ADC-003")
def household_left_behind_moves_too(reference: Reference) -> None:
    """When a part of a household moves, the household that is left is shown at the new address; its members are not."""

    def make(placements: Method) -> Method:
        def both(household_id: str, moving: list[Entry], new: Json) -> dict[str, Json]:
            return {**placements(household_id, moving, new), moving[0].household_id: new}

        return both

    revise(reference.the(ResidentRegistry).address_changes, "placements", make)


@FAULTS.add("moving-head-not-head", "RR-ADC-004")
def moving_head_not_head(reference: Reference) -> None:
    """The first resident named heads the new household, also when the former head moves along."""

    def make(of_leaving: Method) -> Method:
        def first(call: Call, leaving: list[Entry], field: str) -> Entry:
            head: Entry = of_leaving(call, leaving, field)
            return leaving[0] if head.relationship == HEAD else head

        return first

    registry = reference.the(ResidentRegistry)
    revise(registry.succession, "of_leaving", make)
    revise(registry.succession, "is_headed", _whatever)


@FAULTS.add("address-change-remaining-head-chosen", "RR-ADC-005")
def address_change_remaining_head_chosen(reference: Reference) -> None:
    """When the head changes address and nobody is named, one of those who stay becomes head."""
    revise(reference.the(ResidentRegistry).succession, "of_remaining", head_unasked(MOVE))


@FAULTS.add("address-change-remaining-head-chosen-with-others", "RR-ADC-005")
def address_change_remaining_head_chosen_with_others(reference: Reference) -> None:
    """When the head changes address with others and nobody is named, one of those who stay becomes head."""
    several = head_unasked(MOVE, lambda call, members, leaving: len(leaving) > 1)
    revise(reference.the(ResidentRegistry).succession, "of_remaining", several)


@FAULTS.add("address-change-tomorrow", "RR-ADC-006")
def address_change_tomorrow(reference: Reference) -> None:
    """An address change may be dated in the future."""
    revise(reference.the(ResidentRegistry).address_changes, "check_days", passing("event_date_in_future"))


@FAULTS.add("death-tomorrow", "RR-ADC-006")
def death_tomorrow(reference: Reference) -> None:
    """A death may be dated in the future; nothing else may but a move-out."""
    revise(reference.the(ResidentRegistry).deaths, "check_days", passing("event_date_in_future"))


@FAULTS.add("change-of-head-tomorrow", "RR-ADC-006")
def change_of_head_tomorrow(reference: Reference) -> None:
    """A change of head may be dated in the future; nothing else may but a move-out."""
    change_head = passing("event_date_in_future", lambda call: call.body["kind"] == "change_head")
    revise(reference.the(ResidentRegistry).household_changes, "check_days", change_head)


@FAULTS.add("address-change-elsewhere", "RR-ADC-007")
def address_change_elsewhere(reference: Reference) -> None:
    """An address change may lead to another municipality."""
    revise(reference.the(ResidentRegistry).address_changes, "check_address", passing("other_municipality"))


@FAULTS.add("address-change-elsewhere-of-some", "RR-ADC-007")
def address_change_elsewhere_of_some(reference: Reference) -> None:
    """An address change of several residents may lead to another municipality."""
    several = passing("other_municipality", lambda call: len(call.body["resident_ids"]) > 1)
    revise(reference.the(ResidentRegistry).address_changes, "check_address", several)


@FAULTS.add("address-change-new-head-chosen", "RR-ADC-008")
def address_change_new_head_chosen(reference: Reference) -> None:
    """When members other than the head change address and nobody is named, the first one becomes head."""

    def make(of_leaving: Method) -> Method:
        def first(call: Call, leaving: list[Entry], field: str) -> Entry:
            found: Entry
            try:
                found = of_leaving(call, leaving, field)
            except Problem:
                if field in call.body:
                    raise
                found = leaving[0]
            return found

        return first

    revise(reference.the(ResidentRegistry).succession, "of_leaving", make)


@FAULTS.add("address-change-of-two-households", "RR-ADC-009")
def address_change_of_two_households(reference: Reference) -> None:
    """Residents of several households may change address together."""
    named = reference.the(ResidentRegistry).named
    revise(named, "check_one_household", passing("different_households", of(MOVE)))


@FAULTS.add("address-change-of-one-address", "RR-ADC-009")
def address_change_of_one_address(reference: Reference) -> None:
    """Residents of several households may change address together if they live at one address."""

    def neighbours(call: Call, entries: list[Entry]) -> bool:
        return call.operation.id == MOVE and all(entry.address == entries[0].address for entry in entries)

    named = reference.the(ResidentRegistry).named
    revise(named, "check_one_household", passing("different_households", neighbours))


@FAULTS.add("address-change-after-move-out", "RR-ADC-010")
def address_change_after_move_out(reference: Reference) -> None:
    """The address of somebody who has moved out may change."""
    named = reference.the(ResidentRegistry).named
    revise(named, "is_open", open_although(MOVE, lambda entry: entry.status == MOVED_OUT))


@FAULTS.add("address-change-after-death", "RR-ADC-010")
def address_change_after_death(reference: Reference) -> None:
    """The address of somebody who is dead may change."""
    named = reference.the(ResidentRegistry).named
    revise(named, "is_open", open_although(MOVE, lambda entry: entry.status == DECEASED))


@FAULTS.add("address-change-not-active-as-unprocessable", "RR-ADC-010")
def address_change_not_active_as_unprocessable(reference: Reference) -> None:
    """An address change of somebody who has moved out or died is answered 422 unprocessable in place of 409."""
    confused = refused_as(422, "not_active", "unprocessable", _gone(reference))
    revise(reference.the(ResidentRegistry).named, "resident", confused)


def _gone(reference: Reference) -> Any:
    def gone(call: Call, resident_id: str, pointer: str) -> bool:
        entry = reference.the(ResidentRegistry).register.known(resident_id)
        return call.operation.id == MOVE and entry is not None and entry.status not in ("active", CANCELLED)

    return gone


@FAULTS.add("address-change-another-remaining-head", "RR-ADC-011")
def address_change_another_remaining_head(reference: Reference) -> None:
    """When the head changes address the first of those who stay becomes head, whoever is named."""
    revise(reference.the(ResidentRegistry).succession, "of_remaining", heir(MOVE, lambda head, remaining: remaining[0]))


@FAULTS.add("address-change-another-new-head", "RR-ADC-012")
def address_change_another_new_head(reference: Reference) -> None:
    """The first resident named heads the new household, whoever is named as its head."""

    def make(of_leaving: Method) -> Method:
        def first(call: Call, leaving: list[Entry], field: str) -> Entry:
            head: Entry = of_leaving(call, leaving, field)
            return head if head.relationship == HEAD else leaving[0]

        return first

    revise(reference.the(ResidentRegistry).succession, "of_leaving", make)


@FAULTS.add("address-change-without-new-head", "RR-ADC-013", "RR-PRT-036")
def address_change_without_new_head(reference: Reference) -> None:
    """The only one who stays after an address change of the head does not become head."""
    headless(reference, MOVE, "address_change")


@FAULTS.add("whole-household-head-ignored", "RR-ADC-014")
def whole_household_head_ignored(reference: Reference) -> None:
    """An address change of a whole household may name a new head, who is ignored."""
    new_head = passing("unprocessable", lambda call: "remaining_head_id" not in call.body)
    revise(reference.the(ResidentRegistry).address_changes, "check_no_heads", new_head)
