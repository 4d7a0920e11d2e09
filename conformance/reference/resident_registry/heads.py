"""Who heads a household when members leave it: exactly one of those who remain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.records import HEAD, Entry

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class Succession:
    """Finds the head of those who remain, and the head of those who leave together."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def of_remaining(self, call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
        """The member who becomes head because the head leaves; None where nobody has to. Raises 422.

        Only visible members count; where none but hidden ones remain, one of them becomes head.
        """
        remaining = [entry for entry in members if entry.id not in leaving]
        visible = self.registry.visibility.of(call, remaining)
        named = call.body.get(field)
        head_leaves = any(entry.relationship == HEAD for entry in members if entry.id in leaving)
        if not head_leaves or not visible:
            if named is not None:
                detail = "世帯主は替わりません / Nobody becomes head of the household"
                raise rule("unprocessable", detail, f"/{field}")
            return remaining[0] if head_leaves and remaining else None
        return self.chosen(visible, named, field)

    def of_leaving(self, call: Call, leaving: list[Entry], field: str) -> Entry:
        """The head of the household that the leaving form: their head, else the only one, else the one named."""
        head = [entry for entry in leaving if entry.relationship == HEAD]
        return self.chosen(head or leaving, call.body.get(field), field)

    def last_one(self, kind: str, members: list[Entry]) -> Entry | None:
        """The only member whom a notification of this kind leaves, where that one is not head yet."""
        return members[0] if len(members) == 1 and members[0].relationship != HEAD else None

    def is_headed(self, kind: str, members: list[Entry]) -> bool:
        """Whether a notification of this kind leaves the household with one head, or empty."""
        return sum(entry.relationship == HEAD for entry in members) == bool(members)

    def chosen(self, candidates: list[Entry], named: str | None, field: str) -> Entry:
        """The candidate named, or the only one. Raises 422 `new_head_required`."""
        if named is None and len(candidates) == 1:
            return candidates[0]
        chosen = next((entry for entry in candidates if entry.id == named), None)
        if chosen is None:
            raise new_head_required(f"/{field}")
        return chosen


def new_head_required(pointer: str) -> Problem:
    """422: a head has to be named, from among those who will be in the household."""
    return rule("new_head_required", "世帯主となる者を示してください / Name a head among the members", pointer)
