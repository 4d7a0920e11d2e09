"""What the registry keeps, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from conformance.errors import UsageError
from conformance.registry.actors import REGISTRY
from conformance.registry.bodies import enter_bodies, find_bodies
from conformance.registry.holdings import System, add_product, add_system, add_vendor, systems_of, version
from conformance.registry.office import Office
from conformance.registry.refusals import ConflictError, ForbiddenError, InvalidError, NotFoundError
from conformance.registry.store import Database, history, record, tables
from conformance.registry.store.migrating import check, migrate, newest
from registry.people import World


def test_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    """Claim: migrations and code agree. Stimulus: a migrated database, compared with the tables of the code.
    Expected: no difference, and to migrate again changes nothing."""
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    assert migrate(database) == newest()
    check(database)


def test_a_database_that_is_not_migrated_is_not_used(tmp_path: Path) -> None:
    """Claim: old tables are noticed before anything is asked of them. Stimulus: an empty file. Expected: an error that
    names the command."""
    with pytest.raises(UsageError, match="registry migrate"):
        check(Database(f"sqlite:///{tmp_path / 'empty.sqlite'}"))


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "nonsense"])
def test_other_databases_are_refused(url: str) -> None:
    """Claim: what is not tested is not offered. Stimulus: other URLs. Expected: an error that names the two kinds."""
    with pytest.raises(UsageError, match="postgresql"):
        Database(url)


def test_all_bodies_are_there_once(office: Office) -> None:
    """Claim: every municipality and prefecture has its place. Stimulus: entering them again. Expected: 1,741
    municipalities, 47 prefectures and six national bodies, none twice."""
    assert enter_bodies(office) == 0
    with office.database.read() as connection:
        assert find_bodies(connection, type_=None, limit=1, offset=0)[0] == 1741 + 47 + 6
        count, page = find_bodies(connection, type_="prefecture", limit=100, offset=0)
    assert count == len(page) == 47


@pytest.mark.parametrize("change", ["UPDATE {} SET at = at", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["events", "judgements"])
def test_events_cannot_be_changed_or_taken_away(office: Office, world: World, table: str, change: str) -> None:
    """Claim: what happened stays. Stimulus: SQL that changes or deletes events and judgements. Expected: the database
    itself refuses it, whatever program asks."""
    if table == "judgements":
        from registry.submitted import submitted

        submitted(office, world)
    with office.database.write() as connection:
        record(connection, office.now(), REGISTRY, "test", ("test", "1"))
    with pytest.raises((ConflictError, sa.exc.DBAPIError)), office.database.write() as connection:
        connection.exec_driver_sql(change.format(table))
    with office.database.read() as connection:
        assert connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() >= 1  # noqa: S608  two fixed names


def test_a_change_and_its_event_are_one(office: Office, world: World) -> None:
    """Claim: there is no change without its event, and no event without its change. Stimulus: a second vendor of the
    same name. Expected: a conflict, and no event of it."""
    with pytest.raises(ConflictError):
        add_vendor(office, world["administrator"], "conformance")
    with office.database.read() as connection:
        made = connection.execute(
            sa.select(tables.events.c.what).where(tables.events.c.act == "enter vendor")
        ).scalars()
        assert [entry["name"] for entry in made] == ["conformance", "Other vendor"]
        told = history(connection, "vendor", world.vendor)
    assert [(e.act, e.account, e.role) for e in told] == [
        ("enter vendor", world["administrator"].account, "administrator")
    ]
    assert told[0].at == office.now()


def test_moments_come_back_with_their_offset(office: Office) -> None:
    """Claim: a moment is the same on both databases. Stimulus: one of Japan's time, and one without an offset.
    Expected: the same moment in UTC; an error."""
    there = dt.datetime(2026, 4, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    with office.database.write() as connection:
        record(connection, there, REGISTRY, "test", ("test", "moment"))
    with office.database.read() as connection:
        (event,) = history(connection, "test", "moment")
    assert event.at == there
    assert event.at.utcoffset() == dt.timedelta(0)
    with pytest.raises(sa.exc.StatementError), office.database.write() as connection:
        record(connection, there.replace(tzinfo=None), REGISTRY, "test", ("test", "moment"))


HOSTILE = (
    "'; DROP TABLE vendors; --",
    '"><script>alert(1)</script>',
    "%s %(x)s :x ?",
    "髙橋𠮷\U000e0100",
    "＇ＯＲ＇１＇＝＇１",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_texts_are_kept_as_they_are(office: Office, world: World, name: str) -> None:
    """Claim: no text is ever code to the database. Stimulus: SQL, script, formats and rare characters as a name.
    Expected: read back as it was; nothing else has changed."""
    made = add_product(office, world["administrator"], world.vendor, name)
    with office.database.read() as connection:
        chosen = sa.select(tables.products.c.name).where(tables.products.c.id == made)
        assert connection.execute(chosen).scalar_one() == name
        assert version(connection, world.version).vendor == "conformance"


@pytest.mark.parametrize("name", ["", "   ", "a\0b", "a\x1bb", "\u202eabc", "x" * 201, "\ud800"])
def test_texts_that_mislead_or_are_none_are_refused(office: Office, world: World, name: str) -> None:
    """Claim: what cannot be kept or would mislead a reader is not taken. Stimulus: empty, NUL, escape, turned
    direction, too long, half a pair. Expected: InvalidError, on both databases alike."""
    with pytest.raises(InvalidError):
        add_product(office, world["administrator"], world.vendor, name)


def test_a_system_is_a_version_in_a_body_for_a_published_service(office: Office, world: World) -> None:
    """Claim: systems name what there is. Stimulus: a right one; unknown service, body, version; an end before the
    beginning. Expected: the right one can be read, all others are refused."""
    day = dt.date(2026, 4, 1)
    right = System("", "131016", world.version, "procedures", day)
    made = add_system(office, world["administrator"], right)
    with office.database.read() as connection:
        assert systems_of(connection, "131016") == [System(made, "131016", world.version, "procedures", day)]
    wrong = [
        (System("", "131016", world.version, "no-service", day), InvalidError),
        (System("", "999999", world.version, "procedures", day), NotFoundError),
        (System("", "131016", "no-version", "procedures", day), ConflictError),
        (System("", "131016", world.version, "procedures", day, dt.date(2026, 3, 31)), InvalidError),
    ]
    for system, error in wrong:
        with pytest.raises(error):
            add_system(office, world["administrator"], system)
    with pytest.raises(ForbiddenError):
        add_system(office, world["vendor"], right)


def test_two_writers_wait_for_each_other(office: Office, world: World) -> None:
    """Claim: nothing is lost where many write at once. Stimulus: 8 threads with 5 products each. Expected: 40."""

    def write(number: int) -> None:
        for each in range(5):
            add_product(office, world["administrator"], world.vendor, f"product {number} {each}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with office.database.read() as connection:
        count = sa.select(sa.func.count()).where(tables.products.c.name.like("product %"))
        assert connection.execute(count).scalar_one() == 40


KILLED = """
import sys, time
from conformance.registry.actors import REGISTRY
from conformance.registry.office import Office, new_id
from conformance.registry.store import Database, record, tables
import sqlalchemy as sa, datetime as dt, pathlib
database = Database(sys.argv[1])
with database.write() as connection:
    connection.execute(sa.insert(tables.vendors).values(id="half", name="half"))
    record(connection, dt.datetime.now(dt.UTC), REGISTRY, "half", ("vendor", "half"))
    print("half", flush=True)
    time.sleep(600)
"""


def test_a_kill_in_the_middle_of_a_change_leaves_nothing_of_it(url: str, office: Office) -> None:
    """Claim: nothing is half there. Stimulus: SIGKILL for a process that has written the first half of a change.
    Expected: neither half is there, and the next change goes through."""
    writer = subprocess.Popen([sys.executable, "-c", KILLED, url], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "half\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    with office.database.read() as connection:
        assert connection.execute(sa.select(tables.vendors).where(tables.vendors.c.id == "half")).first() is None
        assert history(connection, "vendor", "half") == []
    with office.database.write() as connection:
        connection.execute(sa.insert(tables.vendors).values(id="whole", name="half"))
