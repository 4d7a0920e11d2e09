"""The residents and households whom a notification names: they exist, are visible to the caller, and are active."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.records import ACTIVE, Entry
from conformance.reference.resident_registry.rules import not_active

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class Named:
    """Looks up what a body names. Raises 422 and 409."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def resident(self, call: Call, resident_id: str, pointer: str) -> Entry:
        """An active resident: 422 `unknown_resident`, 409 `not_active`, also for one whose move-out is recorded."""
        entry = self.registry.visibility.in_body(call, resident_id, pointer)
        if not self.is_open(call, entry):
            raise not_active(pointer)
        return entry

    def is_open(self, call: Call, entry: Entry) -> bool:
        """Whether the resident is open to notifications: active, and no move-out is recorded."""
        return entry.status == ACTIVE and not self.registry.register.leaves(entry.id)

    def residents(self, call: Call) -> list[Entry]:
        """The active residents under `resident_ids`, all of one household: 422 `different_households`."""
        ids = call.body["resident_ids"]
        entries = [self.resident(call, resident_id, f"/resident_ids/{place}") for place, resident_id in enumerate(ids)]
        self.check_one_household(call, entries)
        return entries

    def check_one_household(self, call: Call, entries: list[Entry]) -> None:
        """All of them are members of one household. Raises 422 `different_households`."""
        if len({entry.household_id for entry in entries}) > 1:
            raise different_households()

    def heads(self, call: Call, *fields: str) -> None:
        """Residents named as heads, where they are: 422 `unknown_resident`. What else they have to be, is for later."""
        for field in fields:
            if field in call.body:
                self.registry.visibility.in_body(call, call.body[field], f"/{field}")

    def household(self, call: Call, field: str) -> str:
        """An active household of which the caller may see somebody: 422 `unknown_household`."""
        household_id: str = call.body[field]
        members = self.registry.register.members(household_id)
        visible = self.registry.visibility.of(call, members)
        if not visible:
            if members:
                self.registry.visibility.withhold(call, [entry.id for entry in members])
            raise unknown_household(f"/{field}")
        return household_id

    def check_order(self, touched: Iterable[str], event_date: str) -> None:
        """422 `event_out_of_order` for an event before the latest one that concerns the same people or household."""
        for identifier in touched:
            latest = self.registry.register.latest(identifier)
            if latest is not None and event_date < latest.event_date:
                detail = "直近の異動より前の日付です / The event is before the latest one recorded"
                raise rule("event_out_of_order", detail, "/event_date")

    def present(self, effective: str) -> str:
        """The day whose members decide who becomes head: the day from which the event holds, or today if it is over."""
        return max(effective, self.registry.register.today)


def different_households() -> Problem:
    """422: the residents named are not all of one household."""
    detail = "同じ世帯の住民ではありません / The residents are not of one household"
    return rule("different_households", detail, "/resident_ids")


def unknown_household(pointer: str) -> Problem:
    """422: there is no such household, it is closed, or everybody in it is hidden."""
    return rule("unknown_household", "該当する世帯がありません / There is no such household", pointer)
