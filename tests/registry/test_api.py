"""The registry's API: who may see and do what, and what it does with requests that mean no good."""

from __future__ import annotations

import datetime as dt
import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import sqlalchemy as sa
import yaml

from conformance.model import Text
from conformance.registry import advisories, review, uploads, waivers
from conformance.registry.accounts import disable_account
from conformance.registry.api.application import ENDPOINTS
from conformance.registry.api.calls import Endpoint, File
from conformance.registry.api.document import PATH, document, written
from conformance.registry.holdings import System, add_system
from conformance.registry.office import Office, new_id
from conformance.registry.states import RunState
from conformance.registry.store import tables
from registry.asking import Asking
from registry.people import BODY, World
from registry.steady import SERVICE, Clock, SteadyJudge, conforming, failing
from registry.submitted import submitted

ROLES = (
    "public", "vendor", "other vendor", "body", "other body", "assessor", "second assessor", "approver",
    "second approver", "administrator",
)  # fmt: skip
AGENCY = {"assessor", "second assessor", "approver", "second approver", "administrator"}
ALL = set(ROLES)


@dataclass(frozen=True)
class Things:
    """One of each thing, in a state in which it is not for everybody."""

    run: str
    refused: str
    upload: str
    statement: str
    waiver: str
    drafted: str
    issued: str
    system: str
    edition: str


def asking(url: str, world: World, name: str) -> Asking:
    return Asking(url, None if name == "public" else world.tokens[name])


def refuse(office: Office, world: World) -> str:
    """A run that failed and was refused by two people."""
    assert isinstance(office.judge, SteadyJudge)
    office.judge.judged = failing()
    run = submitted(office, world)
    office.judge.judged = conforming()
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, RunState.REFUSED, "it fails")
    review.decide(office, world["approver"], run, proposal, confirm=True, why="agreed")
    return run


def an_edition(office: Office) -> str:
    """An older edition that is entered only: its documents are nobody's concern here."""
    made, now = new_id(), office.now()
    values = {"digest": "sha256:" + "2" * 64, "service": SERVICE, "version": "1.0", "kept_at": now, "changed_at": now}
    with office.database.write() as connection:
        connection.execute(sa.insert(tables.editions).values(id=made, accepted_until=office.today(), **values))
    return made


BASIS = Text("根拠", "a basis")


def everything(office: Office, world: World) -> Things:
    """One of each thing."""
    refused = refuse(office, world)
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, RunState.STATED, "yes")
    statement = review.decide(office, world["approver"], run, proposal, confirm=True, why="yes")
    assert statement is not None
    waiver = waivers.Waiver(
        "", SERVICE, "COM-PAG-001", BODY, world.version, BASIS, BASIS, dt.date(2026, 11, 1), dt.date(2026, 12, 31)
    )
    issued = advisories.draft(office, world["assessor"], refused, BASIS, dt.date(2026, 12, 28))
    advisories.approve(office, world["approver"], issued, "yes")
    advisories.issue(office, world["assessor"], issued, "yes")
    begun = uploads.begin(office, world["vendor"], BODY, world.version, 3, "sha256:" + "0" * 64)
    return Things(
        run=submitted(office, world),
        refused=refused,
        upload=begun.id,
        statement=statement,
        waiver=waivers.propose(office, world["assessor"], waiver),
        drafted=advisories.draft(office, world["assessor"], refused, BASIS, dt.date(2026, 12, 28)),
        issued=issued,
        edition=an_edition(office),
        system=add_system(
            office, world["administrator"], System("", BODY, world.version, SERVICE, dt.date(2026, 4, 1))
        ),
    )


OWN_RUN = {"vendor", *AGENCY}
WHY = {"why": "because"}
DAY = "2026-12-28"
TEXT = {"ja": "理由", "en": "reason"}

