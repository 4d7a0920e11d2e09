"""Faults of households with a member who leaves on a day to come, and of what a household was on earlier days."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import Entry, Event
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("whole-but-for-who-leaves-ahead", "RR-ADC-002")
def whole_but_for_who_leaves_ahead(reference: Reference) -> None:
    """Where all change address but those whose move-out on a day to come is recorded, the household keeps its id."""
    registry = reference.the(ResidentRegistry)

    def make(is_whole: Method) -> Method:
        def nearly(moving: list[Entry], members: list[Entry]) -> bool:
            staying = [entry for entry in members if not registry.register.leaves(entry.id)]
            return bool(is_whole(moving, staying))

        return nearly

    revise(registry.address_changes, "is_whole", make)


@FAULTS.add("closed-on-every-day", "RR-HIS-013")
def closed_on_every_day(reference: Reference) -> None:
    """A household that a merge closed is shown without members as of the days before, too."""
    registry = reference.the(ResidentRegistry)

    def make(members: Method) -> Method:
        def closed(household_id: str, day: str) -> list[Entry]:
            found: list[Entry] = members(household_id, day)
            now = registry.register.current
            merged = not registry.register.members(household_id) and day < registry.register.today
            return [e for e in found if not merged or now[e.id].household_id == household_id]

        return closed

    revise(registry.households, "members", make)


@FAULTS.add("names-of-former-days", "RR-HIS-012")
def names_of_former_days(reference: Reference) -> None:
    """A household as of a past day shows the names as they were registered, without later corrections."""
    registry = reference.the(ResidentRegistry)

    def make(members: Method) -> Method:
        def uncorrected(household_id: str, day: str) -> list[Entry]:
            found: list[Entry] = members(household_id, day)
            firsts = [(entry, registry.register.histories[entry.id][0].changes) for entry in found]
            return [
                dataclasses.replace(entry, name=first.name)
                if day < registry.register.today and isinstance(first, Entry)
                else entry
                for entry, first in firsts
            ]

        return uncorrected

    revise(registry.households, "members", make)


@FAULTS.add("corrected-after-leaving-only-from-then-on", "RR-HIS-012")
def corrected_after_leaving_only_from_then_on(reference: Reference) -> None:
    """Who is corrected after moving out or dying is shown uncorrected as of the days of residence."""

    def make(fold: Method) -> Method:
        def dated(history: Sequence[Event], day: str, recorded: int | None = None) -> Entry | None:
            found: Entry | None = fold(history, day, recorded)
            ended = [event for event in history if event.type in ("move_out", "death") and event.sequence]
            if found is None or recorded is not None or not ended or day >= ended[0].effective:
                return found
            kept = [e for e in history if e.type != "correction" or e.recorded_at < ended[0].recorded_at]
            other: Entry | None = fold(kept, day)
            return None if other is None else dataclasses.replace(other, recorded_at=found.recorded_at)

        return dated

    revise(reference.the(ResidentRegistry).register, "fold", make)


@FAULTS.add("first-head-of-the-day", "RR-HHC-001")
def first_head_of_the_day(reference: Reference) -> None:
    """Of several changes of head of one household on one day the first one counts."""

    def make(fold: Method) -> Method:
        def first(history: Sequence[Event], day: str, recorded: int | None = None) -> Entry | None:
            seen: set[str] = set()
            kept: list[Event] = []
            undone = {event.cancels for event in history}
            for event in history:
                changes = {} if isinstance(event.changes, Entry) else event.changes
                related = event.type == "household_change" and [*changes] == ["relationship"]
                if related and event.effective in seen and event.notification_id not in undone:
                    event = dataclasses.replace(event, changes={})
                if related and event.notification_id not in undone:
                    seen.add(event.effective)
                kept.append(event)
            found: Entry | None = fold(kept, day, recorded)
            return found

        return first

    revise(reference.the(ResidentRegistry).register, "fold", make)


@FAULTS.add("second-move-out-on-the-first-day", "RR-MOU-001")
def second_move_out_on_the_first_day(reference: Reference) -> None:
    """Who moves out anew after a cancelled move-out has ceased on the event date of the cancelled one."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def former(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            if entry is None or entry.status != "moved_out":
                return entry
            history = registry.register.histories[entry.id]
            left = [event for event in history if event.type == "move_out" and event.sequence]
            return dataclasses.replace(entry, ceased_on=left[0].event_date) if len(left) > 1 else entry

        return former

    revise(registry.residents, "as_of", make)


@FAULTS.add("merged-seen-in-the-household-kept", "RR-HIS-023")
def merged_seen_in_the_household_kept(reference: Reference) -> None:
    """Who came into a household by a merge is shown in it as of the days before, too."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def kept(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            now = None if entry is None else registry.register.current.get(entry.id)
            if entry is None or now is None or "recorded_as_of" in call.query:
                return entry
            if registry.register.members(entry.household_id):
                return entry
            return dataclasses.replace(entry, household_id=now.household_id)

        return kept

    revise(registry.residents, "as_of", make)
