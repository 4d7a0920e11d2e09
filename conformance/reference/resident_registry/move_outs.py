"""Moving out (転出): registerMoveOut, the only notification that may be dated in the future."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.resident_registry.recording import Recording
from conformance.reference.resident_registry.records import MOVED_OUT, Entry, Notification

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class MoveOuts:
    """Ends the residence of people of one household, from the day after the event date."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"registerMoveOut": Handler(perform=lambda call: self.register(call))}

    def register(self, call: Call) -> Answer:
        """Checks everything, then records."""
        leaving = self.check(call)
        return self.registry.notifications.created(call, self.record(call, leaving))

    def check(self, call: Call) -> list[Entry]:
        """All rules but those about the head; the residents who leave. Raises 422 and 409."""
        body, named = call.body, self.registry.named
        self.check_days(call)
        self.registry.rules.check_place(body["destination"], "/destination")
        leaving = named.residents(call)
        named.heads(call, "new_head_id")
        named.check_order((*body["resident_ids"], leaving[0].household_id), body["event_date"])
        return leaving

    def check_days(self, call: Call) -> None:
        """The days of the move-out. Raises 422."""
        event, told = call.body["event_date"], call.body["notification_date"]
        self.registry.rules.check_move_out_days(event, told, self.registry.register.today)

    def effective(self, event: str, told: str) -> str:
        """The first day without those who leave, by the event date alone; `told` is the day of notification."""
        return self.registry.rules.moved_out_from(event)

    def ending(self, leaving: list[Entry]) -> list[Entry]:
        """Whose residence ends: everybody named."""
        return leaving

    def record(self, call: Call, leaving: list[Entry]) -> Notification:
        """Records the move-out and the succession of the head."""
        registry, days = self.registry, (call.body["event_date"], call.body["notification_date"])
        effective, household_id = self.effective(*days), leaving[0].household_id
        members = registry.register.members(household_id, registry.named.present(effective))
        ids = [entry.id for entry in leaving]
        head = registry.succession.of_remaining(call, members, set(ids), "new_head_id")
        recording = Recording(registry, call, "move_out", days, effective)
        for entry in self.ending(leaving):
            recording.change(entry, {"status": MOVED_OUT, "ceased_on": days[0]})
        if head is not None:
            recording.make_head(head)
        return recording.commit(household_id, ids, late=registry.rules.is_late(*days))
