"""JSON, text and schemas: what is refused with 400 and where the problem points, and what is kept as it was sent."""

import copy
from typing import Any

import pytest

from .api import Api
from .town import move_in, person

Json = dict[str, Any]


def refused(api: Api, body: Any) -> list[str]:
    """The pointers of a 400."""
    problem = api.call("registerMoveIn", body=body, expect=400).json()
    assert problem["code"] == "invalid_request"
    return [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"nonsense",
        b"{}x",
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":01}',
        b'{"reason":"\xff"}',
        b'{"reason":"\xed\xa0\x80"}',
        b'{"reason":"\\ud800"}',
        b'{"reason":"\\udc00\\ud800"}',
        b'{"reason":"a\x01b"}',
        b'\xef\xbb\xbf{"reason":"x"}',
        b'{"reason":"x","reason":"x"}',
        b'{"x":{"y":[{"z":1,"z":2}]}}',
        '{"reason":"x"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_malformed_json(api: Api, content: bytes) -> None:
    """Claim: content is well-formed JSON in UTF-8. Stimulus: it is not. Expected: 400 malformed_json."""
    assert api.code("registerMoveIn", body=content) == (400, "malformed_json")


@pytest.mark.parametrize("content", [b"null", b"[]", b'"x"', b"1", b"true", b"{}"])
def test_json_of_another_kind(api: Api, content: bytes) -> None:
    """Claim: the content is the object that the document describes. Stimulus: another. Expected: 400."""
    assert api.code("registerMoveIn", body=content) == (400, "invalid_request")


def at(body: Json, *path: str | int) -> Any:
    """The container at a path of a copy."""
    for part in path:
        body = body[part]  # type: ignore[index]  # a path through objects and arrays
    return body


REQUIRED = [
    ((), "event_date"),
    ((), "members"),
    (("new_address",), "municipality_code"),
    (("new_address",), "town"),
    (("previous_address",), "text"),
    (("members", 0), "individual_number"),
    (("members", 0, "name"), "family_kana"),
    (("members", 0, "birth_date"), "unknown"),
]


@pytest.mark.parametrize(("path", "name"), REQUIRED)
def test_missing_property(api: Api, path: tuple[str | int, ...], name: str) -> None:
    """Claim: a required property is required. Stimulus: leave it out. Expected: 400, the pointer where it should be."""
    body = copy.deepcopy(move_in(api.today))
    del at(body, *path)[name]
    assert refused(api, body) == ["".join(f"/{part}" for part in (*path, name))]


@pytest.mark.parametrize(
    "path", [(), ("new_address",), ("members", 0), ("members", 0, "name"), ("members", 0, "birth_date")]
)
def test_unknown_property(api: Api, path: tuple[str | int, ...]) -> None:
    """Claim: objects are closed. Stimulus: one property more. Expected: 400, its pointer, escaped."""
    body = copy.deepcopy(move_in(api.today))
    at(body, *path)["un~known/x"] = 1
    assert refused(api, body) == ["".join(f"/{part}" for part in (*path, "un~0known~1x"))]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("event_date",), "2025-02-29"),
        (("event_date",), "2026-13-01"),
        (("event_date",), "0999-01-01"),
        (("event_date",), 20260401),
        (("event_date",), "２０２６-04-01"),
        (("members",), []),
        (("members", 0, "sex"), "3"),
        (("members", 0, "sex"), 1),
        (("members", 0, "nationality"), "JP"),
        (("members", 0, "relationship"), "boss"),
        (("members", 0, "individual_number"), "12345678901"),
        (("members", 0, "individual_number"), "１２３４５６７８９０１８"),
        (("members", 0, "individual_number"), "123456789018\n"),
        (("members", 0, "name", "family"), ""),
        (("members", 0, "name", "family"), "𠮷" * 101),
        (("members", 0, "name", "family"), "a\u0085b"),
        (("members", 0, "name", "family"), "a\u0000b"),
        (("members", 0, "name", "family"), None),
        (("members", 0, "name", "family_kana"), "よしだ"),
        (("members", 0, "name", "family_kana"), "ﾖｼﾀﾞ"),
        (("members", 0, "birth_date", "value"), "1990-4-1"),
        (("members", 0, "birth_date", "unknown"), "false"),
        (("new_address", "postal_code"), "102-0093"),
        (("household_id",), "a/b"),
    ],
)
def test_value_against_its_schema(api: Api, path: tuple[str | int, ...], value: object) -> None:
    """Claim: every value fits its schema. Stimulus: one that does not. Expected: 400, its pointer."""
    body = copy.deepcopy(move_in(api.today))
    at(body, *path[:-1])[path[-1]] = value
    assert "".join(f"/{part}" for part in path) in refused(api, body)


