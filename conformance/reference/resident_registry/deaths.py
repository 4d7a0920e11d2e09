"""Deaths (死亡): registerDeath."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.resident_registry.recording import Changes, Recording
from conformance.reference.resident_registry.records import DECEASED, Entry, Notification

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class Deaths:
    """Ends the residence of somebody who died, from the event date; somebody else becomes head where one has to."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"registerDeath": Handler(perform=lambda call: self.register(call))}

    def register(self, call: Call) -> Answer:
        """Checks everything, then records."""
        named = self.registry.named
        self.check_days(call)
        entry = named.resident(call, call.body["resident_id"], "/resident_id")
        named.heads(call, "new_head_id")
        self.check_order(call, entry)
        return self.registry.notifications.created(call, self.record(call, entry))

    def check_days(self, call: Call) -> None:
        """The days of the death. Raises 422."""
        event, told = call.body["event_date"], call.body["notification_date"]
        self.registry.rules.check_days(event, told, self.registry.register.today)

    def check_order(self, call: Call, entry: Entry) -> None:
        """Nobody dies before what is recorded already. Raises 422."""
        self.registry.named.check_order((entry.id, entry.household_id), call.body["event_date"])

    def changes(self, event: str) -> Changes:
        """What the death changes in the entry of whom it names."""
        return {"status": DECEASED, "ceased_on": event}

    def record(self, call: Call, entry: Entry) -> Notification:
        """Records the death and the succession of the head."""
        registry, days = self.registry, (call.body["event_date"], call.body["notification_date"])
        members = registry.register.members(entry.household_id, registry.named.present(days[0]))
        head = registry.succession.of_remaining(call, members, {entry.id}, "new_head_id")
        recording = Recording(registry, call, "death", days, days[0])
        recording.change(entry, self.changes(days[0]))
        if head is not None:
            recording.make_head(head)
        return recording.commit(entry.household_id, [entry.id], late=registry.rules.is_late(*days))
