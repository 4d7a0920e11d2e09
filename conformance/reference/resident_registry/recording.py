"""Puts one notification together: the events of everyone whom it touches, recorded all at once or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.problems import rule
from conformance.reference.resident_registry.records import ACTIVE, HEAD, Entry, Event, Json, Notification

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry

Changes = dict[str, Any]


class Recording:
    """Collects changes; `commit` records them under one notification."""

    def __init__(
        self, registry: ResidentRegistry, call: Call, kind: str, days: tuple[str, str], effective: str
    ) -> None:
        self.registry = registry
        self.call = call
        self.kind = kind
        self.event_date, self.notification_date = days
        self.effective = effective
        self.id = registry.reference.ids.new()
        self._changes: dict[tuple[str, str], Changes | Entry] = {}
        self._households: dict[str, None] = {}
        self._placements: dict[str, Json] = {}

    def enrol(self, entry: Entry) -> None:
        """Registers somebody new."""
        self._changes[entry.id, self.effective] = entry
        self._households[entry.household_id] = None

    def change(self, entry: Entry, changes: Changes, effective: str | None = None) -> None:
        """Changes what is recorded of somebody; changes of one person add up."""
        place = (entry.id, effective or self.effective)
        before = self._changes.get(place, {})
        assert not isinstance(before, Entry)  # noqa: S101  nobody is enrolled and changed at once
        self._changes[place] = {**before, **changes}
        for household_id in (entry.household_id, changes.get("household_id", entry.household_id)):
            self._households[household_id] = None

    def make_head(self, entry: Entry) -> None:
        """Makes somebody the head of the household in which the changes so far leave them."""
        self.change(entry, {"relationship": HEAD})

    def place(self, household_id: str, address: Json) -> None:
        """Puts a household at an address."""
        self._placements[household_id] = address

    def touch(self, household_id: str) -> None:
        """Counts a household among those concerned, whether or not its members change."""
        self._households[household_id] = None

    def commit(self, household_id: str, resident_ids: Iterable[str], *, late: bool) -> Notification:
        """Records the notification. `resident_ids` are those in whose history it stands."""
        register = self.registry.register
        self._settle_heads()
        touched = dict.fromkeys(resident_id for resident_id, _ in self._changes)
        notification = Notification(
            id=self.id,
            type=self.kind,
            event_date=self.event_date,
            notification_date=self.notification_date,
            late=late,
            household_id=household_id,
            resident_ids=tuple(resident_ids),
            touched=(*touched, *self._households),
            recorded_at=register.stamp(touched, self.call.now),
        )
        register.record(self._events(notification), notification, self._placements)
        self.call.subjects[:] = dict.fromkeys((*notification.resident_ids, *touched))
        return notification

    def _events(self, notification: Notification) -> list[tuple[str, Event]]:
        named = set(notification.resident_ids)
        return [
            (resident_id, self._event(resident_id, effective, changes, notification.recorded_at, resident_id in named))
            for (resident_id, effective), changes in self._changes.items()
        ]

    def _event(self, resident_id: str, effective: str, changes: Changes | Entry, moment: int, shown: bool) -> Event:
        if isinstance(changes, Entry):
            changes = replace(changes, recorded_at=moment)
        sequence = self.registry.register.next_sequence(resident_id) if shown and effective == self.effective else 0
        return Event(sequence, self.kind, self.id, self.event_date, effective, moment, changes)

    def _settle_heads(self) -> None:
        """Keeps one head on every day from the event on, where a move-out of that very day is recorded already.

        Who leaves then is still a member on the event date and no longer on the day after. Where one member is left
        without a head, that one becomes head; where more are, nobody said who, and the notification is refused (422).
        """
        register, succession = self.registry.register, self.registry.succession
        for household_id in list(self._households):
            members = dict.fromkeys((*register.households.get(household_id, ()), *(i for i, _ in self._changes)))
            past = [self.effective] if self.effective < register.today else []
            for day in (*past, *register.turning_days_after(self.effective, members)):
                found = self._members(household_id, members, day)
                last = succession.last_one(self.kind, found)
                if last is not None:
                    self.change(last, {"relationship": HEAD}, day)
                elif not succession.is_headed(self.kind, found):
                    detail = "先に届け出られた転出と両立しません / Not together with a move-out already recorded"
                    raise rule("unprocessable", detail, "/event_date")

    def _members(self, household_id: str, resident_ids: Iterable[str], day: str) -> list[Entry]:
        found = (self._entry(resident_id, day) for resident_id in resident_ids)
        return [e for e in found if e is not None and e.status == ACTIVE and e.household_id == household_id]

    def _entry(self, resident_id: str, day: str) -> Entry | None:
        register = self.registry.register
        added = [
            self._event(resident_id, effective, changes, self.call.now, shown=False)
            for (changed, effective), changes in self._changes.items()
            if changed == resident_id
        ]
        return register.fold([*register.histories.get(resident_id, ()), *added], day)