# What each operation is called with, and who may: all others are to be told that it is forbidden, or not there.
MATRIX: dict[str, list[tuple[str, Any, set[str]]]] = {
    "listBodies": [("", None, ALL)],
    "getBody": [(BODY, None, ALL)],
    "listSystems": [(BODY, None, ALL)],
    "getSystemOverview": [("system", None, ALL)],
    "listFreshRuns": [("run", None, OWN_RUN), ("refused", None, {*OWN_RUN, "body"})],
    "noteFreshRun": [("refused", {"run_id": "{run}"}, {"assessor", "second assessor"})],
    "listEditions": [("", None, ALL)],
    "acceptEdition": [("edition", {"until": DAY, "why": "because"}, {"approver", "second approver"})],
    "listVendors": [("", None, ALL)],
    "listVersions": [("", None, ALL)],
    "addVendor": [("", {"name": "new"}, {"administrator"})],
    "addProduct": [("", {"vendor_id": "{vendor}", "name": "new"}, {"administrator"})],
    "addVersion": [("", {"product_id": "{product}", "name": "new"}, {"administrator"})],
    "addSystem": [
        ("", {"body_code": BODY, "version_id": "{version}", "service": SERVICE, "since": DAY}, {"administrator"})
    ],
    "listAccounts": [("", None, {"administrator"})],
    "addAccount": [("", {"name": "new", "role": "assessor"}, {"administrator"})],
    "disableAccount": [("{account}", WHY, {"administrator"})],
    "getMe": [("", None, ALL - {"public"})],
    "beginUpload": [
        (
            "", {"body_code": BODY, "version_id": "{version}", "size": 1, "digest": "sha256:" + "1" * 64},
            {"vendor", "body", "assessor", "second assessor"},
        )
    ],
    "getUpload": [("upload", None, {"vendor"})],
    "appendToUpload": [("upload", b"abc", {"vendor"})],
    "finishUpload": [("upload", {}, {"vendor"})],
    "listRuns": [("", None, ALL - {"public"})],
    "getRun": [("run", None, OWN_RUN), ("refused", None, {*OWN_RUN, "body"})],
    "listJudgements": [("run", None, OWN_RUN), ("refused", None, {*OWN_RUN, "body"})],
    "getAssessment": [("run", None, OWN_RUN), ("refused", None, {*OWN_RUN, "body"})],
    "getScorecard": [("run", None, OWN_RUN), ("refused", None, {*OWN_RUN, "body"})],
    "listRunEvents": [("run", None, AGENCY), ("refused", None, AGENCY)],
    "judgeAgain": [("run", {}, {"assessor", "second assessor"})],
    "withdrawRun": [("run", WHY, {"vendor"})],
    "beginReview": [("run", {}, {"assessor", "second assessor"})],
    "propose": [("run", {"outcome": "refused", "why": "no"}, {"assessor", "second assessor"})],
    "decide": [("run", {"proposal_id": "x", "confirm": True, "why": "no"}, {"approver", "second approver"})],
    "listStatements": [("", None, ALL)],
    "getStatement": [("statement", None, ALL)],
    "getStatementFile": [("statement", None, ALL)],
    "getRevocations": [("", None, ALL)],
    "getKey": [("", None, ALL)],
    "withdrawStatement": [("statement", WHY, {"approver", "second approver"})],
    "listWaivers": [("", None, ALL - {"public"})],
    "getWaiver": [("waiver", None, {"vendor", *AGENCY})],
    "proposeWaiver": [
        (
            "",
            {
                "service": SERVICE, "requirement": "COM-PAG-001", "version_id": "{version}", "reason": TEXT,
                "condition": TEXT, "valid_from": DAY, "valid_until": DAY,
            },
            {"assessor", "second assessor"},
        )
    ],
    "approveWaiver": [("waiver", WHY, {"approver", "second approver"})],
    "withdrawWaiver": [("waiver", WHY, {"approver", "second approver"})],
    "listPublishedAdvisories": [("", None, ALL)],
    "listAdvisories": [("", None, ALL - {"public"})],
    "getAdvisory": [("drafted", None, AGENCY), ("issued", None, {"vendor", "body", *AGENCY})],
    "getAdvisoryPage": [("drafted", None, AGENCY), ("issued", None, {"vendor", "body", *AGENCY})],
    "listAdvisoryEvents": [("drafted", None, AGENCY), ("issued", None, AGENCY)],
    "draftAdvisory": [("", {"run_id": "{refused}", "basis": TEXT, "answer_by": DAY}, {"assessor", "second assessor"})],
    "approveAdvisory": [("drafted", WHY, {"approver", "second approver"})],
    "issueAdvisory": [("drafted", WHY, AGENCY - {"administrator"})],
    "dropAdvisory": [("drafted", WHY, {"assessor", "second assessor"})],
    "acknowledgeAdvisory": [("issued", WHY, {"body"})],
    "planRemedy": [("issued", {"plan": "p", "remedy_by": DAY}, {"body"})],
    "remedyAdvisory": [("issued", {"run_id": "{run}"}, {"assessor", "second assessor"})],
    "closeAdvisory": [("issued", WHY, {"approver", "second approver"})],
    "getStatementPdf": [("statement", None, ALL)],
    "getAdvisoryPdf": [("drafted", None, AGENCY), ("issued", None, {"vendor", "body", *AGENCY})],
    "getSystemBadge": [("system", None, ALL)],
    "getResults": [("run", None, OWN_RUN), ("refused", None, {*OWN_RUN, "body"})],
}  # fmt: skip
LATE = {"issueAdvisory", "planRemedy", "closeAdvisory", "remedyAdvisory"}
"""Steps that come later than the state in which the thing is: whoever may take them is told of a conflict first, and so
may be whoever may not."""


