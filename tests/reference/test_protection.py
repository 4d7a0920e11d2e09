"""Protection of victims: a hidden person is, to all but those who may know, a person who does not exist."""

from typing import Any

import pytest

from .api import Api
from .town import Family, change, day, move_in, move_out, person, protect, settle

OFFICER = "protection_officer"


def without_instance(problem: dict[str, Any]) -> dict[str, Any]:
    """A problem document but for what names the occurrence."""
    return {name: value for name, value in problem.items() if name != "instance"}


def period(api: Api, first: int, last: int) -> dict[str, str]:
    """The body of a protection."""
    return {"from": day(api.today, first), "to": day(api.today, last), "category": "domestic_violence"}


@pytest.mark.parametrize("operation", ["getResident", "listResidentHistory", "getHousehold", "getNotification"])
def test_reading_looks_unknown(api: Api, operation: str) -> None:
    """Claim: every read answers as for an unknown id. Stimulus: hidden, unknown. Expected: the same 404."""
    family = settle(api, "head")
    protect(api, family.ids[0])
    name = {"getHousehold": "household_id", "getNotification": "notification_id"}.get(operation, "resident_id")
    known = {"household_id": family.household_id, "notification_id": family.notification["id"]}
    hidden = api.call(operation, path={name: known.get(name, family.ids[0])}, expect=404)
    unknown = api.call(operation, path={name: "nobody"}, expect=404)
    assert without_instance(hidden.json()) == without_instance(unknown.json())
    assert set(hidden.headers) == set(unknown.headers)
    api.call(operation, OFFICER, path={name: known.get(name, family.ids[0])}, expect=200)


def test_left_out_of_lists(api: Api) -> None:
    """Claim: left out of search, count, household, notification. Stimulus: one of three. Expected: two, two."""
    family = settle(api)
    protect(api, family.ids[0])
    found = api.json("searchResidents", query={"household_id": family.household_id})
    assert found["resultset"]["count"] == 2
    assert family.ids[0] not in {resident["id"] for resident in found["results"]}
    household = family.household()
    assert (household["status"], household["head_id"], len(household["members"])) == ("active", None, 2)
    notification = api.json("getNotification", path={"notification_id": family.notification["id"]})
    assert notification["resident_ids"] == family.ids[1:]
    assert len(family.household(OFFICER)["members"]) == 3


def test_hidden_from_every_filter(api: Api) -> None:
    """Claim: no search shows a hidden person. Stimulus: by postal code and status. Expected: one fewer than before."""
    family = settle(api, "head")
    query = {"postal_code": family.household()["address"]["postal_code"], "status": "active", "sort": "family_kana"}
    before = api.json("searchResidents", query=query)["resultset"]["count"]
    protect(api, family.ids[0])
    assert api.json("searchResidents", query=query)["resultset"]["count"] == before - 1
    assert api.json("searchResidents", OFFICER, query=query)["resultset"]["count"] >= before


def test_named_in_a_body(api: Api) -> None:
    """Claim: a body that names a hidden person names nobody. Stimulus: each. Expected: 422 unknown_resident."""
    family = settle(api)
    hidden = family.ids[1]
    protect(api, hidden)
    bodies = {
        "registerMoveOut": move_out(api, [hidden]),
        "registerDeath": change(api, resident_id=hidden),
        "registerAddressChange": change(api, resident_ids=[hidden], new_address=family.resident(0)["address"]),
        "registerHouseholdChange": change(
            api,
            kind="change_head",
            household_id=family.household_id,
            new_head_id=hidden,
            relationships={family.ids[0]: "other"},
        ),
        "issueCertificate": {"resident_id": hidden, "kind": "individual"},
        "createExport": {"as_of": api.today, "resident_ids": [hidden]},
        "readIndividualNumber": {"resident_id": hidden, "reason": "確認"},
    }
    for operation, body in bodies.items():
        assert api.code(operation, body=body) == (422, "unknown_resident"), operation


def test_household_of_hidden_members(api: Api) -> None:
    """Claim: a household of hidden members is unknown. Stimulus: join it. Expected: 422 unknown_household."""
    family = settle(api, "head")
    protect(api, family.ids[0])
    body = move_in(api.today, person("child"), household_id=family.household_id)
    assert api.code("registerMoveIn", body=body) == (422, "unknown_household")


def test_look_up_finds_nobody(api: Api) -> None:
    """Claim: a look-up finds nobody. Stimulus: the number. Expected: null; yet it cannot be registered again."""
    member = person()
    made = api.json("registerMoveIn", body=move_in(api.today, member))
    protect(api, made["resident_ids"][0])
    assert api.json("lookUpResident", body={"resident_code": member["resident_code"]}) == {"resident": None}
    assert api.code("registerMoveIn", body=move_in(api.today, member)) == (409, "already_registered")


