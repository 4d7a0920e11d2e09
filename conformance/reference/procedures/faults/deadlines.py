"""Faults of deadlines: the window of a procedure is another, or looked at by another clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.clock import timestamp
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.procedures.records import Procedure
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_SECOND = 1_000_000


def _day(reference: Reference, later: int) -> None:
    """The day of a submission is that of a moment so many microseconds later."""
    revise(reference.the(Procedures).submissions, "day", lambda _: lambda call: timestamp(call.now + later)[:10])


@FAULTS.add("deadline-a-second-early", "PR-DLN-001")
def deadline_a_second_early(reference: Reference) -> None:
    """The last second of the last day is too late."""
    _day(reference, _SECOND)


@FAULTS.add("deadline-a-minute-longer", "PR-DLN-002")
def deadline_a_minute_longer(reference: Reference) -> None:
    """A submission may come a minute after the last day."""
    _day(reference, -60 * _SECOND)


@FAULTS.add("deadline-in-utc", "PR-DLN-002")
def deadline_in_utc(reference: Reference) -> None:
    """The day of a submission is the date in UTC: the last day ends at nine in the morning after it."""
    _day(reference, -9 * 3600 * _SECOND)


def _window(reference: Reference, part: Any) -> None:
    """The window that a submission has to keep is another."""

    def make(check_window: Method) -> Method:
        def other(procedure: Procedure, day: str) -> None:
            check_window(Procedure(procedure.code, {**procedure.content, **part(procedure)}), day)

        return other

    revise(reference.the(Procedures).submissions, "check_window", make)


@FAULTS.add("submission-before-the-window", "PR-DLN-003", "PR-SUB-012")
def submission_before_the_window(reference: Reference) -> None:
    """A draft may be submitted before the procedure opens."""
    _window(reference, lambda procedure: {"opens_on": "0001-01-01"})


@FAULTS.add("submission-after-the-window", "PR-DLN-002", "PR-DLN-006")
def submission_after_the_window(reference: Reference) -> None:
    """A draft that was begun may be submitted after the procedure has closed."""
    _window(reference, lambda procedure: {"closes_on": None})


@FAULTS.add("first-day-too-early", "PR-DLN-007")
def first_day_too_early(reference: Reference) -> None:
    """A draft may be submitted from the second day of the window on."""
    _window(reference, lambda procedure: {"opens_on": dates.add_days(procedure.opens_on, 1)})


@FAULTS.add("correction-within-the-window-only", "PR-DLN-004")
def correction_within_the_window_only(reference: Reference) -> None:
    """A returned application has to be submitted within the window too."""
    revise(reference.the(Procedures).submissions, "has_window", lambda _: lambda application: True)


def _paper(reference: Reference, is_in_time: Any) -> None:
    revise(reference.the(Procedures).papers, "is_in_time", lambda _: is_in_time)


@FAULTS.add("paper-before-the-window", "PR-DLN-005", "PR-FIL-007")
def paper_before_the_window(reference: Reference) -> None:
    """Paper may arrive before the procedure opens."""
    _paper(reference, lambda p, day: p.closes_on is None or day <= p.closes_on)


@FAULTS.add("paper-a-day-after-the-window", "PR-DLN-005")
def paper_a_day_after_the_window(reference: Reference) -> None:
    """Paper may arrive a day after the procedure has closed."""
    _paper(
        reference,
        lambda p, day: p.opens_on <= day and (p.closes_on is None or dates.add_days(day, -1) <= p.closes_on),
    )


@FAULTS.add("paper-of-the-last-day-refused", "PR-DLN-008")
def paper_of_the_last_day_refused(reference: Reference) -> None:
    """Paper that arrives on the last day is too late."""
    _paper(reference, lambda p, day: p.opens_on <= day and (p.closes_on is None or day < p.closes_on))


@FAULTS.add("paper-from-tomorrow", "PR-DLN-009")
def paper_from_tomorrow(reference: Reference) -> None:
    """Paper may have arrived in the future, as far as that lies within the window."""
    service = reference.the(Procedures)

    def make(check_day: Method) -> Method:
        def lenient(procedure: Procedure, arrived_on: str) -> None:
            if not service.catalogue.in_window(procedure, arrived_on):
                check_day(procedure, arrived_on)

        return lenient

    revise(service.papers, "check_day", make)
