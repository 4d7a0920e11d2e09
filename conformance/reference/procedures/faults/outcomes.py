"""Faults of decisions, events and notifications: what is told of an application."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.offered import offer
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.procedures.faults.told import retell
from conformance.reference.procedures.lifecycle import RESUBMITTED, REVIEW_STARTED
from conformance.reference.procedures.records import (
    APPROVED,
    RECEIVED,
    REJECTED,
    RETURNED,
    WITHDRAWN,
    Application,
    Event,
)
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("approval-read-as-in-review", "PR-DEC-001")
def approval_read_as_in_review(reference: Reference) -> None:
    """The administration reads an approved application as in review still, with its decision."""

    def change(body: Any) -> None:
        if body["status"] == APPROVED:
            body["status"] = "reviewing"

    retell(reference, "GET", "/applications/*", change)


@FAULTS.add("approval-answered-as-rejection", "PR-DEC-001")
def approval_answered_as_rejection(reference: Reference) -> None:
    """The answer to an approval shows a rejection as the outcome."""

    def change(body: Any) -> None:
        if body["status"] == APPROVED:
            body["decision"]["outcome"] = REJECTED

    retell(reference, "POST", "/applications/*/decisions", change)


@FAULTS.add("reason-of-rejection-kept-from-the-applicant", "PR-DEC-002")
def reason_of_rejection_kept_from_the_applicant(reference: Reference) -> None:
    """The applicant reads a rejection without its reason."""

    def change(body: Any) -> None:
        if body["status"] == REJECTED:
            body["decision"]["reason"] = None

    retell(reference, "GET", "/online_applications/*", change)


@FAULTS.add("rejection-without-a-reason", "PR-DEC-003")
def rejection_without_a_reason(reference: Reference) -> None:
    """A rejection needs no reason."""
    revise(reference.the(Procedures).reviews, "needs_reason", lambda _: lambda outcome: False)


@FAULTS.add("notice-numbers-of-the-day", "PR-DEC-004")
def notice_numbers_of_the_day(reference: Reference) -> None:
    """All decisions of one day have one notice number."""
    today = reference.clock.today
    revise(reference.the(Procedures).reviews, "notice_number", lambda _: lambda application: f"notice-{today()}")


@FAULTS.add("clerk-decides", "PR-DEC-005", "COM-SEC-004", "COM-SEC-012", "COM-SEC-017")
def clerk_decides(reference: Reference) -> None:
    """Whoever may write applications may decide on them."""

    def make(missing_scopes: Method) -> Method:
        def lenient(call: Call) -> frozenset[str]:
            found: frozenset[str] = missing_scopes(call)
            writes = call.operation.id == "decideApplication" and "procedures:write" in call.caller.scopes
            return found - {"procedures:decide"} if writes else found

        return lenient

    revise(reference.pipeline, "missing_scopes", make)


def _listed(reference: Reference, change: Any) -> None:
    """The events of an application are listed otherwise."""

    def make(events: Method) -> Method:
        def other(application: Application) -> list[Event]:
            found: list[Event] = change(application, events(application))
            return found

        return other

    revise(reference.the(Procedures).applications, "events", make)


@FAULTS.add("correction-leaves-no-event", "PR-EVT-001", "PR-NTF-006")
def correction_leaves_no_event(reference: Reference) -> None:
    """The events do not show that a returned application was submitted again."""
    _listed(reference, lambda application, events: [event for event in events if event.kind != RESUBMITTED])


@FAULTS.add("sequence-begins-with-zero", "PR-EVT-001", "PR-CON-003")
def sequence_begins_with_zero(reference: Reference) -> None:
    """The sequence of the events begins anew after each correction."""

    def change(application: Application, events: list[Event]) -> list[Event]:
        again = next((place for place, event in enumerate(events) if event.kind == RESUBMITTED), len(events))
        return [
            altered(e, sequence=place - again + 1 if place >= again else e.sequence) for place, e in enumerate(events)
        ]

    _listed(reference, change)


@FAULTS.add("withdrawal-called-a-return", "PR-EVT-001")
def withdrawal_called_a_return(reference: Reference) -> None:
    """The event of a withdrawal is called that of a return."""
    _listed(
        reference,
        lambda application, events: [altered(e, kind=RETURNED) if e.kind == WITHDRAWN else e for e in events],
    )


@FAULTS.add("events-by-who-entered", "PR-EVT-002")
def events_by_who_entered(reference: Reference) -> None:
    """The actor of every event is the client that began or entered the application."""
    _listed(
        reference,
        lambda application, events: [altered(event, actor=application.entered_by) for event in events],
    )


@FAULTS.add("decision-by-the-reviewer", "PR-EVT-002")
def decision_by_the_reviewer(reference: Reference) -> None:
    """The actor of a decision is the client that started the review."""

    def change(application: Application, events: list[Event]) -> list[Event]:
        reviewer = next((event.actor for event in reversed(events) if event.kind == REVIEW_STARTED), None)
        decided = (APPROVED, REJECTED)
        return [altered(e, actor=reviewer) if reviewer and e.kind in decided else e for e in events]

    _listed(reference, change)


@FAULTS.add("events-of-whole-seconds", "PR-EVT-003", "PR-NTF-006")
def events_of_whole_seconds(reference: Reference) -> None:
    """The moments of events are whole seconds, so that two of one second have one moment."""
    _listed(
        reference,
        lambda application, events: [altered(e, occurred_at=e.occurred_at // 1_000_000 * 1_000_000) for e in events],
    )


@FAULTS.add("events-can-be-deleted", "PR-EVT-004")
def events_can_be_deleted(reference: Reference) -> None:
    """The events of an application can be deleted."""
    offer(reference, "DELETE", "/applications/[^/]+/events", "procedures")


@FAULTS.add("events-can-be-added", "PR-EVT-004")
def events_can_be_added(reference: Reference) -> None:
    """An event can be added by hand."""
    offer(reference, "POST", "/applications/[^/]+/events", "procedures")


@FAULTS.add("note-of-the-review-lost", "PR-EVT-005")
def note_of_the_review_lost(reference: Reference) -> None:
    """The note of a review is not among its events."""
    _listed(
        reference,
        lambda application, events: [altered(e, detail=None) if e.kind == REVIEW_STARTED else e for e in events],
    )


@FAULTS.add("reason-repeated-in-later-events", "PR-EVT-005")
def reason_repeated_in_later_events(reference: Reference) -> None:
    """An event without a detail has that of the event before it."""

    def change(application: Application, events: list[Event]) -> list[Event]:
        found: list[Event] = []
        for event in events:
            last = found[-1].detail if found else None
            found.append(event if event.detail is not None else altered(event, detail=last))
        return found

    _listed(reference, change)


def _told(reference: Reference, change: Any) -> None:
    """The applicant is told of other events."""

    def make(notifications: Method) -> Method:
        def other(application: Application) -> list[Event]:
            found: list[Event] = change(application, notifications(application))
            return found

        return other

    revise(reference.the(Procedures).lifecycle, "notifications", make)


def _without(reference: Reference, *kinds: str) -> None:
    _told(reference, lambda application, events: [event for event in events if event.kind not in kinds])


@FAULTS.add("receipt-not-notified", "PR-NTF-001")
def receipt_not_notified(reference: Reference) -> None:
    """The applicant is not notified of the receipt."""
    _without(reference, RECEIVED)


@FAULTS.add("receipt-notified-again-after-decision", "PR-NTF-001")
def receipt_notified_again_after_decision(reference: Reference) -> None:
    """Once there is a decision, the receipt is notified twice."""

    def change(application: Application, events: list[Event]) -> list[Event]:
        again = [event for event in events if event.kind == RECEIVED and application.decision is not None]
        return [*again, *events]

    _told(reference, change)


@FAULTS.add("return-notified-without-its-reason", "PR-NTF-002")
def return_notified_without_its_reason(reference: Reference) -> None:
    """The notification of a return does not say why."""
    _told(
        reference,
        lambda application, events: [altered(e, detail=None) if e.kind == RETURNED else e for e in events],
    )


@FAULTS.add("return-notification-taken-back", "PR-NTF-002")
def return_notification_taken_back(reference: Reference) -> None:
    """The notification of a return goes away with the correction."""

    def change(application: Application, events: list[Event]) -> list[Event]:
        corrected = any(event.kind == RESUBMITTED for event in events)
        return [event for event in events if not (corrected and event.kind == RETURNED)]

    _told(reference, change)


@FAULTS.add("approval-not-notified", "PR-NTF-003")
def approval_not_notified(reference: Reference) -> None:
    """The applicant is notified of a rejection only."""
    _without(reference, APPROVED)


@FAULTS.add("rejection-not-notified", "PR-NTF-003")
def rejection_not_notified(reference: Reference) -> None:
    """The applicant is notified of an approval only."""
    _without(reference, REJECTED)


@FAULTS.add("correction-not-notified", "PR-NTF-004")
def correction_not_notified(reference: Reference) -> None:
    """The applicant is not notified that the correction has come."""
    _without(reference, RESUBMITTED)


@FAULTS.add("withdrawal-notified", "PR-NTF-005", "COM-SCH-001")
def withdrawal_notified(reference: Reference) -> None:
    """The applicant is notified of the withdrawal too."""

    def make(is_told: Method) -> Method:
        return lambda event: is_told(event) or event.kind == WITHDRAWN

    revise(reference.the(Procedures).lifecycle, "is_told", make)
