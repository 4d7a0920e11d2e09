"""Faults of what may be there once only: second applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
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


def _held_back(reference: Reference, asked: frozenset[str], statuses: frozenset[str]) -> None:
    """What is held back by applications of some statuses is held back by those of others."""

    def make(check_no_other: Method) -> Method:
        def other(procedure: Procedure, applicant_id: str, subject_id: str, held_back_by: frozenset[str]) -> None:
            found = statuses if held_back_by == asked else held_back_by
            check_no_other(procedure, applicant_id, subject_id, found)

        return other

    revise(reference.the(Procedures).entitlement, "check_no_other", make)


@FAULTS.add("second-draft-begun", "PR-DUP-001", "PR-DUP-006")
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


@FAULTS.add("applicants-counted-apart", "PR-DUP-006", "PR-DUP-011")
def applicants_counted_apart(reference: Reference) -> None:
    """Each applicant may apply once for a subject."""

    def make(others: Method) -> Method:
        def own(procedure: Procedure, applicant_id: str, subject_id: str) -> list[Application]:
            found: list[Application] = others(procedure, applicant_id, subject_id)
            return [application for application in found if application.applicant_id == applicant_id]

        return own

    revise(reference.the(Procedures).entitlement, "others", make)
