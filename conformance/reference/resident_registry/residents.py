"""Reading a resident and a resident's history: getResident, listResidentHistory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import not_found
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.records import Entry, Event

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class Residents:
    """One resident, today or as of another day and moment."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "getResident": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
            "listResidentHistory": Handler(
                perform=lambda call: self.history(call), locate=lambda call: self.locate(call)
            ),
        }

    def locate(self, call: Call) -> None:
        """The resident whom the path names, if the caller may see that person."""
        call.target = self.registry.visibility.in_path(call)

    def read(self, call: Call) -> Answer:
        """The resident as of a day, as recorded by a moment."""
        entry = self.as_of(call)
        if entry is None:
            call.subjects.clear()
            raise not_found()
        return Answer(200, self.body(entry))

    def as_of(self, call: Call) -> Entry | None:
        """The entry that the parameters ask for."""
        register = self.registry.register
        moment = call.query.get("recorded_as_of")
        recorded = None if moment is None else dates.to_micros(moment)
        return register.entry_at(call.target.id, call.query.get("as_of", register.today), recorded)

    def body(self, entry: Entry) -> dict[str, Any]:
        """The resident as JSON."""
        return views.resident(entry)

    def history(self, call: Call) -> Answer:
        """What was recorded of the resident, oldest first."""
        return Answer(200, self.registry.reference.pages.page(call, self.history_of(call.target.id), self.history_line))

    def history_of(self, resident_id: str) -> list[Event]:
        """The events that stand in the resident's history."""
        return [event for event in self.registry.register.histories[resident_id] if event.sequence]

    def history_line(self, event: Event) -> dict[str, Any]:
        """One event as JSON."""
        return views.history_entry(event, event.notification_id in self.registry.register.cancelled)
