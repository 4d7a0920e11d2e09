"""registerMoveIn."""

import pytest

from .api import Api
from .conftest import Make
from .town import ADDRESS, OTHER, day, move_in, move_out, number, person, settle, wrong


def test_members_are_registered_as_sent(api: Api) -> None:
    """Claim: each member becomes an active resident with the values sent. Stimulus: three members.

    Expected: 201, all.
    """
    members = [person("head"), person("spouse"), person("child")]
    notification = api.json("registerMoveIn", body=move_in(api.today, *members))
    for member, resident_id in zip(members, notification["resident_ids"], strict=True):
        found = api.json("getResident", path={"resident_id": resident_id})
        assert found["status"] == "active"
        assert found["became_resident_on"] == day(api.today, -5)
        assert found["ceased_on"] is None
        assert {name: found[name] for name in member if name != "individual_number"} == {
            name: value for name, value in member.items() if name != "individual_number"
        }
        asked = api.json("readIndividualNumber", body={"resident_id": resident_id, "reason": "確認"})
        assert asked == {"resident_id": resident_id, "individual_number": member["individual_number"]}


def test_new_household_has_the_head(api: Api) -> None:
    """Claim: the members form a household. Stimulus: head and child. Expected: active, head_id is the head."""
    family = settle(api, "child", "head")
    household = family.household()
    assert (household["status"], household["head_id"]) == ("active", family.ids[1])
    assert household["address"] == ADDRESS
    assert family.relationships() == {family.ids[0]: "child", family.ids[1]: "head"}


def test_joining_keeps_the_head(api: Api) -> None:
    """Claim: a move-in may join a household. Stimulus: household_id. Expected: members added, head as before."""
    family = settle(api)
    joined = api.json("registerMoveIn", body=move_in(api.today, person("parent"), household_id=family.household_id))
    assert family.household()["head_id"] == family.ids[0]
    assert family.relationships()[joined["resident_ids"][0]] == "parent"


def test_location_leads_to_the_notification(api: Api) -> None:
    """Claim: Location leads to what was made. Stimulus: GET it. Expected: 200, the same body."""
    response = api.call("registerMoveIn", body=move_in(api.today), expect=201)
    made = response.json()
    assert response.headers["Location"].endswith(made["id"])
    assert api.json("getNotification", path={"notification_id": made["id"]}) == made


@pytest.mark.parametrize("field", ["individual_number", "resident_code"])
def test_wrong_check_digit(api: Api, field: str) -> None:
    """Claim: check digits are checked. Stimulus: a wrong one. Expected: 422 check_digit, the place, not the number."""
    member = person()
    member[field] = wrong(member[field])
    response = api.call("registerMoveIn", body=move_in(api.today, member), expect=422)
    assert response.json()["code"] == "check_digit"
    assert response.json()["errors"][0]["pointer"] == f"/members/0/{field}"
    assert member[field] not in response.text


@pytest.mark.parametrize("place", ["new_address", "previous_address"])
def test_wrong_check_digit_of_a_municipality(api: Api, place: str) -> None:
    """Claim: so are those of municipalities. Stimulus: 131017 for 131016. Expected: 422 check_digit."""
    body = move_in(api.today)
    body[place] = {**body[place], "municipality_code": "131017"}
    assert api.code("registerMoveIn", body=body) == (422, "check_digit")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"event_date": 1, "notification_date": 1}, "notification_date_in_future"),
        ({"event_date": 0, "notification_date": -1}, "event_date_in_future"),
    ],
)
def test_days_in_the_future(api: Api, changes: dict[str, int], code: str) -> None:
    """Claim: nothing is notified ahead. Stimulus: dates in the future. Expected: 422."""
    days = {name: day(api.today, days) for name, days in changes.items()}
    assert api.code("registerMoveIn", body=move_in(api.today, **days)) == (422, code)


@pytest.mark.parametrize(("relationships"), [["spouse"], ["head", "head"]])
def test_exactly_one_head(api: Api, relationships: list[str]) -> None:
    """Claim: a new household has one head. Stimulus: none, two. Expected: 422 household_head."""
    body = move_in(api.today, *(person(relationship) for relationship in relationships))
    assert api.code("registerMoveIn", body=body) == (422, "household_head")


def test_joining_a_household(api: Api) -> None:
    """Claim: only an active household at that address is joined, by no head. Stimulus: others. Expected: 422 each."""
    family = settle(api, "head")
    joining = {"household_id": family.household_id}
    assert api.code("registerMoveIn", body=move_in(api.today, person("head"), **joining)) == (422, "household_head")
    elsewhere = move_in(api.today, person("child"), new_address=OTHER, **joining)
    assert api.code("registerMoveIn", body=elsewhere) == (422, "different_address")
    early = move_in(api.today, person("child"), event_date=day(api.today, -6), **joining)
    assert api.code("registerMoveIn", body=early) == (422, "event_out_of_order")
    unknown = move_in(api.today, person("child"), household_id="nobody")
    assert api.code("registerMoveIn", body=unknown) == (422, "unknown_household")
    api.json("registerMoveOut", body=move_out(api, family.ids, -2))
    closed = move_in(api.today, person("child"), **joining)
    assert api.code("registerMoveIn", body=closed) == (422, "unknown_household")