def filled(value: Any, world: World, things: Things) -> Any:
    """A content of the matrix with ids in it."""
    known = {
        "{vendor}": world.vendor, "{product}": world.product, "{version}": world.version,
        "{account}": world["second approver"].account, "{run}": things.run, "{refused}": things.refused,
    }  # fmt: skip
    if isinstance(value, dict):
        return {name: filled(each, world, things) for name, each in value.items()}
    return known.get(value, value) if isinstance(value, str) else value


def path_of(endpoint: Endpoint, name: str, world: World, things: Things) -> str:
    """The path of an operation on a thing of the matrix."""
    found = getattr(things, name, None) or filled(name, world, things)
    return endpoint.path.replace("{id}", found).replace("{code}", found)


def _count(office: Office) -> int:
    with office.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(tables.events)).scalar_one())


def test_every_operation_is_in_the_matrix() -> None:
    """Claim: no operation is left out of the next test. Stimulus: the table of endpoints. Expected: the same names."""
    assert {endpoint.id for endpoint in ENDPOINTS} == MATRIX.keys()


def test_who_may_do_what_to_which_thing(office: Office, world: World, api: str) -> None:
    """Claim: direct references to other people's things lead nowhere. Stimulus: every operation on every thing by
    every role that may not. Expected: 401 for nobody, 403 or 404 for all others, and nothing has happened."""
    things = everything(office, world)
    before = _count(office)
    for endpoint in ENDPOINTS:
        for name, content, allowed in MATRIX[endpoint.id]:
            for role in sorted(ALL - allowed):
                ask = asking(api, world, role)
                headers = {"Upload-Offset": "0", "Content-Type": "application/octet-stream"} if endpoint.pieces else {}
                answer = ask(
                    endpoint.method,
                    path_of(endpoint, name, world, things),
                    filled(content, world, things),
                    headers=headers,
                )
                expected = {401} if role == "public" else {403, 404, *([409] if endpoint.id in LATE else [])}
                assert answer.status_code in expected, (endpoint.id, name, role, answer.text)
                assert answer.headers["Content-Type"] == "application/problem+json"
    assert _count(office) == before


def test_who_may_see_it_sees_it(office: Office, world: World, api: str) -> None:
    """Claim: nobody is kept from his own. Stimulus: every read of every thing by every role that may. Expected: 200,
    and content that fits the document."""
    things = everything(office, world)
    told = document()
    for endpoint in (e for e in ENDPOINTS if e.method == "GET"):
        for name, _, allowed in MATRIX[endpoint.id]:
            for role in sorted(allowed):
                if endpoint.id in {"getScorecard", "getResults"}:
                    continue  # the steady judge makes no lines to show
                answer = asking(api, world, role)("GET", path_of(endpoint, name, world, things))
                assert answer.status_code == 200, (endpoint.id, name, role, answer.text)
                if endpoint.gives is not File:
                    schema = {
                        "$ref": f"#/components/schemas/{endpoint.gives.__name__}",
                        "components": told["components"],
                    }
                    jsonschema_rs.Draft202012Validator(schema).validate(answer.json())


def test_lists_hold_ones_own_only(office: Office, world: World, api: str) -> None:
    """Claim: a list leaks nothing. Stimulus: lists of runs, waivers and advisories by every role. Expected: one's own;
    the public list names body and state and nothing of what was found."""
    things = everything(office, world)
    runs = {role: _ids(asking(api, world, role)("GET", "/runs?limit=100").json()) for role in sorted(ALL - {"public"})}
    assert things.run in runs["vendor"]
    assert runs["other vendor"] == runs["other body"] == set()
    assert things.refused in runs["body"]
    assert things.run not in runs["body"]
    assert all(runs[role] == runs["assessor"] for role in AGENCY)
    for role in ("other vendor", "other body"):
        for path in ("/waivers", "/advisories"):
            assert asking(api, world, role)("GET", path).json()["items"] == []
    published = Asking(api)("GET", "/published-advisories").json()
    assert _ids(published) == {things.issued}
    assert "COM-PAG-001" not in json.dumps(published)


