"""Runs as they stand in the registry, and who may see which."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import sqlalchemy as sa

from conformance.model import Text
from conformance.registry.actors import Actor, Role
from conformance.registry.judged import Judged
from conformance.registry.refusals import AGAIN_LATER, NotFoundError, none_such
from conformance.registry.states import RunState
from conformance.registry.store import tables


class Run(msgspec.Struct, frozen=True):
    """A submitted run. `proposal` is what its assessor has proposed, as JSON."""

    id: str
    account_id: str
    vendor_id: str
    version_id: str
    body_code: str
    party: str
    state: RunState
    archive: str
    size: int
    evidence: str | None
    submitted_at: dt.datetime
    assessor_id: str | None
    proposal: dict[str, Any] | None
    changed_at: dt.datetime


class Judgement(msgspec.Struct, frozen=True):
    """One judging of a run's evidence; the last one counts."""

    id: str
    run_id: str
    at: dt.datetime
    judged: Judged


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """Which runs somebody may see: a vendor those of its products, a body those of its systems, the agency all."""
    table = tables.runs
    if actor.agency:
        return sa.true()
    if actor.role is Role.VENDOR and actor.vendor is not None:
        return table.c.vendor_id == actor.vendor
    if actor.role is Role.BODY and actor.body is not None:
        # What a vendor has submitted is the vendor's until the agency has decided on it.
        decided = (RunState.SUBMITTED, RunState.VERIFIED, RunState.UNDER_REVIEW, RunState.WITHDRAWN)
        own = sa.select(tables.accounts.c.id).where(tables.accounts.c.body_code == actor.body)
        return sa.and_(
            table.c.body_code == actor.body, sa.or_(table.c.account_id.in_(own), table.c.state.not_in(decided))
        )
    return sa.false()


def read(connection: sa.Connection, actor: Actor, run_id: str) -> Run:
    """A run that somebody may see. Raises `NotFoundError`, also where it is there for others only."""
    row = connection.execute(sa.select(tables.runs).where(tables.runs.c.id == run_id, visible(actor))).first()
    if row is None:
        raise none_such("試験結果", "run")
    return _run(row)


def find(
    connection: sa.Connection, actor: Actor, *, state: RunState | None, limit: int, offset: int
) -> tuple[int, list[Run]]:
    """How many runs somebody may see (in a state), and a page of them, the newest first."""
    chosen = sa.select(tables.runs).where(visible(actor))
    if state is not None:
        chosen = chosen.where(tables.runs.c.state == state)
    count = connection.execute(sa.select(sa.func.count()).select_from(chosen.subquery())).scalar_one()
    page = chosen.order_by(tables.runs.c.submitted_at.desc(), tables.runs.c.id).limit(limit).offset(offset)
    return count, [_run(row) for row in connection.execute(page)]


def of_system(connection: sa.Connection, actor: Actor, body_code: str, version_id: str, limit: int) -> list[Run]:
    """The newest runs of a version in a body that somebody may see, the newest first."""
    table = tables.runs
    chosen = sa.select(table).where(visible(actor), table.c.body_code == body_code, table.c.version_id == version_id)
    return [
        _run(row) for row in connection.execute(chosen.order_by(table.c.submitted_at.desc(), table.c.id).limit(limit))
    ]


def _run(row: sa.Row[Any]) -> Run:
    return Run(**{**row._mapping, "state": RunState(row.state)})


def judgements(connection: sa.Connection, run_id: str) -> list[Judgement]:
    """How often and with what result the evidence of a run was judged, the last one first."""
    table = tables.judgements
    chosen = sa.select(table).where(table.c.run_id == run_id).order_by(table.c.at.desc(), table.c.id.desc())
    return [
        Judgement(row.id, row.run_id, row.at, msgspec.convert(row.content, Judged))
        for row in connection.execute(chosen)
    ]


def judgement(connection: sa.Connection, run_id: str) -> Judgement:
    """The judgement that counts. Raises `NotFoundError` where there is none yet."""
    found = judgements(connection, run_id)
    if not found:
        raise NotFoundError(
            Text("この試験結果はまだ判定されていません。", "the run has not been judged yet"), next_step=AGAIN_LATER
        )
    return found[0]
