"""States of an application, its events and notifications: sections 9 and 10 of the document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from conformance.reference.calls import Call
from conformance.reference.problems import Problem, conflict
from conformance.reference.procedures.records import (
    APPROVED,
    DECIDED,
    DRAFT,
    ONLINE,
    RECEIVED,
    REJECTED,
    RETURNED,
    REVIEWING,
    WITHDRAWN,
    Application,
    Event,
)

EDIT: Final = "edit"
"""The form is stored."""
ATTACH: Final = "attach"
SUBMIT: Final = "submit"
WITHDRAW: Final = "withdraw"
REVIEW: Final = "review"
RETURN: Final = "return"
APPROVE: Final = "approve"
REJECT: Final = "reject"

_WAYS: Final = {
    (DRAFT, EDIT): DRAFT,
    (RETURNED, EDIT): RETURNED,
    (DRAFT, ATTACH): DRAFT,
    (RETURNED, ATTACH): RETURNED,
    (DRAFT, SUBMIT): RECEIVED,
    (RETURNED, SUBMIT): RECEIVED,
    (DRAFT, WITHDRAW): WITHDRAWN,
    (RECEIVED, WITHDRAW): WITHDRAWN,
    (REVIEWING, WITHDRAW): WITHDRAWN,
    (RETURNED, WITHDRAW): WITHDRAWN,
    (RECEIVED, REVIEW): REVIEWING,
    (REVIEWING, RETURN): RETURNED,
    (REVIEWING, APPROVE): APPROVED,
    (REVIEWING, REJECT): REJECTED,
}
"""The only ways from one status to another."""

CREATED: Final = "created"
REVIEW_STARTED: Final = "review_started"
RESUBMITTED: Final = "resubmitted"

_TOLD: Final = frozenset({RECEIVED, RETURNED, RESUBMITTED, APPROVED, REJECTED})
"""The kinds of events of which the applicant is notified."""


class Lifecycle:
    """Which status follows, and what is written down of it. No state, no clock."""

    def after(self, status: str, action: str) -> str | None:
        """The status after an action; None where there is no such way."""
        return _WAYS.get((status, action))

    def check(self, application: Application, action: str) -> str:
        """The status after an action. Raises 409."""
        found = self.after(application.status, action)
        if found is None:
            raise self.refusal(application.status)
        return found

    def refusal(self, status: str) -> Problem:
        """409, by the status in which an action is not possible."""
        if status in DECIDED:
            return conflict("already_decided", "決定済みの申請です / The application is decided already")
        return conflict("wrong_status", "この状態ではできません / Not possible in this status")

    def kind(self, before: str | None, after: str) -> str:
        """What an event is called."""
        if before is None and after == DRAFT:
            return CREATED
        if before == RETURNED and after == RECEIVED:
            return RESUBMITTED
        return REVIEW_STARTED if after == REVIEWING else after

    def advance(
        self, call: Call, application: Application, status: str, detail: str | None, **changed: Any
    ) -> Application:
        """The application in another status, with its event."""
        before = application.status if application.events else None
        event = self.event(call, application.events, self.kind(before, status), status, detail)
        return replace(application, status=status, events=self.appended(application.events, event), **changed)

    def event(self, call: Call, events: tuple[Event, ...], kind: str, status: str, detail: str | None) -> Event:
        """The event of a change."""
        last = events[-1].occurred_at if events else None
        return Event(self.sequence(events), self.moment(call.now, last), kind, status, self.actor(call), detail)

    def sequence(self, events: tuple[Event, ...]) -> int:
        """The number of the next event."""
        return len(events) + 1

    def moment(self, now: int, last: int | None) -> int:
        """When an event occurred: after the one before it, whatever the clock says."""
        return now if last is None else max(now, last + 1)

    def actor(self, call: Call) -> str:
        """Who acts: the client."""
        return call.caller.client

    def appended(self, events: tuple[Event, ...], event: Event) -> tuple[Event, ...]:
        """All events with a new one; those before it stay as they are."""
        return (*events, event)

    def notifications(self, application: Application) -> list[Event]:
        """The events of which the applicant was notified; nobody is notified of paper here."""
        return [event for event in application.events if application.channel == ONLINE and self.is_told(event)]

    def is_told(self, event: Event) -> bool:
        """Whether the applicant is notified of an event."""
        return event.kind in _TOLD
