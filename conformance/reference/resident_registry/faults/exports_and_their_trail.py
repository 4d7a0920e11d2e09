"""Faults about whom an export of a past day holds, fetching it again, and what the audit trail says of exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import ACTIVE, Entry, Export
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("export-of-those-still-here", "RR-EXP-001")
def export_of_those_still_here(reference: Reference) -> None:
    """An export of everybody on a past day leaves out who has moved out or died since."""
    registry = reference.the(ResidentRegistry)

    def make(everybody: Method) -> Method:
        def here(call: Call, as_of: str) -> list[Entry]:
            found: list[Entry] = everybody(call, as_of)
            current = registry.register.current
            return [one for one in found if one.id in current and current[one.id].status == ACTIVE]

        return here

    revise(registry.exports, "everybody", make)


@FAULTS.add("export-content-once", "COM-CND-002", "COM-CND-004", "COM-CND-005", "RR-EXP-006")
def export_content_once(reference: Reference) -> None:
    """The content of an export can be fetched once: whoever fetches it again gets the trailer of none."""
    exports = reference.the(ResidentRegistry).exports
    given: set[str] = set()

    def make(content: Method) -> Method:
        def once(call: Call) -> Answer:
            answer: Answer = content(call)
            export: Export = call.target
            if export.id in given:
                return Answer(200, b'{"kind":"trailer","count":0}\n', media_type="application/x-ndjson")
            given.add(export.id)
            return answer

        return once

    replace(exports, "content", make)


@FAULTS.add("audit-of-the-state-of-an-export", "RR-AUD-011")
def audit_of_the_state_of_an_export(reference: Reference) -> None:
    """Reading the state of an export leaves an entry about all in it, though it shows none of them."""

    def make(read: Method) -> Method:
        def told(call: Call) -> Answer:
            call.subjects[:] = call.target.resident_ids
            answer: Answer = read(call)
            return answer

        return told

    replace(reference.the(ResidentRegistry).exports, "read", make)


@FAULTS.add("audit-of-an-export-without-those-to-come", "RR-AUD-010")
def audit_of_an_export_without_those_to_come(reference: Reference) -> None:
    """The creation of an export is audited about those in it, not about the others who were named."""

    def make(create: Method) -> Method:
        def told(call: Call) -> Answer:
            answer: Answer = create(call)
            made = reference.the(ResidentRegistry).exports.made[answer.body["id"]]
            call.subjects[:] = [one for one in call.subjects if one in made.resident_ids]
            return answer

        return told

    replace(reference.the(ResidentRegistry).exports, "create", make)
