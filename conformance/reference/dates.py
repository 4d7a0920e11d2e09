"""Calendar dates and partly unknown dates (不詳日). Kept as `YYYY-MM-DD`, they are in order when the text is."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from conformance.reference.clock import micros_of

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_YEAR: Final = "1000"
_LEAP_YEAR: Final = 2000


@lru_cache(maxsize=65536)
def is_date(value: str) -> bool:
    """Whether `value` is a day of the Gregorian calendar, in the only accepted form."""
    if _DATE.fullmatch(value) is None:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_date_time(value: str) -> bool:
    """Whether `value` is an RFC 3339 date-time that names an instant."""
    return to_micros(value) is not None


_DATE_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def to_micros(value: str) -> int | None:
    """The instant of an RFC 3339 date-time in microseconds since 1970-01-01T00:00Z, or None where there is none."""
    match = _DATE_TIME.fullmatch(value)
    if match is None:
        return None
    day, clock, fraction, offset = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if offset == 'Z' else offset}")
        return micros_of(moment) + int(((fraction or ".0")[1:] + "00000")[:6])
    except (ValueError, OverflowError):
        return None


def add_days(day: str, days: int) -> str:
    """The date so many days later; the last (first) day of the calendar where that lies beyond it."""
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except OverflowError:
        return date.max.isoformat() if days > 0 else date.min.isoformat()


def days_between(earlier: str, later: str) -> int:
    """The number of days from `earlier` to `later`."""
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days


def has_unknown_part(value: str) -> bool:
    """Whether a part is marked as unknown: year 0000, month 00 or a season, day 00 or a third of a month."""
    year, month, day = value.split("-")
    return year == "0000" or month == "00" or not month.isdigit() or day == "00" or not day.isdigit()


def is_possible(value: str) -> bool:
    """Whether the known month and day of a partly unknown date exist together; an unknown year may be a leap year."""
    year, month, day = value.split("-")
    if not (month.isdigit() and day.isdigit()) or month == "00" or day == "00":
        return True
    try:
        date(int(year) or _LEAP_YEAR, int(month), int(day))
    except ValueError:
        return False
    return True


def is_consistent(partial: dict[str, Any]) -> bool:
    """Whether flag, value and notation of a PartialDate agree: known means a real day and no notation."""
    value = partial["value"]
    if partial["unknown"]:
        return has_unknown_part(value) and is_possible(value) and "notation" in partial
    return is_date(value) and value >= _FIRST_YEAR and "notation" not in partial


def known_day(partial: dict[str, Any]) -> str | None:
    """The day, where it is wholly known. A partly unknown date is never completed by assumption."""
    return None if partial["unknown"] else str(partial["value"])
