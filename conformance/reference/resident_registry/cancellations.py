"""Cancelling a notification (取消): cancelNotification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import Problem, conflict, rule
from conformance.reference.resident_registry.records import Entry, Event, Notification
from conformance.reference.resident_registry.rules import already_registered

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class Cancellations:
    """Takes the effect of a notification away, for the whole of valid time, and keeps it in the history."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"cancelNotification": Handler(perform=lambda call: self.cancel(call))}

    def cancel(self, call: Call) -> Answer:
        """Checks everything, then records."""
        undone = self.named(call)
        self.check(undone)
        return self.registry.notifications.created(call, self.record(call, undone))

    def named(self, call: Call) -> Notification:
        """The notification, none of whose residents is hidden. Raises 422 `unknown_notification`."""
        found = self.registry.register.notifications.get(call.body["notification_id"])
        if found is None:
            raise unknown_notification()
        if any(self.registry.visibility.hides(call, resident_id) for resident_id in found.resident_ids):
            self.registry.visibility.withhold(call, found.resident_ids)
            raise unknown_notification()
        return found

    def check(self, undone: Notification) -> None:
        """Only the latest that counts, once, and only where nobody has come back meanwhile. Raises 422 and 409."""
        self.check_kind(undone)
        self.check_first(undone)
        if any(self.follows(undone, touched) for touched in undone.touched):
            raise conflict("later_notification", "後の届出があります / A later notification stands", "/notification_id")
        if undone.type in ("move_out", "death") and any(map(self.is_back, undone.resident_ids)):
            raise already_registered("/notification_id")

    def check_kind(self, undone: Notification) -> None:
        """A cancellation stands for good. Raises 422."""
        if undone.type == "cancellation":
            detail = "取消は取り消せません / A cancellation cannot be cancelled"
            raise rule("not_cancellable", detail, "/notification_id")

    def check_first(self, undone: Notification) -> None:
        """A notification is cancelled once. Raises 409."""
        if undone.id in self.registry.register.cancelled:
            raise conflict("already_cancelled", "取消済みです / Cancelled already", "/notification_id")

    def follows(self, undone: Notification, touched: str) -> bool:
        """Whether a later notification that counts concerns this resident or household."""
        return self.registry.register.latest(touched) is not undone

    def is_back(self, resident_id: str) -> bool:
        """Whether the person has another registration, which is active."""
        register = self.registry.register
        entry = register.known(resident_id)
        active = register.index.active
        return entry is not None and any(active.get(n, resident_id) != resident_id for n in self.numbers(entry))

    def numbers(self, entry: Entry) -> tuple[str, ...]:
        """The numbers by which the person would be known to be back."""
        return entry.individual_number, entry.resident_code

    def record(self, call: Call, undone: Notification) -> Notification:
        """Records the cancellation with everyone whom the notification touched."""
        register = self.registry.register
        touched = [identifier for identifier in undone.touched if identifier in register.histories]
        cancellation = Notification(
            id=self.registry.reference.ids.new(),
            type="cancellation",
            event_date=register.today,
            notification_date=register.today,
            late=False,
            household_id=undone.household_id,
            resident_ids=undone.resident_ids,
            touched=undone.touched,
            recorded_at=register.stamp(touched, call.now),
            cancels=undone.id,
        )
        register.record([(i, self.event(cancellation, i)) for i in touched], cancellation, {})
        call.subjects[:] = touched
        return cancellation

    def event(self, cancellation: Notification, resident_id: str) -> Event:
        """The event by which a resident's part of the notification loses its effect."""
        register = self.registry.register
        return Event(
            sequence=register.next_sequence(resident_id) if resident_id in cancellation.resident_ids else 0,
            type=cancellation.type,
            notification_id=cancellation.id,
            event_date=cancellation.event_date,
            effective=register.histories[resident_id][0].effective,
            recorded_at=cancellation.recorded_at,
            changes={},
            cancels=cancellation.cancels,
        )


def unknown_notification() -> Problem:
    """422: there is no such notification, or it names somebody who is hidden."""
    return rule("unknown_notification", "該当する届出がありません / There is no such notification", "/notification_id")
