"""Attacks that go through every field, every body reference, and every moment at which two come at once."""

from __future__ import annotations

import copy
import errno
import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.registry import uploads
from conformance.registry.api.application import ENDPOINTS
from conformance.registry.backup import backup, restore
from conformance.registry.holdings import add_vendor
from conformance.registry.office import Office
from conformance.registry.refusals import ConflictError, NoRoomError
from conformance.registry.store import Database, tables
from registry.people import BODY, OTHER_BODY, World
from registry.submitted import submitted, upload
from registry.test_api import MATRIX, asking, everything, filled, path_of
from registry.test_review import at_once

SQL = (
    "' OR '1'='1", "'; DROP TABLE events; --", '"; DELETE FROM runs; --', "1; UPDATE runs SET state='stated'",
    "' UNION SELECT", "\\'; --", "%' --", "$$; DROP TABLE runs; $$", "{}", "%s", ":id", "?", "${7*7}", "{{7*7}}",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>", "\u202e'; --", "\0",
)  # fmt: skip
hostile = st.sampled_from(SQL) | st.builds(lambda a, b: a + b, st.text(max_size=20), st.sampled_from(SQL))
FIELDS = [
    (endpoint, number, field)
    for endpoint in ENDPOINTS
    if endpoint.takes is not None
    for number, (_, content, _) in enumerate(MATRIX[endpoint.id])
    for field in sorted(content or {})
]


def _with(content: Any, field: str, text: str) -> Any:
    """The content with a text in place of one field: of both languages where it has two."""
    made = copy.deepcopy(content)
    made[field] = {"ja": text, "en": text} if isinstance(made[field], dict) else text
    return made


def _counts(office: Office) -> dict[str, int]:
    with office.database.read() as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_field_is_ever_a_command(office: Office, world: World, api: str, data: st.DataObject) -> None:
    """Claim: no text is SQL or script, in whichever field, on either database. Stimulus: a hostile text in one field of
    an operation, all others right, by a role that may call it. Expected: never a 500; no table loses a row; a refusal
    is a problem document, and an answer is no page."""
    things = _things(office, world)
    endpoint, number, field = data.draw(st.sampled_from(FIELDS))
    name, content, allowed = MATRIX[endpoint.id][number]
    role = data.draw(st.sampled_from(sorted(allowed)))
    text = data.draw(hostile)
    before = _counts(office)
    sent = _with(filled(content, world, things), field, text)
    answer = asking(api, world, role)(endpoint.method, path_of(endpoint, name, world, things), sent)
    assert answer.status_code < 500, (endpoint.id, field, text, answer.text)
    assert answer.headers["Content-Type"] in {"application/json", "application/problem+json"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    after = _counts(office)
    assert all(after[name] >= before[name] for name in before)


_made: dict[int, Any] = {}


def _things(office: Office, world: World) -> Any:
    """One of each thing, made once for a test."""
    if id(office) not in _made:
        _made.clear()
        _made[id(office)] = everything(office, world)
    return _made[id(office)]


@pytest.mark.parametrize("role", ["vendor", "other vendor", "body", "other body"])
def test_references_in_a_content_lead_to_ones_own_only(office: Office, world: World, api: str, role: str) -> None:
    """Claim: what a content names is looked at as what a path names. Stimulus: uploads for every version and body by
    every outsider. Expected: taken for one's own version or body, refused as if it were not there for all others."""
    ask = asking(api, world, role)
    versions = {world.version: "vendor", world.next_version: "vendor", world.other_version: "other vendor"}
    for version, owner in versions.items():
        for body, holder in ((BODY, "body"), (OTHER_BODY, "other body")):
            digest = "sha256:" + hashlib.sha256(f"{version} {body}".encode()).hexdigest()
            new = {"body_code": body, "version_id": version, "size": 1, "digest": digest}
            answer = ask("POST", "/uploads", new)
            if role in {owner, holder}:
                assert answer.status_code in {201, 507}, answer.text
            else:
                assert answer.status_code in {403, 404}, answer.text


def test_of_two_uploads_of_one_run_at_once_one_becomes_a_run(office: Office, world: World) -> None:
    """Claim: an archive is submitted once. Stimulus: the same archive uploaded for two bodies, both finished at the
    same moment; the same upload finished twice at once. Expected: one run each time, and a conflict for the other."""
    content = b"one archive"
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    begun = [
        uploads.begin(office, world["vendor"], body, world.version, len(content), digest) for body in (BODY, OTHER_BODY)
    ]
    for each in begun:
        uploads.append(office, world["vendor"], each.id, 0, content)
    results = at_once(*(lambda each=each: uploads.finish(office, world["vendor"], each.id) for each in begun))
    assert sum(isinstance(result, ConflictError) for result in results) == 1
    assert _counts(office)["runs"] == 1
    digest = "sha256:" + hashlib.sha256(b"two").hexdigest()
    again = uploads.begin(office, world["vendor"], BODY, world.version, 3, digest)
    uploads.append(office, world["vendor"], again.id, 0, b"two")
    results = at_once(*(lambda: uploads.finish(office, world["vendor"], again.id) for _ in range(2)))
    assert len({result for result in results if isinstance(result, str)}) == 1
    assert _counts(office)["runs"] == 2


def test_a_full_disk_is_said_clearly_and_leaves_nothing_half(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claim: a full disk loses nothing. Stimulus: a disk that takes a part of a piece, and then no more; then there is
    room again. Expected: 507 with the next step, no byte of the piece; then the upload goes on and becomes a run."""
    content = b"0123456789" * 10
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    begun = uploads.begin(office, world["vendor"], BODY, world.version, len(content), digest)
    uploads.append(office, world["vendor"], begun.id, 0, content[:40])
    real, left = os.write, [7]

    def write(descriptor: int, piece: bytes) -> int:
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, bytes(piece)[: left.pop()])

    with monkeypatch.context() as full:
        full.setattr(uploads.os, "write", write)
        with pytest.raises(NoRoomError) as caught:
            uploads.append(office, world["vendor"], begun.id, 40, content[40:])
    assert (caught.value.status, bool(caught.value.next_step)) == (507, True)
    assert uploads.read(office, world["vendor"], begun.id).received == 40
    uploads.append(office, world["vendor"], begun.id, 40, content[40:])
    uploads.finish(office, world["vendor"], begun.id)
    assert _counts(office)["runs"] == 1


def test_a_backup_of_a_busy_registry_is_of_one_moment(office: Office, world: World, tmp_path: Path) -> None:
    """Claim: the registry need not stop for a backup. Stimulus: a backup while vendors are entered and runs submitted
    all the time. Expected: it can be restored; each change in it has its event, and each run its archive."""
    stop = threading.Event()
    submitted(office, world)

    def busy() -> None:
        number = 0
        while not stop.is_set():
            add_vendor(office, world["administrator"], f"vendor {number}")
            upload(office, world["vendor"], world.version, f"busy {number}".encode())
            number += 1

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        backup(office, tmp_path / "backup.zip")
    finally:
        stop.set()
        thread.join()
    other = Office(Database(f"sqlite:///{tmp_path}/restored.sqlite"), tmp_path / "restored")
    restore(other, tmp_path / "backup.zip")
    with other.database.read() as connection:
        entered = connection.execute(sa.select(tables.vendors.c.id)).scalars().all()
        events = connection.execute(sa.select(tables.events.c.about_id).where(tables.events.c.about == "vendor"))
        assert set(entered) == set(events.scalars())
        archives = connection.execute(sa.select(tables.runs.c.archive)).scalars().all()
    assert archives
    assert all(uploads.archive_path(other, digest).is_file() for digest in archives)
