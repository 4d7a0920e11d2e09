"""The registry's commands as people type them, and servers that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from command_line import PROGRAM, Call, started

from conformance.errors import UsageError
from conformance.registry import runs
from conformance.registry.api.application import application
from conformance.registry.client import Client, SubmissionError
from conformance.registry.office import Office
from conformance.registry.packing import pack
from conformance.registry.states import RunState
from conformance.registry.store import Database, tables
from conformance.registry.store.migrating import migrate
from registry import postgres
from registry.people import BODY, World
from registry.submitted import upload
from tests.serving import served

OPENAPI = Path(__file__).parents[2] / "conformance" / "registry" / "openapi.yaml"


def test_every_command_explains_itself_in_both_languages(call: Call) -> None:
    """Claim: help is there, in Japanese too. Stimulus: --help of each command. Expected: exit code 0, both."""
    commands = [
        "migrate",
        "serve",
        "key",
        "backup",
        "restore",
        "remind",
        "fresh-run",
        "edition add",
        "edition list",
        "account add",
        "account disable",
    ]
    for command in ["submit", "verify", *(f"registry {name}" for name in commands)]:
        code, out, _ = call(*command.split(), "--help")
        assert code == 0
        assert any("぀" <= c <= "ヿ" for c in out), command
        assert any(line.strip().endswith(".") for line in out.splitlines()), command


def test_commands_say_what_is_wrong(call: Call, tmp_path: Path, failed_run: Path) -> None:
    """Claim: each error names the next step. Stimulus: a database that was not migrated, an unknown role, no token, an
    address that anybody could read, no run, a key that is none. Expected: exit code 2, and the step."""
    run, to = str(failed_run), ("--registry", "http://127.0.0.1:9", "--version", "x")
    (tmp_path / "token").write_text("cfr_x\n", "utf-8")
    token = ("--token-file", "token")
    wrong = [
        (("registry", "serve", "--database", "sqlite:///e.sqlite"), "registry migrate"),
        (("registry", "account", "add", "n", "--role", "king", "--database", "sqlite:///e.sqlite"), "--help"),
        (("submit", run, *to), "CONFORMANCE_REGISTRY_TOKEN"),
        (("submit", run, "--registry", "http://registry.example.jp", "--version", "x", *token), "https"),
        (("submit", run, "--registry", "ftp://x", "--version", "x", *token), "https"),
        (("submit", str(tmp_path), *to, *token), "runs/RUN-ID"),
        (("verify", "token", "--key", "token"), "PEM"),
        (("registry", "restore", "token", "--database", "sqlite:///f.sqlite", "--folder", "f"), "another"),
    ]
    for arguments, expected in wrong:
        code, _, err = call(*arguments)
        assert (code, expected in err) == (2, True), (arguments, err)


def test_a_run_is_submitted_however_often_the_server_breaks_off(
    office: Office, world: World, failed_run: Path, tmp_path: Path
) -> None:
    """Claim: what breaks off is gone on with. Stimulus: a server that loses the answer to every second request after
    it has done what was asked. Expected: one run, whole; and where nothing is reached, an error after some tries."""
    inner = application(office)
    count = 0

    async def losing(scope: object, receive: object, send: object) -> None:
        nonlocal count
        count += 1
        if count % 2:
            await inner(scope, receive, send)  # type: ignore[arg-type]  # handed on as it came
            return

        async def lost(message: object) -> None:
            raise ConnectionError

        await inner(scope, receive, lost)  # type: ignore[arg-type]  # the same

    pauses: list[float] = []
    with served(losing) as url:
        client = Client(url, world.tokens["vendor"], pauses.append)
        made = client.submit(failed_run, BODY, world.version, lambda *_: None)
    with office.database.read() as connection:
        assert runs.find(connection, world["vendor"], state=None, limit=9, offset=0)[0] == 1
        assert runs.read(connection, world["vendor"], made).state is RunState.SUBMITTED
    with pytest.raises(SubmissionError, match="try again later"):
        client.submit(failed_run, BODY, world.version, lambda *_: None)
    assert len(pauses) >= 4
    with pytest.raises(UsageError, match="https"):
        Client("http://registry.example.jp", "token")


@pytest.mark.slow
def test_a_server_that_is_killed_in_the_middle_of_judging_begins_again(
    office: Office, url: str, world: World, failed_run: Path, tmp_path: Path
) -> None:
    """Claim: a kill loses no submission. Stimulus: SIGKILL for the server while it judges, then another one. Expected:
    the run is as it was submitted after the kill, and is judged by the other server, once."""
    pack(failed_run, tmp_path / "run.zip")
    run = upload(office, world["vendor"], world.version, (tmp_path / "run.zip").read_bytes())
    arguments = ["registry", "serve", "--database", url, "--folder", str(office.folder), "--port", "0"]

    def state() -> RunState:
        with office.database.read() as connection:
            return runs.read(connection, world["vendor"], run).state

    for kill in (True, False):
        server = subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.DEVNULL)
        try:
            while not (list((office.folder / "work").glob("*")) if kill else state() is not RunState.SUBMITTED):
                assert server.poll() is None
                time.sleep(0.02)
            if kill:
                server.send_signal(signal.SIGKILL)
                server.wait()
                assert state() is RunState.SUBMITTED
        finally:
            server.terminate()
            server.wait(60)
    with office.database.read() as connection:
        assert len(runs.judgements(connection, run)) == 1


HALF = """
import sys, time
import sqlalchemy as sa
from conformance.registry.store import Database, tables
with Database(sys.argv[1]).write() as connection:
    connection.execute(sa.insert(tables.vendors).values(id="half", name="half"))
    print("half", flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
def test_a_database_server_that_crashes_in_the_middle_keeps_nothing_half() -> None:
    """Claim: nothing is half there. Stimulus: PostgreSQL is made to stop as in a crash while a change is half written;
    it is started again. Expected: what was committed is there, the half change is not, and the same connection pool
    goes on."""
    bin_ = postgres.programs()
    if bin_ is None:
        pytest.skip("no PostgreSQL server: install the package postgresql")
    with postgres.cluster(bin_, durable=True) as server:
        database = Database(server.url.format(name="postgres"))
        migrate(database)
        with database.write() as connection:
            connection.execute(sa.insert(tables.vendors).values(id="whole", name="whole"))
        writer = subprocess.Popen(
            [sys.executable, "-c", HALF, server.url.format(name="postgres")],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert writer.stdout is not None
        assert writer.stdout.readline() == "half\n"
        server.crash()
        server.start()
        with database.read() as connection:
            assert list(connection.execute(sa.select(tables.vendors.c.id)).scalars()) == ["whole"]
        writer.kill()
        writer.wait()
        writer.stdout.close()
        database.close()


@pytest.mark.slow
def test_the_registry_meets_our_own_common_requirements(office: Office, world: World, tmp_path: Path) -> None:
    """Claim: we do as we ask. Stimulus: our own suite on the registry's API, by its document. Expected: exit code 0,
    and something was judged."""
    with served(application(office)) as address:
        done = started(
            "run", "--spec", str(OPENAPI), "--url", address, "--token-env", "TOKEN", "--output", "run",
            folder=tmp_path, TOKEN=world.tokens["administrator"],
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    passed = int(done.stdout.split("Pass ")[1].split(",")[0])
    assert passed >= 20
