"""The tables. Nothing is deleted from them but uploads that never became a run, and sessions that have ended; `events`
are only ever added to."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa

_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: Final = sa.MetaData(naming_convention=_NAMES)
_ID: Final = 32
_WORD: Final = 64
_NAME: Final = 400
_DIGEST: Final = 80


class Moment(sa.types.TypeDecorator[dt.datetime]):
    """A moment with its offset, in UTC; SQLite, which knows no offsets, gives it back with one too."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """To UTC. Raises `ValueError` for a moment without an offset, which is none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs an offset")
        moved = value.astimezone(dt.UTC)
        return moved.replace(tzinfo=None) if dialect.name == "sqlite" else moved

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """From what the database has."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def _key() -> sa.Column[str]:
    return sa.Column("id", sa.String(_ID), primary_key=True)


def _refers(name: str, target: str, *, optional: bool = False, length: int = _ID) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), sa.ForeignKey(target), nullable=optional, index=True)


bodies: Final = sa.Table(
    "bodies",
    metadata,
    sa.Column("code", sa.String(6), primary_key=True),
    sa.Column("name", sa.String(_NAME), nullable=False),
    sa.Column("kana", sa.String(_NAME), nullable=False),
    sa.Column("type", sa.String(_WORD), nullable=False, index=True),
    sa.Column("prefecture", sa.String(_WORD), nullable=False, index=True),
)
vendors: Final = sa.Table(
    "vendors",
    metadata,
    _key(),
    sa.Column("name", sa.String(_NAME), nullable=False, unique=True),
    sa.Column("corporate_number", sa.String(13), unique=True),
)
products: Final = sa.Table(
    "products",
    metadata,
    _key(),
    _refers("vendor_id", "vendors.id"),
    sa.Column("name", sa.String(_NAME), nullable=False),
    sa.UniqueConstraint("vendor_id", "name"),
)
versions: Final = sa.Table(
    "versions",
    metadata,
    _key(),
    _refers("product_id", "products.id"),
    sa.Column("name", sa.String(_NAME), nullable=False),
    sa.UniqueConstraint("product_id", "name"),
)
systems: Final = sa.Table(
    "systems",
    metadata,
    _key(),
    _refers("body_code", "bodies.code", length=6),
    _refers("version_id", "versions.id"),
    sa.Column("service", sa.String(_WORD), nullable=False, index=True),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("until", sa.Date),
)
accounts: Final = sa.Table(
    "accounts",
    metadata,
    _key(),
    sa.Column("name", sa.String(_NAME), nullable=False),
    sa.Column("role", sa.String(_WORD), nullable=False),
    _refers("vendor_id", "vendors.id", optional=True),
    _refers("body_code", "bodies.code", optional=True, length=6),
    sa.Column("issuer", sa.String(_NAME), nullable=False),
    sa.Column("subject", sa.String(_NAME), nullable=False),
    sa.Column("token_digest", sa.String(_DIGEST), unique=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("token_until", Moment),
    sa.Column("disabled_at", Moment),
    sa.UniqueConstraint("issuer", "subject"),
)
uploads: Final = sa.Table(
    "uploads",
    metadata,
    _key(),
    _refers("account_id", "accounts.id"),
    sa.Column("body_code", sa.String(6), nullable=False),
    sa.Column("version_id", sa.String(_ID), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(_DIGEST), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("run_id", sa.String(_ID)),
)
runs: Final = sa.Table(
    "runs",
    metadata,
    _key(),
    _refers("account_id", "accounts.id"),
    _refers("vendor_id", "vendors.id"),
    _refers("version_id", "versions.id"),
    _refers("body_code", "bodies.code", length=6),
    sa.Column("party", sa.String(_WORD), nullable=False),
    sa.Column("state", sa.String(_WORD), nullable=False, index=True),
    sa.Column("archive", sa.String(_DIGEST), nullable=False, index=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("evidence", sa.String(_DIGEST), unique=True),
    sa.Column("submitted_at", Moment, nullable=False, index=True),
    _refers("assessor_id", "accounts.id", optional=True),
    sa.Column("proposal", sa.JSON(none_as_null=True)),
    sa.Column("changed_at", Moment, nullable=False),
)
judgements: Final = sa.Table(
    "judgements",
    metadata,
    _key(),
    _refers("run_id", "runs.id"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("suite", sa.String(_WORD), nullable=False),
    sa.Column("standing", sa.String(_WORD), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
)
statements: Final = sa.Table(
    "statements",
    metadata,
    _key(),
    sa.Column("run_id", sa.String(_ID), sa.ForeignKey("runs.id"), nullable=False, unique=True),
    sa.Column("state", sa.String(_WORD), nullable=False, index=True),
    sa.Column("scope", sa.String(_DIGEST), nullable=False, index=True),
    sa.Column("envelope", sa.Text, nullable=False),
    sa.Column("key_id", sa.String(_DIGEST), nullable=False),
    sa.Column("issued_at", Moment, nullable=False),
    sa.Column("valid_until", Moment, nullable=False, index=True),
    sa.Column(
        "superseded_by",
        sa.String(_ID),
        sa.ForeignKey("statements.id", deferrable=True, initially="DEFERRED"),  # a restore writes one before the other
        index=True,
    ),
    sa.Column("changed_at", Moment, nullable=False),
)
waivers: Final = sa.Table(
    "waivers",
    metadata,
    _key(),
    sa.Column("service", sa.String(_WORD), nullable=False),
    sa.Column("requirement", sa.String(_WORD), nullable=False, index=True),
    _refers("body_code", "bodies.code", optional=True, length=6),
    _refers("version_id", "versions.id"),
    sa.Column("reason", sa.JSON, nullable=False),
    sa.Column("condition", sa.JSON, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("state", sa.String(_WORD), nullable=False, index=True),
    _refers("proposed_by", "accounts.id"),
    _refers("approved_by", "accounts.id", optional=True),
    sa.Column("changed_at", Moment, nullable=False),
)
advisories: Final = sa.Table(
    "advisories",
    metadata,
    _key(),
    _refers("body_code", "bodies.code", length=6),
    _refers("vendor_id", "vendors.id"),
    _refers("run_id", "runs.id"),
    sa.Column("state", sa.String(_WORD), nullable=False, index=True),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("answer_by", sa.Date, nullable=False),
    sa.Column("remedy_by", sa.Date),
    _refers("drafted_by", "accounts.id"),
    _refers("approved_by", "accounts.id", optional=True),
    sa.Column("remedied_by", sa.String(_ID), sa.ForeignKey("runs.id")),
    sa.Column("issued_at", Moment),
    sa.Column("changed_at", Moment, nullable=False),
)
editions: Final = sa.Table(
    "editions",
    metadata,
    _key(),
    sa.Column("digest", sa.String(_DIGEST), nullable=False, unique=True),
    sa.Column("service", sa.String(_WORD), nullable=False),
    sa.Column("version", sa.String(_WORD), nullable=False),
    sa.Column("accepted_until", sa.Date, nullable=False),
    sa.Column("kept_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
)
events: Final = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("account", sa.String(_ID), nullable=False, index=True),
    sa.Column("role", sa.String(_WORD), nullable=False),
    sa.Column("act", sa.String(_WORD), nullable=False),
    sa.Column("about", sa.String(_WORD), nullable=False),
    sa.Column("about_id", sa.String(_ID), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("what", sa.JSON, nullable=False),
    sa.Index(None, "about", "about_id"),
)
sessions: Final = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.String(_DIGEST), primary_key=True),
    _refers("account_id", "accounts.id"),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False, index=True),
)
RECORDS: Final = tuple(table for table in metadata.sorted_tables if table is not sessions)
"""All that is kept for good, in an order in which it can be written."""
