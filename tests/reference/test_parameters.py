"""Query parameters and headers against the document."""

from typing import Any

import pytest

from .api import Api
from .town import settle

RIGHT = {"family_kana": "ヨシダ"}


def parameters(api: Api, operation: str = "searchResidents", **arguments: Any) -> list[str]:
    """The parameters that a 400 names, each once."""
    problem = api.call(operation, **arguments, expect=400).json()
    assert problem["code"] == "invalid_request"
    return list(dict.fromkeys(error["parameter"] for error in problem["errors"]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "ten"),
        ("limit", "1.0"),
        ("limit", "+5"),
        ("limit", "05"),
        ("limit", ""),
        ("limit", "９"),
        ("offset", "-1"),
        ("offset", "1000001"),
        ("offset", "9" * 40),
        ("sort", "name"),
        ("status", "ACTIVE"),
        ("postal_code", "102-0093"),
        ("birth_date", "1990-4-1"),
        ("family_kana", "よしだ"),
        ("family_kana", ""),
        ("household_id", "a/b"),
    ],
)
def test_invalid_value(api: Api, name: str, value: str) -> None:
    """Claim: a parameter fits its schema. Stimulus: one that does not. Expected: 400, its name."""
    assert parameters(api, query={**RIGHT, name: value}) == [name]


def test_repeated_parameter(api: Api) -> None:
    """Claim: no parameter stands twice. Stimulus: the same value twice. Expected: 400, its name."""
    assert parameters(api, query=[("family_kana", "ヨシダ"), ("limit", "5"), ("limit", "5")]) == ["limit"]


@pytest.mark.parametrize("name", ["resident_code", "individual_number", "Limit", "access_token", "x", "fields", ""])
def test_unknown_parameter(api: Api, name: str) -> None:
    """Claim: unknown parameters are refused. Stimulus: one. Expected: 400."""
    assert parameters(api, query=f"family_kana=%E3%83%A8&{name}=1") == [name or "?"]


@pytest.mark.parametrize(
    "operation", ["getResident", "getHousehold", "getNotification", "registerMoveIn", "listAuditEntries"]
)
def test_unknown_parameter_everywhere(api: Api, operation: str) -> None:
    """Claim: so they are for every operation. Stimulus: debug=1. Expected: 400 before the resource is looked for."""
    role = "auditor" if operation == "listAuditEntries" else "clerk"
    path = {"resident_id": "x", "household_id": "x", "notification_id": "x"}
    body = {"body": {}} if operation == "registerMoveIn" else {}
    assert parameters(api, operation, role=role, path=path, query={"debug": "1"}, **body) == ["debug"]


def test_percent_encoding(api: Api) -> None:
    """Claim: queries are UTF-8. Stimulus: an invalid sequence. Expected: 400."""
    assert parameters(api, query="family_kana=%E3%83") == ["?"]


@pytest.mark.parametrize("value", ["2025-02-29", "2026-00-01", "today", "20260401"])
def test_impossible_dates(api: Api, value: str) -> None:
    """Claim: dates exist. Stimulus: as_of that does not. Expected: 400."""
    assert parameters(api, "getResident", path={"resident_id": "x"}, query={"as_of": value}) == ["as_of"]


@pytest.mark.parametrize(
    "value",
    [
        "2026-04-01T00:00:00Z",
        "2026-04-01T00:00:00",
        "2026-04-01T24:00:00+09:00",
        "2026-02-29T00:00:00+09:00",
        "2026-04-01T00:00:00.1234567+09:00",
        "2026-04-01t00:00:00+09:00",
    ],
)
def test_date_times(api: Api, value: str) -> None:
    """Claim: date-times in Japan time, to the microsecond. Stimulus: others. Expected: 400."""
    query = {"recorded_as_of": value}
    assert parameters(api, "getResident", path={"resident_id": "x"}, query=query) == ["recorded_as_of"]


@pytest.mark.parametrize("value", [None, "", "x", "Tax", "tax office", "a" * 33, "1tax"])
def test_access_purpose(api: Api, value: str | None) -> None:
    """Claim: personal data are read for a purpose. Stimulus: none, malformed. Expected: 400, the header's name."""
    path = {"resident_id": settle(api, "head").ids[0]}
    assert parameters(api, "getResident", path=path, headers={"Access-Purpose": value}) == ["Access-Purpose"]


@pytest.mark.parametrize("value", [None, "", "short", "a" * 65, "spaces are not ok", "umlaut-\xe4-aaaaaaaaaa"])
def test_idempotency_key(api: Api, value: str | None) -> None:
    """Claim: every POST has a key of the form. Stimulus: none, malformed. Expected: 400, the header's name."""
    found = parameters(api, "registerMoveIn", body={}, headers={"Idempotency-Key": value and value.encode("latin-1")})
    assert found == ["Idempotency-Key"]


def test_several_at_once(api: Api) -> None:
    """Claim: every parameter at fault is named. Stimulus: three. Expected: all three."""
    found = parameters(api, query={**RIGHT, "limit": "0", "x": "1"}, headers={"Access-Purpose": None})
    assert set(found) == {"limit", "x", "Access-Purpose"}
