"""Corrections ex officio (職権訂正): correctResident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from conformance.reference import dates
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import rule
from conformance.reference.resident_registry.records import Entry, Event

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry

MEMBERS: Final = ("name", "birth_date", "sex", "nationality")


class Corrections:
    """Corrects what was recorded wrongly, for the whole of valid time."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "correctResident": Handler(
                perform=lambda call: self.correct(call),
                locate=lambda call: self.registry.residents.locate(call),
                tag=lambda call: self.tag(call),
            )
        }

    def tag(self, call: Call) -> str:
        """The entity tag of the resident as read without parameters."""
        return self.registry.entity_tag(self.registry.residents.body(call.target))

    def correct(self, call: Call) -> Answer:
        """Merges the patch into the entry, examines the result, records it."""
        entry: Entry = call.target
        changes = self.changes(entry, call.body)
        if "birth_date" in changes:
            self.check_birth_date(changes["birth_date"], entry)
        register = self.registry.register
        first = register.histories[entry.id][0]
        moment, sequence = register.stamp((entry.id,), call.now), register.next_sequence(entry.id)
        effective = self.effective(first)
        event = Event(sequence, "correction", None, register.today, effective, moment, changes)
        register.record([(entry.id, event)], None, {})
        body = self.registry.residents.body(register.current[entry.id])
        return Answer(200, body, [("ETag", self.registry.entity_tag(body))])

    def changes(self, entry: Entry, patch: dict[str, Any]) -> dict[str, Any]:
        """The members that change, as they are kept from now on."""
        return {name: merged(getattr(entry, name), patch[name]) for name in MEMBERS if name in patch}

    def effective(self, first: Event) -> str:
        """From when a correction holds: from the registration on."""
        return first.effective

    def check_birth_date(self, birth_date: dict[str, Any], entry: Entry) -> None:
        """The corrected birth date is possible in itself, and not after the day of becoming a resident."""
        self.registry.rules.check_birth_date(birth_date, "/birth_date")
        born = dates.known_day(birth_date)
        if born is not None and born > entry.became_resident_on:
            detail = "住民となった日より後の生年月日です / Born after becoming a resident"
            raise rule("event_before_birth", detail, "/birth_date/value")


def merged(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if hasattr(target, "keys") else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
