"""Faults of households that have moved, and of what a household change holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.faults.leniency import passing
from conformance.reference.resident_registry.records import (
    DECEASED,
    HEAD,
    MOVED_OUT,
    Entry,
    Json,
)
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("closed-household-at-its-first-address", "RR-HHC-021")
def closed_household_at_its_first_address(reference: Reference) -> None:
    """A closed household is shown at its first address, not at its last."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def first(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            shown: dict[str, Any] = body(household_id, day, members)
            placed = registry.register.placements[household_id]
            return shown if members else {**shown, "address": placed[0].address}

        return first

    revise(registry.households, "body", make)


@FAULTS.add("household-before-its-second-move", "RR-HIS-014")
def household_before_its_second_move(reference: Reference) -> None:
    """A household that has moved twice is shown as of a day between at its first address."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def forgetful(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            shown: dict[str, Any] = body(household_id, day, members)
            placed = registry.register.placements[household_id]
            between = len(placed) > 2 and placed[1].effective <= day < placed[-1].effective
            return {**shown, "address": placed[0].address} if between else shown

        return forgetful

    revise(registry.households, "body", make)


@FAULTS.add("joined-where-the-household-was-first", "RR-MIN-020")
def joined_where_the_household_was_first(reference: Reference) -> None:
    """Who joins a household that has moved may give its former address."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def lenient(call: Call) -> None:
            try:
                check(call)
            except Problem as problem:
                placed = registry.register.placements.get(call.body["household_id"], ())
                former = any(call.body["new_address"] == placement.address for placement in placed)
                if problem.code != "different_address" or not former:
                    raise

        return lenient

    revise(registry.move_ins, "check_joined", make)


@FAULTS.add("merge-by-first-addresses", "RR-HHC-022")
def merge_by_first_addresses(reference: Reference) -> None:
    """Whether two households are at one address is asked of the addresses at which they began."""
    registry = reference.the(ResidentRegistry)

    def make(merge: Method) -> Method:
        def stale(call: Call, recording: Any) -> tuple[str, list[str]]:
            placements = registry.register.placements
            ids = (call.body["household_id"], call.body["merged_household_id"])
            if all(i in placements and registry.register.members(i) for i in ids) and ids[0] != ids[1]:
                registry.household_changes.check_addresses(*(placements[i][0].address for i in ids))
            made: tuple[str, list[str]] = merge(call, recording)
            return made

        return stale

    replace(registry.household_changes, "merge", make)


@FAULTS.add("split-where-the-household-was-first", "RR-HHC-002")
def split_where_the_household_was_first(reference: Reference) -> None:
    """The household that a split forms is shown where the former one was at first, though it has moved since."""
    registry = reference.the(ResidentRegistry)

    def make(place: Method) -> Method:
        def stale(leaving: list[Entry]) -> Json:
            first: Json = registry.register.placements[leaving[0].household_id][0].address
            return first

        return stale

    revise(registry.household_changes, "place", make)


@FAULTS.add("merge-beyond-a-hundred", "RR-HHC-018")
def merge_beyond_a_hundred(reference: Reference) -> None:
    """A household may have more than 100 members after a merge."""
    revise(
        reference.the(ResidentRegistry).rules,
        "check_size",
        passing("unprocessable", lambda members, pointer: pointer == "/merged_household_id"),
    )


@FAULTS.add("merge-names-both-households", "RR-HHC-019")
def merge_names_both_households(reference: Reference) -> None:
    """A merge names the members of the household kept too, before those of the household merged."""
    registry = reference.the(ResidentRegistry)

    def make(merge: Method) -> Method:
        def both(call: Call, recording: Any) -> tuple[str, list[str]]:
            kept, ids = merge(call, recording)
            others = registry.visibility.of(call, registry.register.members(kept))
            return kept, [*(entry.id for entry in others), *ids]

        return both

    replace(registry.household_changes, "merge", make)


@FAULTS.add("merge-answers-the-merged-household", "RR-HHC-019")
def merge_answers_the_merged_household(reference: Reference) -> None:
    """The household of a merge is the one that was closed."""
    registry = reference.the(ResidentRegistry)

    def make(merge: Method) -> Method:
        def other(call: Call, recording: Any) -> tuple[str, list[str]]:
            return call.body["merged_household_id"], merge(call, recording)[1]

        return other

    replace(registry.household_changes, "merge", make)