def test_certificate_issued_before(api: Api) -> None:
    """Claim: a certificate with a hidden person is unknown. Stimulus: protect afterwards. Expected: 404."""
    family = settle(api, "head", "child")
    body = {"resident_id": family.ids[0], "kind": "household"}
    certificate = api.json("issueCertificate", body=body)
    protect(api, family.ids[1])
    api.call("getCertificate", path={"certificate_id": certificate["id"]}, expect=404)
    assert len(api.json("issueCertificate", body=body)["residents"]) == 1


def test_stored_answer_is_not_repeated(api: Api) -> None:
    """Claim: a stored answer that names a hidden person is not repeated. Stimulus: the same key. Expected: 422."""
    family = settle(api, "head")
    headers = {"Idempotency-Key": "stored-answer-" + family.ids[0]}
    call = {"body": {"resident_id": family.ids[0], "reason": "確認"}, "headers": headers}
    first = api.call("readIndividualNumber", **call, expect=200).content
    assert api.call("readIndividualNumber", **call, expect=200).content == first
    protect(api, family.ids[0])
    assert api.code("readIndividualNumber", **call) == (422, "unknown_resident")


@pytest.mark.parametrize(
    ("first", "last", "active"), [(0, 0, True), (-9, 0, True), (0, 9, True), (1, 9, False), (-9, -1, False)]
)
def test_active_from_first_to_last_day(api: Api, first: int, last: int, active: bool) -> None:
    """Claim: both days belong to it. Stimulus: today first, last, neither. Expected: hidden, or not."""
    family = settle(api, "head")
    protect(api, family.ids[0], first, last)
    shown = api.json("getProtection", OFFICER, path={"resident_id": family.ids[0]})
    assert shown["active"] is active
    api.call("getResident", path={"resident_id": family.ids[0]}, expect=404 if active else 200)


def test_begins_and_ends_with_the_day_in_japan(own: Api) -> None:
    """Claim: it follows today's date in Japan. Stimulus: the clock. Expected: visible, hidden, visible."""
    family = settle(own, "head")
    protect(own, family.ids[0], 1, 1)
    for clock, status in (("08:59:00", 200), ("00:00:00", 404), ("23:59:58", 404), ("00:00:00", 200)):
        if clock == "00:00:00":
            own.set_clock(f"{day(own.today, 1)}T00:00:00+09:00")
        else:
            own.set_clock(f"{own.today}T{clock}+09:00")
        own.call("getResident", path={"resident_id": family.ids[0]}, expect=status)


def test_period(api: Api) -> None:
    """Claim: in order, 366 days at most. Stimulus: backwards, 367 days, 366 days. Expected: 422, 422, 201."""
    path, headers = {"resident_id": settle(api, "head").ids[0]}, {"If-None-Match": "*"}
    call = {"path": path, "headers": headers}
    for first, last, code in ((1, 0, "period_invalid"), (0, 366, "period_too_long")):
        assert api.code("putProtection", OFFICER, body=period(api, first, last), **call) == (422, code)
    api.call("putProtection", OFFICER, body=period(api, 0, 365), **call, expect=201)


def test_conditions(api: Api) -> None:
    """Claim: created once, replaced on its tag. Stimulus: every combination. Expected: 428, 412, 201, 412, 200."""
    call: dict[str, Any] = {"path": {"resident_id": settle(api, "head").ids[0]}, "body": period(api, 0, 5)}

    def put(**headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return api.call("putProtection", OFFICER, headers=named, **call)

    assert put().status_code == 428
    assert put(If_Match='"abc"').status_code == 412
    assert put(If_Match="*").status_code == 412
    api.call("getProtection", OFFICER, path=call["path"], expect=404)
    created = put(If_None_Match="*")
    assert (created.status_code, put(If_None_Match="*").status_code) == (201, 412)
    shown = api.call("getProtection", OFFICER, path=call["path"], expect=200)
    assert (created.json(), created.headers["ETag"]) == (shown.json(), shown.headers["ETag"])
    assert put().status_code == 428
    assert put(If_Match=shown.headers["ETag"], If_None_Match="*").status_code == 412
    call["body"] = period(api, 0, 6)
    replaced = put(If_Match=shown.headers["ETag"])
    assert (replaced.status_code, replaced.json()["to"]) == (200, day(api.today, 6))
    assert put(If_Match=shown.headers["ETag"]).status_code == 412
    assert put(If_None_Match='"abc"').status_code == 400


def test_hidden_member_counts_for_a_whole_household(api: Api) -> None:
    """Claim: all members decide whether a whole household moves. Stimulus: the visible ones move. Expected: a part."""
    family: Family = settle(api)
    protect(api, family.ids[2])
    address = {**family.household()["address"], "lot": "9番"}
    body = change(api, resident_ids=family.ids[:2], new_address=address)
    moved = api.json("registerAddressChange", body=body)
    assert moved["household_id"] != family.household_id
    assert family.household(OFFICER)["head_id"] == family.ids[2]
