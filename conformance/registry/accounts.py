"""Accounts: who may come in, with which role. A token is kept as its digest only, and told once.

An account is known by issuer and subject. `local` accounts have a token of the registry's own; for all others the token
is one of an OpenID provider, which says who somebody is, but never which role he has here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from conformance.model import Text
from conformance.registry.actors import REGISTRY, Act, Actor, Role
from conformance.registry.names import named, one_of
from conformance.registry.office import Office, new_id, words
from conformance.registry.refusals import InvalidError, UnauthenticatedError, none_such
from conformance.registry.store import record, tables
from conformance.registry.store.database import one_changed

LOCAL: Final = "local"
_PREFIX: Final = "cfr_"
_TOKEN_DAYS: Final = 365
_NEEDS: Final = {Role.VENDOR: "vendor_id", Role.BODY: "body_code"}
_GIVEN: Final = frozenset({Role.VENDOR, Role.BODY, Role.ASSESSOR, Role.APPROVER, Role.ADMINISTRATOR})


@dataclass(frozen=True)
class Wanted:
    """An account to be made; `vendor_id` for a vendor, `body_code` for a body, neither for the agency's own people."""

    name: str
    role: Role
    vendor_id: str | None = None
    body_code: str | None = None
    issuer: str = LOCAL
    subject: str | None = None


def add_account(office: Office, actor: Actor, wanted: Wanted) -> tuple[str, str | None]:
    """Make an account; its id, and for a local one its token.

    Raises `ForbiddenError`, `InvalidError`, `ConflictError`.
    """
    actor.require(Act.KEEP_ACCOUNTS)
    _check(wanted)
    made, now = new_id(), office.now()
    token = _PREFIX + secrets.token_urlsafe(32) if wanted.issuer == LOCAL else None
    values: dict[str, Any] = {
        "id": made,
        "name": words(wanted.name, "name", longest=200),
        "role": wanted.role.value,
        "vendor_id": wanted.vendor_id,
        "body_code": wanted.body_code,
        "issuer": words(wanted.issuer, "issuer", longest=400),
        "subject": words(wanted.subject or made, "subject", longest=400),
        "token_digest": digest_of(token) if token else None,
        "created_at": now,
        "token_until": now + dt.timedelta(days=_TOKEN_DAYS) if token else None,
    }
    with office.database.write() as connection:
        connection.execute(sa.insert(tables.accounts).values(**values))
        told = {name: values[name] for name in ("name", "role", "vendor_id", "body_code", "issuer", "subject")}
        record(connection, now, actor, "make account", ("account", made), what=told)
    return made, token


def _check(wanted: Wanted) -> None:
    if wanted.role not in _GIVEN:
        raise InvalidError(
            Text("アカウントには指定できない役割です。", "is no role of an account"),
            where="role",
            next_step=one_of("role", sorted(_GIVEN)),
        )
    for name, value in (("vendor_id", wanted.vendor_id), ("body_code", wanted.body_code)):
        if (_NEEDS.get(wanted.role) == name) is not (value is not None):
            raise InvalidError(
                Text(
                    f"役割「{named('role', wanted.role).ja}」と合いません。",
                    f"does not go with the role '{wanted.role}'",
                ),
                where=name,
                next_step=Text(
                    "役割が事業者の場合は事業者を、団体の場合は団体を指定し、その他の場合はどちらも指定しないでください。",
                    "a vendor's account names the vendor, a body's the body, all others neither",
                ),
            )
    if (wanted.issuer == LOCAL) is not (wanted.subject is None):
        raise InvalidError(
            Text("認証基盤の指定と合いません。", "does not go with the issuer"),
            where="subject",
            next_step=Text(
                "認証基盤のURLと利用者番号は、両方を指定するか、両方を空欄にしてください。",
                "give issuer and subject, or neither of them",
            ),
        )


def disable_account(office: Office, actor: Actor, account_id: str, why: str) -> None:
    """Let an account in no more, from now on. Raises `ForbiddenError`, `NotFoundError`, `ConflictError`."""
    actor.require(Act.KEEP_ACCOUNTS)
    now, table = office.now(), tables.accounts
    with office.database.write() as connection:
        if connection.execute(sa.select(table.c.id).where(table.c.id == account_id)).first() is None:
            raise none_such("アカウント", "account")
        change = sa.update(table).where(table.c.id == account_id, table.c.disabled_at.is_(None))
        one_changed(connection.execute(change.values(disabled_at=now)))
        record(connection, now, actor, "disable account", ("account", account_id), words(why, "why"))


def by_token(office: Office, token: str) -> Actor:
    """Who holds a local token. Raises `UnauthenticatedError`."""
    return _actor(office, tables.accounts.c.token_digest == digest_of(token))


def by_subject(office: Office, issuer: str, subject: str) -> Actor:
    """Whom an OpenID provider has named. Raises `UnauthenticatedError`."""
    if issuer == LOCAL:
        raise _unknown()
    return _actor(office, sa.and_(tables.accounts.c.issuer == issuer, tables.accounts.c.subject == subject))


def by_id(office: Office, account_id: str) -> Actor:
    """Whose account it is, as long as it lets somebody in. Raises `UnauthenticatedError`."""
    return _actor(office, tables.accounts.c.id == account_id)


def _actor(office: Office, chosen: sa.ColumnElement[bool]) -> Actor:
    with office.database.read() as connection:
        row = connection.execute(sa.select(tables.accounts).where(chosen)).first()
    if row is None or row.disabled_at is not None or (row.token_until is not None and row.token_until <= office.now()):
        raise _unknown()
    return Actor(row.id, Role(row.role), row.vendor_id, row.body_code)


def _unknown() -> UnauthenticatedError:
    return UnauthenticatedError(
        Text("有効なアカウントのトークンではありません。", "the token is of no account here"),
        next_step=Text("管理者にトークンの発行を依頼してください。", "ask an administrator for one"),
    )


def digest_of(token: str) -> str:
    """What is kept of a token. It has 256 bits of chance in it, so a plain digest is as good as a slow one."""
    return "sha256:" + hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def first_administrator(office: Office, name: str) -> tuple[str, str | None]:
    """An administrator's account made at the machine itself, where whoever may write the database is trusted."""
    return add_account(office, REGISTRY, Wanted(name, Role.ADMINISTRATOR))
