"""Moving within the municipality (転居): registerAddressChange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import rule
from conformance.reference.resident_registry.recording import Changes, Recording
from conformance.reference.resident_registry.records import Entry, Json, Notification

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class AddressChanges:
    """A whole household keeps its id at the new address; a part of one becomes a household of its own."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"registerAddressChange": Handler(perform=lambda call: self.register(call))}

    def register(self, call: Call) -> Answer:
        """Checks everything, then records."""
        moving = self.check(call)
        return self.registry.notifications.created(call, self.record(call, moving))

    def check(self, call: Call) -> list[Entry]:
        """All rules but those about heads; the residents who move. Raises 422 and 409."""
        body, named = call.body, self.registry.named
        self.check_days(call)
        self.check_address(call)
        moving = named.residents(call)
        named.heads(call, "new_head_id", "remaining_head_id")
        named.check_order((*body["resident_ids"], moving[0].household_id), body["event_date"])
        return moving

    def check_days(self, call: Call) -> None:
        """The days of the move. Raises 422."""
        event, told = call.body["event_date"], call.body["notification_date"]
        self.registry.rules.check_days(event, told, self.registry.register.today)

    def check_address(self, call: Call) -> None:
        """The new address lies in this body. Raises 422."""
        self.registry.rules.check_own(call.body["new_address"], self.registry.own_codes, "/new_address")

    def record(self, call: Call, moving: list[Entry]) -> Notification:
        """Records the new address, and both heads where the household parts."""
        registry, body = self.registry, call.body
        days = (body["event_date"], body["notification_date"])
        recording = Recording(registry, call, "address_change", days, days[0])
        members = registry.register.members(moving[0].household_id, registry.named.present(days[0]))
        if self.is_whole(moving, members):
            household_id = self._move_whole(call, recording, moving)
        else:
            household_id = self._move_part(call, recording, moving, members)
        for placed, address in self.placements(household_id, moving, body["new_address"]).items():
            recording.place(placed, address)
        ids = [entry.id for entry in moving]
        return recording.commit(household_id, ids, late=registry.rules.is_late(*days))

    def is_whole(self, moving: list[Entry], members: list[Entry]) -> bool:
        """Whether everybody moves, hidden members counted."""
        return len(moving) == len(members)

    def placements(self, household_id: str, moving: list[Entry], new: Json) -> dict[str, Json]:
        """Which households are at which address afterwards: the one that moved, old or new."""
        return {household_id: new}

    def whole_household(self, moving: list[Entry]) -> str:
        """The id of a household that moves as a whole: as before."""
        return moving[0].household_id

    def new_household(self, call: Call, moving: list[Entry]) -> str:
        """The id of the household that a part forms: one that nobody was ever in."""
        return self.registry.reference.ids.new()

    def changes(self, call: Call, entry: Entry) -> Changes:
        """What the move changes in the entry of somebody who moves, whole household or part."""
        return {"address": call.body["new_address"]}

    def check_no_heads(self, call: Call) -> None:
        """A household that moves as a whole keeps its head. Raises 422."""
        for field in ("new_head_id", "remaining_head_id"):
            if field in call.body:
                raise rule("unprocessable", "世帯主は替わりません / Nobody becomes head of a household", f"/{field}")

    def _move_whole(self, call: Call, recording: Recording, moving: list[Entry]) -> str:
        self.check_no_heads(call)
        household_id = self.whole_household(moving)
        for entry in moving:
            recording.change(entry, {**self.changes(call, entry), "household_id": household_id})
        return household_id

    def _move_part(self, call: Call, recording: Recording, moving: list[Entry], members: list[Entry]) -> str:
        succession, household_id = self.registry.succession, self.new_household(call, moving)
        for entry in moving:
            # The relationship is said again: a succession recorded for tomorrow must not follow into the new household.
            changes = {"household_id": household_id, "relationship": entry.relationship}
            recording.change(entry, {**self.changes(call, entry), **changes})
        recording.make_head(succession.of_leaving(call, moving, "new_head_id"))
        leaving = {entry.id for entry in moving}
        head = succession.of_remaining(call, members, leaving, "remaining_head_id")
        if head is not None:
            recording.make_head(head)
        return household_id
