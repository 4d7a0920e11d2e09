"""Archives on their way in: pieces, bounds, owners, kills."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa

from conformance.registry import runs, uploads
from conformance.registry.bounds import Bounds
from conformance.registry.office import Office
from conformance.registry.refusals import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NoRoomError,
    NotFoundError,
    TooLargeError,
)
from conformance.registry.states import RunState
from conformance.registry.store import tables
from conformance.registry.submission import work
from registry.at_once import at_once
from registry.people import BODY, OTHER_BODY, World
from registry.steady import Clock
from registry.submitted import upload


def sha(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def test_an_upload_goes_on_where_it_broke_off(office: Office, world: World) -> None:
    """Claim: a broken connection costs one piece. Stimulus: pieces, one of them twice, one too early; finished too
    early, finished, finished again. Expected: conflicts that name the next byte; one run."""
    content = bytes(range(256)) * 10
    begun = uploads.begin(office, world["vendor"], BODY, world.version, len(content), sha(content))
    assert uploads.append(office, world["vendor"], begun.id, 0, content[:1000]).received == 1000
    for offset in (0, 2000):
        with pytest.raises(ConflictError, match="byte 1000"):
            uploads.append(office, world["vendor"], begun.id, offset, content[offset : offset + 10])
    with pytest.raises(ConflictError, match="1000 of 2560"):
        uploads.finish(office, world["vendor"], begun.id)
    uploads.append(office, world["vendor"], begun.id, 1000, content[1000:])
    run = uploads.finish(office, world["vendor"], begun.id)
    assert uploads.finish(office, world["vendor"], begun.id) == run
    assert uploads.archive_path(office, sha(content)).read_bytes() == content
    with pytest.raises(ConflictError):
        uploads.append(office, world["vendor"], begun.id, 0, b"x")
    assert not list((office.folder / "uploads").iterdir())


def test_what_arrived_otherwise_than_told_is_no_run(office: Office, world: World) -> None:
    """Claim: the digest decides. Stimulus: other bytes of the right length. Expected: a conflict, and no run."""
    begun = uploads.begin(office, world["vendor"], BODY, world.version, 3, sha(b"abc"))
    uploads.append(office, world["vendor"], begun.id, 0, b"abd")
    with pytest.raises(ConflictError, match="digest"):
        uploads.finish(office, world["vendor"], begun.id)
    with office.database.read() as connection:
        assert runs.find(connection, world["assessor"], state=None, limit=1, offset=0)[0] == 0


def test_uploads_are_bounded(office: Office, world: World, clock: Clock) -> None:
    """Claim: no account and no number of accounts fills the disk. Stimulus: too large, empty, no digest, a piece too
    long, a piece beyond the end, too many open ones, more than is kept in all; then a week passes. Expected: each is
    refused and says the bound; old ones are cleared away and make room."""
    vendor = world["vendor"]
    small = replace(office, bounds=Bounds(archive=100, chunk=10, kept=150))
    for size, digest, error in (
        (101, sha(b""), TooLargeError),
        (0, sha(b""), TooLargeError),
        (1, "md5:1", InvalidError),
    ):
        with pytest.raises(error):
            uploads.begin(small, vendor, BODY, world.version, size, digest)
    begun = uploads.begin(small, vendor, BODY, world.version, 12, sha(b""))
    uploads.append(small, vendor, begun.id, 0, b"x" * 5)
    for offset, piece in ((5, b"x" * 11), (5, b"x" * 8)):
        with pytest.raises(TooLargeError):
            uploads.append(small, vendor, begun.id, offset, piece)
    uploads.begin(small, world["body"], BODY, world.version, 100, sha(b""))
    with pytest.raises(NoRoomError, match="150"):
        uploads.begin(small, vendor, BODY, world.version, 50, sha(b""))
    for number in range(3):
        uploads.begin(office, vendor, BODY, world.version, 10, sha(bytes([number])))
    with pytest.raises(NoRoomError, match="4 uploads"):
        uploads.begin(office, vendor, BODY, world.version, 10, sha(b""))
    assert uploads.begin(office, vendor, BODY, world.version, 12, sha(b"")).id == begun.id
    assert uploads.clear(office) == 0
    clock.forward(days=7, seconds=1)
    assert uploads.clear(office) == 5
    assert not list((office.folder / "uploads").iterdir())
    uploads.begin(office, vendor, BODY, world.version, 10, sha(b""))


def test_two_who_begin_at_once_share_the_room(office: Office, world: World) -> None:
    """Claim: what is kept stays within its bound, however many begin at once. Stimulus: a vendor, another and a body
    begin uploads at the same moment, for one of which there is room; ten times. Expected: one each time, and the others
    are told that there is no room."""
    small = replace(office, bounds=Bounds(archive=100, chunk=10, kept=100))
    names = {"vendor": world.version, "other vendor": world.other_version, "body": world.version}
    for turn in range(10):
        results = at_once(
            *(
                partial(uploads.begin, small, world[name], BODY, version, 60, sha(f"{turn}{name}".encode()))
                for name, version in names.items()
            )
        )
        begun = [result for result in results if isinstance(result, uploads.Upload)]
        assert len(begun) == 1
        assert sum(isinstance(result, NoRoomError) for result in results) == 2
        with office.database.write() as connection:
            connection.execute(sa.delete(tables.uploads))


def test_uploads_are_for_ones_own(office: Office, world: World) -> None:
    """Claim: nobody submits for others. Stimulus: another vendor's version, another body, roles that submit nothing,
    somebody else's upload. Expected: forbidden; not found."""
    for name, body, version in (
        ("vendor", BODY, world.other_version),
        ("other body", BODY, world.version),
        ("approver", BODY, world.version),
        ("administrator", BODY, world.version),
    ):
        with pytest.raises(ForbiddenError):
            uploads.begin(office, world[name], body, version, 10, sha(b""))
    with pytest.raises(NotFoundError):
        uploads.begin(office, world["vendor"], "999999", world.version, 10, sha(b""))
    begun = uploads.begin(office, world["vendor"], OTHER_BODY, world.version, 3, sha(b"abc"))
    for name in ("other vendor", "assessor", "administrator"):
        for act in (
            lambda actor: uploads.append(office, actor, begun.id, 0, b"abc"),
            lambda actor: uploads.finish(office, actor, begun.id),
            lambda actor: uploads.read(office, actor, begun.id),
        ):
            with pytest.raises(NotFoundError):
                act(world[name])


