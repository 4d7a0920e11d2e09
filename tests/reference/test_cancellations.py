"""cancelNotification."""

import pytest

from .api import Api
from .town import ADDRESS, OTHER, cancel, change, day, move_in, move_out, number, person, protect, settle


def undo(api: Api, notification_id: str) -> tuple[int, str]:
    """Status and code of a cancellation."""
    return api.code("cancelNotification", body={"notification_id": notification_id, "reason": "誤登録"})


def test_move_out_is_undone(api: Api) -> None:
    """Claim: the state before comes back. Stimulus: cancel the head's move-out. Expected: active head, no ceased_on."""
    family = settle(api)
    before = [family.resident(place) for place in range(3)]
    moved = api.json("registerMoveOut", body=move_out(api, family.ids[:1], -2, new_head_id=family.ids[2]))
    cancel(api, moved["id"])
    after = [family.resident(place) for place in range(3)]
    for resident in (*before, *after):
        del resident["recorded_at"]
    assert before == after
    assert family.household()["head_id"] == family.ids[0]


def test_address_change_is_undone(api: Api) -> None:
    """Claim: address and household come back. Stimulus: cancel a partial move.

    Expected: as before; the new one closed.
    """
    family = settle(api)
    body = change(api, resident_ids=family.ids[2:], new_address=OTHER)
    moved = api.json("registerAddressChange", body=body)
    cancel(api, moved["id"])
    assert family.resident(2)["address"] == ADDRESS
    assert family.relationships() == {family.ids[0]: "head", family.ids[1]: "spouse", family.ids[2]: "child"}
    assert api.json("getHousehold", path={"household_id": moved["household_id"]})["status"] == "closed"


def test_whole_move_is_undone(api: Api) -> None:
    """Claim: so does the address of the household. Stimulus: cancel a whole move. Expected: the former address."""
    family = settle(api)
    moved = api.json("registerAddressChange", body=change(api, resident_ids=family.ids, new_address=OTHER))
    assert family.household()["address"] == OTHER
    cancel(api, moved["id"])
    assert family.household()["address"] == ADDRESS


def test_move_in_is_undone(api: Api) -> None:
    """Claim: a cancelled move-in frees the numbers. Stimulus: cancel, register again. Expected: cancelled, 201."""
    member = person()
    made = api.json("registerMoveIn", body=move_in(api.today, member))
    cancelled = cancel(api, made["id"])
    assert (cancelled["type"], cancelled["resident_ids"]) == ("cancellation", made["resident_ids"])
    found = api.json("getResident", path={"resident_id": made["resident_ids"][0]})
    assert (found["status"], found["ceased_on"]) == ("cancelled", None)
    closed = api.json("getHousehold", path={"household_id": made["household_id"]})
    assert (closed["status"], closed["address"]) == ("closed", ADDRESS)
    assert api.json("getNotification", path={"notification_id": made["id"]})["cancelled"] is True
    again = api.json("registerMoveIn", body=move_in(api.today, member))
    found = api.json("lookUpResident", body={"individual_number": member["individual_number"]})
    assert found["resident"]["id"] == again["resident_ids"][0]


@pytest.mark.parametrize("kind", ["death", "change_head", "split", "merge"])
def test_every_kind_is_undone(api: Api, kind: str) -> None:
    """Claim: every notification can be undone. Stimulus: each other kind. Expected: relationships as before."""
    family, other = settle(api), settle(api, "head")
    before = family.relationships()
    shared = {"kind": kind, "household_id": family.household_id}
    bodies = {
        "death": change(api, resident_id=family.ids[0], new_head_id=family.ids[1]),
        "change_head": change(
            api, **shared, new_head_id=family.ids[1], relationships={family.ids[0]: "spouse", family.ids[2]: "child"}
        ),
        "split": change(
            api, **shared, resident_ids=family.ids[:1], new_head_id=family.ids[0], remaining_head_id=family.ids[1]
        ),
        "merge": change(api, **shared, merged_household_id=other.household_id, relationships={other.ids[0]: "parent"}),
    }
    operation = "registerDeath" if kind == "death" else "registerHouseholdChange"
    notification = api.json(operation, body=bodies[kind])
    assert family.relationships() != before
    cancel(api, notification["id"])
    assert family.relationships() == before
    assert other.relationships() == {other.ids[0]: "head"}


