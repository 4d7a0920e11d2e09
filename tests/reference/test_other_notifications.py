"""registerAddressChange, registerHouseholdChange, registerDeath."""

from typing import Any

import pytest

from .api import Api
from .town import ADDRESS, OTHER, Family, change, day, move_out, protect, settle


def moves(api: Api, ids: list[str], **members: Any) -> dict[str, Any]:
    """The body of an address change."""
    return change(api, members.pop("event", -1), resident_ids=ids, new_address=OTHER, **members)


def household(api: Api, household_id: str) -> dict[str, Any]:
    """A household."""
    found: dict[str, Any] = api.json("getHousehold", path={"household_id": household_id})
    return found


def test_whole_household_keeps_its_id(api: Api) -> None:
    """Claim: a whole household keeps id and head. Stimulus: all move. Expected: new address under the old id."""
    family = settle(api)
    notification = api.json("registerAddressChange", body=moves(api, family.ids))
    assert notification["household_id"] == family.household_id
    assert family.household()["address"] == OTHER
    assert family.resident(2)["address"] == OTHER
    assert family.household()["head_id"] == family.ids[0]
    assert family.resident(0, as_of=day(api.today, -2))["address"] == ADDRESS
    assert family.resident(0, as_of=day(api.today, -1))["address"] == OTHER
    assert family.household(as_of=day(api.today, -2))["address"] == ADDRESS


def test_part_forms_a_new_household(api: Api) -> None:
    """Claim: a part forms a household of its own. Stimulus: one child moves. Expected: head there, others as before."""
    family = settle(api)
    notification = api.json("registerAddressChange", body=moves(api, family.ids[2:]))
    assert notification["household_id"] != family.household_id
    new = household(api, notification["household_id"])
    assert (new["head_id"], new["address"]) == (family.ids[2], OTHER)
    assert family.household()["address"] == ADDRESS
    assert family.relationships() == {family.ids[0]: "head", family.ids[1]: "spouse"}


def test_moving_head_stays_head(api: Api) -> None:
    """Claim: a head who moves heads the new household. Stimulus: head and child move. Expected: so; the other heads."""
    family = settle(api)
    body = moves(api, [family.ids[0], family.ids[2]])
    notification = api.json("registerAddressChange", body=body)
    assert household(api, notification["household_id"])["head_id"] == family.ids[0]
    assert family.relationships() == {family.ids[1]: "head"}


def test_heads_of_both_households(api: Api) -> None:
    """Claim: both heads are named where they are needed. Stimulus: missing, wrong, right. Expected: 422, then 201."""
    family = settle(api, "head", "spouse", "child", "child")
    two = moves(api, family.ids[2:])
    assert api.code("registerAddressChange", body=two) == (422, "new_head_required")
    assert api.code("registerAddressChange", body={**two, "new_head_id": family.ids[0]}) == (422, "new_head_required")
    head = moves(api, family.ids[:1])
    assert api.code("registerAddressChange", body=head) == (422, "new_head_required")
    head["new_head_id"] = family.ids[1]
    assert api.code("registerAddressChange", body=head) == (422, "new_head_required")
    right = moves(api, family.ids[:1], remaining_head_id=family.ids[3], new_head_id=family.ids[0])
    api.call("registerAddressChange", body=right, expect=201)
    assert family.household()["head_id"] == family.ids[3]


def test_no_head_for_a_whole_household(api: Api) -> None:
    """Claim: a whole household names no head. Stimulus: new_head_id. Expected: 422 unprocessable."""
    family = settle(api, "head")
    for field in ("new_head_id", "remaining_head_id"):
        body = moves(api, family.ids, **{field: family.ids[0]})
        assert api.code("registerAddressChange", body=body) == (422, "unprocessable")


