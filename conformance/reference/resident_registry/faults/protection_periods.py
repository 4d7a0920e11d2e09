"""Faults of the period of a protection: when it begins and ends, how long it is, and who sees what meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference import dates
from conformance.reference.calls import Answer, Call
from conformance.reference.clock import timestamp
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.records import Protection
from conformance.reference.resident_registry.rules import LONGEST_PROTECTION
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _officer_blind(reference: Reference, operation: str) -> None:
    def make(privileged: Method) -> Method:
        return lambda call: call.operation.id != operation and privileged(call)

    revise(reference.the(ResidentRegistry).visibility, "privileged", make)


@FAULTS.add("protected-from-the-officer", "RR-PRT-011")
def protected_from_the_officer(reference: Reference) -> None:
    """Reading one resident hides the protected ones from those who look after them too."""
    _officer_blind(reference, "getResident")


@FAULTS.add("protected-history-from-the-officer", "RR-PRT-011")
def protected_history_from_the_officer(reference: Reference) -> None:
    """The history of a protected resident is hidden from those who look after them too."""
    _officer_blind(reference, "listResidentHistory")


@FAULTS.add("protected-search-from-the-officer", "RR-PRT-011")
def protected_search_from_the_officer(reference: Reference) -> None:
    """A search hides protected residents from those who look after them too."""
    _officer_blind(reference, "searchResidents")


def _active(reference: Reference, make: Method) -> None:
    revise(reference.the(ResidentRegistry).visibility, "active_on", make)


@FAULTS.add("protection-begins-a-day-late", "RR-PRT-012", "RR-PRT-025", "XS-PRO-004", "XS-PRO-007")
def protection_begins_a_day_late(reference: Reference) -> None:
    """A protection is not active on its first day."""
    _active(reference, lambda _: lambda found, day: found.first < day <= found.last)


@FAULTS.add("protection-begins-a-day-early", "RR-PRT-014", "XS-PRO-007")
def protection_begins_a_day_early(reference: Reference) -> None:
    """A protection is active from the day before its first day."""
    _active(reference, lambda _: lambda found, day: dates.add_days(found.first, -1) <= day <= found.last)


@FAULTS.add("protection-ends-a-day-late", "RR-PRT-015", "RR-PRT-026", "XS-PRO-007")
def protection_ends_a_day_late(reference: Reference) -> None:
    """A protection is active until the day after its last day."""
    _active(reference, lambda _: lambda found, day: found.first <= day <= dates.add_days(found.last, 1))


def _listed(reference: Reference, bound: str) -> None:
    """Who is left out of lists is decided without the day that is the `bound` of the protection."""
    registry = reference.the(ResidentRegistry)

    def make(hidden_ids: Method) -> Method:
        def strict(call: Call) -> frozenset[str]:
            known, today = registry.visibility.protections, registry.register.today
            return frozenset(i for i in hidden_ids(call) if getattr(known[i], bound) != today)

        return strict

    revise(registry.visibility, "hidden_ids", make)


@FAULTS.add("protected-in-search-on-the-first-day", "RR-PRT-012", "RR-PRT-025")
def protected_in_search_on_the_first_day(reference: Reference) -> None:
    """A search finds a protected resident on the first day of the protection; everything else hides."""
    _listed(reference, "first")


@FAULTS.add("protected-in-search-on-the-last-day", "RR-PRT-013")
def protected_in_search_on_the_last_day(reference: Reference) -> None:
    """A search finds a protected resident on the last day of the protection; everything else hides."""
    _listed(reference, "last")


def _day_of(protection: Protection) -> str:
    return timestamp(protection.recorded_at)[:10]


@FAULTS.add("protection-decided-when-set", "RR-PRT-025")
def protection_decided_when_set(reference: Reference) -> None:
    """Whether a protection is active is decided when it is set: one that was to begin later never begins."""

    def make(active_on: Method) -> Method:
        return lambda found, day: active_on(found, day) and found.first <= _day_of(found)

    _active(reference, make)


@FAULTS.add("protection-not-ended", "RR-PRT-026")
def protection_not_ended(reference: Reference) -> None:
    """A protection that was once active stays so until it is changed."""

    def make(active_on: Method) -> Method:
        return lambda found, day: active_on(found, day) or (day > found.last and active_on(found, _day_of(found)))

    _active(reference, make)


@FAULTS.add("protection-by-days-in-utc", "RR-PRT-025", "RR-PRT-026", "COM-DAT-007")
def protection_by_days_in_utc(reference: Reference) -> None:
    """Protections go by the date in Greenwich: they begin and end at nine in the morning."""
    visibility = reference.the(ResidentRegistry).visibility

    def make(active_on: Method) -> Method:
        def by_utc(found: Protection, day: str) -> bool:
            day_in_utc = timestamp(reference.clock.micros() - 9 * 3600 * 1_000_000)[:10]
            return bool(active_on(found, min(day, day_in_utc)))

        return by_utc

    revise(visibility, "active_on", make)


@FAULTS.add("protection-change-unnoticed", "RR-PRT-022", "RR-PRT-050", "RR-PRT-051")
def protection_change_unnoticed(reference: Reference) -> None:
    """Whoever is hidden when a protection is changed stays hidden, whatever it is changed to."""
    visibility = reference.the(ResidentRegistry).visibility
    once: set[str] = set()

    def make(put: Method) -> Method:
        hides = visibility.hides

        def still(call: Call, resident_id: str) -> bool:
            return hides(call, resident_id) or (resident_id in once and not visibility.privileged(call))

        def noting(call: Call) -> Answer:
            if visibility.is_protected(call.target.id):
                once.add(call.target.id)
            answer: Answer = put(call)
            return answer

        # Only where the fault is really planted: what it could touch follows from who sets protections.
        visibility.hides = still  # type: ignore[method-assign]  # one method of one part, as replace() does
        return noting

    replace(reference.the(ResidentRegistry).protections, "put", make)


def _unchecked(reference: Reference, code: str) -> None:
    """A protection that is changed may have a period that a new one may not."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def lenient(call: Call) -> None:
            try:
                check(call)
            except Problem as problem:
                if problem.code != code or call.target.id not in registry.visibility.protections:
                    raise

        return lenient

    revise(registry.protections, "check", make)