def test_corrections_stay(api: Api) -> None:
    """Claim: a correction survives the cancellation of what came before it. Stimulus: both. Expected: corrected."""
    family = settle(api, "head")
    moved = api.json("registerMoveOut", body=move_out(api, family.ids, -2))
    tag = api.call("getResident", path={"resident_id": family.ids[0]}).headers["ETag"]
    body = {"sex": "9", "reason": "訂正"}
    api.call("correctResident", path={"resident_id": family.ids[0]}, body=body, headers={"If-Match": tag}, expect=200)
    cancel(api, moved["id"])
    found = family.resident(0)
    assert (found["sex"], found["status"]) == ("9", "active")


def test_second_cancellation(api: Api) -> None:
    """Claim: once only. Stimulus: twice. Expected: 409 already_cancelled."""
    moved = api.json("registerMoveOut", body=move_out(api, settle(api, "head").ids))
    cancel(api, moved["id"])
    assert undo(api, moved["id"]) == (409, "already_cancelled")


def test_cancellation_of_a_cancellation(api: Api) -> None:
    """Claim: a cancellation stands. Stimulus: cancel it. Expected: 422 not_cancellable."""
    moved = api.json("registerMoveOut", body=move_out(api, settle(api, "head").ids))
    assert undo(api, cancel(api, moved["id"])["id"]) == (422, "not_cancellable")


def test_latest_first(api: Api) -> None:
    """Claim: the latest goes first, by resident and by household. Stimulus: an earlier one.

    Expected: 409, in turn 201.
    """
    family = settle(api, "head", "child")
    first = api.json("registerAddressChange", body=change(api, -2, resident_ids=family.ids, new_address=OTHER))
    second = api.json("registerMoveOut", body=move_out(api, family.ids[1:], -1))
    assert undo(api, first["id"]) == (409, "later_notification")
    assert undo(api, family.notification["id"]) == (409, "later_notification")
    for notification in (second, first, family.notification):
        assert undo(api, notification["id"]) == (201, "")


def test_order_of_events_after_a_cancellation(api: Api) -> None:
    """Claim: what was cancelled does not count. Stimulus: an earlier event afterwards. Expected: 201."""
    family = settle(api, "head")
    moved = api.json("registerMoveOut", body=move_out(api, family.ids, -1))
    cancel(api, moved["id"])
    api.call("registerMoveOut", body=move_out(api, family.ids, -3), expect=201)
    assert family.resident(0)["ceased_on"] == day(api.today, -3)


def test_unknown_notification(api: Api) -> None:
    """Claim: unknown is unknown. Stimulus: an id never issued. Expected: 422 unknown_notification."""
    assert undo(api, "nothing") == (422, "unknown_notification")


def test_hidden_person(api: Api) -> None:
    """Claim: a notification that names a hidden person is unknown. Stimulus: one of three hidden. Expected: 422."""
    family = settle(api)
    protect(api, family.ids[1])
    assert undo(api, family.notification["id"]) == (422, "unknown_notification")
    body = {"notification_id": family.notification["id"], "reason": "誤登録"}
    api.call("cancelNotification", "protection_officer", body=body, expect=201)


def test_person_who_came_back(api: Api) -> None:
    """Claim: never two active registrations. Stimulus: cancel the move-out of who came back. Expected: 409."""
    member = person()
    first = api.json("registerMoveIn", body=move_in(api.today, member))
    moved = api.json("registerMoveOut", body=move_out(api, first["resident_ids"], -2))
    again = {**member, "resident_code": number("resident-code")}
    api.json("registerMoveIn", body=move_in(api.today, again, event_date=api.today))
    assert undo(api, moved["id"]) == (409, "already_registered")


def test_cancelled_residents_can_still_be_found(api: Api) -> None:
    """Claim: a search finds every status. Stimulus: household of a cancelled move-in. Expected: one, cancelled."""
    family = settle(api, "head")
    cancel(api, family.notification["id"])
    found = api.json("searchResidents", query={"household_id": family.household_id})
    assert [resident["status"] for resident in found["results"]] == ["cancelled"]
