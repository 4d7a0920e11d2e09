"""The database: an SQLite file by default, PostgreSQL by a URL. Reads and writes are transactions of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from conformance.errors import UsageError
from conformance.model import Text
from conformance.registry.refusals import READ_AGAIN, ConflictError, InvalidError

_PATIENCE_MS: Final = 10_000
_WRITES: Final = "registry_writes"


class Database:
    """One engine, with the settings that the registry relies on."""

    def __init__(self, url: str) -> None:
        """`url` is `sqlite:///FILE` or `postgresql://…`. Raises `UsageError` for another kind of database."""
        try:
            made = sa.engine.make_url(url)
        except sa.exc.ArgumentError:
            raise _unknown() from None
        backend = made.get_backend_name()
        if backend == "postgresql":
            made = made.set(drivername="postgresql+psycopg")
        elif backend != "sqlite" or not made.database:
            raise _unknown()
        self.file = Path(made.database) if backend == "sqlite" and made.database else None
        self.engine = sa.create_engine(made, pool_pre_ping=backend == "postgresql", hide_parameters=True)
        if backend == "sqlite":
            sa.event.listen(self.engine, "connect", _prepare)
            sa.event.listen(self.engine, "begin", _begin)

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state and changes nothing. Raises `InvalidError` for a value that is none."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            try:
                yield connection
            except sa.exc.DataError:
                raise _no_value() from None
            finally:
                transaction.rollback()

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction: what happens in it is kept whole when it ends, or nothing of it is.

        Raises `ConflictError` where a rule of the tables does not allow it, as for a second thing of one name, and
        `InvalidError` for a value that the database has no place for.
        """
        with self.engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: True})
            try:
                with connection.begin():
                    yield connection
            except sa.exc.IntegrityError:
                raise ConflictError(
                    Text(
                        "同じものが既に登録されているか、指定されたものが登録されていません。",
                        "something of this kind is there already, or what it refers to is not",
                    ),
                    next_step=Text(
                        "登録内容を確認し、改めて判断してください。", "read what is there, and decide again"
                    ),
                ) from None
            except sa.exc.DataError:
                raise _no_value() from None

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def one_changed(result: sa.CursorResult[Any]) -> None:
    """Raise `ConflictError` where a change found its row in another state: somebody was faster."""
    if result.rowcount != 1:
        raise ConflictError(
            Text("その間に状態が変わりました。", "its state has changed meanwhile"), next_step=READ_AGAIN
        )


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin` says so, and not where the driver guesses
    for setting in ("journal_mode=WAL", "foreign_keys=ON", f"busy_timeout={_PATIENCE_MS}", "synchronous=FULL"):
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: sa.Connection) -> None:
    # A write takes its lock at once: one that began as a read could be refused it in the middle.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _no_value() -> InvalidError:
    return InvalidError(
        Text(
            "長すぎる値か、使用できない文字を含む値があります。", "a value is too long, or has a character that is none"
        ),
        next_step=Text("短くするか、その文字を取り除いてください。", "send it without"),
    )


def _unknown() -> UsageError:
    return UsageError(
        "is no database that the registry knows",
        where="the database's URL",
        next_step="give sqlite:///FILE or postgresql://USER@HOST/NAME",
    )