@FAULTS.add("protection-backwards", "RR-PRT-016")
def protection_backwards(reference: Reference) -> None:
    """A protection may end the day before it begins."""

    def make(check: Method) -> Method:
        def lenient(first: str, last: str) -> None:
            if last != dates.add_days(first, -1):
                check(first, last)

        return lenient

    revise(reference.the(ResidentRegistry).rules, "check_period", make)


@FAULTS.add("protection-changed-backwards", "RR-PRT-016")
def protection_changed_backwards(reference: Reference) -> None:
    """A protection may be changed to end before it begins."""
    _unchecked(reference, "period_invalid")


@FAULTS.add("protection-of-367-days", "RR-PRT-017")
def protection_of_367_days(reference: Reference) -> None:
    """The days of a protection are counted without its last one."""

    def make(check: Method) -> Method:
        def lenient(first: str, last: str) -> None:
            if dates.days_between(first, last) != LONGEST_PROTECTION:
                check(first, last)

        return lenient

    revise(reference.the(ResidentRegistry).rules, "check_period", make)


@FAULTS.add("protection-of-366-days-refused", "RR-PRT-017")
def protection_of_366_days_refused(reference: Reference) -> None:
    """A protection lasts a year at most, and a year is 365 days."""

    def make(check: Method) -> Method:
        def strict(first: str, last: str) -> None:
            check(first, dates.add_days(last, 1) if last >= first else last)

        return strict

    revise(reference.the(ResidentRegistry).rules, "check_period", make)


@FAULTS.add("protection-changed-too-long", "RR-PRT-017")
def protection_changed_too_long(reference: Reference) -> None:
    """A protection may be changed to any length."""
    _unchecked(reference, "period_too_long")
