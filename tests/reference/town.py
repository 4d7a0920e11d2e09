"""Makes people and notifications for the tests: numbers drawn afresh, with right check digits."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from conformance.reference import identifiers

from .api import Api

Json = dict[str, Any]

ADDRESS: Json = {"municipality_code": "131016", "postal_code": "1020093", "town": "平河町", "lot": "1丁目901番1号"}
OTHER: Json = {"municipality_code": "131016", "postal_code": "1010051", "town": "神田神保町", "lot": "2丁目902番2号"}

_random = random.Random()  # noqa: S311  test data


def number(kind: str = "individual-number") -> str:
    """A fresh number with a right check digit."""
    length = {"individual-number": 11, "resident-code": 10}[kind]
    return identifiers.complete(kind, "".join(_random.choice("0123456789") for _ in range(length)))


def wrong(digits: str) -> str:
    """The number with another, wrong check digit."""
    return digits[:-1] + str((int(digits[-1]) + 1) % 10)


def day(today: str, days: int) -> str:
    """The date so many days from today."""
    return (date.fromisoformat(today) + timedelta(days=days)).isoformat()


def person(relationship: str = "head", **changes: Any) -> Json:
    """A member of a move-in."""
    return {
        "individual_number": number(),
        "resident_code": number("resident-code"),
        "name": {"family": "𠮷田", "given": "花子", "family_kana": "ヨシダ", "given_kana": "ハナコ"},
        "birth_date": {"value": "1990-04-01", "unknown": False},
        "sex": "2",
        "nationality": "JPN",
        "relationship": relationship,
        **changes,
    }


def move_in(today: str, *members: Json, **changes: Any) -> Json:
    """The body of a move-in."""
    return {
        "event_date": day(today, -5),
        "notification_date": today,
        "new_address": ADDRESS,
        "previous_address": {"text": "香川県高松市"},
        "members": list(members) or [person()],
        **changes,
    }


@dataclass
class Family:
    """A household that was just registered."""

    api: Api
    household_id: str
    ids: list[str]
    notification: Json

    def resident(self, place: int, role: str = "clerk", **query: str) -> Json:
        """The resident at this place."""
        found: Json = self.api.json("getResident", role, path={"resident_id": self.ids[place]}, query=query)
        return found

    def household(self, role: str = "clerk", **query: str) -> Json:
        """The household."""
        found: Json = self.api.json("getHousehold", role, path={"household_id": self.household_id}, query=query)
        return found

    def relationships(self, **query: str) -> dict[str, str]:
        """The members and their relationships, by resident id."""
        members = self.household(**query)["members"]
        return {member["resident_id"]: member["relationship"] for member in members}


def settle(api: Api, *relationships: str, **changes: Any) -> Family:
    """Registers a new household through a move-in; a head, a spouse and a child unless said otherwise."""
    members = [person(relationship) for relationship in relationships or ("head", "spouse", "child")]
    notification = api.json("registerMoveIn", body=move_in(api.today, *members, **changes))
    return Family(api, notification["household_id"], notification["resident_ids"], notification)


def move_out(api: Api, ids: list[str], event: int = 0, **changes: Any) -> Json:
    """The body of a move-out, dated so many days from today."""
    dates = {"event_date": day(api.today, event), "notification_date": api.today}
    return {"resident_ids": ids, **dates, "destination": {"text": "神奈川県横浜市"}, **changes}


def change(api: Api, event: int = 0, **members: Any) -> Json:
    """The body of any other notification, dated so many days from today."""
    return {"event_date": day(api.today, event), "notification_date": api.today, **members}


def protect(api: Api, resident_id: str, first: int = 0, last: int = 30) -> None:
    """Puts a resident under protection, from and to so many days from today."""
    period = {"from": day(api.today, first), "to": day(api.today, last), "category": "stalking"}
    path, headers = {"resident_id": resident_id}, {"If-None-Match": "*"}
    api.call("putProtection", "protection_officer", path=path, body=period, headers=headers, expect=201)


def cancel(api: Api, notification_id: str) -> Json:
    """Cancels a notification."""
    found: Json = api.json("cancelNotification", body={"notification_id": notification_id, "reason": "誤登録"})
    return found
