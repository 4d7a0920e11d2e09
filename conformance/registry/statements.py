"""Statements as the registry keeps them: issued with a decision, ended by time, by a newer one, or by withdrawal."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from conformance.errors import UsageError
from conformance.expression import JST
from conformance.model import Text
from conformance.registry import revocations
from conformance.registry.actors import REGISTRY, Act, Actor
from conformance.registry.bodies import body
from conformance.registry.dsse import canonical
from conformance.registry.holdings import version
from conformance.registry.judged import Judged, Shortfall
from conformance.registry.keys import Signer, key_id
from conformance.registry.office import Office, new_id, words
from conformance.registry.reasons import Assessment, Waived
from conformance.registry.refusals import NotFoundError
from conformance.registry.runs import Run
from conformance.registry.statement import Facts, content, moment, sign
from conformance.registry.states import RunState, require
from conformance.registry.store import record, tables
from conformance.registry.store.database import one_changed


class StatementState(StrEnum):
    """Where a statement stands."""

    VALID = "valid"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


_OF_RUN = {
    StatementState.EXPIRED: RunState.EXPIRED,
    StatementState.SUPERSEDED: RunState.SUPERSEDED,
    StatementState.WITHDRAWN: RunState.WITHDRAWN,
}


@dataclass(frozen=True)
class Statement:
    """A statement. `scope` is the same for statements of which the newer supersedes the older."""

    id: str
    run_id: str
    state: StatementState
    scope: str
    envelope: str
    key_id: str
    issued_at: dt.datetime
    valid_until: dt.datetime
    superseded_by: str | None
    changed_at: dt.datetime

    def stands(self, now: dt.datetime) -> StatementState:
        """Its state at a moment: its time may have run out before anybody has noted it."""
        expired = self.state is StatementState.VALID and now >= self.valid_until
        return StatementState.EXPIRED if expired else self.state


@dataclass(frozen=True)
class Grounds:
    """What a statement is made on."""

    run: Run
    judged: Judged
    assessment: Assessment
    conditions: tuple[Text, ...]


def signer_of(office: Office) -> Signer:
    """The key of the office. Raises `UsageError` where it has none."""
    if office.signer is None:
        raise UsageError("the registry has no key to sign with", next_step="start it with --key FILE")
    return office.signer


def issue(connection: sa.Connection, office: Office, actor: Actor, grounds: Grounds) -> str:
    """Sign a statement and enter it; what it takes the place of is superseded. Its id."""
    made, now, signer = new_id(), office.now(), signer_of(office)
    facts = _facts(connection, office, actor, grounds, made)
    scope = _scope(grounds)
    older = list(_valid(connection, scope))
    connection.execute(
        sa.insert(tables.statements).values(
            id=made,
            run_id=grounds.run.id,
            state=StatementState.VALID,
            scope=scope,
            envelope=sign(content(facts, grounds.judged), signer),
            key_id=key_id(signer.public),
            issued_at=now,
            valid_until=facts.until,
            changed_at=now,
        )
    )
    record(connection, now, actor, "issue", ("statement", made), what={"run": grounds.run.id, "scope": scope})
    for each in older:
        _end(connection, office, REGISTRY, each, StatementState.SUPERSEDED, f"superseded by {made}", made)
    return made


def _facts(connection: sa.Connection, office: Office, actor: Actor, grounds: Grounds, made: str) -> Facts:
    run = grounds.run
    product, place, now = version(connection, run.version_id), body(connection, run.body_code), office.now()
    last_days = [waived.waiver.valid_until for waived in grounds.assessment.waived]
    # A statement that rests on waivers ends with the first of them, at midnight in Japan after its last day.
    ends = [dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), JST) for day in last_days]
    return Facts(
        id=made,
        url=f"{office.url}/statements/{made}",
        party=run.party,
        vendor={"id": product.vendor_id, "name": product.vendor},
        product={"id": product.product_id, "name": product.product, "versionId": product.id, "version": product.name},
        body={"code": place.code, "name": place.name, "type": place.type},
        conditions=grounds.conditions,
        waived=tuple(map(_waived, grounds.assessment.waived)),
        observations=tuple(map(_named, grounds.assessment.observations)),
        assessor=run.assessor_id or "",
        approver=actor.account,
        issued=now,
        until=min([now + dt.timedelta(days=office.bounds.statement_days), *ends]),
        archive=run.archive,
    )


def _named(short: Shortfall) -> dict[str, str]:
    return {"service": short.service, "requirement": short.requirement, "verdict": short.verdict.value}


def _waived(waived: Waived) -> dict[str, Any]:
    waiver = waived.waiver
    return {
        **_named(waived.shortfall),
        "waiver": waiver.id,
        "reason": msgspec.to_builtins(waiver.reason),
        "condition": msgspec.to_builtins(waiver.condition),
        "from": waiver.valid_from.isoformat(),
        "until": waiver.valid_until.isoformat(),
    }


def _scope(grounds: Grounds) -> str:
    services = sorted((tested.service, tested.version) for tested in grounds.judged.services)
    told = [grounds.run.version_id, grounds.run.body_code, services]
    return "sha256:" + hashlib.sha256(canonical(told)).hexdigest()


def _valid(connection: sa.Connection, scope: str) -> list[Statement]:
    table = tables.statements
    chosen = sa.select(table).where(table.c.scope == scope, table.c.state == StatementState.VALID)
    return [_statement(row) for row in connection.execute(chosen)]


def _end(
    connection: sa.Connection,
    office: Office,
    actor: Actor,
    found: Statement,
    after: StatementState,
    why: str,
    superseded_by: str | None = None,
) -> None:
    """Let a statement stand no more, and its run with it."""
    now, table, runs = office.now(), tables.statements, tables.runs
    run = connection.execute(sa.select(runs.c.state).where(runs.c.id == found.run_id)).scalar_one()
    act = {"superseded": "supersede", "expired": "expire"}.get(after.value, Act.WITHDRAW_STATEMENT)
    require(actor, RunState(run), _OF_RUN[after], act)
    change = sa.update(table).where(table.c.id == found.id, table.c.state == StatementState.VALID)
    one_changed(connection.execute(change.values(state=after, superseded_by=superseded_by, changed_at=now)))
    run_change = sa.update(runs).where(runs.c.id == found.run_id, runs.c.state == run)
    one_changed(connection.execute(run_change.values(state=_OF_RUN[after], changed_at=now)))
    record(connection, now, actor, act, ("statement", found.id), why)
    record(connection, now, actor, act, ("run", found.run_id), why)


def withdraw(office: Office, actor: Actor, statement_id: str, why: str) -> None:
    """Withdraw a statement, as where it has been shown to be wrong. Raises `ForbiddenError`, `ConflictError`."""
    actor.require(Act.WITHDRAW_STATEMENT)
    with office.database.write() as connection:
        found = read(connection, statement_id)
        _end(connection, office, actor, found, StatementState.WITHDRAWN, words(why, "why"))


def expire(office: Office) -> int:
    """Note which statements have run out of time; how many these were."""
    table = tables.statements
    with office.database.write() as connection:
        chosen = sa.select(table).where(table.c.state == StatementState.VALID, table.c.valid_until <= office.now())
        found = [_statement(row) for row in connection.execute(chosen)]
        for each in found:
            _end(connection, office, REGISTRY, each, StatementState.EXPIRED, "its time has run out")
    return len(found)


def read(connection: sa.Connection, statement_id: str) -> Statement:
    """A statement; all of them are published. Raises `NotFoundError`."""
    row = connection.execute(sa.select(tables.statements).where(tables.statements.c.id == statement_id)).first()
    if row is None:
        raise NotFoundError(
            Text("該当する適合の表明がありません。", "there is no such statement"),
            next_step=Text(
                "表明に記載されたアドレスを確認してください。", "check the address that the statement itself names"
            ),
        )
    return _statement(row)


def find(connection: sa.Connection, *, limit: int, offset: int) -> tuple[int, list[Statement]]:
    """How many statements there are, and a page of them, the newest first."""
    table = tables.statements
    count = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    page = sa.select(table).order_by(table.c.issued_at.desc(), table.c.id).limit(limit).offset(offset)
    return count, [_statement(row) for row in connection.execute(page)]


def of_run(connection: sa.Connection, run_id: str) -> Statement | None:
    """The statement that was made on a run, if there is one."""
    row = connection.execute(sa.select(tables.statements).where(tables.statements.c.run_id == run_id)).first()
    return None if row is None else _statement(row)


def of_system(connection: sa.Connection, body_code: str, version_id: str) -> list[Statement]:
    """The statements for a version in a body, whether they stand or not, those on the latest runs first."""
    table, of = tables.statements, tables.runs
    chosen = sa.select(table).join(of, of.c.id == table.c.run_id)
    own = chosen.where(of.c.body_code == body_code, of.c.version_id == version_id)
    newest = own.order_by(of.c.submitted_at.desc(), table.c.issued_at.desc(), table.c.id)
    return [_statement(row) for row in connection.execute(newest)]


def _statement(row: sa.Row[Any]) -> Statement:
    return Statement(**{**row._mapping, "state": StatementState(row.state)})


def revoked(connection: sa.Connection, office: Office) -> str:
    """The signed list of statements that were withdrawn or superseded."""
    table = tables.statements
    gone = (StatementState.WITHDRAWN, StatementState.SUPERSEDED)
    chosen = sa.select(table).where(table.c.state.in_(gone)).order_by(table.c.changed_at, table.c.id)
    ended = [
        revocations.Ended(row.id, row.state, moment(row.changed_at), row.superseded_by)
        for row in connection.execute(chosen)
    ]
    return revocations.sign(ended, office.now(), signer_of(office))
