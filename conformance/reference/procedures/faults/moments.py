"""Faults of the moments that an application shows."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.procedures.faults.acting import _alter, _service
from conformance.reference.procedures.records import (
    Application,
    Procedure,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("paper-received-when-it-arrived", "PR-SUB-015")
def paper_received_when_it_arrived(reference: Reference) -> None:
    """The moment of receipt of paper is the begin of the day on which it arrived, not that of the entry."""

    def make(received: Method) -> Method:
        def other(call: Call, procedure: Procedure, subject_id: str) -> Application:
            made: Application = received(call, procedure, subject_id)
            return altered(made, received_at=dates.to_micros(f"{made.arrived_on}T00:00:00+09:00"))

        return other

    replace(_service(reference).papers, "received", make)


@FAULTS.add("received-when-begun", "PR-SUB-015")
def received_when_begun(reference: Reference) -> None:
    """The moment of receipt of an online application is that of the begin of the draft."""
    _alter(
        _service(reference).submissions,
        "receipt",
        lambda found, call, a: {**found, "received_at": a.events[0].occurred_at} if found else found,
    )


@FAULTS.add("decided-when-the-review-was-started", "PR-DEC-007")
def decided_when_the_review_was_started(reference: Reference) -> None:
    """The moment of a decision is that of the start of the review."""
    _alter(
        _service(reference).reviews,
        "decision",
        lambda found, call, a, outcome, reason: altered(found, decided_at=a.events[-1].occurred_at),
    )


@FAULTS.add("notifications-issued-at-the-last-moment", "PR-NTF-006")
def notifications_issued_at_the_last_moment(reference: Reference) -> None:
    """Every notification was issued at the moment of the last event."""
    _alter(
        _service(reference).lifecycle,
        "notifications",
        lambda found, a: [altered(e, occurred_at=a.events[-1].occurred_at) for e in found],
    )
