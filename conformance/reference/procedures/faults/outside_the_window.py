"""Faults of what has no window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import conflict
from conformance.reference.procedures.faults.acting import _service

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _timely(reference: Reference) -> Callable[[Method], Method]:
    """What makes of an operation on an application one that is refused outside the window of its procedure."""
    service = _service(reference)

    def make(operation: Method) -> Method:
        def timely(call: Call) -> Answer:
            if not service.catalogue.in_window(service.showing.procedure_of(call.target), service.clock.today()):
                raise conflict("wrong_status", "受付期間外です / Outside the window")
            answer: Answer = operation(call)
            return answer

        return timely

    return make


@FAULTS.add("attachment-outside-the-window-refused", "PR-FRM-008", "PR-FRM-012")
def attachment_outside_the_window_refused(reference: Reference) -> None:
    """An attachment of a draft or a returned application is stored within the window only."""
    replace(_service(reference).attachments, "put", _timely(reference))


@FAULTS.add("withdrawal-outside-the-window-refused", "PR-WDR-001")
def withdrawal_outside_the_window_refused(reference: Reference) -> None:
    """An application can be withdrawn within the window only."""
    replace(_service(reference).online, "withdraw", _timely(reference))
