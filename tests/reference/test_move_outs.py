"""registerMoveOut, and the head of those who stay."""

from .api import Api
from .town import cancel, change, day, move_in, move_out, person, protect, settle, wrong


def test_active_on_the_day_and_moved_out_after_it(api: Api) -> None:
    """Claim: the day of the move is the last day of residence. Stimulus: as_of around it.

    Expected: active, moved_out.
    """
    family = settle(api, "head")
    api.json("registerMoveOut", body=move_out(api, family.ids, -2))
    assert family.resident(0, as_of=day(api.today, -2))["status"] == "active"
    after = family.resident(0, as_of=day(api.today, -1))
    assert (after["status"], after["ceased_on"]) == ("moved_out", day(api.today, -2))
    assert family.resident(0)["status"] == "moved_out"


def test_future_move_out_takes_effect(own: Api) -> None:
    """Claim: a move-out dated ahead needs no further request. Stimulus: the clock. Expected: active, then moved out."""
    family = settle(own, "head", "spouse", "child")
    own.json("registerMoveOut", body=move_out(own, family.ids[:1], 10, new_head_id=family.ids[1]))
    own.advance(days=10)
    assert family.resident(0)["status"] == "active"
    assert family.household()["head_id"] == family.ids[0]
    own.advance(days=1)
    assert family.resident(0)["status"] == "moved_out"
    assert family.relationships() == {family.ids[1]: "head", family.ids[2]: "child"}
    assert (
        own.json("searchResidents", query={"household_id": family.household_id, "status": "active"})["resultset"][
            "count"
        ]
        == 2
    )


def test_future_state_can_be_read(api: Api) -> None:
    """Claim: as_of ahead shows what is recorded for that day. Stimulus: as_of. Expected: closed on the day after."""
    family = settle(api, "head")
    api.json("registerMoveOut", body=move_out(api, family.ids, 5))
    assert family.household(as_of=day(api.today, 5))["status"] == "active"
    closed = family.household(as_of=day(api.today, 6))
    assert (closed["status"], closed["members"], closed["head_id"]) == ("closed", [], None)


def test_at_most_sixty_days_ahead(api: Api) -> None:
    """Claim: 60 days ahead at most. Stimulus: 61, then 60. Expected: 422 event_date_too_far, then 201."""
    family = settle(api, "head")
    assert api.code("registerMoveOut", body=move_out(api, family.ids, 61)) == (422, "event_date_too_far")
    api.call("registerMoveOut", body=move_out(api, family.ids, 60), expect=201)


def test_notification_not_in_the_future(api: Api) -> None:
    """Claim: nobody notifies tomorrow. Stimulus: notification_date tomorrow. Expected: 422."""
    body = move_out(api, settle(api, "head").ids, notification_date=day(api.today, 1))
    assert api.code("registerMoveOut", body=body) == (422, "notification_date_in_future")


def test_one_household(api: Api) -> None:
    """Claim: residents of one household. Stimulus: of two. Expected: 422 different_households."""
    ids = settle(api, "head").ids + settle(api, "head").ids
    assert api.code("registerMoveOut", body=move_out(api, ids)) == (422, "different_households")


def test_only_active_residents(api: Api) -> None:
    """Claim: who has moved out, or will, cannot move out. Stimulus: again. Expected: 409 not_active."""
    past, ahead = settle(api, "head"), settle(api, "head")
    api.json("registerMoveOut", body=move_out(api, past.ids, -2))
    api.json("registerMoveOut", body=move_out(api, ahead.ids, 20))
    assert api.code("registerMoveOut", body=move_out(api, past.ids)) == (409, "not_active")
    assert api.code("registerMoveOut", body=move_out(api, ahead.ids, 30)) == (409, "not_active")


def test_unknown_resident(api: Api) -> None:
    """Claim: unknown residents are refused. Stimulus: an id never issued. Expected: 422, with its place."""
    response = api.call("registerMoveOut", body=move_out(api, ["nobody"]), expect=422)
    assert response.json()["code"] == "unknown_resident"
    assert response.json()["errors"][0]["pointer"] == "/resident_ids/0"


def test_new_head(api: Api) -> None:
    """Claim: when the head leaves two or more, one of them is named. Stimulus: none, wrong, right.

    Expected: 422, 201.
    """
    family = settle(api)
    for named in ({}, {"new_head_id": family.ids[0]}, {"new_head_id": settle(api).ids[0]}):
        body = move_out(api, family.ids[:1], -2, **named)
        assert api.code("registerMoveOut", body=body) == (422, "new_head_required")
    unknown = move_out(api, family.ids[:1], -2, new_head_id="nobody")
    assert api.code("registerMoveOut", body=unknown) == (422, "unknown_resident")
    api.json("registerMoveOut", body=move_out(api, family.ids[:1], -2, new_head_id=family.ids[2]))
    assert family.relationships() == {family.ids[1]: "spouse", family.ids[2]: "head"}
    assert family.household(as_of=day(api.today, -2))["head_id"] == family.ids[0]


