"""The business rules, each one method: no state, no clock. Days are `YYYY-MM-DD` and compare as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from conformance.reference import dates, identifiers
from conformance.reference.problems import Problem, conflict, rule

LATE_AFTER: Final = 14
FURTHEST_MOVE_OUT: Final = 60
LONGEST_PROTECTION: Final = 366
LARGEST_HOUSEHOLD: Final = 100


class Rules:
    """What the published document demands beyond its schemas."""

    def check_number(self, kind: str, value: str, pointer: str) -> None:
        """422 `check_digit` for a number whose check digit is wrong."""
        if not identifiers.is_valid(kind, value):
            raise rule("check_digit", "検査数字が正しくありません / The check digit is wrong", pointer)

    def check_place(self, place: Mapping[str, Any], pointer: str) -> None:
        """The check digit of a municipality code, where one is given."""
        if "municipality_code" in place:
            self.check_number("local-government-code", place["municipality_code"], f"{pointer}/municipality_code")

    def check_own(self, address: Mapping[str, Any], own: frozenset[str], pointer: str) -> None:
        """An address has to lie in this body: its own code, or the code of one of its wards."""
        self.check_place(address, pointer)
        if address["municipality_code"] not in own:
            where = f"{pointer}/municipality_code"
            raise rule("other_municipality", "他の市区町村の住所です / The address is in another municipality", where)

    def check_birth_date(self, birth_date: dict[str, Any], pointer: str) -> None:
        """Flag, value and notation of a partly unknown date have to agree."""
        if not dates.is_consistent(birth_date):
            raise rule("unprocessable", "生年月日の値と不詳の表示が矛盾します / Value and flag disagree", pointer)

    def check_days(self, event: str, notification: str, today: str) -> None:
        """Nothing is notified in the future, and nothing before it happens."""
        if notification > today:
            detail = "届出日が未来です / The notification date is in the future"
            raise rule("notification_date_in_future", detail, "/notification_date")
        if event > notification:
            detail = "異動日が届出日より後です / The event date is after the notification date"
            raise rule("event_date_in_future", detail, "/event_date")

    def check_move_out_days(self, event: str, notification: str, today: str) -> None:
        """A move-out alone may be notified before it happens, up to 60 days."""
        if notification > today:
            detail = "届出日が未来です / The notification date is in the future"
            raise rule("notification_date_in_future", detail, "/notification_date")
        if event > dates.add_days(today, FURTHEST_MOVE_OUT):
            raise rule("event_date_too_far", "転出日が60日より先です / More than 60 days ahead", "/event_date")

    def check_birth_before(self, birth_date: dict[str, Any], event: str, pointer: str) -> None:
        """Nobody moves in before being born; a partly unknown birth date is never completed by assumption."""
        born = dates.known_day(birth_date)
        if born is not None and event < born:
            raise rule("event_before_birth", "異動日が生年月日より前です / The event date is before the birth", pointer)

    def is_late(self, event: str, notification: str) -> bool:
        """Notified more than 14 days after the event (住民基本台帳法22条)."""
        return dates.days_between(event, notification) > LATE_AFTER

    def moved_out_from(self, event: str) -> str:
        """The first day on which somebody is no longer resident: the day after the move-out."""
        return dates.add_days(event, 1)

    def check_period(self, first: str, last: str) -> None:
        """A protection ends no earlier than it begins, and lasts 366 days at most, both ends counted."""
        if last < first:
            raise rule("period_invalid", "終了日が開始日より前です / The period ends before it begins", "/to")
        if dates.days_between(first, last) + 1 > LONGEST_PROTECTION:
            raise rule("period_too_long", "期間が366日を超えます / The period is longer than 366 days", "/to")

    def check_size(self, members: int, pointer: str) -> None:
        """A household has 100 members at most."""
        if members > LARGEST_HOUSEHOLD:
            raise rule("unprocessable", "世帯員は100人までです / A household has 100 members at most", pointer)

    def check_once(self, numbers: Iterable[tuple[str, str]], active: Mapping[str, str]) -> None:
        """A number stands once in a request, and on no other active registration. `numbers` with their pointers."""
        seen: set[str] = set()
        for number, pointer in numbers:
            if number in seen or number in active:
                raise already_registered(pointer)
            seen.add(number)


def already_registered(pointer: str | None = None) -> Problem:
    """409: somebody with this number is registered and active."""
    return conflict(
        "already_registered", "既に登録されている番号です / The number is on an active registration", pointer
    )


def not_active(pointer: str) -> Problem:
    """409: the resident has moved out, died, or was registered by mistake."""
    return conflict("not_active", "在住者ではありません / Not an active resident", pointer)
