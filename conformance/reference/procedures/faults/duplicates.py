"""Faults of what may be there once only: second applications, and two requests at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.records import (
    APPROVED,
    DRAFT,
    OPEN,
    PAPER,
    PENDING,
    RETURNED,
    WITHDRAWN,
    Application,
    Procedure,
)
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_WAIT = 0.05
"""Seconds for which a request waits for another one that comes at the same time."""


def _held_back(reference: Reference, asked: frozenset[str], statuses: frozenset[str]) -> None:
    """What is held back by applications of some statuses is held back by those of others."""

    def make(check_no_other: Method) -> Method:
        def other(procedure: Procedure, applicant_id: str, subject_id: str, held_back_by: frozenset[str]) -> None:
            found = statuses if held_back_by == asked else held_back_by
            check_no_other(procedure, applicant_id, subject_id, found)

        return other

    revise(reference.the(Procedures).entitlement, "check_no_other", make)


@FAULTS.add("second-draft-begun", "PR-DUP-001", "PR-DUP-004", "PR-DUP-006")
def second_draft_begun(reference: Reference) -> None:
    """A draft does not hold back another."""
    _held_back(reference, OPEN, OPEN - {DRAFT})


@FAULTS.add("second-application-in-review", "PR-DUP-001")
def second_application_in_review(reference: Reference) -> None:
    """What is returned for correction does not hold back another application."""
    _held_back(reference, OPEN, OPEN - {RETURNED})


@FAULTS.add("second-application-on-paper", "PR-DUP-002")
def second_application_on_paper(reference: Reference) -> None:
    """An online application does not hold back paper."""
    service = reference.the(Procedures)

    def make(holds_back: Method) -> Method:
        def lenient(application: Application, statuses: frozenset[str]) -> bool:
            online = application.channel != PAPER and statuses == service.entitlement.paper()
            return bool(holds_back(application, statuses)) and not online

        return lenient

    revise(service.entitlement, "holds_back", make)


@FAULTS.add("paper-does-not-hold-back-a-submission", "PR-DUP-003")
def paper_does_not_hold_back_a_submission(reference: Reference) -> None:
    """A draft can be submitted although paper has come meanwhile."""

    def make(check_no_other_pending: Method) -> Method:
        return lambda application: None

    revise(reference.the(Procedures).entitlement, "check_no_other_pending", make)


@FAULTS.add("paper-does-not-hold-back-a-draft", "PR-DUP-003")
def paper_does_not_hold_back_a_draft(reference: Reference) -> None:
    """A draft can be begun although there is paper; it cannot be submitted then."""
    service = reference.the(Procedures)

    def make(holds_back: Method) -> Method:
        def lenient(application: Application, statuses: frozenset[str]) -> bool:
            return bool(holds_back(application, statuses)) and not (application.channel == PAPER and DRAFT in statuses)

        return lenient

    revise(service.entitlement, "holds_back", make)


@FAULTS.add("decision-holds-back", "PR-DUP-005")
def decision_holds_back(reference: Reference) -> None:
    """Who was approved once cannot apply again."""
    _held_back(reference, OPEN, OPEN | {APPROVED})


@FAULTS.add("withdrawal-holds-back", "PR-DUP-007")
def withdrawal_holds_back(reference: Reference) -> None:
    """Who has withdrawn an application cannot apply again."""
    _held_back(reference, OPEN, OPEN | {WITHDRAWN})


@FAULTS.add("draft-holds-back-paper", "PR-DUP-008")
def draft_holds_back_paper(reference: Reference) -> None:
    """A draft holds back paper."""
    _held_back(reference, PENDING, PENDING | {DRAFT})


@FAULTS.add("applicants-counted-apart", "PR-DUP-006")
def applicants_counted_apart(reference: Reference) -> None:
    """Each applicant may apply once for a subject."""

    def make(others: Method) -> Method:
        def own(procedure: Procedure, applicant_id: str, subject_id: str) -> list[Application]:
            found: list[Application] = others(procedure, applicant_id, subject_id)
            return [application for application in found if application.applicant_id == applicant_id]

        return own

    revise(reference.the(Procedures).entitlement, "others", make)


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
            check, service.entitlement.check_no_other = service.entitlement.check_no_other, lambda *_: None  # type: ignore[method-assign]
            try:
                return create(call)
            finally:
                service.entitlement.check_no_other = check  # type: ignore[method-assign]

        return careless

    _overtaken(reference, "createApplication", free, look)
    replace(service.online, "create", make)


def _both_told(reference: Reference, operation: str, part: Any, name: str) -> None:
    """Of two requests at once on one application each sees it as it was: the second is carried out too."""
    service = reference.the(Procedures)
    seen: dict[int, Any] = {}

    def look(call: Call) -> Any:
        return service.store.applications.get(call.path["application_id"])

    def make(original: Method) -> Method:
        def careless(call: Call) -> Any:
            before, now = seen.pop(id(call), None), call.target
            if before is not None and before.status != now.status:
                call.target = before
            return original(call)

        return careless

    _overtaken(reference, operation, seen, look)
    replace(part, name, make, lambda call: call.operation.id == operation)


@FAULTS.add("two-submissions-at-once", "PR-SUB-009")
def two_submissions_at_once(reference: Reference) -> None:
    """Of two submissions at once each sees a draft, and both are carried out."""
    _both_told(reference, "submitApplication", reference.the(Procedures).submissions, "submit")


@FAULTS.add("two-decisions-at-once", "PR-STA-012")
def two_decisions_at_once(reference: Reference) -> None:
    """Of two decisions at once each sees an application in review, and both are carried out."""
    _both_told(reference, "decideApplication", reference.the(Procedures).reviews, "decide")
