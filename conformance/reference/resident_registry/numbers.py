"""Official numbers: lookUpResident, readIndividualNumber. Numbers travel in bodies, never in URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.records import Entry

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class Numbers:
    """From a number to a resident, and from a resident to the Individual Number."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "lookUpResident": Handler(perform=lambda call: self.look_up(call)),
            "readIndividualNumber": Handler(perform=lambda call: self.inquire(call)),
        }

    def look_up(self, call: Call) -> Answer:
        """The resident with the number, or null."""
        ((name, number),) = call.body.items()
        self.registry.rules.check_number(name.replace("_", "-"), number, f"/{name}")
        entry = self.holder(number)
        if entry is None or self.registry.visibility.hides(call, entry.id):
            return Answer(200, {"resident": None})
        call.subjects[:] = [entry.id]
        return Answer(200, {"resident": views.summary(entry)}, names=(entry.id,))

    def holder(self, number: str) -> Entry | None:
        """The active resident with the number, else the one who was registered last."""
        register = self.registry.register
        active = register.index.active.get(number)
        holders = [active] if active is not None else register.index.numbers.get(number, [])
        known = [resident_id for resident_id in holders if resident_id in register.current]
        return register.current[known[-1]] if known else None

    def inquire(self, call: Call) -> Answer:
        """The Individual Number of a resident of any status."""
        entry = self.registry.visibility.in_body(call, call.body["resident_id"], "/resident_id")
        call.subjects[:] = [entry.id]
        body = {"resident_id": entry.id, "individual_number": entry.individual_number}
        return Answer(200, body, names=(entry.id,))
