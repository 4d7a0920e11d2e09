"""Backup and restore: everything, and from one kind of database into the other."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from conformance.errors import ArchiveError, UsageError
from conformance.registry.backup import backup, restore
from conformance.registry.office import Office
from conformance.registry.store import Database, tables
from registry.people import World
from registry.steady import conforming
from registry.test_api import everything
from registry.test_review import judged_as, stated


def rows(database: Database) -> dict[str, list[object]]:
    with database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in tables.metadata.sorted_tables
        }


def test_what_was_backed_up_is_restored_whole(office: Office, world: World, tmp_path: Path) -> None:
    """Claim: a backup is everything, whichever database it is of. Stimulus: a registry with one of each thing and a
    superseded statement, restored into an empty SQLite file. Expected: the same rows and files; tokens still let in;
    the registry goes on with the next event. The private key is not in it."""
    everything(office, world)
    judged_as(office, conforming())
    stated(office, world)
    made = backup(office, tmp_path / "backup.zip")
    other = Database(f"sqlite:///{tmp_path / 'other' / 'registry.sqlite'}")
    there = replace(office, database=other, folder=tmp_path / "restored")
    assert restore(there, tmp_path / "backup.zip") == made
    assert rows(other) == rows(office.database)
    for kind in ("archives", "judged"):
        assert _files(there.folder / kind) == _files(office.folder / kind) != {}
    stated(there, world)
    assert b"PRIVATE KEY" not in (tmp_path / "backup.zip").read_bytes()
    other.close()


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_nothing_is_written_over(office: Office, world: World, tmp_path: Path) -> None:
    """Claim: neither command destroys anything. Stimulus: a backup onto a file that is there; a restore into a
    database and into a folder that are not empty. Expected: refused, and all is as it was."""
    before = rows(office.database)
    backup(office, tmp_path / "backup.zip")
    with pytest.raises(UsageError, match="already"):
        backup(office, tmp_path / "backup.zip")
    with pytest.raises(UsageError, match="not empty"):
        restore(replace(office, folder=tmp_path / "new"), tmp_path / "backup.zip")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(UsageError, match="not empty"):
        restore(replace(office, folder=tmp_path / "full"), tmp_path / "backup.zip")
    assert rows(office.database) == before


def test_a_damaged_backup_leaves_no_half_registry(office: Office, world: World, tmp_path: Path) -> None:
    """Claim: a restore is whole or nothing. Stimulus: a backup without its last events, one with another archive, and
    no zip file. Expected: ArchiveError, and no row of it is in the database."""
    everything(office, world)
    backup(office, tmp_path / "backup.zip")
    for number, spoil in enumerate(("rows/events.jsonl", "files/archives")):
        spoilt = tmp_path / f"spoilt{number}.zip"
        with zipfile.ZipFile(tmp_path / "backup.zip") as old, zipfile.ZipFile(spoilt, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, content[: len(content) // 2] if name.startswith(spoil) else content)
        other = Database(f"sqlite:///{tmp_path / f'other{number}.sqlite'}")
        with pytest.raises(ArchiveError):
            restore(replace(office, database=other, folder=tmp_path / f"restored{number}"), spoilt)
        assert not any(rows(other).values())
        other.close()
    (tmp_path / "none.zip").write_bytes(b"nothing")
    with pytest.raises(ArchiveError):
        restore(replace(office, folder=tmp_path / "none"), tmp_path / "none.zip")