def test_sole_member_becomes_head(api: Api) -> None:
    """Claim: the only one who stays becomes head. Stimulus: nobody named. Expected: head."""
    family = settle(api, "head", "child")
    api.json("registerMoveOut", body=move_out(api, family.ids[:1], -2))
    assert family.relationships() == {family.ids[1]: "head"}


def test_head_named_for_nothing(api: Api) -> None:
    """Claim: no head is named where none changes. Stimulus: the head stays; all leave. Expected: 422 unprocessable."""
    family = settle(api)
    stays = move_out(api, family.ids[1:2], new_head_id=family.ids[2])
    assert api.code("registerMoveOut", body=stays) == (422, "unprocessable")
    leave = move_out(api, family.ids, new_head_id=family.ids[2])
    assert api.code("registerMoveOut", body=leave) == (422, "unprocessable")


def test_last_member_closes_the_household(api: Api) -> None:
    """Claim: a household without members is closed. Stimulus: all move out. Expected: closed, last address."""
    family = settle(api)
    address = family.household()["address"]
    api.json("registerMoveOut", body=move_out(api, family.ids, -2))
    household = family.household()
    assert (household["status"], household["members"], household["head_id"]) == ("closed", [], None)
    assert household["address"] == address


def test_destination_check_digit(api: Api) -> None:
    """Claim: any municipality, but a right code. Stimulus: 横浜市 right, then wrong. Expected: 422, then 201."""
    family = settle(api, "head")
    for code, status in ((wrong("141003"), 422), ("141003", 201)):
        destination = {"municipality_code": code, "text": "横浜市"}
        api.call("registerMoveOut", body=move_out(api, family.ids, destination=destination), expect=status)


def test_order_of_events(api: Api) -> None:
    """Claim: no event before the latest one. Stimulus: before the move-in, its day. Expected: 422, then 201."""
    family = settle(api, "head")
    assert api.code("registerMoveOut", body=move_out(api, family.ids, -6)) == (422, "event_out_of_order")
    api.call("registerMoveOut", body=move_out(api, family.ids, -5), expect=201)


def test_two_move_outs_of_one_day(own: Api) -> None:
    """Claim: each household keeps one head, whatever follows on a move-out of the same day.

    Stimulus: the head moves out today, then the one named as successor dies today. Expected: the last one heads.
    """
    family = settle(own, "head", "spouse", "child")
    own.json("registerMoveOut", body=move_out(own, family.ids[:1], new_head_id=family.ids[1]))
    own.json("registerDeath", body=change(own, resident_id=family.ids[1]))
    assert family.household()["head_id"] == family.ids[0]
    own.advance(days=1)
    assert family.relationships() == {family.ids[2]: "head"}


def test_successor_moves_away_on_the_same_day(own: Api) -> None:
    """Claim: so does a household that the successor joins. Stimulus: the successor changes address.

    Expected: one head.
    """
    family = settle(own, "head", "spouse", "child", "parent")
    own.json("registerMoveOut", body=move_out(own, family.ids[:1], new_head_id=family.ids[1]))
    body = change(own, resident_ids=family.ids[1:3], new_head_id=family.ids[2])
    moved = own.json("registerAddressChange", body={**body, "new_address": family.household()["address"]})
    own.advance(days=1)
    assert family.relationships() == {family.ids[3]: "head"}
    there = own.json("getHousehold", path={"household_id": moved["household_id"]})
    assert there["head_id"] == family.ids[2]
    assert [member["relationship"] for member in there["members"]].count("head") == 1


def test_hidden_member_takes_over(api: Api) -> None:
    """Claim: where none but hidden members remain, one of them heads. Stimulus: the visible head leaves.

    Expected: so.
    """
    family = settle(api, "head", "child")
    protect(api, family.ids[1])
    api.json("registerMoveOut", body=move_out(api, family.ids[:1], -2))
    assert family.household("protection_officer")["head_id"] == family.ids[1]
    api.call("getHousehold", path={"household_id": family.household_id}, expect=404)


def test_cancelled_future_move_out(own: Api) -> None:
    """Claim: a move-out ahead can be cancelled. Stimulus: cancel, go on. Expected: active after its day."""
    family = settle(own, "head")
    notification = own.json("registerMoveOut", body=move_out(own, family.ids, 3))
    cancel(own, notification["id"])
    own.advance(days=5)
    assert family.resident(0)["status"] == "active"
    own.call("registerMoveOut", body=move_out(own, family.ids), expect=201)


def test_numbers_are_free_after_the_move(own: Api) -> None:
    """Claim: numbers are free once the move-out is in effect. Stimulus: before, after. Expected: 409, 201."""
    member = person()
    ids = own.json("registerMoveIn", body=move_in(own.today, member))["resident_ids"]
    own.json("registerMoveOut", body=move_out(own, ids))
    assert own.code("registerMoveIn", body=move_in(own.today, member)) == (409, "already_registered")
    own.advance(days=1)
    own.call("registerMoveIn", body=move_in(own.today, member, event_date=own.today), expect=201)