@FAULTS.add("change-of-head-names-two", "RR-HHC-019")
def change_of_head_names_two(reference: Reference) -> None:
    """A change of head names the new head and the former one, and stands in no other history."""
    registry = reference.the(ResidentRegistry)

    def make(change_head: Method) -> Method:
        def two(call: Call, recording: Any) -> tuple[str, list[str]]:
            household_id, ids = change_head(call, recording)
            heads = {call.body["new_head_id"]}
            heads |= {i for i in ids if registry.register.current[i].relationship == HEAD}
            return household_id, [i for i in ids if i in heads]

        return two

    replace(registry.household_changes, "change_head", make)


@FAULTS.add("relationships-of-others-passed-over", "RR-HHC-020")
def relationships_of_others_passed_over(reference: Reference) -> None:
    """A merge may give relationships of members of the household kept as well, which are passed over."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def lenient(call: Call, wanted: list[Entry]) -> None:
            ids, kept = {entry.id for entry in wanted}, call.body["household_id"]
            others = {entry.id for entry in registry.register.members(kept)} if call.body["kind"] == "merge" else set()
            given = {i: v for i, v in call.body["relationships"].items() if i in ids or i not in others}
            check(dataclasses.replace(call, body={**call.body, "relationships": given}), wanted)

        return lenient

    revise(registry.household_changes, "check_relationships", make)


@FAULTS.add("relationship-of-the-new-head-passed-over", "RR-HHC-020")
def relationship_of_the_new_head_passed_over(reference: Reference) -> None:
    """A change of head may give the new head a relationship, too, which is passed over."""

    def make(check: Method) -> Method:
        def lenient(call: Call, wanted: list[Entry]) -> None:
            head = call.body.get("new_head_id")
            given = {i: v for i, v in call.body["relationships"].items() if i != head}
            check(dataclasses.replace(call, body={**call.body, "relationships": given}), wanted)

        return lenient

    revise(reference.the(ResidentRegistry).household_changes, "check_relationships", make)


@FAULTS.add("gone-in-relationships-passed-over", "RR-HHC-020")
def gone_in_relationships_passed_over(reference: Reference) -> None:
    """The relationship of somebody who is no longer a member may be given, and is passed over."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def lenient(call: Call, wanted: list[Entry]) -> None:
            known = {i: registry.register.known(i) for i in call.body["relationships"]}
            gone = {i for i, entry in known.items() if entry is not None and entry.status in (MOVED_OUT, DECEASED)}
            given = {i: value for i, value in call.body["relationships"].items() if i not in gone}
            check(dataclasses.replace(call, body={**call.body, "relationships": given}), wanted)

        return lenient

    revise(registry.household_changes, "check_relationships", make)


@FAULTS.add("split-forgets-corrections", "RR-RES-015")
def split_forgets_corrections(reference: Reference) -> None:
    """Who splits off has the name and the sex of the registration again, without corrections."""
    registry = reference.the(ResidentRegistry)

    def make(split: Method) -> Method:
        def copied(call: Call, recording: Any) -> tuple[str, list[str]]:
            made: tuple[str, list[str]] = split(call, recording)
            for resident_id in call.body["resident_ids"]:
                first = registry.register.histories[resident_id][0].changes
                assert isinstance(first, Entry)  # noqa: S101  a history begins with a registration
                entry = registry.register.current[resident_id]
                recording.change(entry, {"name": first.name, "sex": first.sex})
            return made

        return copied

    replace(registry.household_changes, "split", make)


@FAULTS.add("order-without-what-is-to-come", "RR-MOU-023")
def order_without_what_is_to_come(reference: Reference) -> None:
    """A move-out of another member on a day to come does not count for the order of events."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def lenient(touched: Iterable[str], event_date: str) -> None:
            register = registry.register
            latest = {name: register.latest(name) for name in touched}
            check([n for n, found in latest.items() if found and found.event_date <= register.today], event_date)

        return lenient

    revise(registry.named, "check_order", make)


def _same_day_refused(reference: Reference, part: object, when: Callable[[Call], bool]) -> None:
    registry = reference.the(ResidentRegistry)

    def strict(call: Call, touched: Iterable[str]) -> None:
        latest = [registry.register.latest(name) for name in touched]
        if when(call) and any(found and found.event_date == call.body["event_date"] for found in latest):
            raise rule("event_out_of_order", "直近の異動より前の日付です / Before the latest event", "/event_date")

    def make(check: Method) -> Method:
        def checked(call: Call, *touched: str) -> None:
            check(call, *touched)
            strict(call, touched or (call.body["household_id"],))

        return checked

    revise(part, "check_order" if hasattr(part, "check_order") else "check_joined", make)


@FAULTS.add("household-change-on-the-same-day-refused", "RR-MOU-016")
def household_change_on_the_same_day_refused(reference: Reference) -> None:
    """A household cannot be changed on the day of the latest that happened to it."""
    _same_day_refused(reference, reference.the(ResidentRegistry).household_changes, lambda call: True)
