"""The register: histories that only grow, and what is derived from them for the present day.

Bitemporal: an event says from which day it holds (valid time) and when it was recorded (transaction time). Reading as
of a day and a moment folds the events that were recorded by that moment, so a past answer can never change.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from conformance.reference.resident_registry.index import Index
from conformance.reference.resident_registry.records import (
    ACTIVE,
    CANCELLED,
    HEAD,
    Entry,
    Event,
    Json,
    Notification,
    Placement,
)

_LAST: Final = "\U0010ffff"


class Register:
    """Residents, households and notifications."""

    def __init__(self, today: str) -> None:
        self.today = today
        self.histories: dict[str, list[Event]] = {}
        self.current: dict[str, Entry] = {}
        self.households: dict[str, list[str]] = {}
        self.placements: dict[str, list[Placement]] = {}
        self.notifications: dict[str, Notification] = {}
        self.cancelled: dict[str, str] = {}
        self.concerning: dict[str, list[Notification]] = {}
        self.index = Index()
        self._turning_days: list[tuple[str, str]] = []

    def turn_to(self, today: str) -> None:
        """Makes `today` the present day: what was recorded for the days between comes into effect, or out of it."""
        if today == self.today:
            return
        first, last = sorted((self.today, today))
        self.today = today
        for resident_id in self.turning(first, last):
            self._refresh(resident_id)

    def turning(self, first: str, last: str) -> set[str]:
        """For whom something recorded comes into effect after the first day and by the last."""
        start = bisect_right(self._turning_days, (first, _LAST))
        end = bisect_right(self._turning_days, (last, _LAST))
        return {resident_id for _, resident_id in self._turning_days[start:end]}

    def entry_at(self, resident_id: str, day: str, recorded: int | None = None) -> Entry | None:
        """The resident as of a day, as recorded by a moment (None: by now); None before the first registration."""
        if recorded is None and day == self.today:
            return self.current.get(resident_id)
        return self.fold(self.histories.get(resident_id, ()), day, recorded)

    def known(self, resident_id: str) -> Entry | None:
        """The present entry; of a resident whose first day is still to come (the clock was set back) the first one."""
        found = self.current.get(resident_id)
        return found or self.fold(self.histories.get(resident_id, ()), _LAST)

    def fold(self, history: Sequence[Event], day: str, recorded: int | None = None) -> Entry | None:
        """Applies the events that hold on the day, in the order of their recording."""
        known = history if recorded is None else [event for event in history if event.recorded_at <= recorded]
        if not known or known[0].effective > day:
            return None
        first = known[0].changes
        assert isinstance(first, Entry)  # noqa: S101  a history begins with a registration
        if len(known) == 1:
            return first
        undone = {event.cancels for event in known if event.cancels is not None}
        changes: dict[str, object] = {"status": CANCELLED} if known[0].notification_id in undone else {}
        for event in known[1:]:
            effect = event.changes
            if event.effective <= day and event.notification_id not in undone and isinstance(effect, Mapping):
                changes.update(effect)
        changes["recorded_at"] = known[-1].recorded_at
        return replace(first, **changes)  # type: ignore[arg-type]  # names of Entry's own fields

    def record(
        self, events: Iterable[tuple[str, Event]], notification: Notification | None, placements: Mapping[str, Json]
    ) -> None:
        """Adds a notification with its events and the addresses of households, or a correction; all at once."""
        recorded = list(events)
        for resident_id, event in recorded:
            self.histories.setdefault(resident_id, []).append(event)
            insort(self._turning_days, (event.effective, resident_id))
            self._join(resident_id, event)
        if notification is not None:
            self.keep(notification)
            for household_id, address in placements.items():
                self.place(household_id, Placement(recorded[0][1].effective, notification.id, address))
        for resident_id in dict.fromkeys(resident_id for resident_id, _ in recorded):
            self._refresh(resident_id)

    def load(self, resident_id: str, events: list[Event]) -> None:
        """Takes over a resident with a history, without the cost of keeping everything sorted: see `loaded`."""
        self.histories[resident_id] = events
        for event in events:
            self._turning_days.append((event.effective, resident_id))
            self._join(resident_id, event)

    def loaded(self) -> None:
        """Ends a series of `load`."""
        self._turning_days.sort()
        new = {
            resident_id: entry
            for resident_id, history in self.histories.items()
            if resident_id not in self.current and (entry := self.fold(history, self.today)) is not None
        }
        self.current |= new
        self.index.load(new.values())

    def keep(self, notification: Notification) -> None:
        """Keeps a notification; a cancellation takes what it cancels from those that still count."""
        self.notifications[notification.id] = notification
        if notification.cancels is None:
            for touched in notification.touched:
                self.concerning.setdefault(touched, []).append(notification)
        else:
            self.cancelled[notification.cancels] = notification.id
            undone = self.notifications[notification.cancels]
            for touched in undone.touched:
                self.concerning[touched].remove(undone)

    def place(self, household_id: str, placement: Placement) -> None:
        """A household is at an address from a day on."""
        self.placements.setdefault(household_id, []).append(placement)

    def latest(self, touched: str) -> Notification | None:
        """The notification recorded last, and not cancelled, that concerns a resident or a household."""
        found = self.concerning.get(touched)
        return found[-1] if found else None

    def leaves(self, resident_id: str) -> bool:
        """Whether a move-out of the resident is recorded and not cancelled, in effect or not."""
        found = self.concerning.get(resident_id, ())
        return any(known.type == "move_out" and resident_id in known.resident_ids for known in found)

    def stamp(self, resident_ids: Iterable[str], now: int) -> int:
        """The moment of a recording about these residents: now, but always after what was recorded of them before."""
        latest = (self.histories[i][-1].recorded_at for i in resident_ids if i in self.histories)
        return max(now, max(latest, default=0) + 1)

    def next_sequence(self, resident_id: str) -> int:
        """The place of the resident's next event in the history."""
        return 1 + sum(event.sequence > 0 for event in self.histories.get(resident_id, ()))

    def members(self, household_id: str, day: str | None = None) -> list[Entry]:
        """The active members of a household on a day (None: today), the head first, then in order of joining."""
        day = day or self.today
        entries = (self.entry_at(resident_id, day) for resident_id in self.households.get(household_id, ()))
        found = [e for e in entries if e is not None and e.status == ACTIVE and e.household_id == household_id]
        return sorted(found, key=lambda entry: entry.relationship != HEAD)

    def address(self, household_id: str, day: str) -> Json | None:
        """Where a household is, or was last, on a day; None before its first day."""
        known = [placement for placement in self.placements[household_id] if placement.effective <= day]
        standing = [placement for placement in known if placement.notification_id not in self.cancelled]
        return (standing or known[:1])[-1].address if known else None

    def turning_days_after(self, day: str, resident_ids: Iterable[str]) -> list[str]:
        """The later days on which something recorded of these residents comes into effect."""
        events = (event for resident_id in resident_ids for event in self.histories.get(resident_id, ()))
        return sorted({event.effective for event in events if event.effective > day})

    def _join(self, resident_id: str, event: Event) -> None:
        changes = event.changes
        household_id = changes.household_id if isinstance(changes, Entry) else changes.get("household_id")
        if household_id is not None:
            members = self.households.setdefault(household_id, [])
            if resident_id not in members:
                members.append(resident_id)

    def _refresh(self, resident_id: str) -> None:
        """Derives the resident's present entry anew and keeps the index in step."""
        before = self.current.get(resident_id)
        after = self.fold(self.histories[resident_id], self.today)
        if after is None:
            self.current.pop(resident_id, None)
        else:
            self.current[resident_id] = after
        if before is not after:
            self.index.change(before, after)
