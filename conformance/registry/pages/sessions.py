"""Who is signed in to the pages. A session has an id of its own, which only its cookie knows; a digest of it is kept.

A session ends when it is signed out of, when it is not used for a while, after some hours in any case, and at once when
its account may come in no more. Each signing in makes a new one, and ends the one that the browser had.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from typing import Final

import sqlalchemy as sa

from conformance.registry import accounts
from conformance.registry.actors import PUBLIC, Actor
from conformance.registry.office import Office
from conformance.registry.refusals import UnauthenticatedError
from conformance.registry.store import record, tables

LASTS: Final = dt.timedelta(hours=8)
IDLE: Final = dt.timedelta(minutes=30)
_NOTED: Final = dt.timedelta(minutes=1)
"""How exactly it is kept when a session was used last: not every request is to be a write."""


def begin(office: Office, actor: Actor, before: str | None = None) -> str:
    """Begin a session for somebody whose token has been looked at; its id. `before`: the one that it takes the place
    of, as the browser has it."""
    made, now, table = secrets.token_urlsafe(32), office.now(), tables.sessions
    with office.database.write() as connection:
        if before is not None:
            connection.execute(sa.delete(table).where(table.c.digest == accounts.digest_of(before)))
        new = {"digest": accounts.digest_of(made), "account_id": actor.account, "begun_at": now, "seen_at": now}
        connection.execute(sa.insert(table).values(**new))
        record(connection, now, actor, "sign in", ("account", actor.account))
    return made


def whose(office: Office, session: str | None) -> Actor:
    """Who is signed in by a session: nobody in particular where it is none, or has ended."""
    if session is None:
        return PUBLIC
    table, now = tables.sessions, office.now()
    mine = table.c.digest == accounts.digest_of(session)
    with office.database.read() as connection:
        row = connection.execute(sa.select(table).where(mine)).first()
    if row is None or not _lives(row.begun_at, row.seen_at, now):
        return PUBLIC
    try:
        actor = accounts.by_id(office, row.account_id)
    except UnauthenticatedError:
        return PUBLIC
    if now - row.seen_at >= _NOTED:
        with office.database.write() as connection:
            connection.execute(sa.update(table).where(mine).values(seen_at=now))
    return actor


def _lives(begun: dt.datetime, seen: dt.datetime, now: dt.datetime) -> bool:
    return now - begun < LASTS and now - seen < IDLE


def end(office: Office, actor: Actor, session: str) -> None:
    """Sign out: the session's id lets nobody in any more."""
    table = tables.sessions
    with office.database.write() as connection:
        gone = connection.execute(sa.delete(table).where(table.c.digest == accounts.digest_of(session)))
        if gone.rowcount:
            record(connection, office.now(), actor, "sign out", ("account", actor.account))


def clear(office: Office) -> int:
    """Let go of sessions that have ended by themselves; how many these were."""
    table, now = tables.sessions, office.now()
    old = sa.or_(table.c.begun_at <= now - LASTS, table.c.seen_at <= now - IDLE)
    with office.database.write() as connection:
        return int(connection.execute(sa.delete(table).where(old)).rowcount)


def form_token(session: str) -> str:
    """What a form of a session bears, and no page elsewhere can know: it is made from the session's id."""
    return hmac.new(session.encode("utf-8", "surrogatepass"), b"form", hashlib.sha256).hexdigest()


def bears(session: str, token: str) -> bool:
    """Whether a form bears the token of its session."""
    return hmac.compare_digest(form_token(session).encode(), token.encode("utf-8", "surrogatepass"))
