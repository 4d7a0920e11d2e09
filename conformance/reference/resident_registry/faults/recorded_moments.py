"""Faults of recorded_as_of: what was recorded, or cancelled, later holds at moments before."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import Entry, Event
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("succession-at-every-moment", "RR-HIS-018")
def succession_at_every_moment(reference: Reference) -> None:
    """Who became head because another one left is head at every recorded_as_of, also before that was recorded."""

    def make(fold: Method) -> Method:
        def always(history: Sequence[Event], day: str, recorded: int | None = None) -> Entry | None:
            if recorded is None or not history:
                found: Entry | None = fold(history, day, recorded)
                return found
            first = history[0].recorded_at
            moved = [
                dataclasses.replace(e, recorded_at=first) if not e.sequence and not e.cancels else e for e in history
            ]
            right: Entry | None = fold(history, day, recorded)
            other: Entry | None = fold(moved, day, recorded)
            return (
                None if right is None or other is None else dataclasses.replace(right, relationship=other.relationship)
            )

        return always

    revise(reference.the(ResidentRegistry).register, "fold", make)


def _cancelled_ever(reference: Reference, concerned: Callable[[Event], bool]) -> None:
    """The cancellation of events for which `concerned` says so counts at every recorded_as_of."""

    def make(fold: Method) -> Method:
        def ever(history: Sequence[Event], day: str, recorded: int | None = None) -> Entry | None:
            found: Entry | None = fold(history, day, recorded)
            if found is None or recorded is None:
                return found
            undone = {e.cancels for e in history if e.cancels}
            gone = {e.notification_id for e in history if e.notification_id in undone and concerned(e)}
            known = [e for e in history if e.recorded_at <= recorded or e.cancels in gone]
            other: Entry | None = fold(known, day)
            return None if other is None else dataclasses.replace(other, recorded_at=found.recorded_at)

        return ever

    revise(reference.the(ResidentRegistry).register, "fold", make)


@FAULTS.add("cancelled-move-in-at-every-moment", "RR-HIS-007")
def cancelled_move_in_at_every_moment(reference: Reference) -> None:
    """Whose move-in was cancelled is shown as cancelled at every recorded_as_of."""
    _cancelled_ever(reference, lambda event: isinstance(event.changes, Entry))


@FAULTS.add("cancelled-succession-at-every-moment", "RR-HIS-007")
def cancelled_succession_at_every_moment(reference: Reference) -> None:
    """Who was head until a move-out or a death was cancelled was not, at any recorded_as_of."""
    _cancelled_ever(reference, lambda event: event.sequence == 0)


@FAULTS.add("cancelled-change-of-head-at-every-moment", "RR-HIS-007")
def cancelled_change_of_head_at_every_moment(reference: Reference) -> None:
    """A cancelled change of head has no effect at any recorded_as_of, not even before its cancellation."""

    def of_relationships(event: Event) -> bool:
        changes = event.changes
        return event.type == "household_change" and not isinstance(changes, Entry) and set(changes) == {"relationship"}

    _cancelled_ever(reference, of_relationships)
