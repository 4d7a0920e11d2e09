"""searchResidents, lookUpResident, readIndividualNumber, and pages."""

from typing import Any

import pytest

from .api import Api
from .town import ADDRESS, move_out, number, person, protect, settle, wrong

Json = dict[str, Any]


def kana() -> str:
    """A reading that nobody else has."""
    letters = "アイウエオカキクケコ"
    return "".join(letters[int(digit)] for digit in number())


def family_of(api: Api, reading: str, count: int = 1) -> list[str]:
    """Registers so many residents of a reading, in one household."""
    name = {"family": "試験", "family_kana": reading, "given_kana": "ハナコ"}
    members = [person("head" if not place else "other", name=name) for place in range(count)]
    body = {"event_date": api.today, "notification_date": api.today, "new_address": ADDRESS}
    made = api.json("registerMoveIn", body={**body, "previous_address": {"text": "市外"}, "members": members})
    found: list[str] = made["resident_ids"]
    return found


def search(api: Api, role: str = "clerk", **query: Any) -> Json:
    """One page of a search."""
    found: Json = api.json("searchResidents", role, query=query)
    return found


def test_exact_match(api: Api) -> None:
    """Claim: exact, code point by code point. Stimulus: voiced, small, shorter readings. Expected: only its own."""
    reading = kana()
    ids = family_of(api, reading + "カヤ")
    family_of(api, reading + "ガヤ")
    family_of(api, reading + "カャ")
    found = search(api, family_kana=reading + "カヤ")
    assert [resident["id"] for resident in found["results"]] == ids
    assert search(api, family_kana=reading)["resultset"]["count"] == 0


def test_no_numbers_in_a_list(api: Api) -> None:
    """Claim: a list shows neither number. Stimulus: search. Expected: six members only."""
    reading = kana()
    family_of(api, reading)
    resident = search(api, family_kana=reading)["results"][0]
    assert set(resident) == {"id", "status", "name", "birth_date", "address", "household_id"}


def test_all_criteria_hold(api: Api) -> None:
    """Claim: all parameters hold together. Stimulus: each alone and one that fails. Expected: one, none."""
    reading = kana()
    (resident,) = family_of(api, reading)
    household_id = api.json("getResident", path={"resident_id": resident})["household_id"]
    right = {
        "family_kana": reading,
        "given_kana": "ハナコ",
        "birth_date": "1990-04-01",
        "household_id": household_id,
        "postal_code": ADDRESS["postal_code"],
        "status": "active",
    }
    assert [found["id"] for found in search(api, **right)["results"]] == [resident]
    others = {"given_kana": "タロウ", "birth_date": "1990-04-02", "postal_code": "1010051", "status": "deceased"}
    for name, value in {**others, "household_id": "nowhere", "family_kana": "ダレカ"}.items():
        assert search(api, **{**right, name: value})["resultset"]["count"] == 0


def test_unknown_parts_are_compared_as_written(api: Api) -> None:
    """Claim: a partly unknown date is found as written. Stimulus: its value, a full date.

    Expected: found, not found.
    """
    reading = kana()
    birth = {"value": "1950-00-00", "unknown": True, "notation": "昭和25年"}
    name = {"family": "試験", "family_kana": reading}
    settled = settle(api, "head")
    body = {"event_date": api.today, "notification_date": api.today, "new_address": ADDRESS}
    members = [person(name=name, birth_date=birth)]
    api.json("registerMoveIn", body={**body, "previous_address": {"text": "市外"}, "members": members})
    assert search(api, family_kana=reading, birth_date="1950-00-00")["resultset"]["count"] == 1
    assert search(api, family_kana=reading, birth_date="1950-01-01")["resultset"]["count"] == 0
    assert search(api, birth_date="0000-99-99".replace("99", "00"), household_id=settled.household_id)["results"] == []


@pytest.mark.parametrize("query", [{}, {"given_kana": "ハナコ"}, {"status": "active"}, {"sort": "id", "limit": 5}])
def test_too_broad(api: Api, query: Json) -> None:
    """Claim: one of four criteria is needed. Stimulus: none. Expected: 422 search_too_broad."""
    assert api.code("searchResidents", query=query) == (422, "search_too_broad")


