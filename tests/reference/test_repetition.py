"""Idempotency-Key and conditional requests."""

import json
from typing import Any

import pytest

from .api import Api
from .town import move_in, move_out, person, settle

KEY = "Idempotency-Key"


def key() -> dict[str, str]:
    """A header with a fresh key."""
    return {KEY: "key-" + person()["individual_number"]}


def test_same_answer_again(api: Api) -> None:
    """Claim: a repetition gets the first answer, and does nothing. Stimulus: the same move-in. Expected: the same."""
    body, headers = move_in(api.today), key()
    first = api.call("registerMoveIn", body=body, headers=headers, expect=201)
    api.json("registerMoveOut", body=move_out(api, first.json()["resident_ids"]))
    again = api.call("registerMoveIn", body=body, headers=headers, expect=201)
    assert (again.content, again.headers["Location"]) == (first.content, first.headers["Location"])
    number = body["members"][0]["individual_number"]
    assert (
        api.json("lookUpResident", body={"individual_number": number})["resident"]["id"]
        == first.json()["resident_ids"][0]
    )


def test_another_body(api: Api) -> None:
    """Claim: a key belongs to one body. Stimulus: another valid one. Expected: 422 idempotency_key_reused."""
    headers = key()
    api.call("registerMoveIn", body=move_in(api.today), headers=headers, expect=201)
    assert api.code("registerMoveIn", body=move_in(api.today), headers=headers) == (422, "idempotency_key_reused")


def test_a_refused_request_leaves_the_key_free(api: Api) -> None:
    """Claim: a corrected request may keep its key here. Stimulus: refused, then right. Expected: 422, 201."""
    headers = key()
    api.call("registerMoveIn", body=move_in(api.today, person("child")), headers=headers, expect=422)
    api.call("registerMoveIn", body=move_in(api.today), headers=headers, expect=201)


def test_keys_belong_to_client_and_operation(api: Api) -> None:
    """Claim: another client, another operation: another key. Stimulus: the same text.

    Expected: carried out each time.
    """
    family, headers = settle(api, "head"), key()
    body = {"resident_id": family.ids[0], "kind": "individual"}
    first = api.json("issueCertificate", body=body, headers=headers)
    second = api.json("issueCertificate", "clerk-2", body=body, headers=headers)
    assert first["id"] != second["id"]
    api.call("readIndividualNumber", body={"resident_id": family.ids[0], "reason": "x"}, headers=headers, expect=200)


def test_keys_are_kept_for_a_day(own: Api) -> None:
    """Claim: keys are kept 24 hours at least. Stimulus: 23 h 59 min later. Expected: the first answer."""
    body, headers = move_in(own.today), key()
    first = own.call("registerMoveIn", body=body, headers=headers, expect=201)
    own.advance(seconds=86400 - 60)
    assert own.call("registerMoveIn", body=body, headers=headers, expect=201).content == first.content
    own.advance(days=3)
    assert own.code("registerMoveIn", body=body, headers=headers) == (409, "already_registered")


def test_entity_tags(api: Api) -> None:
    """Claim: one tag per representation. Stimulus: read twice, change, read. Expected: the same, then another."""
    family = settle(api, "head")
    for operation, path in (
        ("getResident", {"resident_id": family.ids[0]}),
        ("getHousehold", {"household_id": family.household_id}),
        ("getNotification", {"notification_id": family.notification["id"]}),
    ):
        first, second = (api.call(operation, path=path, expect=200).headers["ETag"] for _ in range(2))
        assert first == second
    before = api.call("getResident", path={"resident_id": family.ids[0]}).headers["ETag"]
    api.json("registerMoveOut", body=move_out(api, family.ids))
    assert api.call("getResident", path={"resident_id": family.ids[0]}).headers["ETag"] != before


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ("{tag}", 304),
        ("W/{tag}", 304),
        ('"x", {tag}', 304),
        ('"a,b" ,{tag}, W/"y"', 304),
        ("*", 304),
        ('"x"', 200),
        ('"x", W/"y"', 200),
        ("nonsense", 200),
        ("{bare}", 200),
    ],
)
def test_if_none_match(api: Api, field: str, status: int) -> None:
    """Claim: a list of tags, compared weakly, or *. Stimulus: many forms. Expected: 304 without content, or 200."""
    path = {"resident_id": settle(api, "head").ids[0]}
    tag = api.call("getResident", path=path).headers["ETag"]
    headers = {"If-None-Match": field.format(tag=tag, bare=tag.strip('"'))}
    again = api.call("getResident", path=path, headers=headers, expect=status)
    assert again.headers["ETag"] == tag


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ("{tag}", 200),
        ('"x", {tag}', 200),
        ("*", 200),
        ("W/{tag}", 412),
        ('"x"', 412),
        ("0", 412),
        ("nonsense", 412),
        ("{bare}", 412),
        (None, 428),
    ],
)
def test_if_match(api: Api, field: str | None, status: int) -> None:
    """Claim: a list of tags, compared strongly, or *. Stimulus: many forms. Expected: 200, 412, 428."""
    path = {"resident_id": settle(api, "head").ids[0]}
    before = api.call("getResident", path=path)
    tag = before.headers["ETag"]
    headers = {"If-Match": field and field.format(tag=tag, bare=tag.strip('"'))}
    call: dict[str, Any] = {"path": path, "body": {"sex": "0", "reason": "訂正"}, "headers": headers}
    answer = api.call("correctResident", **call, expect=status)
    after = api.call("getResident", path=path)
    assert (after.content == before.content) is (status != 200)
    if status == 200:
        assert (answer.content, answer.headers["ETag"]) == (after.content, after.headers["ETag"])


def test_no_lost_update(api: Api) -> None:
    """Claim: the second of two changes on one tag is refused. Stimulus: both. Expected: 200, 412; the first stays."""
    path = {"resident_id": settle(api, "head").ids[0]}
    headers = {"If-Match": api.call("getResident", path=path).headers["ETag"]}
    api.call("correctResident", path=path, body={"sex": "1", "reason": "一"}, headers=headers, expect=200)
    api.call("correctResident", path=path, body={"sex": "9", "reason": "二"}, headers=headers, expect=412)
    assert api.json("getResident", path=path)["sex"] == "1"


def test_same_value_in_other_bytes(api: Api) -> None:
    """Claim: contents that differ as JSON are different. Stimulus: a number's order of members. Expected: this system
    compares bytes, which the document leaves free."""
    body, headers = move_in(api.today), key()
    api.call("registerMoveIn", body=body, headers=headers, expect=201)
    spaced = json.dumps(body, indent=1).encode()
    assert api.code("registerMoveIn", body=spaced, headers=headers) == (422, "idempotency_key_reused")
