"""The audit trail: who did what to whose data, with which outcome."""

from typing import Any

import pytest

from .api import Api
from .town import change, move_in, move_out, person, protect, settle

Json = dict[str, Any]


def trail(api: Api, resident_id: str, **query: Any) -> list[Json]:
    """The entries about a resident."""
    found: list[Json] = api.json(
        "listAuditEntries", "auditor", query={"subject_id": resident_id, "limit": 100, **query}
    )["results"]
    return found


def test_each_read_leaves_one_entry(api: Api) -> None:
    """Claim: one entry for each read, a 304 included. Stimulus: every read of a resident.

    Expected: one each, in order.
    """
    family = settle(api, "head")
    path = {"resident_id": family.ids[0]}
    before = len(trail(api, family.ids[0]))
    read = api.call("getResident", path=path, headers={"Access-Purpose": "tax"}, expect=200)
    api.call("getResident", path=path, headers={"If-None-Match": read.headers["ETag"]}, expect=304)
    api.call("listResidentHistory", path=path, expect=200)
    api.call("getHousehold", path={"household_id": family.household_id}, expect=200)
    api.call("getNotification", path={"notification_id": family.notification["id"]}, expect=200)
    api.call("searchResidents", query={"household_id": family.household_id}, expect=200)
    api.call("readIndividualNumber", body={"resident_id": family.ids[0], "reason": "確認"}, expect=200)
    certificate = api.json("issueCertificate", body={"resident_id": family.ids[0], "kind": "individual"})
    api.call("getCertificate", path={"certificate_id": certificate["id"]}, expect=200)
    entries = trail(api, family.ids[0])[before:]
    assert [(entry["operation"], entry["status"]) for entry in entries] == [
        ("getResident", 200),
        ("getResident", 304),
        ("listResidentHistory", 200),
        ("getHousehold", 200),
        ("getNotification", 200),
        ("searchResidents", 200),
        ("readIndividualNumber", 200),
        ("issueCertificate", 201),
        ("getCertificate", 200),
    ]
    assert entries[0]["purpose"] == "tax"
    assert {entry["outcome"] for entry in entries} == {"success"}
    assert {(entry["actor"], entry["role"]) for entry in entries} == {("clerk", "clerk")}
    moments = [entry["occurred_at"] for entry in entries]
    assert moments == sorted(moments)


def test_each_change_leaves_one_entry_with_all_subjects(api: Api) -> None:
    """Claim: one entry with everybody changed. Stimulus: a move-out with a successor. Expected: both are subjects."""
    family = settle(api, "head", "child")
    api.json("registerMoveOut", body=move_out(api, family.ids[:1]))
    entry = trail(api, family.ids[1])[-1]
    assert (entry["operation"], entry["status"], entry["purpose"]) == ("registerMoveOut", 201, None)
    assert set(entry["subject_ids"]) == set(family.ids)


def test_search_names_those_on_the_page(api: Api) -> None:
    """Claim: subjects are those on the page. Stimulus: one of three a page. Expected: one subject."""
    family = settle(api)
    page = api.json("searchResidents", query={"household_id": family.household_id, "limit": 1, "offset": 1})
    shown = page["results"][0]["id"]
    assert trail(api, shown)[-1]["subject_ids"] == [shown]


def test_refused_reads(api: Api) -> None:
    """Claim: 403 and 404 leave a refused entry. Stimulus: no scope, hidden. Expected: one each."""
    family = settle(api, "head")
    path = {"resident_id": family.ids[0]}
    api.call("getResident", "auditor", path=path, expect=403)
    assert (trail(api, family.ids[0])[-1]["actor"], trail(api, family.ids[0])[-1]["status"]) == ("auditor", 403)
    protect(api, family.ids[0])
    before = len(trail(api, family.ids[0]))
    api.call("getResident", "viewer", path=path, expect=404)
    api.call("registerDeath", body=change(api, resident_id=family.ids[0]), expect=422)
    api.call("getHousehold", path={"household_id": family.household_id}, expect=404)
    body = {"notification_id": family.notification["id"], "reason": "誤登録"}
    api.call("cancelNotification", body=body, expect=422)
    entries = trail(api, family.ids[0])[before:]
    assert [(entry["operation"], entry["outcome"], entry["status"]) for entry in entries] == [
        ("getResident", "refused", 404),
        ("registerDeath", "refused", 422),
        ("getHousehold", "refused", 404),
        ("cancelNotification", "refused", 422),
    ]


def test_other_failures_leave_nothing(api: Api) -> None:
    """Claim: other failures leave no entry. Stimulus: 400, 412, 422, 409. Expected: none."""
    family = settle(api, "head", "child")
    before = len(trail(api, family.ids[0]))
    path = {"resident_id": family.ids[0]}
    api.call("getResident", path=path, query={"as_of": "nonsense"}, expect=400)
    api.call("getResident", path=path, query={"as_of": "1999-01-01"}, expect=404)
    body = {"sex": "9", "reason": "訂正"}
    api.call("correctResident", path=path, body=body, headers={"If-Match": '"x"'}, expect=412)
    api.call("registerMoveOut", body=move_out(api, family.ids[:1], 99), expect=422)
    assert len(trail(api, family.ids[0])) == before


def test_no_numbers_in_the_trail(api: Api) -> None:
    """Claim: the trail holds no number. Stimulus: look-ups and inquiries. Expected: neither in the trail."""
    member = person()
    resident_id = api.json("registerMoveIn", body=move_in(api.today, member))["resident_ids"][0]
    api.json("lookUpResident", body={"individual_number": member["individual_number"]})
    api.json("lookUpResident", body={"resident_code": member["resident_code"]})
    entries = str(trail(api, resident_id))
    assert entries.count("lookUpResident") == 2
    assert member["individual_number"] not in entries
    assert member["resident_code"] not in entries


def test_filters(api: Api) -> None:
    """Claim: all filters hold. Stimulus: operation, actor, from, to. Expected: only what matches; to is exclusive."""
    family = settle(api, "head")
    path = {"resident_id": family.ids[0]}
    api.json("getResident", "viewer", path=path)
    api.json("getResident", path=path)
    entries = trail(api, family.ids[0])
    assert [entry["actor"] for entry in trail(api, family.ids[0], actor="viewer")] == ["viewer"]
    assert len(trail(api, family.ids[0], operation="getResident")) == 2
    middle = entries[1]["occurred_at"]
    assert trail(api, family.ids[0], **{"from": middle}) == entries[1:]
    assert trail(api, family.ids[0], to=middle) == entries[:1]
    assert trail(api, family.ids[0], **{"from": middle, "to": middle}) == []
    everything = api.json("listAuditEntries", "auditor", query={"operation": "getResident", "actor": "viewer"})
    assert {entry["operation"] for entry in everything["results"]} == {"getResident"}


def test_reading_the_trail_leaves_nothing(api: Api) -> None:
    """Claim: reading the trail adds nothing. Stimulus: read twice. Expected: the same count."""
    counts = [api.json("listAuditEntries", "auditor")["resultset"]["count"] for _ in range(2)]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("role", ["clerk", "viewer", "protection_officer", "tester"])
def test_only_auditors_read_it(api: Api, role: str) -> None:
    """Claim: only the scope audit:read. Stimulus: every other role. Expected: 403."""
    assert api.code("listAuditEntries", role) == (403, "forbidden")