@pytest.mark.parametrize("operation", ["registerAddressChange", "registerDeath", "registerHouseholdChange"])
def test_only_move_outs_lie_ahead(api: Api, operation: str) -> None:
    """Claim: nothing but a move-out is dated ahead. Stimulus: tomorrow. Expected: 422 event_date_in_future."""
    family = settle(api, "head", "child")
    bodies = {
        "registerAddressChange": moves(api, family.ids, event=1),
        "registerDeath": change(api, 1, resident_id=family.ids[1]),
        "registerHouseholdChange": change(
            api,
            1,
            kind="split",
            household_id=family.household_id,
            resident_ids=family.ids[1:],
            new_head_id=family.ids[1],
        ),
    }
    assert api.code(operation, body=bodies[operation]) == (422, "event_date_in_future")


def test_address_in_another_municipality(api: Api) -> None:
    """Claim: the new address lies here. Stimulus: 新宿区, a wrong code. Expected: 422 each."""
    body = moves(api, settle(api, "head").ids)
    for code, problem in (("131041", "other_municipality"), ("131042", "check_digit")):
        body["new_address"] = {**OTHER, "municipality_code": code}
        assert api.code("registerAddressChange", body=body) == (422, problem)


def test_not_active_changes_nothing_more(api: Api) -> None:
    """Claim: a moved-out resident has no more events. Stimulus: each kind. Expected: 409 not_active."""
    family = settle(api, "head", "child")
    api.json("registerMoveOut", body=move_out(api, family.ids[1:], -2))
    assert api.code("registerAddressChange", body=moves(api, family.ids)) == (409, "not_active")
    assert api.code("registerDeath", body=change(api, resident_id=family.ids[1])) == (409, "not_active")


def test_death(api: Api) -> None:
    """Claim: deceased from the day itself. Stimulus: as_of around it. Expected: active, then deceased."""
    family = settle(api, "head", "spouse")
    api.json("registerDeath", body=change(api, -2, resident_id=family.ids[0]))
    assert family.resident(0, as_of=day(api.today, -3))["status"] == "active"
    died = family.resident(0, as_of=day(api.today, -2))
    assert (died["status"], died["ceased_on"]) == ("deceased", day(api.today, -2))
    assert family.relationships() == {family.ids[1]: "head"}
    api.json("registerDeath", body=change(api, -1, resident_id=family.ids[1]))
    assert family.household()["status"] == "closed"


def test_death_of_the_head(api: Api) -> None:
    """Claim: the successor is named. Stimulus: nobody, then the child. Expected: 422, then the child heads."""
    family = settle(api)
    body = change(api, resident_id=family.ids[0])
    assert api.code("registerDeath", body=body) == (422, "new_head_required")
    api.call("registerDeath", body={**body, "new_head_id": family.ids[2]}, expect=201)
    assert family.relationships() == {family.ids[1]: "spouse", family.ids[2]: "head"}


def new_head(family: Family, relationships: dict[str, str], place: int = 1) -> dict[str, Any]:
    """The body of a change of head."""
    return change(
        family.api,
        kind="change_head",
        household_id=family.household_id,
        new_head_id=family.ids[place],
        relationships=relationships,
    )


def test_change_of_head(api: Api) -> None:
    """Claim: one head, the others as given. Stimulus: spouse becomes head. Expected: exactly these relationships."""
    family = settle(api)
    body = new_head(family, {family.ids[0]: "spouse", family.ids[2]: "child"})
    notification = api.json("registerHouseholdChange", body=body)
    assert set(notification["resident_ids"]) == set(family.ids)
    assert family.relationships() == {family.ids[1]: "head", family.ids[0]: "spouse", family.ids[2]: "child"}
    assert family.household()["head_id"] == family.ids[1]


def test_change_of_head_needs_everybody(api: Api) -> None:
    """Claim: exactly the other members are related. Stimulus: one missing, one too many. Expected: 422."""
    family, other = settle(api), settle(api, "head")
    everybody = {family.ids[0]: "spouse", family.ids[2]: "child"}
    for given, code in (
        ({family.ids[0]: "spouse"}, "unprocessable"),
        ({**everybody, other.ids[0]: "other"}, "unprocessable"),
        ({**everybody, "nobody": "other"}, "unknown_resident"),
    ):
        assert api.code("registerHouseholdChange", body=new_head(family, given)) == (422, code)
    already = new_head(family, {family.ids[1]: "spouse", family.ids[2]: "child"}, 0)
    assert api.code("registerHouseholdChange", body=already) == (422, "unprocessable")
    stranger = {**new_head(family, everybody), "new_head_id": other.ids[0]}
    assert api.code("registerHouseholdChange", body=stranger) == (422, "new_head_required")


