"""getResident as of a day and a moment, listResidentHistory, correctResident."""

import time

import pytest

from .api import Api
from .town import ADDRESS, OTHER, cancel, change, day, move_out, protect, settle


def correct(api: Api, resident_id: str, role: str = "clerk", **patch: object) -> dict[str, object]:
    """Corrects a resident on the current entity tag."""
    tag = api.call("getResident", role, path={"resident_id": resident_id}, expect=200).headers["ETag"]
    body = {"reason": "職権訂正", **patch}
    found: dict[str, object] = api.json(
        "correctResident", role, path={"resident_id": resident_id}, body=body, headers={"If-Match": tag}
    )
    return found


def test_history_lists_everything_once(api: Api) -> None:
    """Claim: each notification and correction once, oldest first. Stimulus: five of them. Expected: 1 to 5."""
    family = settle(api, "head")
    moved = api.json("registerAddressChange", body=change(api, resident_ids=family.ids, new_address=OTHER))
    correct(api, family.ids[0], sex="9")
    out = api.json("registerMoveOut", body=move_out(api, family.ids))
    undone = cancel(api, out["id"])
    lines = api.json("listResidentHistory", path={"resident_id": family.ids[0]})["results"]
    assert [line["sequence"] for line in lines] == [1, 2, 3, 4, 5]
    assert [line["type"] for line in lines] == ["move_in", "address_change", "correction", "move_out", "cancellation"]
    ids = [family.notification["id"], moved["id"], None, out["id"], undone["id"]]
    assert [line["notification_id"] for line in lines] == ids
    assert [line["cancelled"] for line in lines] == [False, False, False, True, False]
    moments = [line["recorded_at"] for line in lines]
    assert moments == sorted(set(moments))


def test_history_is_of_those_named(api: Api) -> None:
    """Claim: who becomes head by another's leaving is not named. Stimulus: a move-out. Expected: one line only."""
    family = settle(api, "head", "child")
    api.json("registerMoveOut", body=move_out(api, family.ids[:1]))
    history = api.json("listResidentHistory", path={"resident_id": family.ids[1]})
    assert [line["type"] for line in history["results"]] == ["move_in"]


def test_history_is_paged(api: Api) -> None:
    """Claim: the history has pages. Stimulus: limit 1, offset 1. Expected: the second line of two."""
    family = settle(api, "head")
    correct(api, family.ids[0], sex="0")
    page = api.json("listResidentHistory", path={"resident_id": family.ids[0]}, query={"limit": 1, "offset": 1})
    assert page["resultset"] == {"count": 2, "offset": 1, "limit": 1}
    assert [line["sequence"] for line in page["results"]] == [2]


def test_before_the_first_registration(api: Api) -> None:
    """Claim: nobody before the first day, or the first recording. Stimulus: as_of, recorded_as_of. Expected: 404."""
    family = settle(api, "head")
    path = {"resident_id": family.ids[0]}
    api.call("getResident", path=path, query={"as_of": day(api.today, -6)}, expect=404)
    api.call("getResident", path=path, query={"recorded_as_of": "2020-01-01T00:00:00+09:00"}, expect=404)
    api.call("getResident", path=path, query={"recorded_as_of": "2999-01-01T00:00:00+09:00"}, expect=200)
    api.call("getHousehold", path={"household_id": family.household_id}, query={"as_of": "2020-01-01"}, expect=404)


def test_recorded_as_of_shows_what_was_known(api: Api) -> None:
    """Claim: recorded_as_of shows the value before a correction. Stimulus: correct. Expected: old, then new."""
    family = settle(api, "head")
    known = family.notification["recorded_at"]
    correct(api, family.ids[0], name={"given": "太郎"})
    assert family.resident(0, recorded_as_of=known)["name"]["given"] == "花子"
    assert family.resident(0)["name"]["given"] == "太郎"
    assert family.resident(0, as_of=day(api.today, -5))["name"]["given"] == "太郎"


def test_past_answers_never_change(api: Api) -> None:
    """Claim: same as_of and recorded_as_of, same bytes. Stimulus: correct, move out, cancel. Expected: the same."""
    family = settle(api, "head")
    moved = api.json("registerAddressChange", body=change(api, -1, resident_ids=family.ids, new_address=OTHER))
    query = {"as_of": api.today, "recorded_as_of": moved["recorded_at"]}
    path = {"resident_id": family.ids[0]}
    first = api.call("getResident", path=path, query=query, expect=200).content
    cancel(api, moved["id"])
    correct(api, family.ids[0], sex="9")
    api.json("registerMoveOut", body=move_out(api, family.ids, -1))
    assert api.call("getResident", path=path, query=query, expect=200).content == first
    assert family.resident(0)["address"] == ADDRESS


def test_recorded_at_is_that_of_the_latest_recording(api: Api) -> None:
    """Claim: recorded_at is the latest recording, whatever as_of is. Stimulus: move-out ahead. Expected: its moment."""
    family = settle(api, "head")
    moved = api.json("registerMoveOut", body=move_out(api, family.ids, 9))
    assert family.resident(0)["recorded_at"] == moved["recorded_at"]
    assert family.resident(0, as_of=day(api.today, -5))["recorded_at"] == moved["recorded_at"]


