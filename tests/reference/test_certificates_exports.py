"""issueCertificate, getCertificate, createExport, getExport, getExportContent."""

import json
import time
from hashlib import sha256
from typing import Any

from .api import Api
from .conftest import Make
from .town import OTHER, change, day, move_in, move_out, person, protect, settle

Json = dict[str, Any]


def finished(api: Api, export_id: str) -> Json:
    """The export once it is complete."""
    for _ in range(200):
        export: Json = api.json("getExport", path={"export_id": export_id})
        if export["status"] != "running":
            return export
        time.sleep(0.01)
    raise AssertionError("the export did not end")


def lines(api: Api, export_id: str) -> list[Json]:
    """The lines of a complete export."""
    finished(api, export_id)
    content = api.call("getExportContent", path={"export_id": export_id}, expect=200).content
    assert content.endswith(b"\n")
    return [json.loads(line) for line in content.decode("utf-8").split("\n")[:-1]]


def test_certificate_shows_today(api: Api) -> None:
    """Claim: it certifies today. Stimulus: individual, then a move. Expected: the record then, unchanged later."""
    family = settle(api, "head")
    response = api.call("issueCertificate", body={"resident_id": family.ids[0], "kind": "individual"}, expect=201)
    certificate = response.json()
    resident = family.resident(0)
    (line,) = certificate["residents"]
    assert certificate["valid_on"] == api.today
    assert line == {"resident_id": family.ids[0], **{name: resident[name] for name in line if name != "resident_id"}}
    assert response.headers["Location"].endswith(certificate["id"])
    api.json("registerAddressChange", body=change(api, resident_ids=family.ids, new_address=OTHER))
    assert api.json("getCertificate", path={"certificate_id": certificate["id"]}) == certificate


def test_numbers_only_when_asked_for(api: Api) -> None:
    """Claim: a number stands there exactly when asked for. Stimulus: neither, each. Expected: neither, each."""
    member = person()
    resident_id = api.json("registerMoveIn", body=move_in(api.today, member))["resident_ids"][0]
    body = {"resident_id": resident_id, "kind": "individual"}
    for asked in ({}, {"include_individual_number": True}, {"include_resident_code": True}):
        response = api.call("issueCertificate", body={**body, **asked}, expect=201)
        for name in ("individual_number", "resident_code"):
            assert (member[name] in response.text) is (f"include_{name}" in asked)


def test_household_certificate(api: Api) -> None:
    """Claim: every active member once. Stimulus: one of four has left. Expected: three."""
    family = settle(api, "head", "spouse", "child", "child")
    api.json("registerMoveOut", body=move_out(api, family.ids[3:], -2))
    certificate = api.json("issueCertificate", body={"resident_id": family.ids[1], "kind": "household"})
    assert sorted(line["resident_id"] for line in certificate["residents"]) == sorted(family.ids[:3])


def test_household_certificate_not_offered(make: Make) -> None:
    """Claim: an option may be left out. Stimulus: without household-certificate. Expected: 422 unprocessable."""
    town = make(without_options=frozenset({"household-certificate"}), people=0)
    family = settle(town, "head")
    assert town.code("issueCertificate", body={"resident_id": family.ids[0], "kind": "household"}) == (
        422,
        "unprocessable",
    )
    town.call("issueCertificate", body={"resident_id": family.ids[0], "kind": "individual"}, expect=201)


def test_certificate_of_somebody_gone(api: Api) -> None:
    """Claim: only active residents. Stimulus: moved out, deceased, unknown. Expected: 409, 409, 422."""
    gone, dead = settle(api, "head"), settle(api, "head")
    api.json("registerMoveOut", body=move_out(api, gone.ids, -2))
    api.json("registerDeath", body=change(api, resident_id=dead.ids[0]))
    for family in (gone, dead):
        body = {"resident_id": family.ids[0], "kind": "individual"}
        assert api.code("issueCertificate", body=body) == (409, "not_active")
    body = {"resident_id": "nobody", "kind": "individual"}
    assert api.code("issueCertificate", body=body) == (422, "unknown_resident")


def test_unknown_certificate(api: Api) -> None:
    """Claim: unknown is 404. Stimulus: an id never issued. Expected: 404."""
    assert api.code("getCertificate", path={"certificate_id": "nothing"}) == (404, "not_found")


def test_export_of_residents_named(api: Api) -> None:
    """Claim: exactly those named, whatever their status. Stimulus: one moved out.

    Expected: two lines, trailer, digest.
    """
    family = settle(api, "head", "child")
    api.json("registerMoveOut", body=move_out(api, family.ids[1:], -2))
    started = api.call("createExport", body={"as_of": api.today, "resident_ids": family.ids}, expect=202)
    export_id = started.json()["id"]
    assert started.headers["Location"].endswith(export_id)
    *residents, trailer = lines(api, export_id)
    assert residents == [{"kind": "resident", **family.resident(place)} for place in range(2)]
    assert trailer == {"kind": "trailer", "count": 2}
    export = finished(api, export_id)
    content = api.call("getExportContent", path={"export_id": export_id}).content
    assert (export["count"], export["sha256"]) == (2, sha256(content).hexdigest())


def test_export_of_everybody(make: Make) -> None:
    """Claim: everybody active on the day and visible. Stimulus: a town of 300.

    Expected: as many as the search counts.
    """
    town = make(people=300)
    everybody = lines(town, town.json("createExport", body={"as_of": town.today})["id"])[:-1]
    counted = 0
    for code in {line["address"]["postal_code"] for line in everybody}:
        page = town.json("searchResidents", query={"postal_code": code, "status": "active"})
        counted += page["resultset"]["count"]
    assert len(everybody) == counted == len({line["id"] for line in everybody})
    officer = town.json("searchResidents", "protection_officer", query={"postal_code": code, "status": "active"})
    assert officer["resultset"]["count"] >= page["resultset"]["count"]


def test_export_as_of_a_day(api: Api) -> None:
    """Claim: as of the day; who was not registered is left out. Stimulus: before the move-in.

    Expected: trailer only.
    """
    family = settle(api, "head")
    body = {"as_of": day(api.today, -6), "resident_ids": family.ids}
    assert lines(api, api.json("createExport", body=body)["id"]) == [{"kind": "trailer", "count": 0}]


def test_export_with_somebody_hidden_since(api: Api) -> None:
    """Claim: an export with a hidden person is unknown. Stimulus: protect afterwards. Expected: 404 for both reads."""
    family = settle(api, "head")
    export_id = api.json("createExport", body={"as_of": api.today, "resident_ids": family.ids})["id"]
    finished(api, export_id)
    protect(api, family.ids[0])
    for operation in ("getExport", "getExportContent"):
        assert api.code(operation, path={"export_id": export_id}) == (404, "not_found")


def test_content_is_not_ready_while_running(make: Make) -> None:
    """Claim: 409 until complete. Stimulus: content at once, of a town that takes time. Expected: 409, later 200."""
    town = make(people=4000)
    export_id = town.json("createExport", body={"as_of": town.today})["id"]
    status, code = town.code("getExportContent", path={"export_id": export_id})
    assert (status, code) in ((409, "not_ready"), (200, ""))
    assert finished(town, export_id)["count"] == len(lines(town, export_id)) - 1


def test_export_not_offered(make: Make) -> None:
    """Claim: paths of an option not offered do not exist. Stimulus: without bulk-export. Expected: 404 each."""
    town = make(without_options=frozenset({"bulk-export"}), people=0)
    assert town.code("createExport", body={"as_of": town.today}) == (404, "not_found")
    assert town.code("getExport", path={"export_id": "e"}) == (404, "not_found")
