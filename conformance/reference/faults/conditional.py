"""Faults of conditional requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("lost-update", "COM-CND-007", "COM-CND-008")
def lost_update(reference: Reference) -> None:
    """If-Match has to be there, and is not compared: the last writer wins."""

    def make(matches: Method) -> Method:
        def any_tag(field: str, current: str | None, *, strong: bool) -> bool:
            return current is not None if strong else bool(matches(field, current, strong=strong))

        return any_tag

    revise(reference.pipeline.preconditions, "matches", make)


@FAULTS.add("unconditional-change", "COM-CND-006")
def unconditional_change(reference: Reference) -> None:
    """A correction without If-Match is carried out."""

    def make(check: Method) -> Method:
        def lenient(call: Call, current: str | None) -> None:
            if call.operation.id != "correctResident" or call.request.joined("if-match") is not None:
                check(call, current)

        return lenient

    replace(reference.pipeline.preconditions, "check_change", make)


@FAULTS.add("changed-despite-412", "COM-CND-009")
def changed_despite_412(reference: Reference) -> None:
    """A correction on an outdated entity tag is answered 412, and carried out all the same."""

    def make(check: Method) -> Method:
        def careless(call: Call, current: str | None) -> None:
            try:
                check(call, current)
            except Problem as problem:
                if problem.status == 412 and call.operation.id == "correctResident":
                    reference.the(ResidentRegistry).corrections.correct(call)
                raise

        return careless

    replace(reference.pipeline.preconditions, "check_change", make)
