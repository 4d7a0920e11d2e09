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


def _unchecked(service: Procedures, check: str, carried_out: Method) -> Method:
    """What is carried out without a check of what there is beside it."""

    def careless(call: Call) -> Any:
        entitlement = service.entitlement
        before = getattr(entitlement, check)
        setattr(entitlement, check, lambda *_: None)
        try:
            return carried_out(call)
        finally:
            setattr(entitlement, check, before)

    return careless


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


def _as_seen(service: Procedures, free: dict[int, Any], check: str, carried_out: Method) -> Method:
    """A request that saw nothing beside it when it arrived is carried out without the check."""
    careless = _unchecked(service, check, carried_out)
    return lambda call: (careless if free.pop(id(call), False) else carried_out)(call)


@FAULTS.add("two-begins-at-once", "PR-DUP-004")
def two_begins_at_once(reference: Reference) -> None:
    """Of two begins at once each sees that there is no application yet, and both are carried out."""
    service = reference.the(Procedures)
    free: dict[int, Any] = {}

    def look(call: Call) -> bool:
        text = call.raw_body.decode("utf-8", "replace")
        about = service.store.applications.values()
        return not any(found.applicant_id in text or found.subject_id in text for found in about)

    _overtaken(reference, "createApplication", free, look)
    replace(service.online, "create", lambda create: _as_seen(service, free, "check_no_other", create))


@FAULTS.add("paper-and-submission-at-once", "PR-DUP-009")
def paper_and_submission_at_once(reference: Reference) -> None:
    """Paper and a submission that come at once do not see each other: both are received."""
    service = reference.the(Procedures)
    free: dict[int, Any] = {}

    def pending() -> list[Application]:
        return [found for found in service.store.applications.values() if found.status in PENDING]

    def beside_paper(call: Call) -> bool:
        text = call.raw_body.decode("utf-8", "replace")
        return not any(found.subject_id in text and found.procedure_code in text for found in pending())

    def beside_draft(call: Call) -> bool:
        draft = service.store.applications.get(call.path["application_id"])
        about = draft and (draft.subject_id, draft.procedure_code)
        return not any((found.subject_id, found.procedure_code) == about for found in pending())

    _overtaken(reference, "enterPaperApplication", free, beside_paper)
    _overtaken(reference, "submitApplication", free, beside_draft)
    replace(service.papers, "enter", lambda enter: _as_seen(service, free, "check_no_other", enter))
    replace(service.submissions, "submit", lambda submit: _as_seen(service, free, "check_no_other_pending", submit))


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


@FAULTS.add("decision-and-withdrawal-at-once", "PR-STA-015")
def decision_and_withdrawal_at_once(reference: Reference) -> None:
    """A decision and a withdrawal that come at once do not see each other: both are carried out."""
    service = reference.the(Procedures)
    _both_told(reference, "decideApplication", service.reviews, "decide", frozenset({WITHDRAWN}))
    _both_told(reference, "withdrawApplication", service.online, "withdraw", DECIDED)
