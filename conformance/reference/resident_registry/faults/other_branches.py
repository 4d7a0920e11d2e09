"""Faults of contents that may have one of several forms: what belongs to another form is overlooked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _dropped(reference: Reference, operation: str, others: Callable[[dict[str, Any]], set[str]]) -> None:
    """Some members of the content of one operation are dropped before it is looked at."""

    def make(content: Method) -> Method:
        def read(call: Call) -> Any:
            body = content(call)
            if call.operation.id != operation or not isinstance(body, dict):
                return body
            dropped = others(body)
            return {name: value for name, value in body.items() if name not in dropped}

        return read

    revise(reference.pipeline, "content", make)


@FAULTS.add("look-up-by-both-numbers", "COM-VAL-008")
def look_up_by_both_numbers(reference: Reference) -> None:
    """Who looks up by an Individual Number and a resident code gets the one whom the Individual Number is of."""
    _dropped(reference, "lookUpResident", lambda body: {"resident_code"} if "individual_number" in body else set())


@FAULTS.add("household-change-of-two-kinds", "COM-VAL-008")
def household_change_of_two_kinds(reference: Reference) -> None:
    """What belongs to a merge is overlooked in a split of a household, and the other way round."""
    others = {
        "split": {"merged_household_id", "relationships"},
        "merge": {"resident_ids", "new_head_id", "remaining_head_id"},
    }

    def foreign(body: dict[str, Any]) -> set[str]:
        kind = body.get("kind")
        return others.get(kind, set()) if isinstance(kind, str) else set()

    _dropped(reference, "registerHouseholdChange", foreign)