def test_recorded_at_increases_when_the_clock_is_set_back(own: Api) -> None:
    """Claim: recorded_at increases nevertheless. Stimulus: set the clock back a day. Expected: still later."""
    family = settle(own, "head")
    own.set_clock(own.reference.clock.now().replace(own.today, day(own.today, -1)))
    corrected = correct(own, family.ids[0], sex="9")
    assert str(corrected["recorded_at"]) > family.notification["recorded_at"]


def test_register_follows_a_clock_set_back(own: Api) -> None:
    """Claim: setting the clock back takes effects back. Stimulus: forward over a move-out, back. Expected: active."""
    family = settle(own, "head")
    own.json("registerMoveOut", body=move_out(own, family.ids))
    own.advance(days=2)
    assert family.resident(0)["status"] == "moved_out"
    own.set_clock(own.reference.clock.now().replace(own.today, day(own.today, -2)))
    assert family.resident(0)["status"] == "active"
    own.set_clock(f"2020-01-01T{time.strftime('%H:%M:%S')}+09:00")
    own.call("getResident", path={"resident_id": family.ids[0]}, expect=404)


def test_merge_patch(api: Api) -> None:
    """Claim: objects merge member by member, null removes. Stimulus: RFC 7396 cases. Expected: merged."""
    family = settle(api, "head")
    name = {"alias": "吉田", "given_kana": None, "reduced": {"family": "吉田", "given": None}}
    merged = correct(api, family.ids[0], name=name, nationality="USA")
    assert merged["name"] == {
        "family": "𠮷田",
        "given": "花子",
        "family_kana": "ヨシダ",
        "alias": "吉田",
        "reduced": {"family": "吉田"},
    }
    assert merged["nationality"] == "USA"
    without = correct(api, family.ids[0], name={"alias": None, "reduced": None})
    assert without["name"] == {"family": "𠮷田", "given": "花子", "family_kana": "ヨシダ"}


@pytest.mark.parametrize(
    ("birth", "code"),
    [
        ({"value": "1990-02-30", "unknown": False}, "unprocessable"),
        ({"value": "1990-02-28", "unknown": True}, "unprocessable"),
        ({"value": "2999-01-01", "unknown": False}, "event_before_birth"),
    ],
)
def test_correction_is_examined(api: Api, birth: dict[str, object], code: str) -> None:
    """Claim: the result keeps the rules. Stimulus: wrong birth dates. Expected: 422, nothing changed."""
    family = settle(api, "head")
    before = api.call("getResident", path={"resident_id": family.ids[0]})
    headers = {"If-Match": before.headers["ETag"]}
    body = {"birth_date": birth, "sex": "9", "reason": "訂正"}
    assert api.code("correctResident", path={"resident_id": family.ids[0]}, body=body, headers=headers) == (422, code)
    assert api.call("getResident", path={"resident_id": family.ids[0]}).content == before.content


def test_notation_is_removed_with_null(api: Api) -> None:
    """Claim: notation null removes it. Stimulus: unknown to known, without and with null. Expected: 422, then 200."""
    family = settle(api, "head")
    correct(api, family.ids[0], birth_date={"value": "1990-00-00", "unknown": True, "notation": "月日不詳"})
    tag = api.call("getResident", path={"resident_id": family.ids[0]}).headers["ETag"]
    known = {"value": "1990-04-02", "unknown": False}
    call = {"path": {"resident_id": family.ids[0]}, "headers": {"If-Match": tag}}
    assert api.code("correctResident", body={"birth_date": known, "reason": "判明"}, **call) == (422, "unprocessable")
    done = api.json("correctResident", body={"birth_date": {**known, "notation": None}, "reason": "判明"}, **call)
    assert done["birth_date"] == known


def test_correction_needs_something(api: Api) -> None:
    """Claim: a reason alone corrects nothing. Stimulus: no other member. Expected: 400."""
    family = settle(api, "head")
    call = {"path": {"resident_id": family.ids[0]}, "headers": {"If-Match": "*"}}
    assert api.code("correctResident", body={"reason": "訂正"}, **call) == (400, "invalid_request")


def test_correction_without_change_is_recorded(api: Api) -> None:
    """Claim: a correction is recorded even if nothing differs. Stimulus: the same sex.

    Expected: another tag, a line.
    """
    family = settle(api, "head")
    first = api.call("getResident", path={"resident_id": family.ids[0]})
    again = correct(api, family.ids[0], sex=first.json()["sex"])
    assert str(again["recorded_at"]) > first.json()["recorded_at"]
    assert api.call("getResident", path={"resident_id": family.ids[0]}).headers["ETag"] != first.headers["ETag"]


def test_correction_of_a_hidden_resident(api: Api) -> None:
    """Claim: a hidden resident cannot be corrected by others. Stimulus: clerk, officer. Expected: 404, 200."""
    family = settle(api, "head")
    protect(api, family.ids[0])
    call = {"path": {"resident_id": family.ids[0]}, "body": {"sex": "9", "reason": "訂正"}}
    api.call("correctResident", headers={"If-Match": "*"}, expect=404, **call)
    correct(api, family.ids[0], "protection_officer", sex="9")
