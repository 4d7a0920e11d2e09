"""Protection of victims (支援措置): getProtection, putProtection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import not_found
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.records import Protection

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class Protections:
    """At most one protection for each resident; it ends by its last day and is never deleted."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "getProtection": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
            "putProtection": Handler(
                perform=lambda call: self.put(call),
                locate=lambda call: self.locate_resident(call),
                tag=lambda call: self.tag(call),
            ),
        }

    def locate_resident(self, call: Call) -> None:
        """The resident whom the path names, with or without a protection."""
        call.target = self.registry.visibility.in_path(call)

    def locate(self, call: Call) -> None:
        """The protection of the resident whom the path names."""
        self.locate_resident(call)
        if call.target.id not in self.registry.visibility.protections:
            raise not_found()

    def read(self, call: Call) -> Answer:
        """The protection, active or not."""
        return Answer(200, self.body(self.registry.visibility.protections[call.target.id]))

    def body(self, protection: Protection) -> dict[str, Any]:
        """The protection as JSON."""
        return views.protection(protection, self.registry.visibility.is_protected(protection.resident_id))

    def tag(self, call: Call) -> str | None:
        """The entity tag of the protection; None where there is none yet."""
        found = self.registry.visibility.protections.get(call.target.id)
        return None if found is None else self.registry.entity_tag(self.body(found))

    def check(self, call: Call) -> None:
        """The period, of a new protection and of one that is changed. Raises 422."""
        self.registry.rules.check_period(call.body["from"], call.body["to"])

    def put(self, call: Call) -> Answer:
        """Creates or replaces the protection."""
        body, protections = call.body, self.registry.visibility.protections
        self.check(call)
        resident_id = call.target.id
        before = protections.get(resident_id)
        moment = call.now if before is None else max(call.now, before.recorded_at + 1)
        protection = Protection(resident_id, body["from"], body["to"], body["category"], moment)
        protections[resident_id] = protection
        answer = self.body(protection)
        headers = [("ETag", self.registry.entity_tag(answer))]
        if before is None:
            headers.append(("Location", f"{self.registry.base}/residents/{resident_id}/protection"))
        return Answer(200 if before is not None else 201, answer, headers)