KILLED = """
import os, sys
from pathlib import Path
from conformance.registry import uploads
from conformance.registry.accounts import by_token
from conformance.registry.office import Office
from conformance.registry.store import Database
office = Office(Database(sys.argv[1]), Path(sys.argv[2]))
actor = by_token(office, sys.argv[3])
stage = sys.argv[5]
def stop(*_, **__):
    print("here", flush=True)
    os.kill(os.getpid(), 9)
if stage == "kept":
    uploads._enter = stop
else:
    uploads.record = stop
uploads.finish(office, actor, sys.argv[4])
"""


@pytest.mark.parametrize("stage", ["kept", "entering"])
def test_a_kill_in_the_middle_of_a_submission_leaves_it_to_be_gone_on_with(
    office: Office, world: World, url: str, stage: str
) -> None:
    """Claim: nothing is half there. Stimulus: SIGKILL when the archive has its lasting name, and in the middle of
    entering the run. Expected: no run; to finish again gives the whole run, once."""
    content = b"an archive"
    begun = uploads.begin(office, world["vendor"], BODY, world.version, len(content), sha(content))
    uploads.append(office, world["vendor"], begun.id, 0, content)
    arguments = [url, str(office.folder), world.tokens["vendor"], begun.id, stage]
    ended = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False, timeout=120, stdout=subprocess.PIPE)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, b"here\n")
    with office.database.read() as connection:
        assert runs.find(connection, world["assessor"], state=None, limit=1, offset=0)[0] == 0
    run = uploads.finish(office, world["vendor"], begun.id)
    assert work(office) == 1
    with office.database.read() as connection:
        count, found = runs.find(connection, world["vendor"], state=None, limit=10, offset=0)
    assert (count, found[0].id, found[0].state) == (1, run, RunState.VERIFIED)


def test_a_run_that_could_not_be_judged_for_our_fault_waits(office: Office, world: World) -> None:
    """Claim: our mistakes refuse nobody. Stimulus: the archive is gone from the disk; then it is there again.
    Expected: the run waits; then it is judged."""
    content = b"an archive"
    run = upload(office, world["vendor"], world.version, content)
    kept = uploads.archive_path(office, sha(content))
    kept.unlink()
    assert work(office) == 0
    with office.database.read() as connection:
        assert runs.read(connection, world["vendor"], run).state is RunState.SUBMITTED
    kept.write_bytes(content)
    assert work(office) == 1