def test_every_violation_is_named(api: Api) -> None:
    """Claim: every place at fault is named. Stimulus: four at once. Expected: four pointers."""
    body = copy.deepcopy(move_in(api.today, person(sex="7"), person("child", nationality="?")))
    body["new_address"]["x"] = 1
    del body["notification_date"]
    assert set(refused(api, body)) == {
        "/members/0/sex",
        "/members/1/nationality",
        "/new_address/x",
        "/notification_date",
    }


def test_very_many_and_very_long_places(api: Api) -> None:
    """Claim: a problem keeps to its own schema. Stimulus: 300 unknown properties, a name of 900 letters.

    Expected: 400.
    """
    body = {**move_in(api.today), **{f"x{place}": 1 for place in range(300)}, "y" * 900: 1}
    assert len(refused(api, body)) == 100
    assert refused(api, {**move_in(api.today), "y" * 900: 1}) == [""]


@pytest.mark.parametrize(
    "family",
    [
        "\ufa19田",
        "\ufa1b\ufa10\ufa11",
        "\U00020bb7\u9ad9",
        "葛\U000e0100城",
        "か\u3099",
        "が",
        "ーｰ―‐－−一",
        "\ue000",
        "\U000f0000",
        " 空白 ",
        "㈱①ｶﾞ",
        "\u200d\u200b",
        "𠮷" * 100,
        "<b>&amp;\"'\\/",
    ],
)
def test_text_is_kept(api: Api, family: str) -> None:
    """Claim: text comes back code point by code point. Stimulus: what systems change. Expected: the same."""
    name = {"family": family, "family_kana": "ヴァ　ヷ ヨー", "alias": family, "reduced": {"family": family}}
    made = api.json("registerMoveIn", body=move_in(api.today, person(name=name)))
    (resident_id,) = made["resident_ids"]
    resident = api.json("getResident", path={"resident_id": resident_id})
    assert resident["name"] == name
    household = api.json("getHousehold", path={"household_id": made["household_id"]})
    assert household["members"][0]["name"] == name
    certificate = api.json("issueCertificate", body={"resident_id": resident_id, "kind": "individual"})
    assert certificate["residents"][0]["name"] == name


def test_escapes_mean_the_same(api: Api) -> None:
    """Claim: an escaped pair is one character. Stimulus: \\ud842\\udfb7. Expected: 𠮷."""
    text = str(move_in(api.today, person())).replace("'", '"').replace("False", "false").replace("𠮷", "\\ud842\\udfb7")
    made = api.json("registerMoveIn", body=text.encode())
    resident = api.json("getResident", path={"resident_id": made["resident_ids"][0]})
    assert resident["name"]["family"] == "𠮷田"


def test_union_points_into_the_branch_that_was_meant(api: Api) -> None:
    """Claim: of alternatives the one meant is spoken of. Stimulus: a split without its head. Expected: /new_head_id."""
    body = {"kind": "split", "household_id": "h", "resident_ids": ["r"], "event_date": api.today}
    problem = api.call("registerHouseholdChange", body={**body, "notification_date": api.today}, expect=400).json()
    assert [error["pointer"] for error in problem["errors"]] == ["/new_head_id"]
