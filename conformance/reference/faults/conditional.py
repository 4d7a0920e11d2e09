"""Faults of changes on condition."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.entity_tags import matched_otherwise, opaque_tags
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem, Violation, invalid
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _is(*operations: str) -> Any:
    """Whether a call is of one of these operations."""
    return lambda call, *_: call.operation.id in operations


@FAULTS.add("unconditional-change", "COM-CND-006")
def unconditional_change(reference: Reference) -> None:
    """A correction without If-Match is carried out."""
    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: lambda call, current: None,
        concerns=lambda call, _: call.operation.id == "correctResident" and call.request.joined("if-match") is None,
    )


@FAULTS.add("unconditional-replacement", "COM-CND-006")
def unconditional_replacement(reference: Reference) -> None:
    """A PUT without any condition replaces the protection that is there."""
    conditions = ("if-match", "if-none-match")
    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: lambda call, current: None,
        concerns=lambda call, current: (
            current is not None
            and call.operation.method == "PUT"
            and all(call.request.joined(name) is None for name in conditions)
        ),
    )


@FAULTS.add("missing-condition-is-invalid", "COM-CND-006")
def missing_condition_is_invalid(reference: Reference) -> None:
    """A correction without If-Match is a 400."""

    def refuse(call: Call, current: str | None) -> None:
        raise invalid((Violation("missing", "必須です / Required", parameter="If-Match"),))

    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: refuse,
        concerns=lambda call, _: call.operation.id == "correctResident" and call.request.joined("if-match") is None,
    )


@FAULTS.add("lost-update", "COM-CND-007", "COM-CND-008")
def lost_update(reference: Reference) -> None:
    """If-Match has to be there, and is not compared: the last writer wins."""
    matched_otherwise(reference, strong=True, alter=lambda field, current, right: current is not None)


@FAULTS.add("if-match-compared-weakly", "COM-CND-007")
def if_match_compared_weakly(reference: Reference) -> None:
    """A weak tag in If-Match matches."""
    matched_otherwise(
        reference, strong=True, alter=lambda field, current, right: right or current in opaque_tags(field)
    )


@FAULTS.add("if-match-any-list", "COM-CND-007")
def if_match_any_list(reference: Reference) -> None:
    """An If-Match that names several tags matches, whichever they are."""
    matched_otherwise(reference, strong=True, alter=lambda field, current, right: right or len(opaque_tags(field)) > 1)


@FAULTS.add("if-match-failed-is-missing", "COM-CND-007", "COM-CND-008")
def if_match_failed_is_missing(reference: Reference) -> None:
    """A correction on an outdated entity tag is refused with 428, as one without any."""

    def make(check: Method) -> Method:
        def confused(call: Call, current: str | None) -> None:
            try:
                check(call, current)
            except Problem as problem:
                if problem.status == 412:
                    raise Problem(428, "precondition_required", "If-Matchが必要です / If-Match is required") from None
                raise

        return confused

    replace(reference.pipeline.preconditions, "check_change", make, concerns=_is("correctResident"))


@FAULTS.add("lost-update-at-once", "COM-CND-008")
def lost_update_at_once(reference: Reference) -> None:
    """If-Match is compared when the request arrives: of corrections at the same moment all are carried out."""
    registry = reference.the(ResidentRegistry)
    arrived: dict[int, str | None] = {}

    def entering(_: Method) -> Method:
        async def enter(call: Call) -> None:
            entry = registry.register.current.get(call.path["resident_id"])
            arrived[id(call)] = registry.entity_tag(registry.residents.body(entry)) if entry is not None else None
            await asyncio.sleep(0.02)

        return enter

    def make(check: Method) -> Method:
        return lambda call, current: check(call, arrived.pop(id(call), current))

    replace(reference.pipeline, "enter", entering, concerns=_is("correctResident"))
    replace(reference.pipeline.preconditions, "check_change", make, concerns=_is("correctResident"))


def _despite_412(reference: Reference, operation: str, change: Any) -> None:
    """A change is refused with 412, and made all the same."""

    def make(check: Method) -> Method:
        def careless(call: Call, current: str | None) -> None:
            try:
                check(call, current)
            except Problem as problem:
                if problem.status == 412:
                    with suppress(Problem):  # what the rules forbid is not made either
                        change(call)
                raise

        return careless

    replace(reference.pipeline.preconditions, "check_change", make, concerns=_is(operation))


@FAULTS.add("changed-despite-412", "COM-CND-009")
def changed_despite_412(reference: Reference) -> None:
    """A correction on an outdated entity tag is answered 412, and carried out all the same."""
    _despite_412(reference, "correctResident", reference.the(ResidentRegistry).corrections.correct)


@FAULTS.add("protection-changed-despite-412", "COM-CND-009")
def protection_changed_despite_412(reference: Reference) -> None:
    """A protection is replaced although If-Match names an outdated tag and 412 is answered."""

    def put(call: Call) -> None:
        if call.request.joined("if-match") is not None:
            reference.the(ResidentRegistry).protections.put(call)

    _despite_412(reference, "putProtection", put)


def _creates_over(call: Call, current: str | None) -> bool:
    """Whether a call would create the protection that is there, on no other condition."""
    asked = call.request.joined("if-none-match"), call.request.joined("if-match")
    return call.operation.id == "putProtection" and current is not None and asked == ("*", None)


@FAULTS.add("created-over-existing", "COM-CND-010")
def created_over_existing(reference: Reference) -> None:
    """A PUT with If-None-Match: * replaces the protection that is there."""
    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: lambda call, current: None,
        concerns=_creates_over,
    )


@FAULTS.add("existing-changed-despite-412", "COM-CND-010")
def existing_changed_despite_412(reference: Reference) -> None:
    """A PUT with If-None-Match: * is answered 412, and replaces the protection that is there."""

    def put(call: Call) -> None:
        if call.request.joined("if-none-match") is not None:
            reference.the(ResidentRegistry).protections.put(call)

    _despite_412(reference, "putProtection", put)


@FAULTS.add("creation-over-existing-is-428", "COM-CND-010")
def creation_over_existing_is_428(reference: Reference) -> None:
    """A PUT with If-None-Match: * on a protection that is there is refused as one without If-Match."""

    def refuse(call: Call, current: str | None) -> None:
        raise Problem(428, "precondition_required", "If-Matchが必要です / If-Match is required")

    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: refuse,
        concerns=_creates_over,
    )
