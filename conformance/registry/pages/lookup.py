"""What pages show together that endpoints give apart: statements with their product and body, runs with their names.

Who may see what is never decided here: runs, waivers and advisories come through their own `visible` and `find`.
"""

from __future__ import annotations

import base64
import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from conformance.model import Text
from conformance.registry import runs, statements
from conformance.registry.actors import Actor
from conformance.registry.bodies import Body
from conformance.registry.dsse import EnvelopeError, open_
from conformance.registry.holdings import System, Vendor, Version
from conformance.registry.keys import key_id
from conformance.registry.office import Office
from conformance.registry.refusals import NotFoundError
from conformance.registry.runs import Run
from conformance.registry.statement import OWN, PAYLOAD
from conformance.registry.statements import Statement, StatementState
from conformance.registry.states import RunState
from conformance.registry.store import Event, tables


@dataclass(frozen=True)
class Product:
    """A product and its vendor."""

    id: str
    name: str
    vendor_id: str
    vendor: str


@dataclass(frozen=True)
class Stated:
    """A statement with what it is about, as everybody may see it."""

    statement: Statement
    state: StatementState
    version: Version
    body: Body
    services: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Named:
    """A run with the names of what it is of."""

    run: Run
    version: Version
    body: Body
    standing: str | None
    """As it was judged last."""


def payload(statement: Statement) -> dict[str, Any]:
    """What a statement says. It is our own; `genuine` says whether its signature is right."""
    sealed = msgspec.json.decode(statement.envelope)
    told: dict[str, Any] = msgspec.json.decode(base64.b64decode(sealed["payload"]))
    return told


def genuine(office: Office, statement: Statement) -> bool | None:
    """Whether its signature is right; None where this office does not have the key that it was signed with."""
    if office.signer is None or key_id(office.signer.public) != statement.key_id:
        return None
    try:
        return open_(statement.envelope.encode(), PAYLOAD, office.signer.public)[1]
    except EnvelopeError:
        return False


_VERSION = (
    tables.versions.c.id, tables.versions.c.name, tables.products.c.id, tables.products.c.name, tables.vendors.c.id,
    tables.vendors.c.name,
)  # fmt: skip
_BODY = tuple(tables.bodies.c)


def _with_names(of: sa.Table, found: sa.FromClause) -> sa.FromClause:
    return (
        found.join(tables.versions, tables.versions.c.id == of.c.version_id)
        .join(tables.products, tables.products.c.id == tables.versions.c.product_id)
        .join(tables.vendors, tables.vendors.c.id == tables.products.c.vendor_id)
        .join(tables.bodies, tables.bodies.c.code == of.c.body_code)
    )


def stated(
    connection: sa.Connection, now: dt.datetime, *chosen: sa.ColumnElement[bool], limit: int = 20, offset: int = 0
) -> tuple[int, list[Stated]]:
    """How many statements there are (of a product, a body, …), and a page of them, the newest first."""
    own = tables.statements
    source = _with_names(tables.runs, own.join(tables.runs, tables.runs.c.id == own.c.run_id))
    count = connection.execute(sa.select(sa.func.count()).select_from(source).where(*chosen)).scalar_one()
    rows = sa.select(*own.c, *_VERSION, *_BODY).select_from(source).where(*chosen)
    page = rows.order_by(own.c.issued_at.desc(), own.c.id).limit(limit).offset(offset)
    return count, [_stated(tuple(row), now) for row in connection.execute(page)]


def _stated(row: tuple[Any, ...], now: dt.datetime) -> Stated:
    own, version, body = len(tables.statements.c), len(_VERSION), len(_BODY)
    names = [column.name for column in tables.statements.c]
    found = Statement(**{**dict(zip(names, row, strict=False)), "state": StatementState(row[names.index("state")])})
    scope = payload(found)["predicate"][OWN]["scope"]
    return Stated(
        found, found.stands(now), Version(*row[own : own + version]), Body(*row[own + version : own + version + body]),
        tuple((entry["service"], entry["version"]) for entry in scope),
    )  # fmt: skip


def statement(connection: sa.Connection, now: dt.datetime, statement_id: str) -> Stated:
    """One statement. Raises `NotFoundError`."""
    statements.read(connection, statement_id)
    return stated(connection, now, tables.statements.c.id == statement_id)[1][0]


def named(
    connection: sa.Connection, actor: Actor, *chosen: sa.ColumnElement[bool], limit: int = 20, offset: int = 0
) -> tuple[int, list[Named]]:
    """How many runs somebody may see (of a product, a body, …), and a page of them, the newest first."""
    own, judged = tables.runs, tables.judgements
    source, may = _with_names(own, own), (runs.visible(actor), *chosen)
    count = connection.execute(sa.select(sa.func.count()).select_from(source).where(*may)).scalar_one()
    last = sa.select(judged.c.standing).where(judged.c.run_id == own.c.id)
    last = last.order_by(judged.c.at.desc(), judged.c.id.desc()).limit(1)
    rows = sa.select(*own.c, *_VERSION, *_BODY, last.scalar_subquery()).select_from(source).where(*may)
    page = rows.order_by(own.c.submitted_at.desc(), own.c.id).limit(limit).offset(offset)
    return count, [_named(tuple(row)) for row in connection.execute(page)]


