"""Endpoints about statements, the list of revocations, the public key, and waivers."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from conformance.model import Text
from conformance.registry import statements, waivers
from conformance.registry.api.calls import Call, Endpoint, File, Made, Nothing, Page, Why
from conformance.registry.keys import public_pem
from conformance.registry.statements import StatementState


class Statement(msgspec.Struct, frozen=True):
    """A statement and where it stands now; `envelope` is the signed file as text."""

    id: str
    run_id: str
    state: StatementState
    issued_at: dt.datetime
    valid_until: dt.datetime
    superseded_by: str | None
    key_id: str
    envelope: str


class Statements(msgspec.Struct, frozen=True):
    """A page of statements, the newest first; `total` counts all."""

    total: int
    items: list[Statement]


class Waivers(msgspec.Struct, frozen=True):
    """All waivers that may be seen."""

    items: list[waivers.Waiver]


class NewWaiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A waiver to be proposed; for all bodies where `body_code` is null."""

    service: str
    requirement: str
    version_id: str
    reason: Text
    condition: Text
    valid_from: dt.date
    valid_until: dt.date
    body_code: str | None = None


def _statement(call: Call, found: statements.Statement) -> Statement:
    return Statement(
        found.id, found.run_id, found.stands(call.office.now()), found.issued_at, found.valid_until,
        found.superseded_by, found.key_id, found.envelope,
    )  # fmt: skip


def _all(call: Call) -> Statements:
    query: Page = call.query
    with call.office.database.read() as connection:
        count, found = statements.find(connection, limit=query.limit, offset=query.offset)
    return Statements(count, [_statement(call, each) for each in found])


def _one(call: Call) -> Statement:
    with call.office.database.read() as connection:
        return _statement(call, statements.read(connection, call.path["id"]))


def _file(call: Call) -> File:
    with call.office.database.read() as connection:
        found = statements.read(connection, call.path["id"])
    return File(found.envelope.encode(), "application/vnd.dsse.envelope.v1+json", f"statement-{found.id}.dsse.json")


def _withdraw(call: Call) -> Nothing:
    statements.withdraw(call.office, call.actor, call.path["id"], call.content.why)
    return Nothing()


def _revocations(call: Call) -> File:
    with call.office.database.read() as connection:
        listed = statements.revoked(connection, call.office)
    return File(listed.encode(), "application/vnd.dsse.envelope.v1+json", "revocations.dsse.json")


def _key(call: Call) -> File:
    return File(public_pem(statements.signer_of(call.office).public), "application/x-pem-file", "key.pem")


def _waivers(call: Call) -> Waivers:
    with call.office.database.read() as connection:
        return Waivers(waivers.find(connection, call.actor))


def _waiver(call: Call) -> waivers.Waiver:
    with call.office.database.read() as connection:
        return waivers.read(connection, call.actor, call.path["id"])


def _propose(call: Call) -> Made:
    return Made(waivers.propose(call.office, call.actor, waivers.Waiver("", **msgspec.structs.asdict(call.content))))


def _approve(call: Call) -> Nothing:
    waivers.approve(call.office, call.actor, call.path["id"], call.content.why)
    return Nothing()


def _withdraw_waiver(call: Call) -> Nothing:
    waivers.withdraw(call.office, call.actor, call.path["id"], call.content.why)
    return Nothing()


ENDPOINTS: Final = (
    Endpoint(
        "listStatements", "GET", "/statements", _all, Text("適合の表明一覧", "Statements of conformity"), Statements,
        query=Page, public=True,
    ),
    Endpoint(
        "getStatement", "GET", "/statements/{id}", _one, Text("適合の表明", "A statement, and whether it stands"),
        Statement, public=True, refusals=(404,),
    ),
    Endpoint(
        "getStatementFile", "GET", "/statements/{id}/file", _file, Text("署名済みファイル", "Its signed file"), File,
        public=True, refusals=(404,),
    ),
    Endpoint(
        "withdrawStatement", "POST", "/statements/{id}/withdrawal", _withdraw, Text("表明の撤回", "Withdraw it"),
        Nothing, takes=Why, refusals=(404, 409),
    ),
    Endpoint(
        "getRevocations", "GET", "/revocations", _revocations, Text("失効一覧", "Statements that stand no more"), File,
        public=True,
    ),
    Endpoint("getKey", "GET", "/key", _key, Text("公開鍵", "The public key"), File, public=True),
    Endpoint("listWaivers", "GET", "/waivers", _waivers, Text("経過措置一覧", "Waivers"), Waivers),
    Endpoint(
        "getWaiver", "GET", "/waivers/{id}", _waiver,
        Text("経過措置", "A waiver"), waivers.Waiver, refusals=(404,),
    ),
    Endpoint(
        "proposeWaiver", "POST", "/waivers", _propose, Text("経過措置の提案", "Propose a waiver"), Made,
        takes=NewWaiver, status=201, location="/waivers/{id}", refusals=(404,),
    ),
    Endpoint(
        "approveWaiver", "POST", "/waivers/{id}/approval", _approve, Text("経過措置の承認", "Approve it"), Nothing,
        takes=Why, refusals=(404, 409),
    ),
    Endpoint(
        "withdrawWaiver", "POST", "/waivers/{id}/withdrawal", _withdraw_waiver,
        Text("経過措置の取消し", "Withdraw a waiver"), Nothing, takes=Why, refusals=(404, 409),
    ),
)  # fmt: skip
