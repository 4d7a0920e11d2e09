"""Runs as others make them: judged again, with every forgery noticed."""

from __future__ import annotations

import datetime as dt
import shutil
import zlib
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
from conformance.registry import judging_process, runs
from conformance.registry.bounds import MIB, Bounds
from conformance.registry.judged import Judged
from conformance.registry.judging import judge_apart
from conformance.registry.office import Office
from conformance.registry.packing import digest_of, pack
from conformance.registry.refusals import (
    ForbiddenError,
)
from conformance.registry.states import RunState
from conformance.registry.submission import judge, judged_path, work
from registry.people import World
from registry.submitted import submitted, upload


def judged(folder: Path, tmp_path: Path, unpacked: int = 256 * MIB) -> Judged:
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
    documents.update(dict.fromkeys(documents, "sha256:" + "0" * 64))


FORGERIES: dict[str, tuple[Callable[[Path], object], str]] = {
    "verdicts without their digest": (lambda f: _lines(f, b'"verdict":"fail"', b'"verdict":"pass"'), "altered"),
    "header without its digest": (lambda f: _lines(f, b'"vendor":"conformance"', b'"vendor":"somebody"'), "altered"),
    "evidence": (_evidence, "altered"),
    "old edition": (lambda f: rewrite(f, lambda h, v, t: _first(h).update(edition="sha256:" + "0" * 64)), "edition"),
    "old documents": (lambda f: rewrite(f, lambda h, v, t: _old(_first(h)["documents"])), "documents"),
    "no digests": (
        lambda f: rewrite(f, lambda h, v, t: _first(h)["documents"].update(dict.fromkeys(_first(h)["documents"], "x"))),
        "unreadable",
    ),
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


@pytest.mark.parametrize(
    "cause",
    [
        MemoryError(),
        zlib.error("Error -4 while preparing to decompress data"),
        zstandard.ZstdError("decompression error: Allocation error : not enough memory"),
    ],
)
def test_what_memory_did_not_suffice_for_is_not_called_damaged(
    failed_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cause: Exception
) -> None:
    """Claim: an archive that is too much for the machine is told from one that is damaged. Stimulus: memory runs out
    while a line or a frame is read, which the reader tells as an error of the archive. Expected: the process ends for
    want of memory, as `test_judging_has_bounds` has it, and gives no verdict on the archive."""

    def judge_archive(folder: Path) -> None:
        try:
            raise cause
        except (MemoryError, zlib.error, zstandard.ZstdError):
            raise ArchiveError("the evidence is damaged") from None

    monkeypatch.setattr(judging_process, "judge_archive", judge_archive)
    with pytest.raises(MemoryError):
        judged(failed_run, tmp_path)


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
