"""What tests of the registry share: a database of each kind, an office with a clock, people in all roles."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from conformance.plan import Filters
from conformance.registry.api.application import application
from conformance.registry.bodies import enter_bodies
from conformance.registry.keys import make
from conformance.registry.office import Office
from conformance.registry.pages.application import beside
from conformance.registry.store import Database
from conformance.registry.store.migrating import migrate
from registry import postgres
from registry.browsing import Browser
from registry.people import World, populate
from registry.steady import Clock, SteadyJudge
from tests.serving import served
from tests.whole_run import made_once, run_reference

_count = itertools.count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a server with a migrated database `template`; without one tests are skipped, in CI they fail."""
    bin_ = postgres.programs()
    if bin_ is None:
        why = "no PostgreSQL server: install the package postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    with postgres.cluster(bin_) as server:
        _create(server.url, "prepared")
        _prepare(Database(server.url.format(name="prepared")))
        yield server.url


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "prepared.sqlite"
    _prepare(Database(f"sqlite:///{path}"))
    return path


def _prepare(database: Database) -> None:
    migrate(database)
    enter_bodies(Office(database, Path()))
    if database.file is not None:  # a copy is to have all of it
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def _create(url: str, name: str, template: str = "template0") -> None:
    engine = sa.create_engine(
        url.format(name="postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    engine.dispose()


@pytest.fixture
def sqlite_url(sqlite_file: Path, tmp_path: Path) -> str:
    """The URL of an SQLite database of its own for the test, as `url` has it."""
    path = tmp_path / "registry.sqlite"
    shutil.copyfile(sqlite_file, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a database of its own for the test: tables of this version, all bodies, nothing else."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    server: str = request.getfixturevalue("postgresql")
    name = f"test_{next(_count)}"
    _create(server, name, "prepared")
    return server.format(name=name)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """That database, opened."""
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until the test moves it."""
    return Clock()


@pytest.fixture
def office(database: Database, tmp_path: Path, clock: Clock) -> Office:
    """An office with a key of its own."""
    return Office(
        database,
        tmp_path / "office",
        url="https://registry.example.jp",
        signer=make(tmp_path / "key.pem"),
        clock=clock,
        judge=SteadyJudge(),
    )


@pytest.fixture
def world(office: Office) -> World:
    """Two vendors with a product each, two bodies, and an account in every role."""
    return populate(office)


@pytest.fixture
def api(office: Office, world: World) -> Iterator[str]:
    """The address of the registry."""
    with served(application(office)) as url:
        yield url


@pytest.fixture
def site(office: Office, world: World) -> Iterator[str]:
    """The address of the registry's pages, with the API beside them, as it is reached without TLS."""
    plain = replace(office, url="http://127.0.0.1:8090")
    with served(beside(application(plain), plain)) as url:
        yield url


@pytest.fixture
def browser(site: str, world: World) -> Callable[[str], Browser]:
    """A browser in which somebody has signed in; nobody for `public`."""

    def browser(name: str) -> Browser:
        made = Browser(site)
        if name != "public":
            assert made.sign_in(world.tokens[name]).status_code == 303
        return made

    return browser


@pytest.fixture(scope="session")
def failed_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run of the reference with a fault, narrowed so that it is quick."""
    filters = Filters(requirements=("COM-PAG-001", "COM-PAG-002"))

    def make(folder: Path) -> None:
        run_reference(folder, "--fault", "page-one-item-more", filters=filters, services=("procedures",))

    return made_once(tmp_path_factory, "failed-run", make)


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run of the reference that is whole, and conforms."""
    return made_once(tmp_path_factory, "whole-run", lambda folder: run_reference(folder, services=("procedures",)))
