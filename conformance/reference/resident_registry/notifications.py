"""Reading notifications, and the answer to one just recorded: getNotification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import not_found
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.records import Notification

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class Notifications:
    """Notifications as the caller may see them."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "getNotification": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
        }

    def locate(self, call: Call) -> None:
        """The notification, if the caller may see anybody whom it concerns."""
        found = self.registry.register.notifications.get(call.path["notification_id"])
        if found is None:
            raise not_found()
        if not self.visible_ids(call, found):
            self.registry.visibility.withhold(call, found.resident_ids)
            raise not_found()
        call.target = found

    def read(self, call: Call) -> Answer:
        """The notification."""
        call.subjects[:] = self.visible_ids(call, call.target)
        return Answer(200, self.body(call, call.target))

    def created(self, call: Call, notification: Notification) -> Answer:
        """The answer to a notification that was just recorded."""
        location = f"{self.registry.base}/notifications/{notification.id}"
        names = tuple(self.visible_ids(call, notification))
        return Answer(201, self.body(call, notification), [("Location", location)], names=names)

    def visible_ids(self, call: Call, notification: Notification) -> list[str]:
        """Those whom it concerns and whom the caller may see."""
        visibility = self.registry.visibility
        return [resident_id for resident_id in notification.resident_ids if not visibility.hides(call, resident_id)]

    def body(self, call: Call, notification: Notification) -> dict[str, Any]:
        """The notification as JSON."""
        cancelled = notification.id in self.registry.register.cancelled
        return views.notification(notification, self.visible_ids(call, notification), cancelled)