def _named(row: tuple[Any, ...]) -> Named:
    own, version = len(tables.runs.c), len(_VERSION)
    values = dict(zip((column.name for column in tables.runs.c), row, strict=False))
    run = Run(**{**values, "state": RunState(values["state"])})
    return Named(run, Version(*row[own : own + version]), Body(*row[own + version : -1]), row[-1])


def product(connection: sa.Connection, product_id: str) -> Product:
    """A product by its id. Raises `NotFoundError`."""
    found = products(connection, tables.products.c.id == product_id)
    if not found:
        raise NotFoundError(
            Text("該当する製品がありません。", "there is no such product"),
            next_step=Text("事業者のページで確認してください。", "look it up on the page of its vendor"),
        )
    return found[0]


def products(connection: sa.Connection, *chosen: sa.ColumnElement[bool]) -> list[Product]:
    """Products by vendor and name."""
    own, vendors = tables.products, tables.vendors
    rows = sa.select(own.c.id, own.c.name, vendors.c.id, vendors.c.name).join(vendors, vendors.c.id == own.c.vendor_id)
    return [Product(*row) for row in connection.execute(rows.where(*chosen).order_by(vendors.c.name, own.c.name))]


def vendors(connection: sa.Connection) -> list[Vendor]:
    """All vendors by name."""
    return [Vendor(*row) for row in connection.execute(sa.select(tables.vendors).order_by(tables.vendors.c.name))]


@dataclass(frozen=True)
class Placed:
    """A system with the names of its version and body."""

    system: System
    version: Version
    body: Body


def placed(connection: sa.Connection, *chosen: sa.ColumnElement[bool], limit: int = 500) -> list[Placed]:
    """Systems (of a version, a body, …), the oldest first; no more than fit on a page."""
    own = tables.systems
    rows = sa.select(*own.c, *_VERSION, *_BODY).select_from(_with_names(own, own)).where(*chosen)
    found = connection.execute(rows.order_by(own.c.since, own.c.service, own.c.id).limit(limit))
    first, version = len(own.c), len(_VERSION)
    return [
        Placed(System(*row[:first]), Version(*row[first : first + version]), Body(*row[first + version :]))
        for row in map(tuple, found)
    ]


_KATAKANA: Final = {ord(letter): ord(letter) + 0x60 for letter in map(chr, range(0x3041, 0x3097))}
"""Readings are kept in katakana; people write them in hiragana as well."""


def bodies(connection: sa.Connection, text: str, kind: str, limit: int, offset: int) -> tuple[int, list[Body]]:
    """How many bodies there are whose code begins with a text, or whose name, reading or prefecture has it; a page."""
    table, text = tables.bodies, unicodedata.normalize("NFKC", text)
    like = [column.contains(text, autoescape=True) for column in (table.c.name, table.c.prefecture)]
    like.append(table.c.kana.contains(text.translate(_KATAKANA), autoescape=True))
    chosen: list[sa.ColumnElement[bool]] = [sa.or_(table.c.code.startswith(text, autoescape=True), *like)]
    if kind:
        chosen.append(table.c.type == kind)
    count = connection.execute(sa.select(sa.func.count()).select_from(table).where(*chosen)).scalar_one()
    page = sa.select(table).where(*chosen).order_by(table.c.code).limit(limit).offset(offset)
    return count, [Body(*row) for row in connection.execute(page)]


def body_types(connection: sa.Connection) -> list[str]:
    """The types that bodies have here."""
    return list(connection.execute(sa.select(tables.bodies.c.type).distinct().order_by(tables.bodies.c.type)).scalars())


def names(connection: sa.Connection, accounts: Iterable[str | None]) -> dict[str, str]:
    """Names of accounts, for who may read what they did."""
    table = tables.accounts
    wanted = {account for account in accounts if account}
    rows = connection.execute(sa.select(table.c.id, table.c.name).where(table.c.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def events(
    connection: sa.Connection, about: str, about_id: str, account: str, limit: int, offset: int
) -> tuple[int, list[Event]]:
    """How many events there are (about a kind of thing, one thing, by an account), and a page, the newest first."""
    table = tables.events
    wanted = {table.c.about: about, table.c.about_id: about_id, table.c.account: account}
    chosen = [column == value for column, value in wanted.items() if value]
    count = connection.execute(sa.select(sa.func.count()).select_from(table).where(*chosen)).scalar_one()
    page = sa.select(table).where(*chosen).order_by(table.c.id.desc()).limit(limit).offset(offset)
    return count, [Event(*row) for row in connection.execute(page)]
