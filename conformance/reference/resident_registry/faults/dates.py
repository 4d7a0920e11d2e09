"""Faults about days: off by one, too strict, too lenient, or not in Japan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Answer, Request
from conformance.reference.clock import timestamp
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Violation, invalid, rule
from conformance.reference.resident_registry.records import Protection
from conformance.reference.resident_registry.rules import LATE_AFTER
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Partial = dict[str, Any]


@FAULTS.add("late-a-day-early", "RR-MIN-010", "RR-MOU-020")
def late_a_day_early(reference: Reference) -> None:
    """A notification exactly 14 days after the event is marked as late."""
    revise(
        reference.the(ResidentRegistry).rules,
        "is_late",
        lambda _: lambda event, told: dates.days_between(event, told) >= LATE_AFTER,
    )


@FAULTS.add("protection-ends-a-day-early", "RR-PRT-013", "RR-PRT-026", "XS-PRO-007")
def protection_ends_a_day_early(reference: Reference) -> None:
    """A protection is not active on its last day."""

    def until(protection: Protection, day: str) -> bool:
        return protection.first <= day < protection.last

    revise(reference.the(ResidentRegistry).visibility, "active_on", lambda _: until)


def _moments(value: Any, altered: Any) -> Any:
    """A JSON value with its date-times written otherwise."""
    if isinstance(value, str):
        return altered(value) if value.endswith("+09:00") and "T" in value else value
    if isinstance(value, dict):
        return {name: _moments(item, altered) for name, item in value.items()}
    return [_moments(item, altered) for item in value] if isinstance(value, list) else value


def _written(reference: Reference, path: str, altered: Any) -> None:
    """Date-times in answers under a path are written otherwise."""

    def other(request: Request, answer: Answer) -> Answer:
        if 200 <= answer.status < 300 and re.search(path, request.path):
            answer.body = _moments(answer.body, altered)
        return answer

    rewrite(reference, other)


@FAULTS.add("moments-without-offset-in-audit", "COM-DAT-001")
def moments_without_offset_in_audit(reference: Reference) -> None:
    """The moments of audit entries have no offset."""
    _written(reference, "/audit_entries$", lambda moment: moment[:-6])


@FAULTS.add("moments-in-utc-on-certificates", "COM-DAT-001")
def moments_in_utc_on_certificates(reference: Reference) -> None:
    """The moment of issue of a certificate is written in UTC, with Z."""
    _written(reference, "/certificates", lambda moment: f"{_utc(moment)}Z")


def _utc(moment: str) -> str:
    return timestamp((dates.to_micros(moment) or 0) - 9 * 3_600_000_000)[:-6]


@FAULTS.add("moments-with-offset-without-colon", "COM-DAT-001")
def moments_with_offset_without_colon(reference: Reference) -> None:
    """The offset in the moments of a history is written without its colon."""
    _written(reference, "/history$", lambda moment: moment[:-3] + moment[-2:])


def _rolled(reference: Reference, rolls: Any) -> None:
    """Days that no calendar has are read as the days after: `rolls` says which."""

    def day(text: str) -> str:
        if re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])-(29|30|31)", text) is None or dates.is_date(text) or not rolls(text):
            return text
        last = next(f"{text[:8]}{n}" for n in range(int(text[8:]), 27, -1) if dates.is_date(f"{text[:8]}{n}"))
        return dates.add_days(last, int(text[8:]) - int(last[8:]))

    def read(value: Any, name: str = "") -> Any:
        if isinstance(value, str):
            return day(value) if name in ("event_date", "notification_date", "from", "to") else value
        if isinstance(value, dict):
            return {key: read(item, key) for key, item in value.items()}
        return [read(item) for item in value] if isinstance(value, list) else value

    revise(reference.pipeline, "decode", lambda decode: lambda raw: read(decode(raw)))


@FAULTS.add("impossible-days-roll-over", "COM-DAT-002", "COM-ERR-007")
def impossible_days_roll_over(reference: Reference) -> None:
    """A day that its month does not have is read as one of the next month."""
    _rolled(reference, lambda text: True)


@FAULTS.add("leap-day-of-common-year-rolls-over", "COM-DAT-002", "COM-ERR-007")
def leap_day_of_common_year_rolls_over(reference: Reference) -> None:
    """29 February of a common year is read as 1 March."""
    _rolled(reference, lambda text: text.endswith("-02-29"))


def _born(reference: Reference, check: Any) -> None:
    """Birth dates are examined otherwise: `check(right check, birth date, pointer)`."""

    def make(right: Method) -> Method:
        return lambda birth_date, pointer: check(right, birth_date, pointer)

    revise(reference.the(ResidentRegistry).rules, "check_birth_date", make)


def _refusing(reference: Reference, refuses: Any) -> None:
    """Some birth dates are refused, though nothing is wrong with them."""

    def check(right: Method, birth_date: Partial, pointer: str) -> None:
        right(birth_date, pointer)
        if refuses(birth_date):
            raise rule("unprocessable", "生年月日を処理できません / The birth date cannot be processed", pointer)

    _born(reference, check)


@FAULTS.add("leap-day-refused", "COM-DAT-003")
def leap_day_refused(reference: Reference) -> None:
    """Nobody can be born on 29 February."""
    _refusing(reference, lambda born: not born["unknown"] and born["value"].endswith("-02-29"))


@FAULTS.add("leap-day-of-2000-refused", "COM-DAT-003")
def leap_day_of_2000_refused(reference: Reference) -> None:
    """The year 2000 is taken for a common year, as 1900 was one."""
    _refusing(reference, lambda born: born["value"] == "2000-02-29")


@FAULTS.add("leap-day-of-event-refused", "COM-DAT-003")
def leap_day_of_event_refused(reference: Reference) -> None:
    """Nothing can happen on 29 February."""

    def make(check: Method) -> Method:
        def strict(event: str, notification: str, today: str) -> None:
            if event.endswith("-02-29"):
                raise invalid((Violation("format", "存在しない日付です / No such day", pointer="/event_date"),))
            check(event, notification, today)

        return strict

    revise(reference.the(ResidentRegistry).rules, "check_days", make)


@FAULTS.add("unknown-year-refused", "COM-DAT-004")
def unknown_year_refused(reference: Reference) -> None:
    """A birth date of which the year is unknown, and the day known, is refused."""
    _refusing(reference, lambda born: born["value"].startswith("0000-") and not born["value"].endswith("-00"))


@FAULTS.add("season-codes-d-refused", "COM-DAT-004")
def season_codes_d_refused(reference: Reference) -> None:
    """The last four codes of seasons are not known."""
    _refusing(reference, lambda born: "-D" in born["value"])


@FAULTS.add("unknown-month-with-known-day-refused", "COM-DAT-004")
def unknown_month_with_known_day_refused(reference: Reference) -> None:
    """A birth date of which the day is known has to have a known month."""
    _refusing(reference, lambda born: re.fullmatch("[0-9]{4}-00-(?!00)[0-9]{2}", born["value"]) is not None)


def _kept_as(reference: Reference, altered: Any) -> None:
    """The birth date is kept altered when somebody moves in."""

    def make(birth_date_of: Method) -> Method:
        return lambda member: altered(birth_date_of(member))

    revise(reference.the(ResidentRegistry).move_ins, "birth_date", make)


@FAULTS.add("notation-rewritten", "COM-DAT-005")
def notation_rewritten(reference: Reference) -> None:
    """The notation of a birth date of which the season is known is replaced by a general one."""

    def general(born: Partial) -> Partial:
        return {**born, "notation": "季節のみ判明"} if re.search("-[A-D]", born["value"]) else born

    _kept_as(reference, general)


@FAULTS.add("ten-days-forgotten", "COM-DAT-005")
def ten_days_forgotten(reference: Reference) -> None:
    """Of the third of a month that somebody was born in only the month is kept."""
    _kept_as(reference, lambda born: {**born, "value": re.sub("-A[123]$", "-00", born["value"])})


@FAULTS.add("season-of-corrected-birth-date-forgotten", "COM-DAT-005")
def season_of_corrected_birth_date_forgotten(reference: Reference) -> None:
    """When a birth date is corrected, its season is not kept."""

    def make(changes_of: Method) -> Method:
        def careless(entry: Any, patch: dict[str, Any]) -> dict[str, Any]:
            changes: dict[str, Any] = changes_of(entry, patch)
            born = changes.get("birth_date")
            if born is None:
                return changes
            return {**changes, "birth_date": {**born, "value": re.sub("-[A-D][1-4]-", "-00-", born["value"])}}

        return careless

    revise(reference.the(ResidentRegistry).corrections, "changes", make)


@FAULTS.add("unknown-birth-date-completed-on-certificates", "COM-DAT-005")
def unknown_birth_date_completed_on_certificates(reference: Reference) -> None:
    """On a certificate an unknown day of birth is the first of the month, and known."""

    def completed(born: Partial) -> Partial:
        if not (born["unknown"] and re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])-00", born["value"])):
            return born
        return {"value": f"{born['value'][:8]}01", "unknown": False}

    def shown(request: Request, answer: Answer) -> Answer:
        if 200 <= answer.status < 300 and "/certificates" in request.path:
            lines = [{**line, "birth_date": completed(line["birth_date"])} for line in answer.body["residents"]]
            answer.body = {**answer.body, "residents": lines}
        return answer

    rewrite(reference, shown)


def _lenient(reference: Reference, accepts: Any) -> None:
    """Some contradictions of a birth date are overlooked."""

    def check(right: Method, birth_date: Partial, pointer: str) -> None:
        if not accepts(birth_date):
            right(birth_date, pointer)

    _born(reference, check)


@FAULTS.add("unknown-without-notation-accepted", "COM-DAT-006")
def unknown_without_notation_accepted(reference: Reference) -> None:
    """A partly unknown birth date needs no notation."""
    _lenient(reference, lambda born: born["unknown"] and "notation" not in born)


@FAULTS.add("known-with-notation-accepted", "COM-DAT-006")
def known_with_notation_accepted(reference: Reference) -> None:
    """A wholly known birth date may have a notation."""
    _lenient(reference, lambda born: not born["unknown"] and "notation" in born)


@FAULTS.add("known-date-marked-unknown-accepted", "COM-DAT-006")
def known_date_marked_unknown_accepted(reference: Reference) -> None:
    """A wholly known birth date may be marked as unknown."""
    _lenient(reference, lambda born: born["unknown"] and not dates.has_unknown_part(born["value"]))


@FAULTS.add("contradicting-birth-date-invalid", "COM-DAT-006")
def contradicting_birth_date_invalid(reference: Reference) -> None:
    """A birth date that contradicts its flag is refused with 400."""

    def check(right: Method, birth_date: Partial, pointer: str) -> None:
        if not dates.is_consistent(birth_date):
            raise invalid((Violation("invalid", "矛盾します / Contradiction", pointer=pointer),))
        right(birth_date, pointer)

    _born(reference, check)


@FAULTS.add("today-in-utc", "COM-DAT-007", "RR-PRT-025", "RR-PRT-026")
def today_in_utc(reference: Reference) -> None:
    """Today is the date in Greenwich: until nine in the morning it is still yesterday in Japan."""
    clock = reference.clock
    replace(
        clock,
        "today",
        lambda _: lambda: timestamp(clock.micros() - 9 * 3600 * 1_000_000)[:10],
        concerns=lambda: timestamp(clock.micros())[11:13] < "09",
    )
