"""Archives as others make them: uploaded in pieces, unpacked, judged again, with every forgery noticed."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import signal
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from conformance.archive import EVIDENCE, RUN_FILE, RunWriter, evidence_digest, read_run
from conformance.catalogue.service import published_service
from conformance.edition_file import load as load_edition
from conformance.errors import ArchiveError
from conformance.extras import EXPLORED, ExtraWriter, extras_digest
from conformance.model import Extra
from conformance.registry import judging_process, runs, uploads
from conformance.registry.bounds import MIB, Bounds
from conformance.registry.judged import Judged
from conformance.registry.judging import judge_apart
from conformance.registry.office import Office
from conformance.registry.packing import digest_of, pack
from conformance.registry.refusals import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NoRoomError,
    NotFoundError,
    TooLargeError,
)
from conformance.registry.states import RunState
from conformance.registry.submission import judge, judged_path, work
from conformance.registry.unpacking import unpack
from registry.people import BODY, OTHER_BODY, World
from registry.steady import Clock
from registry.submitted import submitted, upload

LIMITS = dict.fromkeys((RUN_FILE, EVIDENCE, "explored.jsonl.zst"), 10 * MIB)


def judged(folder: Path, tmp_path: Path, unpacked: int = 64 * MIB) -> Judged:
    """What the registry makes of the folder of a run, in this process, which is quicker."""
    archive = tmp_path / "packed.zip"
    pack(folder, archive)
    shutil.rmtree(tmp_path / "judging", ignore_errors=True)
    return judging_process.judge(archive, tmp_path / "judging", unpacked, 8 * MIB)


def judged_apart(folder: Path, tmp_path: Path, bounds: Bounds) -> Judged:
    """The same in a process of its own, as the registry does it."""
    pack(folder, tmp_path / "packed.zip")
    with judge_apart(tmp_path / "packed.zip", bounds, tmp_path / "work") as done:
        return done.judged


def rewrite(folder: Path, change: Callable[[dict[str, Any], list[dict[str, Any]], dict[str, Any]], None]) -> None:
    """Change header, verdicts and footer, and make all digests right again, as somebody who forges would."""
    header, verdicts, footer = read_run(folder / RUN_FILE)
    assert footer is not None
    change(header, verdicts, footer)
    footer.pop("lines")
    writer = RunWriter(folder / RUN_FILE)
    for line in (header, *verdicts):
        writer.line(line)
    writer.footer(footer)


@pytest.fixture
def copy(failed_run: Path, tmp_path: Path) -> Path:
    """A copy of the run to be forged."""
    return Path(shutil.copytree(failed_run, tmp_path / "copy"))


def test_the_evidence_gives_the_same_verdicts_here(failed_run: Path, tmp_path: Path) -> None:
    """Claim: an honest archive is judged as its maker has judged it. Stimulus: a run that failed. Expected: the same
    bytes, no problem, no difference, what failed with clause, message, expected and actual."""
    found = judged_apart(failed_run, tmp_path, Bounds())
    assert found == judged(failed_run, tmp_path)
    assert (found.same_bytes, found.problems, found.differences) == (True, (), ())
    assert (found.standing, found.narrowed, found.finished) == ("non-conforming", True, True)
    assert found.short
    for short in found.short:
        assert short.source.document
        assert short.message
        assert short.expected
    assert not list((tmp_path / "work").iterdir())


def test_changed_verdicts_change_nothing(copy: Path, tmp_path: Path) -> None:
    """Claim: no verdict in an archive counts. Stimulus: every fail is made a pass, the standing conforming, and all
    digests right. Expected: what is judged is as before; each change is shown as a difference."""

    def forge(header: dict[str, Any], verdicts: list[dict[str, Any]], footer: dict[str, Any]) -> None:
        for line in verdicts:
            line["verdict"] = "pass"
        footer["standing"] = "conforming"

    rewrite(copy, forge)
    found = judged(copy, tmp_path)
    assert (found.claimed, found.standing, found.same_bytes) == ("conforming", "non-conforming", False)
    assert {d.requirement for d in found.differences if (d.claimed, d.judged) == ("pass", "fail")} == {
        s.requirement for s in found.short
    }


def _lines(folder: Path, old: bytes, new: bytes) -> None:
    data = (folder / RUN_FILE).read_bytes()
    assert old in data
    (folder / RUN_FILE).write_bytes(data.replace(old, new, 1))


def _evidence(folder: Path) -> None:
    """A failing answer is made a right one, and packed again."""
    with (folder / EVIDENCE).open("rb") as file:
        content = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read()
    (folder / EVIDENCE).write_bytes(zstandard.ZstdCompressor().compress(content.replace(b"404", b"400")))


def _first(header: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = header["services"][0]
    return found


def _old(documents: dict[str, str]) -> None:
    documents.update(dict.fromkeys(documents, "sha256:0"))


FORGERIES: dict[str, tuple[Callable[[Path], object], str]] = {
    "verdicts without their digest": (lambda f: _lines(f, b'"verdict":"fail"', b'"verdict":"pass"'), "altered"),
    "header without its digest": (lambda f: _lines(f, b'"vendor":"conformance"', b'"vendor":"somebody"'), "altered"),
    "evidence": (_evidence, "altered"),
    "old edition": (lambda f: rewrite(f, lambda h, v, t: _first(h).update(edition="sha256:" + "0" * 64)), "documents"),
    "old documents": (lambda f: rewrite(f, lambda h, v, t: _old(_first(h)["documents"])), "documents"),
    "fewer documents": (lambda f: rewrite(f, lambda h, v, t: _first(h)["documents"].clear()), "documents"),
    "own documents": (lambda f: rewrite(f, lambda h, v, t: _first(h).update(profile="derived")), "documents"),
    "unknown service": (lambda f: rewrite(f, lambda h, v, t: _first(h).update(service="mine")), "documents"),
    "path as service": (lambda f: rewrite(f, lambda h, v, t: _first(h).update(service="../../x")), "documents"),
    "damaged evidence": (lambda f: (f / EVIDENCE).write_bytes(b"(\xb5/\xfd" + b"\xff" * 50), "unreadable"),
    "no lines": (lambda f: (f / RUN_FILE).write_bytes(b""), "unreadable"),
    "deep": (lambda f: (f / RUN_FILE).write_bytes(b"[" * 200_000), "unreadable"),
    "deep header": (lambda f: (f / RUN_FILE).write_bytes(b'{"format":' + b"[" * 100_000), "unreadable"),
    "no header": (lambda f: rewrite(f, lambda h, v, t: h.pop("services")), "unreadable"),
    "twice": (lambda f: rewrite(f, lambda h, v, t: h["services"].append(h["services"][0])), "unreadable"),
    "alone": (lambda f: rewrite(f, lambda h, v, t: _first(h)["situation"].update(services=[])), "unreadable"),
    "odd types": (lambda f: rewrite(f, lambda h, v, t: h.update(services={"a": 1}, filters=[])), "unreadable"),
    "odd situation": (lambda f: rewrite(f, lambda h, v, t: _first(h)["situation"].update(day=5)), "unreadable"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_archive_is_noticed(copy: Path, tmp_path: Path, name: str) -> None:
    """Claim: what was altered after the run, or was never ours, is not judged as if it were a run. Stimulus: one
    forgery at a time. Expected: the problem is named, with a remedy in both languages, and nothing was judged."""
    change, code = FORGERIES[name]
    change(copy)
    found = judged(copy, tmp_path)
    assert [p.code for p in found.problems] == [code]
    assert found.standing == "incomplete"
    assert not found.passed
    assert found.problems[0].remedy.ja
    assert found.problems[0].remedy.en


def test_a_dropped_footer_is_an_unfinished_run(copy: Path, tmp_path: Path) -> None:
    """Claim: a run without its footer is not whole. Stimulus: the footer is cut off. Expected: judged, not finished."""
    lines = (copy / RUN_FILE).read_bytes().splitlines(keepends=True)
    (copy / RUN_FILE).write_bytes(b"".join(lines[:-1]))
    found = judged(copy, tmp_path)
    assert not found.finished
    assert found.claimed == "incomplete"


def test_a_run_that_says_it_is_whole_is_still_narrowed(copy: Path, tmp_path: Path) -> None:
    """Claim: what a run was narrowed to is seen whatever it says. Stimulus: a narrowed run whose header says that it
    is not partial; one whose filters were taken out. Expected: narrowed; incomplete, as scripts are missing."""
    rewrite(copy, lambda h, v, t: h.update(partial=False))
    assert judged(copy, tmp_path).narrowed

    def whole(header: dict[str, Any], verdicts: list[dict[str, Any]], footer: dict[str, Any]) -> None:
        header.update(partial=False, filters={k: type(v)() if v else v for k, v in header["filters"].items()})

    rewrite(copy, whole)
    found = judged(copy, tmp_path)
    assert (found.narrowed, found.finished) == (False, False)


def test_scripts_in_an_archive_do_not_stand_in_for_those_of_the_edition(copy: Path, tmp_path: Path) -> None:
    """Claim: the scripts are the registry's, too. Stimulus: a script "beyond the edition" with the id of one of the
    edition, without its checks, so that what failed is not looked at; all digests right. Expected: the script of the
    edition counts as not played, and the run as not finished."""
    edition = load_edition(published_service("procedures").edition_path)
    failed = read_run(copy / RUN_FILE)[1]
    named = next(line for line in failed if line["verdict"] == "fail")["examples"][0]["finding"]["script"]
    script = next(s for s in edition.scripts if s.id == named)
    forged = Extra("procedures", "search", msgspec.structs.replace(script, checks=()))
    ExtraWriter(copy / EXPLORED).append([forged])
    told = {"search": 1, "again": 0, "shrink": 0, "scripts": extras_digest(copy / EXPLORED)}
    rewrite(copy, lambda h, v, t: t.update(explored=told))
    assert not judged(copy, tmp_path).finished


def test_evidence_that_grows_without_end_is_stopped(copy: Path, tmp_path: Path) -> None:
    """Claim: what is small when it comes in cannot be large when it is opened. Stimulus: evidence of a few KiB that is
    64 MiB of zeros in each of several frames, with the right digest. Expected: refused before all of it is there."""
    frame = zstandard.ZstdCompressor().compress(bytes(32 * MIB))
    (copy / EVIDENCE).write_bytes(frame * 4)
    rewrite(copy, lambda h, v, t: t.update(evidence=evidence_digest(copy / EVIDENCE)))
    assert (copy / EVIDENCE).stat().st_size < MIB
    found = judged(copy, tmp_path, 64 * MIB)
    assert [p.code for p in found.problems] == ["unreadable"]
    assert "longer" in found.problems[0].text.en


@pytest.mark.parametrize("bounds", [Bounds(judging_cpu_seconds=1), Bounds(judging_memory=MIB)])
def test_judging_has_bounds(failed_run: Path, tmp_path: Path, bounds: Bounds) -> None:
    """Claim: an archive takes no more of the machine than it is given. Stimulus: one second, or little memory.
    Expected: told as such, and the process has ended."""
    assert [p.code for p in judged_apart(failed_run, tmp_path, bounds).problems] == ["too much"]


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    """A zip file with these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def link(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.external_attr = (stat.S_IFLNK | 0o777) << 16
    return found


RUN = ((RUN_FILE, b"{}"), (EVIDENCE, b""))


@pytest.mark.parametrize(
    "extra", ["../out", "/etc/out", "a/../../out", "..\\out", "C:out", "a\\..\\out", "spec/../../../out"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, extra: str) -> None:
    """Claim: an archive writes nothing but the files of a run. Stimulus: a member whose name leads out. Expected:
    refused, and nothing was written."""
    archive = zipped(tmp_path / "a.zip", *RUN, (extra, b"x"))
    with pytest.raises(ArchiveError, match="outside"):
        unpack(archive, tmp_path / "deep" / "into", LIMITS)
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip"}


def test_only_the_files_of_a_run_are_taken_out(tmp_path: Path) -> None:
    """Claim: the registry judges by its own documents. Stimulus: an archive with a `spec` folder and scorecards.
    Expected: they stay in it."""
    archive = zipped(tmp_path / "a.zip", *RUN, ("spec/common/1.0/requirements.yaml", b"!!python"), ("x.html", b""))
    unpack(archive, tmp_path / "out", LIMITS)
    assert {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()} == {
        RUN_FILE, EVIDENCE,
    }  # fmt: skip


def test_zip_bombs_and_odd_members_are_refused(tmp_path: Path) -> None:
    """Claim: every byte that comes out is counted, whatever the archive says of itself. Stimulus: a member of 20 MiB
    of zeros, the same with a size of 1 in its header, two members of one name, a link, too many members, no run file,
    no zip file, a cut one. Expected: ArchiveError, and never more on disk than the limit and one piece."""
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = zipped(tmp_path / "twice.zip", *RUN, (RUN_FILE, b"other"))
    bomb = zipped(tmp_path / "bomb.zip", (RUN_FILE, bytes(20 * MIB)), RUN[1])
    lying = bytearray(bomb.read_bytes())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", lying, lying.index(mark) + place, 1)
    (tmp_path / "lying.zip").write_bytes(lying)
    (tmp_path / "none.zip").write_bytes(b"nothing")
    whole = zipped(tmp_path / "whole.zip", *RUN).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    zipped(tmp_path / "link.zip", RUN[1], (link(RUN_FILE), b"/etc/passwd"))
    zipped(tmp_path / "many.zip", *RUN, *((f"n{n}", b"") for n in range(2000)))
    zipped(tmp_path / "short.zip", RUN[0])
    for number, archive in enumerate([*sorted(tmp_path.glob("*.zip"))]):
        if archive.name == "whole.zip":
            continue
        out = tmp_path / f"out{number}"
        with pytest.raises(ArchiveError):
            unpack(archive, out, LIMITS)
        assert sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) <= 11 * MIB, archive.name
    assert twice.is_file()


def test_the_same_run_is_packed_to_the_same_bytes(failed_run: Path, tmp_path: Path) -> None:
    """Claim: an archive has one digest. Stimulus: packed twice. Expected: equal; documents are not in it."""
    for name in ("a.zip", "b.zip"):
        pack(failed_run, tmp_path / name)
    assert digest_of(tmp_path / "a.zip") == digest_of(tmp_path / "b.zip")
    assert zipfile.ZipFile(tmp_path / "a.zip").namelist() == [RUN_FILE, EVIDENCE]
    with pytest.raises(ArchiveError):
        pack(tmp_path, tmp_path / "c.zip")


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


def test_the_party_is_who_has_made_the_evidence(office: Office, world: World) -> None:
    """Claim: ISO/IEC 17000's parties. Stimulus: runs of a vendor, a body and an assessor. Expected: first, second,
    third."""
    for name, party in (("vendor", "first"), ("body", "second"), ("assessor", "third")):
        run = submitted(office, world, name)
        with office.database.read() as connection:
            assert runs.read(connection, world["assessor"], run).party == party


def test_a_real_failing_run_goes_through_the_store(
    office: Office, world: World, failed_run: Path, tmp_path: Path
) -> None:
    """Claim: process, store and files work together. Stimulus: a real run, uploaded and judged by the real process,
    and judged once more by an assessor. Expected: verified, as it is an honest one; two judgements, each with its
    `run.jsonl`; the archive that was altered on disk is not judged."""
    real = replace(office, judge=judge_apart, clock=lambda: dt.datetime.now(dt.UTC))
    pack(failed_run, tmp_path / "run.zip")
    run = upload(real, world["vendor"], world.version, (tmp_path / "run.zip").read_bytes())
    assert work(real) == 1
    judge(real, world["assessor"], run)
    with real.database.read() as connection:
        found = runs.read(connection, world["vendor"], run)
        told = runs.judgements(connection, run)
    assert found.state is RunState.VERIFIED
    assert len(told) == 2
    assert [p.code for p in told[0].judged.problems] == ["narrowed"]
    for each in told:
        assert digest_of(judged_path(real, each.id)) == each.judged.run_file
    with pytest.raises(ForbiddenError):
        judge(real, world["vendor"], run)


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
