"""Moving within the municipality (転居): registerAddressChange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import rule
from conformance.reference.resident_registry.recording import Recording
from conformance.reference.resident_registry.records import Entry, Notification

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
        body, rules, named = call.body, self.registry.rules, self.registry.named
        rules.check_days(body["event_date"], body["notification_date"], self.registry.register.today)
        rules.check_own(body["new_address"], self.registry.own_codes, "/new_address")
        moving = named.residents(call)
        named.heads(call, "new_head_id", "remaining_head_id")
        named.check_order((*body["resident_ids"], moving[0].household_id), body["event_date"])
        return moving

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
        recording.place(household_id, body["new_address"])
        ids = [entry.id for entry in moving]
        return recording.commit(household_id, ids, late=registry.rules.is_late(*days))

    def is_whole(self, moving: list[Entry], members: list[Entry]) -> bool:
        """Whether everybody moves, hidden members counted."""
        return len(moving) == len(members)

    def _move_whole(self, call: Call, recording: Recording, moving: list[Entry]) -> str:
        for field in ("new_head_id", "remaining_head_id"):
            if field in call.body:
                raise rule("unprocessable", "世帯主は替わりません / Nobody becomes head of a household", f"/{field}")
        for entry in moving:
            recording.change(entry, {"address": call.body["new_address"]})
        return moving[0].household_id

    def _move_part(self, call: Call, recording: Recording, moving: list[Entry], members: list[Entry]) -> str:
        succession, household_id = self.registry.succession, self.registry.reference.ids.new()
        for entry in moving:
            # The relationship is said again: a succession recorded for tomorrow must not follow into the new household.
            changes = {"household_id": household_id, "relationship": entry.relationship}
            recording.change(entry, {"address": call.body["new_address"], **changes})
        recording.make_head(succession.of_leaving(call, moving, "new_head_id"))
        leaving = {entry.id for entry in moving}
        head = succession.of_remaining(call, members, leaving, "remaining_head_id")
        if head is not None:
            recording.make_head(head)
        return household_id
