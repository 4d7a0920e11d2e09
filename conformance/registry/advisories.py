"""Advisories: from the findings of a refused or expired run to their end, each step by who may take it.

An advisory is remedied by evidence alone: a newer run of the same product in the same body, in which every requirement
that was found not met is judged as passed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from conformance.model import Text
from conformance.registry import runs
from conformance.registry.actors import REGISTRY, Act, Actor, Role
from conformance.registry.advisory_states import SENT, AdvisoryState, require
from conformance.registry.advisory_text import Content, compose
from conformance.registry.bodies import body
from conformance.registry.holdings import version
from conformance.registry.names import listed
from conformance.registry.office import Office, new_id, words
from conformance.registry.refusals import ConflictError, ForbiddenError, InvalidError, none_such
from conformance.registry.states import RunState
from conformance.registry.store import history, record, tables
from conformance.registry.store.database import one_changed

_S = AdvisoryState
FROM: Final = frozenset({RunState.REFUSED, RunState.EXPIRED})
_REMIND: Final = "remind"
_REMIND_DAYS: Final = 7
_LONGEST_PLAN: Final = dt.timedelta(days=365)


@dataclass(frozen=True)
class Advisory:
    """An advisory; `content` is what it says."""

    id: str
    body_code: str
    vendor_id: str
    run_id: str
    state: AdvisoryState
    content: Content
    answer_by: dt.date
    remedy_by: dt.date | None
    drafted_by: str
    approved_by: str | None
    remedied_by: str | None
    issued_at: dt.datetime | None
    changed_at: dt.datetime


def draft(office: Office, actor: Actor, run_id: str, basis: Text, answer_by: dt.date) -> str:
    """Draft an advisory on what a run fell short in; its id.

    Raises `ForbiddenError`, `NotFoundError`, `InvalidError`; `ConflictError` where the run has not come to an end, or
    no binding requirement failed in it.
    """
    actor.require(Act.DRAFT_ADVISORY)
    if answer_by <= office.today():
        raise InvalidError(
            Text("明日以降の日ではありません。", "is not to come"),
            where="answer_by",
            next_step=Text("明日以降の日を指定してください。", "give a day after today"),
        )
    for lang in ("ja", "en"):
        words(getattr(basis, lang), f"basis.{lang}")
    made, now = new_id(), office.now()
    with office.database.write() as connection:
        run = runs.read(connection, actor, run_id)
        if run.state not in FROM or run.evidence is None:
            raise ConflictError(
                Text(
                    "この試験結果は、不表明でも期限切れでもありません。", "the run was not refused, and has not expired"
                ),
                next_step=Text("先に試験結果について決定してください。", "decide on the run first"),
            )
        judged = runs.judgement(connection, run.id).judged
        place, product = body(connection, run.body_code), version(connection, run.version_id)
        content = compose(place, product, run.id, run.evidence, judged, basis)
        if not content.findings:
            raise ConflictError(
                Text(
                    "守らなければならない要求事項のうち、この試験結果で不合格のものはありません。",
                    "no binding requirement failed in this run",
                ),
                next_step=Text("勧告・助言の対象がありません。", "there is nothing to advise on"),
            )
        connection.execute(
            sa.insert(tables.advisories).values(
                id=made,
                body_code=run.body_code,
                vendor_id=run.vendor_id,
                run_id=run.id,
                state=AdvisoryState.DRAFTED,
                content=msgspec.to_builtins(content),
                answer_by=answer_by,
                drafted_by=actor.account,
                changed_at=now,
            )
        )
        what = {"run": run.id, "requirements": [found.requirement for found in content.findings]}
        record(connection, now, actor, Act.DRAFT_ADVISORY, ("advisory", made), what=what)
    return made


def approve(office: Office, actor: Actor, advisory_id: str, why: str) -> None:
    """Approve a draft. Raises `ForbiddenError` for whoever has drafted it, `ConflictError`."""
    with office.database.write() as connection:
        found = read(connection, actor, advisory_id)
        if found.drafted_by == actor.account:
            raise ForbiddenError(
                Text(
                    "起案した者は、その勧告・助言を承認できません。", "whoever drafts an advisory does not approve it"
                ),
                next_step=Text("別の承認者に依頼してください。", "ask another approver"),
            )
        _move(connection, office, actor, found, AdvisoryState.APPROVED, why, approved_by=actor.account)


def issue(office: Office, actor: Actor, advisory_id: str, why: str) -> None:
    """Send it to the body and its vendor. Raises `ForbiddenError`, `ConflictError`, also where its date has passed."""
    with office.database.write() as connection:
        found = read(connection, actor, advisory_id)
        if found.answer_by <= office.today():
            raise ConflictError(
                Text("回答期限が明日以降の日ではなくなりました。", "the day to answer by is not to come any more"),
                next_step=Text("取り止めて、新たに起案してください。", "drop it, and draft it anew"),
            )
        _move(connection, office, actor, found, AdvisoryState.ISSUED, why, issued_at=office.now())


def drop(office: Office, actor: Actor, advisory_id: str, why: str) -> None:
    """Let go of an advisory that was not issued. Raises `ForbiddenError`, `ConflictError`."""
    with office.database.write() as connection:
        _move(connection, office, actor, read(connection, actor, advisory_id), AdvisoryState.DROPPED, why)


def acknowledge(office: Office, actor: Actor, advisory_id: str, why: str) -> None:
    """The body says that it has it. Raises `NotFoundError` for another body, `ForbiddenError`, `ConflictError`."""
    with office.database.write() as connection:
        _move(connection, office, actor, read(connection, actor, advisory_id), AdvisoryState.ACKNOWLEDGED, why)


def plan(office: Office, actor: Actor, advisory_id: str, text: str, remedy_by: dt.date) -> None:
    """The body says how and until when. Raises as `acknowledge`; `InvalidError` for a day in the past or too far."""
    if not dt.timedelta(0) < remedy_by - office.today() <= _LONGEST_PLAN:
        raise InvalidError(
            Text("明日以降の日ではないか、1年より先の日です。", "is past, or more than a year away"),
            where="remedy_by",
            next_step=Text("明日から1年以内の日を指定してください。", "give a day in between"),
        )
    with office.database.write() as connection:
        found = read(connection, actor, advisory_id)
        content = msgspec.to_builtins(msgspec.structs.replace(found.content, plan=words(text, "plan")))
        _move(connection, office, actor, found, AdvisoryState.PLAN_RECEIVED, text, remedy_by=remedy_by, content=content)


def remedy(office: Office, actor: Actor, advisory_id: str, run_id: str) -> None:
    """Note that a newer run shows what was found to be put right.

    Raises `ConflictError` where it does not: another product or body, older evidence, problems, or a requirement that
    it does not judge as passed.
    """
    with office.database.write() as connection:
        found = read(connection, actor, advisory_id)
        first, run = runs.read(connection, actor, found.run_id), runs.read(connection, actor, run_id)
        before, now = version(connection, first.version_id), version(connection, run.version_id)
        if (before.product_id, first.body_code) != (now.product_id, run.body_code):
            raise ConflictError(
                Text("別の製品又は団体の試験結果です。", "the run is of another product or body"),
                next_step=Text("同じ製品と団体の試験結果を指定してください。", "name a run of the same"),
            )
        if run.submitted_at <= first.submitted_at or run.state in {*FROM, RunState.WITHDRAWN}:
            raise ConflictError(
                Text(
                    "指摘の元となった試験結果より新しくないか、改善の根拠にできない試験結果です。",
                    "the run is no newer one, or counts no more",
                ),
                next_step=Text("より新しい試験結果を指定してください。", "name a newer run"),
            )
        judged = runs.judgement(connection, run.id).judged
        open_ = [f.requirement for f in found.content.findings if (f.service, f.requirement) not in judged.passed]
        if open_ or judged.problems:
            told = listed("code", open_ or [p.code for p in judged.problems])
            raise ConflictError(
                Text(
                    f"この試験結果では、次の点について改善を確認できません: {told.ja}。",
                    f"the run does not show it: {told.en}",
                ),
                next_step=Text("改善を示す試験結果をお待ちください。", "wait for a run that does"),
            )
        _move(connection, office, actor, found, AdvisoryState.REMEDIED, f"run {run.id}", remedied_by=run.id)


def close(office: Office, actor: Actor, advisory_id: str, why: str) -> None:
    """End an advisory that is remedied. Raises `ForbiddenError`, `ConflictError`."""
    with office.database.write() as connection:
        _move(connection, office, actor, read(connection, actor, advisory_id), AdvisoryState.CLOSED, why)


def escalate(office: Office) -> int:
    """Escalate what was not answered or not remedied in time; how many these were."""
    table, today = tables.advisories, office.today()
    late = sa.or_(
        sa.and_(table.c.state.in_((_S.ISSUED, _S.ACKNOWLEDGED)), table.c.answer_by < today),
        sa.and_(table.c.state == _S.PLAN_RECEIVED, table.c.remedy_by < today),
    )
    with office.database.write() as connection:
        found = [_advisory(row) for row in connection.execute(sa.select(table).where(late))]
        for each in found:
            _move(connection, office, REGISTRY, each, AdvisoryState.ESCALATED, "a date has passed")
    return len(found)


def remind(office: Office) -> int:
    """Note what is due within a week, once for each date; how many these were. It is an event, and sends nothing."""
    table, today = tables.advisories, office.today()
    waiting = (_S.ISSUED, _S.ACKNOWLEDGED, _S.PLAN_RECEIVED)
    count = 0
    with office.database.write() as connection:
        for row in connection.execute(sa.select(table).where(table.c.state.in_(waiting))).all():
            due = row.remedy_by if row.state == _S.PLAN_RECEIVED else row.answer_by
            before = history(connection, "advisory", row.id)
            told = {event.what["due"] for event in before if event.act == _REMIND}
            if 0 <= (due - today).days <= _REMIND_DAYS and due.isoformat() not in told:
                record(connection, office.now(), REGISTRY, _REMIND, ("advisory", row.id), what={"due": due.isoformat()})
                count += 1
    return count


class Noted(NamedTuple):
    """How many advisories were escalated, and of how many it was noted that a day is near."""

    escalated: int
    reminded: int


def watch_dates(office: Office) -> Noted:
    """Escalate what is late, and note what is due soon, as a timer of the operator calls it; safe to call at any time.

    A date for which it was done already is passed over, so nothing is told twice.
    """
    return Noted(escalate(office), remind(office))


def _move(
    connection: sa.Connection,
    office: Office,
    actor: Actor,
    found: Advisory,
    after: AdvisoryState,
    why: str,
    **values: Any,
) -> None:
    act = require(actor, found.state, after)
    table, now = tables.advisories, office.now()
    change = sa.update(table).where(table.c.id == found.id, table.c.state == found.state)
    one_changed(connection.execute(change.values(state=after, changed_at=now, **values)))
    told = {name: value for name, value in values.items() if name in {"remedied_by", "remedy_by"}}
    record(connection, now, actor, act, ("advisory", found.id), words(why, "why"), msgspec.to_builtins(told))


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """A body and a vendor see those that were sent and are about them, the agency all."""
    table = tables.advisories
    if actor.agency:
        return sa.true()
    sent = table.c.state.in_(SENT)
    if actor.role is Role.BODY and actor.body is not None:
        return sa.and_(sent, table.c.body_code == actor.body)
    if actor.role is Role.VENDOR and actor.vendor is not None:
        return sa.and_(sent, table.c.vendor_id == actor.vendor)
    return sa.false()


def read(connection: sa.Connection, actor: Actor, advisory_id: str) -> Advisory:
    """An advisory that somebody may see. Raises `NotFoundError`."""
    chosen = sa.select(tables.advisories).where(tables.advisories.c.id == advisory_id, visible(actor))
    row = connection.execute(chosen).first()
    if row is None:
        raise none_such("勧告・助言", "advisory", "advisories")
    return _advisory(row)


def find(
    connection: sa.Connection, actor: Actor, *, public: bool, limit: int, offset: int
) -> tuple[int, list[Advisory]]:
    """How many advisories there are, and a page of them: those that somebody may see, or all that were sent."""
    may = tables.advisories.c.state.in_(SENT) if public else visible(actor)
    count = connection.execute(sa.select(sa.func.count()).select_from(tables.advisories).where(may)).scalar_one()
    return count, select(connection, may, limit=limit, offset=offset)


def select(
    connection: sa.Connection, *chosen: sa.ColumnElement[bool], limit: int = 100, offset: int = 0
) -> list[Advisory]:
    """The advisories for which all of it holds, the last changed first. Who may see them is the caller's to say."""
    table = tables.advisories
    page = sa.select(table).where(*chosen).order_by(table.c.changed_at.desc(), table.c.id).limit(limit).offset(offset)
    return [_advisory(row) for row in connection.execute(page)]


