"""The system's clock: the real one plus an offset that the upper tester may set. Japan time throughout."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

JAPAN: Final = timezone(timedelta(hours=9), "Asia/Tokyo")
"""Japan has no daylight saving time: a fixed offset is enough."""

_LAST: Final = 253_402_268_399_999_999
"""The last microsecond of the year 9999 in Japan: beyond it no date can be written."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=JAPAN) - timedelta(hours=-9)


@lru_cache(maxsize=4096)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, JAPAN).strftime("%Y-%m-%dT%H:%M:%S")


def timestamp(micros: int) -> str:
    """Microseconds since 1970-01-01T00:00Z as an RFC 3339 date-time with offset +09:00."""
    second, fraction = divmod(micros, 1_000_000)
    return f"{_second(second)}.{fraction:06d}+09:00"


def micros_of(moment: datetime) -> int:
    """The instant as microseconds since 1970-01-01T00:00Z, without the rounding of floating point."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Clock:
    """Time as the services see it."""

    def __init__(self, real: Callable[[], int] = time.time_ns, *, time_of_day: str | None = None) -> None:
        self._real = real
        self._time_of_day = time_of_day
        self.begin()

    def begin(self) -> None:
        """Begin: at the present time, or at the time of day that it was given, on the present day."""
        self._first_offset = self._offset = 0
        if self._time_of_day is not None:
            begin = datetime.fromisoformat(f"{self.today()}T{self._time_of_day}").replace(tzinfo=JAPAN)
            self._first_offset = self._offset = micros_of(begin) - self._real() // 1000

    def micros(self) -> int:
        """Now, in microseconds since 1970-01-01T00:00Z."""
        return min(self._real() // 1000 + self._offset, _LAST)

    def now(self) -> str:
        """Now, as an RFC 3339 date-time."""
        return timestamp(self.micros())

    def today(self) -> str:
        """The date in Japan."""
        return _second(self.micros() // 1_000_000)[:10]

    def set(self, micros: int) -> None:
        """Makes `micros` the present; time goes on from there."""
        self._offset = micros - self._real() // 1000

    def advance(self, seconds: int) -> None:
        """Moves the present by so many seconds."""
        self._offset += seconds * 1_000_000

    def go_before(self, seconds: int) -> None:
        """Goes so many seconds before the real time, or behind it where negative, also after every reset."""
        self._first_offset += seconds * 1_000_000
        self._offset += seconds * 1_000_000

    def reset(self) -> None:
        """Back to the time with which it began, and what has passed since."""
        self._offset = self._first_offset
