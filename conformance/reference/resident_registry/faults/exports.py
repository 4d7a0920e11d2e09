"""Faults of bulk exports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import ACTIVE, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("export-without-moved-out", "RR-EXP-001", "RR-EXP-007")
def export_without_moved_out(reference: Reference) -> None:
    """An export leaves out residents who were named, and have moved out."""

    def make(named: Method) -> Method:
        def active(call: Call, as_of: str) -> list[Entry]:
            return [entry for entry in named(call, as_of) if entry.status == ACTIVE]

        return active

    revise(reference.the(ResidentRegistry).exports, "named", make)


@FAULTS.add("export-of-whole-household", "RR-EXP-001")
def export_of_whole_household(reference: Reference) -> None:
    """An export holds everybody who lives with the residents named."""
    register = reference.the(ResidentRegistry).register

    def make(named: Method) -> Method:
        def together(call: Call, as_of: str) -> list[Entry]:
            found: list[Entry] = named(call, as_of)
            others = (other for entry in found for other in register.members(entry.household_id, as_of))
            return [*found, *{other.id: other for other in others if other not in found}.values()]

        return together

    revise(reference.the(ResidentRegistry).exports, "named", make)


@FAULTS.add("export-count-with-trailer", "RR-EXP-002")
def export_count_with_trailer(reference: Reference) -> None:
    """The count of the trailer counts the trailer too."""

    def make(trailer: Method) -> Method:
        return lambda count: {**trailer(count), "count": count + 1}

    revise(reference.the(ResidentRegistry).exports, "trailer", make)


@FAULTS.add("export-digest-without-last-line-end", "RR-EXP-003")
def export_digest_without_last_line_end(reference: Reference) -> None:
    """The digest of an export is that of its content without the last line end."""

    def make(digest: Method) -> Method:
        return lambda content: digest(content.rstrip(b"\n"))

    revise(reference.the(ResidentRegistry).exports, "digest", make)


@FAULTS.add("export-digest-of-lines", "RR-EXP-003")
def export_digest_of_lines(reference: Reference) -> None:
    """The digest of an export is that of its lines without the trailer."""

    def make(digest: Method) -> Method:
        return lambda content: digest(b"".join(content.splitlines(keepends=True)[:-1]))

    revise(reference.the(ResidentRegistry).exports, "digest", make)


@FAULTS.add("export-of-today", "RR-EXP-004")
def export_of_today(reference: Reference) -> None:
    """An export shows the addresses of today, whatever day is asked for."""
    register = reference.the(ResidentRegistry).register

    def make(lines: Method) -> Method:
        def present(entries: list[Entry]) -> list[dict[str, object]]:
            found: list[dict[str, object]] = lines(entries)
            return [{**line, "address": register.current[str(line["id"])].address} for line in found]

        return present

    revise(reference.the(ResidentRegistry).exports, "lines", make)


@FAULTS.add("export-address-from-the-day-after", "RR-EXP-004")
def export_address_from_the_day_after(reference: Reference) -> None:
    """An export shows a new address only from the day after the event."""
    registry = reference.the(ResidentRegistry)

    def make(named: Method) -> Method:
        def late(call: Call, as_of: str) -> list[Entry]:
            found: list[Entry] = named(call, as_of)
            before = [registry.register.entry_at(entry.id, dates.add_days(as_of, -1)) or entry for entry in found]
            return [replace(now, address=then.address) for now, then in zip(found, before, strict=True)]

        return late

    revise(registry.exports, "named", make)