def test_change_of_head_with_a_hidden_head(api: Api) -> None:
    """Claim: a hidden former head becomes other. Stimulus: a clerk changes the head. Expected: one head, other."""
    family = settle(api)
    protect(api, family.ids[0])
    api.call("registerHouseholdChange", body=new_head(family, {family.ids[2]: "child"}), expect=201)
    seen = family.household("protection_officer")
    assert {member["resident_id"]: member["relationship"] for member in seen["members"]} == {
        family.ids[0]: "other",
        family.ids[1]: "head",
        family.ids[2]: "child",
    }


def split(family: Family, ids: list[str], head: str, **members: Any) -> dict[str, Any]:
    """The body of a split."""
    named = {"household_id": family.household_id, "resident_ids": ids, "new_head_id": head}
    return change(family.api, kind="split", **named, **members)


def test_split(api: Api) -> None:
    """Claim: a split makes a household at the same address. Stimulus: head and child leave.

    Expected: two households.
    """
    family = settle(api, "head", "spouse", "child", "child")
    body = split(family, [family.ids[0], family.ids[2]], family.ids[2], remaining_head_id=family.ids[3])
    notification = api.json("registerHouseholdChange", body=body)
    new = household(api, notification["household_id"])
    assert (new["address"], new["head_id"]) == (ADDRESS, family.ids[2])
    assert {m["resident_id"]: m["relationship"] for m in new["members"]} == {
        family.ids[0]: "other",
        family.ids[2]: "head",
    }
    assert family.relationships() == {family.ids[1]: "spouse", family.ids[3]: "head"}


def test_split_refused(api: Api) -> None:
    """Claim: some members, one of them head. Stimulus: all, strangers, a head who stays. Expected: 422."""
    family, other = settle(api), settle(api, "head")
    refused = [
        (split(family, family.ids, family.ids[0]), "unprocessable"),
        (split(family, other.ids, other.ids[0]), "different_households"),
        (split(family, family.ids[1:2], family.ids[2]), "new_head_required"),
        (split(family, family.ids[:1], family.ids[0]), "new_head_required"),
        ({**split(family, family.ids[:1], family.ids[0]), "household_id": "nowhere"}, "unknown_household"),
    ]
    for body, code in refused:
        assert api.code("registerHouseholdChange", body=body) == (422, code), body


def merge(kept: Family, merged: Family, relationships: dict[str, str]) -> dict[str, Any]:
    """The body of a merge."""
    named = {"household_id": kept.household_id, "merged_household_id": merged.household_id}
    return change(kept.api, kind="merge", **named, relationships=relationships)


def test_merge(api: Api) -> None:
    """Claim: a merge lists everybody in the household kept. Stimulus: two become one. Expected: the other is closed."""
    kept, merged = settle(api, "head", "child"), settle(api, "head", "spouse")
    given = {merged.ids[0]: "parent", merged.ids[1]: "parent"}
    api.call("registerHouseholdChange", body=merge(kept, merged, given), expect=201)
    assert kept.relationships() == {kept.ids[0]: "head", kept.ids[1]: "child", **given}
    closed = merged.household()
    assert (closed["status"], closed["members"], closed["address"]) == ("closed", [], ADDRESS)
    assert merged.resident(0)["household_id"] == kept.household_id


def test_merge_refused(api: Api) -> None:
    """Claim: two households, one address, everybody related. Stimulus: not so. Expected: 422."""
    kept, merged = settle(api, "head"), settle(api, "head")
    far = settle(api, "head", new_address=OTHER)
    refused = [
        (merge(kept, far, {far.ids[0]: "other"}), "different_address"),
        (merge(kept, kept, {kept.ids[0]: "other"}), "unprocessable"),
        (merge(kept, merged, {kept.ids[0]: "other"}), "unprocessable"),
    ]
    for body, code in refused:
        assert api.code("registerHouseholdChange", body=body) == (422, code)
