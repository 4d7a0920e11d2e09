"""Faults of the resident registry: calendars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.records import Entry
from conformance.reference.resident_registry.rules import already_registered

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.resident_registry.faults.acting import _registry


@FAULTS.add("late-without-leap-day", "RR-MIN-010", "RR-MOU-020")
def late_without_leap_day(reference: Reference) -> None:
    """Days are counted as if no year had a 29 February: a notification 15 days after the event may not be late."""

    def counted(event: str, notification: str) -> bool:
        days = dates.days_between(event, notification)
        years = range(int(event[:4]), int(notification[:4]) + 1)
        leap = [f"{y}-02-29" for y in years if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)]
        return days - sum(event < day <= notification for day in leap) > 14

    revise(_registry(reference).rules, "is_late", lambda _: counted)


@FAULTS.add("protection-of-a-year-over-a-leap-day", "RR-PRT-017")
def protection_of_a_year_over_a_leap_day(reference: Reference) -> None:
    """A protection may last until the same date of the next year: over a 29 February that is 367 days."""

    def make(check: Method) -> Method:
        def yearly(first: str, last: str) -> None:
            if last == f"{int(first[:4]) + 1:04}{first[4:]}":
                return
            check(first, last)

        return yearly

    revise(_registry(reference).rules, "check_period", make)


@FAULTS.add("sixty-days-without-leap-day", "RR-MOU-004")
def sixty_days_without_leap_day(reference: Reference) -> None:
    """The 60 days ahead of a move-out do not count a 29 February."""

    def make(check: Method) -> Method:
        def longer(event: str, notification: str, today: str) -> None:
            try:
                check(event, notification, today)
            except Problem as problem:
                if problem.code == "event_date_too_far" and dates.days_between(today, event) == 61:
                    day = f"{event[:4]}-02-29"
                    if dates.is_date(day) and today < day <= event:
                        return
                raise

        return longer

    revise(_registry(reference).rules, "check_move_out_days", make)


@FAULTS.add("born-before-1900", "RR-MIN-001", "COM-DAT-005")
def born_before_1900(reference: Reference) -> None:
    """A year of birth before 1900 is recorded a hundred years later, as by a year of two digits."""

    def make(birth_date: Method) -> Method:
        def later(member: Any) -> Any:
            kept = birth_date(member)
            year = kept["value"][:4]
            return {**kept, "value": f"{int(year) + 100:04}{kept['value'][4:]}"} if "1800" <= year < "1900" else kept

        return later

    revise(_registry(reference).move_ins, "birth_date", make)


@FAULTS.add("first-week-of-heisei", "RR-MIN-001")
def first_week_of_heisei(reference: Reference) -> None:
    """Who was born in the first seven days of 1989 (昭和64年) is recorded as born a year earlier."""

    def make(birth_date: Method) -> Method:
        def earlier(member: Any) -> Any:
            kept = birth_date(member)
            value = kept["value"]
            return {**kept, "value": f"1988{value[4:]}"} if "1989-01-01" <= value <= "1989-01-07" else kept

        return earlier

    revise(_registry(reference).move_ins, "birth_date", make)


@FAULTS.add("first-year-of-an-era-refused", "RR-MIN-001", "RR-RES-013", "COM-DAT-004")
def first_year_of_an_era_refused(reference: Reference) -> None:
    """A birth date of 2019 before the change of era is refused: the code of its era is not known."""

    def make(check: Method) -> Method:
        def strict(birth_date: Any, pointer: str) -> None:
            if "2019-01-01" <= birth_date["value"] < "2019-05-01":
                raise rule("unprocessable", "元号が不明です / Unknown era", pointer)
            check(birth_date, pointer)

        return strict

    revise(_registry(reference).rules, "check_birth_date", make)


@FAULTS.add("leap-day-of-death-ends-in-march", "RR-DTH-001")
def leap_day_of_death_ends_in_march(reference: Reference) -> None:
    """Who died on a 29 February is recorded as having ceased on 1 March."""

    def make(changes: Method) -> Method:
        return lambda event: changes(dates.add_days(event, 1) if event.endswith("-02-29") else event)

    revise(_registry(reference).deaths, "changes", make)


@FAULTS.add("as-of-after-this-century-refused", "RR-HIS-017")
def as_of_after_this_century_refused(reference: Reference) -> None:
    """A read as of a day after the year 2099 is answered 404."""
    from conformance.reference.problems import not_found

    def make(as_of: Method) -> Method:
        def near(call: Call) -> Entry | None:
            if call.query.get("as_of", "") >= "2100":
                raise not_found()
            found: Entry | None = as_of(call)
            return found

        return near

    revise(_registry(reference).residents, "as_of", make)


@FAULTS.add("search-by-status-of-the-last-recording", "RR-RES-005")
def search_by_status_of_the_last_recording(reference: Reference) -> None:
    """A search by status does not find as moved out who became so by the mere passing of the day."""
    registry = _registry(reference)

    def make(find: Method) -> Method:
        def stale(call: Call, criteria: dict[str, Any], sort: str) -> Any:
            found = find(call, criteria, sort)
            if criteria.get("status") != "moved_out":
                return found
            from conformance.reference.clock import timestamp

            current = registry.register.current
            return [p for p in found if (current[p[1]].ceased_on or "") <= timestamp(current[p[1]].recorded_at)[:10]]

        return stale

    revise(registry.search, "find", make)


@FAULTS.add("certificate-of-the-last-recorded-day", "RR-CRT-003")
def certificate_of_the_last_recorded_day(reference: Reference) -> None:
    """Who has moved out by the mere passing of the day still gets a certificate."""
    registry = _registry(reference)

    def make(check: Method) -> Method:
        def stale(entry: Entry) -> None:
            from conformance.reference.clock import timestamp

            if entry.status == "moved_out" and (entry.ceased_on or "") >= timestamp(entry.recorded_at)[:10]:
                return
            check(entry)

        return stale

    revise(registry.certificates, "check_active", make)


@FAULTS.add("look-up-by-status-of-the-last-recording", "RR-MIN-016")
def look_up_by_status_of_the_last_recording(reference: Reference) -> None:
    """Who has moved out by the mere passing of the day still counts as registered when they move in again."""
    registry = _registry(reference)

    def make(check: Method) -> Method:
        def stale(numbers: Any, active: Mapping[str, str]) -> None:
            from conformance.reference.clock import timestamp

            numbers = list(numbers)
            for number, pointer in numbers:
                for holder in registry.register.index.numbers.get(number, []):
                    e = registry.register.current.get(holder)
                    if (
                        e is not None
                        and e.status == "moved_out"
                        and (e.ceased_on or "") >= timestamp(e.recorded_at)[:10]
                    ):
                        raise already_registered(pointer)
            check(numbers, active)

        return stale

    replace(registry.rules, "check_once", make)