def test_every_status_is_found(api: Api) -> None:
    """Claim: residents of every status are found. Stimulus: one of two has left. Expected: both; filtered, one."""
    family = settle(api, "head", "child")
    api.json("registerMoveOut", body=move_out(api, family.ids[1:], -2))
    assert search(api, household_id=family.household_id)["resultset"]["count"] == 2
    left = search(api, household_id=family.household_id, status="moved_out")
    assert [resident["id"] for resident in left["results"]] == family.ids[1:]


@pytest.mark.parametrize(
    "sort", [None, "id", "family_kana", "-family_kana", "became_resident_on", "-became_resident_on"]
)
def test_pages_fit_together(api: Api, sort: str | None) -> None:
    """Claim: pages are disjoint, complete, ordered. Stimulus: 23 residents, 5 a page. Expected: each once, count 23."""
    ids = family_of(api, kana(), 20) + family_of(api, kana(), 3)
    reading = [api.json("getResident", path={"resident_id": place})["name"]["family_kana"] for place in ids[::22]]
    query: Json = {"postal_code": ADDRESS["postal_code"], "limit": 100, **({} if sort is None else {"sort": sort})}
    everybody: list[Json] = []
    while True:
        page = search(api, **query, offset=len(everybody))
        assert page["resultset"]["limit"] == 100
        everybody += page["results"]
        if not page["results"]:
            break
    assert page["resultset"]["count"] == len(everybody) == len({resident["id"] for resident in everybody})
    assert set(ids) <= {resident["id"] for resident in everybody}
    if sort and "kana" in sort:
        kanas = [resident["name"]["family_kana"] for resident in everybody]
        assert kanas == sorted(kanas, reverse=sort.startswith("-"))
        assert set(reading) <= set(kanas)
    if sort == "id":
        assert [resident["id"] for resident in everybody] == sorted(resident["id"] for resident in everybody)


def test_default_limit(api: Api) -> None:
    """Claim: 20 a page unless said. Stimulus: no limit. Expected: 20, and the limit says so."""
    found = search(api, postal_code=ADDRESS["postal_code"])
    assert found["resultset"]["limit"] == len(found["results"]) == 20


def test_look_up(api: Api) -> None:
    """Claim: both numbers find the resident. Stimulus: each, and one that nobody has. Expected: the summary, null."""
    member = person()
    body = {"event_date": api.today, "notification_date": api.today, "new_address": ADDRESS}
    made = api.json("registerMoveIn", body={**body, "previous_address": {"text": "市外"}, "members": [member]})
    for name in ("individual_number", "resident_code"):
        assert api.json("lookUpResident", body={name: member[name]})["resident"]["id"] == made["resident_ids"][0]
    assert api.json("lookUpResident", body={"individual_number": number()}) == {"resident": None}
    wrong_digit = {"individual_number": wrong(member["individual_number"])}
    assert api.code("lookUpResident", body=wrong_digit) == (422, "check_digit")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/individual_number"),
        ({"individual_number": "12345678901"}, "/individual_number"),
        ({"individual_number": "123456789018", "resident_code": "24727059608"}, "/resident_code"),
        ({"my_number": "123456789018"}, "/my_number"),
    ],
)
def test_look_up_by_exactly_one(api: Api, body: Json, pointer: str) -> None:
    """Claim: by one number. Stimulus: none, a short one, both, another name. Expected: 400 with its place."""
    problem = api.call("lookUpResident", body=body, expect=400).json()
    assert pointer in [error.get("pointer") for error in problem["errors"]]
    assert "123456789018" not in str(problem)


def test_inquiry_for_a_stranger(api: Api) -> None:
    """Claim: unknown and hidden are the same. Stimulus: both. Expected: 422 unknown_resident, alike."""
    family = settle(api, "head")
    protect(api, family.ids[0])
    answers = []
    for resident_id in ("nobody", family.ids[0]):
        problem = api.call(
            "readIndividualNumber", body={"resident_id": resident_id, "reason": "確認"}, expect=422
        ).json()
        answers.append({name: value for name, value in problem.items() if name != "instance"})
    assert answers[0] == answers[1]