def _ids(page: dict[str, Any]) -> set[str]:
    return {item["id"] for item in page["items"]}


def test_a_proposal_is_the_agencys_until_it_is_decided(office: Office, world: World, api: str) -> None:
    """Claim: what is only proposed is told to nobody else. Stimulus: the run before and after the decision, as the
    vendor and as the approver see it. Expected: only the approver sees it first; then the vendor sees every reason."""
    assert isinstance(office.judge, SteadyJudge)
    office.judge.judged = failing()
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, RunState.REFUSED, "it fails")
    vendor, approver = asking(api, world, "vendor"), asking(api, world, "approver")
    assert vendor("GET", f"/runs/{run}").json()["proposal"] is None
    assert approver("GET", f"/runs/{run}").json()["proposal"]["id"] == proposal
    review.decide(office, world["approver"], run, proposal, confirm=True, why="agreed")
    (reason,) = vendor("GET", f"/runs/{run}").json()["proposal"]["reasons"]
    assert reason["requirement"] == "COM-PAG-001"
    assert reason["remedy"]["ja"]


def test_the_document_is_what_is_served(office: Office, world: World, api: str) -> None:
    """Claim: document and code are one. Stimulus: the file, compared with the table; each path with another method,
    and paths that are not there. Expected: equal; 405 with Allow; 404."""
    assert PATH.read_text("utf-8") == written()
    assert yaml.safe_load(written())["openapi"] == "3.1.0"
    for path in ("/bodies", "/runs", "/uploads"):
        answer = Asking(api)("DELETE", path)
        assert answer.status_code == 405
        assert "DELETE" not in answer.headers["Allow"]
        assert answer.json()["code"] == "method_not_allowed"
    for path in ("", "/", "/nothing", "/runs/", "/bodies/131016/x"):
        assert Asking(api)("GET", path).status_code == 404


def test_tokens_end(api: str, office: Office, world: World, clock: Clock) -> None:
    """Claim: an account can be shut out, and a token is not for ever. Stimulus: a wrong token, also where nobody has to
    be known; an account disabled; a year passes. Expected: 401 each time; nothing that is kept is the token."""
    vendor = asking(api, world, "vendor")
    assert vendor("GET", "/me").json()["role"] == "vendor"
    assert Asking(api, world.tokens["vendor"] + "x")("GET", "/bodies").status_code == 401
    disable_account(office, world["administrator"], world["vendor"].account, "left")
    assert vendor("GET", "/me").status_code == 401
    clock.forward(days=365)
    assert asking(api, world, "assessor")("GET", "/me").status_code == 401
    with office.database.read() as connection:
        kept = json.dumps([list(map(str, row)) for row in connection.execute(sa.select(tables.accounts))])
        kept += json.dumps([list(map(str, row)) for row in connection.execute(sa.select(tables.events))])
    assert not [name for name, token in world.tokens.items() if token in kept]


def test_a_piece_that_is_broken_off_can_be_sent_again(api: str, world: World) -> None:
    """Claim: the upload goes on over HTTP. Stimulus: a connection that is cut in the middle of a piece; no offset; then
    the rest. Expected: what was received is told; the upload becomes a run."""
    import hashlib

    vendor, content = asking(api, world, "vendor"), b"0123456789" * 1000
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    new = {"body_code": BODY, "version_id": world.version, "size": len(content), "digest": digest}
    begun = vendor("POST", "/uploads", new)
    assert begun.headers["Location"] == f"/v1/uploads/{begun.json()['id']}"
    path = f"/uploads/{begun.json()['id']}"
    parts = urlsplit(api)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as cut:
        cut.sendall(
            f"PATCH /v1{path} HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {world.tokens['vendor']}\r\nUpload-Offset: 0\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Length: 5000\r\n\r\n".encode()
            + content[:100]
        )
    octets = {"Content-Type": "application/octet-stream"}
    assert vendor("PATCH", path, content, headers=octets).status_code == 400
    received = vendor("GET", path).json()["received"]
    assert received == 0
    for offset in range(received, len(content), 4000):
        answer = vendor(
            "PATCH", path, content[offset : offset + 4000], headers={**octets, "Upload-Offset": str(offset)}
        )
        assert answer.status_code == 200, answer.text
    assert vendor("PATCH", path, b"x", headers={**octets, "Upload-Offset": "10000"}).status_code == 413
    made = vendor("POST", f"{path}/completion", {})
    assert made.status_code == 201
    assert vendor("GET", made.headers["Location"].removeprefix("/v1")).json()["state"] == "submitted"
