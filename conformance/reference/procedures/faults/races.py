"""Faults that show only where two requests overlap: each is carried out as if it were alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.procedures.records import DECIDED, PENDING, RECEIVED, WITHDRAWN, Application
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_WAIT = 0.05
"""Seconds for which a request waits for another one that comes at the same time."""


def _whatever_there_is(service: Procedures, carried_out: Method, call: Call) -> Any:
    """A request is carried out although there may be another application meanwhile."""
    check, service.entitlement.check_no_other = service.entitlement.check_no_other, lambda *_: None  # type: ignore[method-assign]
    try:
        return carried_out(call)
    finally:
        service.entitlement.check_no_other = check  # type: ignore[method-assign]


def _overtaken(reference: Reference, operation: str, seen: dict[int, Any], look: Any) -> None:
    """Each request of an operation looks at something, and then waits for a moment before it is carried out."""

    def concerns(call: Call) -> bool:
        return call.operation.id == operation

    def entering(enter: Method) -> Method:
        async def waits(call: Call) -> None:
            seen[id(call)] = look(call)
            await asyncio.sleep(_WAIT)
            await enter(call)

        return waits

    replace(reference.pipeline, "enter", entering, concerns)


@FAULTS.add("two-begins-at-once", "PR-DUP-004")
def two_begins_at_once(reference: Reference) -> None:
    """Of two begins at once each sees that there is no application yet, and both are carried out."""
    service = reference.the(Procedures)
    free: dict[int, Any] = {}

    def look(call: Call) -> bool:
        about = service.store.applications.values()
        return not any(found.applicant_id in call.raw_body.decode("utf-8", "replace") for found in about)

    def make(create: Method) -> Method:
        def careless(call: Call) -> Any:
            if not free.pop(id(call), False):
                return create(call)
            return _whatever_there_is(service, create, call)

        return careless

    _overtaken(reference, "createApplication", free, look)
    replace(service.online, "create", make)


@FAULTS.add("paper-and-submission-at-once", "PR-DUP-009")
def paper_and_submission_at_once(reference: Reference) -> None:
    """Paper does not see an application that is submitted while it is entered: both are received."""
    service = reference.the(Procedures)
    free: dict[int, Any] = {}

    def look(call: Call) -> bool:
        text = call.raw_body.decode("utf-8", "replace")
        pending = (found for found in service.store.applications.values() if found.status in PENDING)
        return not any(found.subject_id in text and found.procedure_code in text for found in pending)

    def make(enter: Method) -> Method:
        def careless(call: Call) -> Any:
            return _whatever_there_is(service, enter, call) if free.pop(id(call), False) else enter(call)

        return careless

    _overtaken(reference, "enterPaperApplication", free, look)
    replace(service.papers, "enter", make)


@FAULTS.add("one-number-for-two-at-once", "PR-SUB-013")
def one_number_for_two_at_once(reference: Reference) -> None:
    """Of two submissions at once each takes the number after the last one that it saw when it arrived."""
    service = reference.the(Procedures)
    seen: dict[int, Any] = {}

    def make(receipt: Method) -> Method:
        def early(call: Call, application: Application) -> dict[str, Any]:
            given: dict[str, Any] = receipt(call, application)
            last = seen.pop(id(call), None)
            return given if last is None or not given else {**given, "receipt_number": last + 1}

        return early

    _overtaken(reference, "submitApplication", seen, lambda call: service.store.receipts)
    replace(service.submissions, "receipt", make)


def _both_told(reference: Reference, operation: str, part: Any, name: str, then: frozenset[str]) -> None:
    """An application is seen as it was, although another request has brought it to one of these statuses since."""
    service = reference.the(Procedures)
    seen: dict[int, Any] = {}

    def look(call: Call) -> Any:
        return service.store.applications.get(call.path["application_id"])

    def make(original: Method) -> Method:
        def careless(call: Call) -> Any:
            before, now = seen.pop(id(call), None), call.target
            if before is not None and before.status != now.status and now.status in then:
                call.target = before
            return original(call)

        return careless

    _overtaken(reference, operation, seen, look)
    replace(part, name, make, lambda call: call.operation.id == operation)


@FAULTS.add("two-submissions-at-once", "PR-SUB-009")
def two_submissions_at_once(reference: Reference) -> None:
    """Of two submissions at once each sees a draft, and both are carried out."""
    part = reference.the(Procedures).submissions
    _both_told(reference, "submitApplication", part, "submit", frozenset({RECEIVED}))


@FAULTS.add("two-decisions-at-once", "PR-STA-012")
def two_decisions_at_once(reference: Reference) -> None:
    """Of two decisions at once each sees an application in review, and both are carried out."""
    _both_told(reference, "decideApplication", reference.the(Procedures).reviews, "decide", DECIDED)


@FAULTS.add("decision-over-a-withdrawal", "PR-STA-015")
def decision_over_a_withdrawal(reference: Reference) -> None:
    """A decision does not see a withdrawal that comes at the same time, and is carried out too."""
    part = reference.the(Procedures).reviews
    _both_told(reference, "decideApplication", part, "decide", frozenset({WITHDRAWN}))
