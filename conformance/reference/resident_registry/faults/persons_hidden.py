"""Faults of what becomes of hidden persons when others move, and of protections of any period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.clock import timestamp
from conformance.reference.faults.audit import altered_trail
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.heads import new_head_required
from conformance.reference.resident_registry.records import HEAD, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _refusals_forgotten(reference: Reference, *operations: str) -> None:
    def kept(call: Call, trail: list[AuditEntry]) -> list[AuditEntry]:
        return [e for e in trail if not (e.outcome == "refused" and e.operation in operations and e.status != 403)]

    altered_trail(reference, kept)


@FAULTS.add("export-refusals-not-audited", "RR-AUD-006")
def export_refusals_not_audited(reference: Reference) -> None:
    """What is refused of an export because it holds a hidden person leaves no entry."""
    _refusals_forgotten(reference, "createExport", "getExport", "getExportContent")


@FAULTS.add("household-change-refusals-not-audited", "RR-AUD-007")
def household_change_refusals_not_audited(reference: Reference) -> None:
    """A household change that is refused because it names a hidden person leaves no entry."""
    _refusals_forgotten(reference, "registerHouseholdChange")


@FAULTS.add("hidden-members-counted", "RR-PRT-034")
def hidden_members_counted(reference: Reference) -> None:
    """Hidden members count among those of whom one has to be named head of a move-out."""

    def make(of_remaining: Method) -> Method:
        def counted(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            head: Entry | None = of_remaining(call, members, leaving, field)
            remaining = [entry for entry in members if entry.id not in leaving]
            if head is not None and len(remaining) > 1 and call.body.get(field) is None and field == "new_head_id":
                raise new_head_required(f"/{field}")
            return head

        return counted

    revise(reference.the(ResidentRegistry).succession, "of_remaining", make)


@FAULTS.add("merge-moves-hidden-members", "RR-PRT-035")
def merge_moves_hidden_members(reference: Reference) -> None:
    """A merge moves hidden members too."""
    changes = reference.the(ResidentRegistry).household_changes
    revise(changes, "movable", lambda _: lambda call, members: members)


@FAULTS.add("hidden-members-left-headless", "RR-PRT-036")
def hidden_members_left_headless(reference: Reference) -> None:
    """Where a hidden member only remains, nobody becomes head."""
    registry = reference.the(ResidentRegistry)

    def of_remaining(original: Method) -> Method:
        def found(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            head: Entry | None = original(call, members, leaving, field)
            return None if head is not None and registry.visibility.hides(call, head.id) else head

        return found

    def last_one(original: Method) -> Method:
        def found(kind: str, members: list[Entry]) -> Entry | None:
            last: Entry | None = original(kind, members)
            return None if last is not None and registry.visibility.is_protected(last.id) else last

        return found

    def is_headed(original: Method) -> Method:
        def headed(kind: str, members: list[Entry]) -> bool:
            hidden = all(registry.visibility.is_protected(entry.id) for entry in members)
            return hidden or bool(original(kind, members))

        return headed

    revise(registry.succession, "of_remaining", of_remaining)
    revise(registry.succession, "last_one", last_one)
    revise(registry.succession, "is_headed", is_headed)


@FAULTS.add("hidden-number-free", "RR-PRT-037", "RR-MIN-011", "RR-MIN-012")
def hidden_number_free(reference: Reference) -> None:
    """The numbers of a hidden person are taken for free."""
    visibility = reference.the(ResidentRegistry).visibility

    def make(check: Method) -> Method:
        def lenient(numbers: list[tuple[str, str]], active: Mapping[str, str]) -> None:
            seen = [number for number, _ in numbers]
            try:
                check(numbers, active)
            except Problem:
                holders = [active[number] for number in seen if number in active]
                if len(set(seen)) < len(seen) or not all(map(visibility.is_protected, holders)):
                    raise

        return lenient

    revise(reference.the(ResidentRegistry).rules, "check_once", make)


@FAULTS.add("protection-long-past-refused", "RR-PRT-038")
def protection_long_past_refused(reference: Reference) -> None:
    """A protection that ended years ago is refused."""

    def make(check: Method) -> Method:
        def checked(first: str, last: str) -> None:
            check(first, last)
            if last < "2020-01-01":
                raise rule("period_invalid", "終了済みの期間です / The period is over", "/to")

        return checked

    revise(reference.the(ResidentRegistry).rules, "check_period", make)


@FAULTS.add("protection-touches-the-resident", "RR-PRT-039")
def protection_touches_the_resident(reference: Reference) -> None:
    """The recorded_at of a resident is that of the protection, where that one was recorded later."""
    visibility = reference.the(ResidentRegistry).visibility

    def make(body: Method) -> Method:
        def shown(entry: Entry) -> dict[str, Any]:
            found: dict[str, Any] = body(entry)
            protection = visibility.protections.get(entry.id)
            moment = max(entry.recorded_at, protection.recorded_at if protection else 0)
            return {**found, "recorded_at": timestamp(moment)}

        return shown

    revise(reference.the(ResidentRegistry).residents, "body", make)


@FAULTS.add("visible-members-are-all", "RR-PRT-035")
def visible_members_are_all(reference: Reference) -> None:
    """Where all visible members change address, the household is taken to move as a whole."""
    registry = reference.the(ResidentRegistry)

    def make(is_whole: Method) -> Method:
        def whole(moving: list[Entry], members: list[Entry]) -> bool:
            shown = [entry for entry in members if not registry.visibility.is_protected(entry.id)]
            return bool(is_whole(moving, shown)) and any(entry.relationship == HEAD for entry in moving)

        return whole

    revise(registry.address_changes, "is_whole", make)
