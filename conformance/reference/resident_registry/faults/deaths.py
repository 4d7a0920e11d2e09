"""Faults of deaths."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.faults.leniency import head_unasked, headless, heir, open_although
from conformance.reference.resident_registry.records import DECEASED, MOVED_OUT, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

DEATH = "registerDeath"


@FAULTS.add("dead-as-moved-out", "RR-DTH-001")
def dead_as_moved_out(reference: Reference) -> None:
    """Who has died is shown as moved out."""

    def make(body: Method) -> Method:
        def vague(entry: Entry) -> dict[str, Any]:
            shown: dict[str, Any] = body(entry)
            return {**shown, "status": MOVED_OUT} if entry.status == DECEASED else shown

        return vague

    revise(reference.the(ResidentRegistry).residents, "body", make)


@FAULTS.add("dead-from-the-day-after", "RR-DTH-001", "XS-HHD-012", "RR-HIS-015")
def dead_from_the_day_after(reference: Reference) -> None:
    """Who has died is still active on the day of the death, as if it were a move-out."""

    def make(entry_at: Method) -> Method:
        def living(resident_id: str, day: str, recorded: int | None = None) -> Entry | None:
            entry: Entry | None = entry_at(resident_id, day, recorded)
            if entry is not None and entry.status == DECEASED and entry.ceased_on == day:
                return replace(entry, status="active", ceased_on=None)
            return entry

        return living

    revise(reference.the(ResidentRegistry).register, "entry_at", make)


@FAULTS.add("death-without-new-head", "RR-DTH-002", "RR-MOU-022", "RR-PRT-036")
def death_without_new_head(reference: Reference) -> None:
    """The only one who remains after the death of the head does not become head."""
    headless(reference, DEATH, "death")


@FAULTS.add("death-leaves-household-open", "RR-DTH-003")
def death_leaves_household_open(reference: Reference) -> None:
    """A household whose last member died is still shown as active; one that everybody left is not."""

    def make(body: Method) -> Method:
        def open_still(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            shown: dict[str, Any] = body(household_id, day, members)
            register = reference.the(ResidentRegistry).register
            known = (register.entry_at(resident_id, day) for resident_id in register.households.get(household_id, ()))
            left = [entry.status for entry in known if entry is not None and entry.household_id == household_id]
            return {**shown, "status": "active"} if not members and DECEASED in left else shown

        return open_still

    revise(reference.the(ResidentRegistry).households, "body", make)


@FAULTS.add("death-after-death", "RR-DTH-004")
def death_after_death(reference: Reference) -> None:
    """Who is dead may die again."""
    named = reference.the(ResidentRegistry).named
    revise(named, "is_open", open_although(DEATH, lambda entry: entry.status == DECEASED))


@FAULTS.add("death-after-move-out", "RR-DTH-004")
def death_after_move_out(reference: Reference) -> None:
    """The death of somebody who has moved out is accepted."""
    named = reference.the(ResidentRegistry).named
    revise(named, "is_open", open_although(DEATH, lambda entry: entry.status == MOVED_OUT))


@FAULTS.add("death-head-chosen", "RR-DTH-005")
def death_head_chosen(reference: Reference) -> None:
    """When the head dies and nobody is named, one of those who remain becomes head."""
    revise(reference.the(ResidentRegistry).succession, "of_remaining", head_unasked(DEATH))


@FAULTS.add("death-another-head", "COM-AUD-002", "RR-DTH-006")
def death_another_head(reference: Reference) -> None:
    """When the head dies the first of those who remain becomes head, whoever is named."""
    revise(
        reference.the(ResidentRegistry).succession, "of_remaining", heir(DEATH, lambda head, remaining: remaining[0])
    )