def test_household_of_at_most_100(api: Api) -> None:
    """Claim: a household has 100 members at most. Stimulus: six times twenty. Expected: the last is 422."""
    family = settle(api, "head", *["other"] * 19)
    for _ in range(4):
        body = move_in(api.today, *(person("other") for _ in range(20)), household_id=family.household_id)
        api.call("registerMoveIn", body=body, expect=201)
    one_more = move_in(api.today, person("other"), household_id=family.household_id)
    assert api.code("registerMoveIn", body=one_more) == (422, "unprocessable")


def test_event_before_birth(api: Api) -> None:
    """Claim: nobody moves in before birth. Stimulus: born the day after, the same day. Expected: 422, then 201."""
    for days, status in ((-4, 422), (-5, 201)):
        birth = {"value": day(api.today, days), "unknown": False}
        api.call("registerMoveIn", body=move_in(api.today, person(birth_date=birth)), expect=status)


def test_partly_unknown_birth_is_not_completed(api: Api) -> None:
    """Claim: an unknown part is never assumed. Stimulus: this year, month and day unknown. Expected: 201, kept."""
    birth = {"value": f"{api.today[:4]}-00-00", "unknown": True, "notation": "月日不詳"}
    made = api.json("registerMoveIn", body=move_in(api.today, person(birth_date=birth)))
    assert api.json("getResident", path={"resident_id": made["resident_ids"][0]})["birth_date"] == birth


@pytest.mark.parametrize(
    "birth",
    [
        {"value": "1990-02-30", "unknown": False},
        {"value": "1990-04-00", "unknown": False},
        {"value": "0000-04-01", "unknown": False},
        {"value": "1990-04-01", "unknown": False, "notation": "不詳"},
        {"value": "1990-04-01", "unknown": True, "notation": "不詳"},
        {"value": "1990-04-00", "unknown": True},
        {"value": "0000-02-30", "unknown": True, "notation": "年不詳"},
        {"value": "0999-04-01", "unknown": False},
    ],
)
def test_inconsistent_birth_dates(api: Api, birth: dict[str, object]) -> None:
    """Claim: flag, value and notation agree. Stimulus: they do not. Expected: 422 unprocessable."""
    assert api.code("registerMoveIn", body=move_in(api.today, person(birth_date=birth))) == (422, "unprocessable")


@pytest.mark.parametrize("value", ["0000-00-00", "1950-A1-00", "1950-D4-A3", "1950-05-A1", "0000-02-29", "1950-00-15"])
def test_every_unknown_part_is_accepted(api: Api, value: str) -> None:
    """Claim: every declared notation is accepted. Stimulus: seasons, thirds of months, zeros. Expected: 201."""
    birth = {"value": value, "unknown": True, "notation": "不詳"}
    api.call("registerMoveIn", body=move_in(api.today, person(birth_date=birth)), expect=201)


def test_other_municipality(api: Api) -> None:
    """Claim: the address lies in this body. Stimulus: 新宿区. Expected: 422 other_municipality."""
    body = move_in(api.today, new_address={**ADDRESS, "municipality_code": "131041"})
    assert api.code("registerMoveIn", body=body) == (422, "other_municipality")


def test_wards_of_a_designated_city(make: Make) -> None:
    """Claim: a designated city has its wards' codes. Stimulus: 中央区 of 札幌, then 横浜. Expected: 201, then 422."""
    sapporo = make(body="011002", people=10)
    for code, status in (("011011", 201), ("011002", 201), ("141003", 422)):
        body = move_in(sapporo.today, new_address={**ADDRESS, "municipality_code": code})
        sapporo.call("registerMoveIn", body=body, expect=status)


@pytest.mark.parametrize(("days", "late"), [(-14, False), (-15, True)])
def test_late(api: Api, days: int, late: bool) -> None:
    """Claim: late after 14 days. Stimulus: 14 and 15 days. Expected: false, true."""
    assert api.json("registerMoveIn", body=move_in(api.today, event_date=day(api.today, days)))["late"] is late


@pytest.mark.parametrize("field", ["individual_number", "resident_code"])
def test_nobody_is_registered_twice(api: Api, field: str) -> None:
    """Claim: one active registration. Stimulus: the number again, and twice in one.

    Expected: 409 already_registered.
    """
    member = person()
    api.call("registerMoveIn", body=move_in(api.today, member), expect=201)
    again = person(**{field: member[field]})
    assert api.code("registerMoveIn", body=move_in(api.today, again)) == (409, "already_registered")
    first, second = person(), person("child")
    second[field] = first[field]
    assert api.code("registerMoveIn", body=move_in(api.today, first, second)) == (409, "already_registered")


def test_all_or_nothing(api: Api) -> None:
    """Claim: a refused move-in registers nobody. Stimulus: one member wrong. Expected: the other is not found."""
    good = person()
    bad = person("child", individual_number=wrong(number()))
    api.call("registerMoveIn", body=move_in(api.today, good, bad), expect=422)
    found = api.json("lookUpResident", body={"individual_number": good["individual_number"]})
    assert found == {"resident": None}
    api.call("registerMoveIn", body=move_in(api.today, good), expect=201)


def test_return_gets_a_new_id(api: Api) -> None:
    """Claim: who comes back is a new resident. Stimulus: move out, move in. Expected: another id, look-up finds it."""
    member = person()
    first = api.json("registerMoveIn", body=move_in(api.today, member))["resident_ids"]
    api.json("registerMoveOut", body=move_out(api, first, -2))
    second = api.json("registerMoveIn", body=move_in(api.today, member, event_date=api.today))["resident_ids"]
    assert first != second
    found = api.json("lookUpResident", body={"resident_code": member["resident_code"]})
    assert found["resident"]["id"] == second[0]
