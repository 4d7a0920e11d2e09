"""Faults about protected persons: notifications about their households, those who may see them, the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.faults.blindness import asked
from conformance.reference.resident_registry.records import (
    HEAD,
    Entry,
)
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("hidden-head-beside-the-new-one", "RR-PRT-043")
def hidden_head_beside_the_new_one(reference: Reference) -> None:
    """A change of head by a caller who does not see the former head leaves that one head beside the new one."""
    registry = reference.the(ResidentRegistry)

    def make(relationship: Method) -> Method:
        def kept(call: Call, entry: Entry) -> str:
            found: str = relationship(call, entry)
            hidden = entry.relationship == HEAD and registry.visibility.hides(call, entry.id)
            return HEAD if hidden else found

        return kept

    def heads(is_headed: Method) -> Method:
        def two(kind: str, members: list[Entry]) -> bool:
            seen = [e for e in members if e.relationship != HEAD or not registry.visibility.is_protected(e.id)]
            return bool(is_headed(kind, members)) or (kind == "household_change" and bool(is_headed(kind, seen)))

        return two

    revise(registry.household_changes, "relationship", make)
    revise(registry.succession, "is_headed", heads)


def _hidden_counted(reference: Reference, when: Callable[[Call], bool]) -> None:
    registry = reference.the(ResidentRegistry)

    def make(of_remaining: Method) -> Method:
        def counting(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            found: Entry | None = of_remaining(call, members, leaving, field)
            remaining = [entry for entry in members if entry.id not in leaving]
            seen = registry.visibility.of(call, remaining)
            if when(call) and found is not None and field not in call.body and seen and len(remaining) > 1:
                raise rule("new_head_required", "世帯主となる者を示してください / Name a head", f"/{field}")
            return found

        return counting

    revise(registry.succession, "of_remaining", make)


@FAULTS.add("hidden-counted-at-a-death", "RR-PRT-034")
def hidden_counted_at_a_death(reference: Reference) -> None:
    """Hidden members count among those of whom one has to be named head when the head dies."""
    _hidden_counted(reference, asked("registerDeath"))


@FAULTS.add("hidden-counted-in-a-split", "RR-PRT-034")
def hidden_counted_in_a_split(reference: Reference) -> None:
    """Hidden members count among those of whom one has to be named head when the head splits off."""
    _hidden_counted(reference, asked("registerHouseholdChange"))


@FAULTS.add("hidden-counted-in-an-address-change", "RR-PRT-034")
def hidden_counted_in_an_address_change(reference: Reference) -> None:
    """Hidden members count among those of whom one has to be named head when the head changes address."""
    _hidden_counted(reference, asked("registerAddressChange"))


@FAULTS.add("split-of-all-visible-refused", "RR-PRT-044")
def split_of_all_visible_refused(reference: Reference) -> None:
    """A split of all members whom the caller sees is refused as one of all members."""
    registry = reference.the(ResidentRegistry)

    def make(split: Method) -> Method:
        def strict(call: Call, recording: Any) -> tuple[str, list[str]]:
            members = registry.visibility.of(call, registry.register.members(call.body["household_id"]))
            if {entry.id for entry in members} == set(call.body["resident_ids"]):
                raise rule("unprocessable", "世帯の全員です / These are all members", "/resident_ids")
            made: tuple[str, list[str]] = split(call, recording)
            return made

        return strict

    replace(registry.household_changes, "split", make)


def _from_the_officer(reference: Reference, *operations: str) -> None:
    registry = reference.the(ResidentRegistry)
    revise(
        registry.visibility,
        "privileged",
        lambda privileged: lambda call: call.operation.id not in operations and bool(privileged(call)),
    )


@FAULTS.add("protected-moved-by-nobody", "RR-PRT-045", "RR-PRT-046")
def protected_moved_by_nobody(reference: Reference) -> None:
    """In a move-out and an address change nobody sees protected residents, and they are not counted for anybody."""
    _from_the_officer(reference, "registerMoveOut", "registerAddressChange")


@FAULTS.add("protected-corrected-by-nobody", "RR-PRT-045")
def protected_corrected_by_nobody(reference: Reference) -> None:
    """A protected resident cannot be corrected by anybody."""
    _from_the_officer(reference, "correctResident")


@FAULTS.add("protected-cancelled-by-nobody", "RR-PRT-045")
def protected_cancelled_by_nobody(reference: Reference) -> None:
    """A notification about a protected resident cannot be cancelled by anybody."""
    _from_the_officer(reference, "cancelNotification")


@FAULTS.add("protected-not-counted-for-the-officer", "RR-PRT-046")
def protected_not_counted_for_the_officer(reference: Reference) -> None:
    """Who sees protected members need not name a new head where one member only is not protected."""
    registry = reference.the(ResidentRegistry)

    def make(of_remaining: Method) -> Method:
        def visible_to_all(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            found: Entry | None
            try:
                found = of_remaining(call, members, leaving, field)
            except Problem:
                open_ones = [e for e in members if e.id not in leaving and not registry.visibility.is_protected(e.id)]
                if field in call.body or len(open_ones) != 1:
                    raise
                found = open_ones[0]
            return found

        return visible_to_all

    revise(registry.succession, "of_remaining", make)


@FAULTS.add("look-up-audited-for-the-hidden", "RR-AUD-008")
def look_up_audited_for_the_hidden(reference: Reference) -> None:
    """The audit entry of a look-up that finds nothing names the hidden resident who has the number."""
    registry = reference.the(ResidentRegistry)

    def make(look_up: Method) -> Method:
        def telling(call: Call) -> Answer:
            answer: Answer = look_up(call)
            entry = registry.numbers.holder(next(iter(call.body.values())))
            if answer.body["resident"] is None and entry is not None:
                call.subjects[:] = [entry.id]
            return answer

        return telling

    replace(registry.numbers, "look_up", make)


@FAULTS.add("certificate-audited-for-the-hidden", "RR-AUD-008")
def certificate_audited_for_the_hidden(reference: Reference) -> None:
    """The audit entry of a household certificate names all members, those left out of it, too."""
    registry = reference.the(ResidentRegistry)

    def make(issue: Method) -> Method:
        def telling(call: Call) -> Answer:
            answer: Answer = issue(call)
            if call.body["kind"] == "household":
                entry = registry.register.current[call.body["resident_id"]]
                call.subjects[:] = [member.id for member in registry.register.members(entry.household_id)]
            return answer

        return telling

    replace(registry.certificates, "issue", make)
