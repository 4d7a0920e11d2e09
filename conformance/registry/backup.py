"""Backup and restore: one zip file with every row and every file, of one moment; the same for both databases.

A backup of one kind of database can be restored into the other. The private key is not in it,
and neither are sessions: whoever was signed in signs in again.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from conformance.errors import ArchiveError, UsageError
from conformance.registry.editions import place
from conformance.registry.office import Office
from conformance.registry.packing import digest_of
from conformance.registry.store import tables
from conformance.registry.store.migrating import migrate, newest
from conformance.registry.submission import judged_path
from conformance.registry.uploads import archive_path

FORMAT: Final = "conformance-registry-backup/1"
_HEAD: Final = "backup.json"
_ROWS: Final = "rows/{}.jsonl"
_FILES: Final = "files/"
_BATCH: Final = 500


class Head(msgspec.Struct, frozen=True):
    """What a backup says of itself: its revision of the tables, rows of each table, and the digest of each member."""

    format: str
    revision: str
    made: str
    rows: dict[str, int]
    digests: dict[str, str]


def backup(office: Office, target: Path) -> dict[str, int]:
    """Write a backup; how many rows of each table are in it. Raises `UsageError` for a file that is there.

    Rows are those of one transaction. A file is written once and never changed, and is there before its row is: so
    whatever the rows name is there to be copied.
    """
    if target.exists():
        raise UsageError("is there already", where=str(target), next_step="name another file")
    part = target.with_name(target.name + ".part")
    rows: dict[str, int] = {}
    digests: dict[str, str] = {}
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file, office.database.read() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for table in tables.RECORDS:
                rows[table.name] = _write_rows(file, connection, table)
            for path in _files(connection, office):
                name = _FILES + path.relative_to(office.folder).as_posix()
                file.write(path, name, zipfile.ZIP_STORED)
                digests[name] = digest_of(path)
            head = Head(FORMAT, newest(), office.now().isoformat(), rows, digests)
            file.writestr(_HEAD, msgspec.json.encode(head))
        with part.open("rb") as done:
            os.fsync(done.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _write_rows(file: zipfile.ZipFile, connection: sa.Connection, table: sa.Table) -> int:
    count = 0
    with file.open(_ROWS.format(table.name), "w", force_zip64=True) as out:
        for row in connection.execute(sa.select(table).order_by(*table.primary_key)):
            out.write(msgspec.json.encode({str(k): v for k, v in row._mapping.items()}) + b"\n")
            count += 1
    return count


def _files(connection: sa.Connection, office: Office) -> Iterator[Path]:
    digests = connection.execute(sa.select(tables.runs.c.archive).distinct().order_by(tables.runs.c.archive)).scalars()
    for digest in list(digests):
        yield archive_path(office, digest)
    for judgement in list(connection.execute(sa.select(tables.judgements.c.id)).scalars()):
        path = judged_path(office, judgement)
        if path.exists():
            yield path
    for digest in list(connection.execute(sa.select(tables.editions.c.digest)).scalars()):
        yield from sorted(path for path in place(office, digest).rglob("*") if path.is_file())


def restore(office: Office, source: Path) -> dict[str, int]:
    """Fill an empty database and an empty folder; how many rows of each table there are then.

    Raises `UsageError` where they are not empty or the backup is of other tables, `ArchiveError` where it is damaged.
    """
    if office.folder.is_dir() and any(office.folder.iterdir()):
        raise UsageError("is not empty", where=str(office.folder), next_step="restore into an empty folder")
    migrate(office.database)
    try:
        with zipfile.ZipFile(source) as file:
            head = msgspec.json.decode(file.read(_HEAD), type=Head)
            if head.format != FORMAT or head.revision != newest():
                raise UsageError(
                    f"is a backup of revision {head.revision}, and this version has {newest()}", where=str(source),
                    next_step="restore it with the version that made it, then run 'conformance registry migrate'",
                )  # fmt: skip
            _take_files(office, file, head)
            with office.database.write() as connection:
                return {table.name: _take(file, connection, table, head) for table in tables.RECORDS}
    except (zipfile.BadZipFile, KeyError, msgspec.MsgspecError) as error:
        raise ArchiveError(
            f"is no backup, or is damaged ({type(error).__name__})", where=str(source), next_step="take another one"
        ) from None


def _take_files(office: Office, file: zipfile.ZipFile, head: Head) -> None:
    for name, digest in head.digests.items():
        relative = Path(name.removeprefix(_FILES))
        if not name.startswith(_FILES) or relative.is_absolute() or ".." in relative.parts:
            raise ArchiveError("names a file outside of its folder", where=name, next_step="take another backup")
        target = office.folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open(name) as source, target.open("xb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        if digest_of(target) != digest:
            raise ArchiveError("is not as it was backed up", where=name, next_step="take another backup")


def _take(file: zipfile.ZipFile, connection: sa.Connection, table: sa.Table, head: Head) -> int:
    if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one():
        raise UsageError("is not empty", where=f"table {table.name}", next_step="restore into an empty database")
    count, batch = 0, list[dict[str, Any]]()
    with file.open(_ROWS.format(table.name)) as lines:
        for line in lines:
            batch.append(_row(table, msgspec.json.decode(line)))
            count += 1
            if len(batch) == _BATCH:
                connection.execute(sa.insert(table), batch)
                batch = []
    if batch:
        connection.execute(sa.insert(table), batch)
    if count != head.rows.get(table.name):
        raise ArchiveError(f"has {count} rows", where=table.name, next_step="take another backup")
    if table is tables.events and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT setval('events_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM events), false)"
        )
    return count


def _row(table: sa.Table, told: dict[str, Any]) -> dict[str, Any]:
    """A row with its moments and dates as such."""
    kinds = {tables.Moment: dt.datetime, sa.Date: dt.date}
    for column in table.columns:
        kind = kinds.get(type(column.type))
        if kind is not None and told[column.name] is not None:
            told[column.name] = msgspec.convert(told[column.name], kind)
    return told