def read_sent(connection: sa.Connection, advisory_id: str) -> Advisory:
    """An advisory that was sent, of which everybody may know to whom. Raises `NotFoundError`."""
    found = select(connection, tables.advisories.c.id == advisory_id, tables.advisories.c.state.in_(SENT))
    if not found:
        raise none_such("勧告・助言", "advisory", "advisories")
    return found[0]


def of_product(connection: sa.Connection, actor: Actor, body_code: str, product_id: str) -> list[Advisory]:
    """Those to a body on any version of a product, the newest first: all for the agency, those that were sent for all.

    What was sent is public as far as its findings are left out.
    """
    table, made, versions = tables.advisories, tables.runs, tables.versions
    chosen = sa.select(table).join(made, made.c.id == table.c.run_id).join(versions, versions.c.id == made.c.version_id)
    chosen = chosen.where(table.c.body_code == body_code, versions.c.product_id == product_id)
    if not actor.agency:
        chosen = chosen.where(table.c.state.in_(SENT))
    return [_advisory(row) for row in connection.execute(chosen.order_by(table.c.changed_at.desc(), table.c.id))]


def _advisory(row: sa.Row[Any]) -> Advisory:
    content = msgspec.convert(row.content, Content)
    return Advisory(**{**row._mapping, "state": AdvisoryState(row.state), "content": content})
