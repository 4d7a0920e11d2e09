"""Brings a database to the tables of this version, with Alembic. Run before the registry is started."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import alembic.command
import alembic.config
import alembic.runtime.migration
import alembic.script
import sqlalchemy as sa

from conformance.errors import UsageError
from conformance.registry.store.database import Database

_PLACE: Final = Path(__file__).parent / "migrations"


def _config() -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(_PLACE).replace("%", "%%"))
    return config


def migrate(database: Database) -> str:
    """Make or change the tables as far as they are not as this version has them; the revision that they are of then.

    All of it is one transaction: where it breaks off, the database is as it was.
    """
    if database.file is not None:
        database.file.parent.mkdir(parents=True, exist_ok=True)
    config = _config()
    with database.write() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")
    return newest()


def newest() -> str:
    """The revision that this version of the suite needs."""
    return str(alembic.script.ScriptDirectory.from_config(_config()).get_current_head())


def check(database: Database) -> None:
    """Raise `UsageError` where the tables are not those of this version."""
    try:
        with database.read() as connection:
            found = alembic.runtime.migration.MigrationContext.configure(connection).get_current_revision()
    except sa.exc.OperationalError as error:
        raise UsageError(
            f"cannot be opened ({type(error.orig).__name__})",
            where="the registry's database",
            next_step="check that it is there and lets us in",
        ) from None
    if found != newest():
        raise UsageError(
            f"its tables are of revision {found or 'none'}, and this version needs {newest()}",
            where="the registry's database",
            next_step="run 'conformance registry migrate'",
        )
