"""Faults of the order in which a request is examined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("condition-before-existence", "COM-ERR-008")
def condition_before_existence(reference: Reference) -> None:
    """A change of an unknown resident without If-Match is a 428."""

    def make(carry_out: Method) -> Method:
        def carried(service: Any, call: Call) -> Answer:
            try:
                return carry_out(service, call)  # type: ignore[no-any-return]
            except Problem as problem:
                unknown = call.path["resident_id"] not in reference.the(ResidentRegistry).register.histories
                if problem.status == 404 and unknown and call.request.joined("if-match") is None:
                    raise Problem(428, "precondition_required", "If-Matchが必要です / If-Match is required") from None
                raise

        return carried

    replace(
        reference.pipeline, "carry_out", make, concerns=lambda service, call: call.operation.id == "correctResident"
    )


@FAULTS.add("existence-before-content", "COM-ERR-008")
def existence_before_content(reference: Reference) -> None:
    """A change of an unknown resident whose content is invalid is a 404."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def checked(call: Call) -> None:
            locate = registry.handlers[call.operation.id].locate
            if locate is not None:
                locate(call)
            check(call)

        return checked

    replace(
        reference.pipeline,
        "check_body",
        make,
        concerns=lambda call: call.operation.id in ("correctResident", "putProtection"),
    )


@FAULTS.add("condition-before-content", "COM-ERR-008")
def condition_before_content(reference: Reference) -> None:
    """A correction whose content is invalid and whose tag is outdated, or without one, is a 412 or 428."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def checked(call: Call) -> None:
            handler = registry.handlers[call.operation.id]
            if handler.locate is not None and handler.tag is not None:
                try:
                    handler.locate(call)
                except Problem:
                    check(call)
                    raise
                reference.pipeline.preconditions.check_change(call, handler.tag(call))
            check(call)

        return checked

    replace(reference.pipeline, "check_body", make, concerns=lambda call: call.operation.id == "correctResident")


@FAULTS.add("hidden-told-by-428", "RR-PRT-023")
def hidden_told_by_428(reference: Reference) -> None:
    """A correction of a hidden resident without If-Match is a 428, that of an unknown one a 404."""
    registry = reference.the(ResidentRegistry)

    def make(carry_out: Method) -> Method:
        def carried(service: Any, call: Call) -> Answer:
            try:
                return carry_out(service, call)  # type: ignore[no-any-return]
            except Problem as problem:
                hidden = registry.visibility.is_protected(call.path["resident_id"])
                if problem.status == 404 and hidden and call.request.joined("if-match") is None:
                    raise Problem(428, "precondition_required", "If-Matchが必要です / If-Match is required") from None
                raise

        return carried

    replace(
        reference.pipeline, "carry_out", make, concerns=lambda service, call: call.operation.id == "correctResident"
    )
