"""The run archive: what was played survives a kill; what was cut off or altered is noticed."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from exchanges import exchange, script, trace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.archive import (
    EVIDENCE,
    FORMAT,
    JOURNAL,
    RunWriter,
    decode_trace,
    encode_trace,
    evidence_digest,
    read_evidence,
    read_run,
    unfinished,
)
from conformance.errors import ArchiveError
from conformance.evidence_writer import EvidenceWriter, mend
from conformance.seen import look
from conformance.watch import untroubled

HEADER = {"type": "header", "format": FORMAT, "seed": "x"}
VERDICT = {"type": "verdict", "requirement": "COM-VAL-001", "verdict": "pass"}
TRACES = [
    trace(
        exchange("getThing", 200, {"id": "日本"}),
        script=f"s.{i}",
        bound={"now": "2026-04-01T09:00:00+09:00"},
        not_issued=i == 1,
    )
    for i in range(5)
]


def evidence(folder: Path, flush_each: bool = False) -> Path:
    """Evidence of five traces, in one frame or in one each."""
    path = folder / EVIDENCE
    writer = EvidenceWriter(path)
    for item in TRACES:
        writer.append("toy", item)
        if flush_each:
            writer.flush()
    writer.close()
    assert (writer.traces, writer.exchanges) == (5, 5)
    return path


def run_file(folder: Path, footer: dict[str, Any] | None = None) -> Path:
    """A `run.jsonl` of one verdict; without a footer where none is given."""
    path = folder / "run.jsonl"
    writer = RunWriter(path)
    writer.line(HEADER)
    writer.line(VERDICT)
    if footer is not None:
        writer.footer(footer)
    else:
        writer.close()
    return path


def refused(path: Path) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        read_run(path)
    assert caught.value.next_step
    assert str(path) in str(caught.value)
    return caught.value


@pytest.mark.parametrize("flush_each", [True, False])
def test_evidence_comes_back_in_order(tmp_path: Path, flush_each: bool) -> None:
    """Claim: traces are read as they were written, however they were spread over frames."""
    assert list(read_evidence(evidence(tmp_path, flush_each))) == [("toy", item) for item in TRACES]


def test_a_trace_that_was_stopped_says_why(tmp_path: Path) -> None:
    """Claim: why a script ended early is kept, with nothing of it lost. Stimulus: no exchange at all."""
    stopped = trace(stopped="step b was not answered", bound={"fresh": {"uuid k ": "1"}})
    assert decode_trace(encode_trace("toy", stopped)) == ("toy", stopped)


def test_what_was_sent_before_a_script_was_begun_again_is_kept() -> None:
    """Claim: nothing that was sent is lost. Stimulus: a trace with the exchanges of an earlier attempt. Expected: it
    comes back as it was, and is not among what is judged."""
    begun_again = trace(exchange("getThing", 200), earlier=(exchange("makeThing", 409),))
    assert decode_trace(encode_trace("toy", begun_again)) == ("toy", begun_again)
    assert len(look(script(), begun_again)) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data())
def test_a_cut_archive_is_a_beginning_and_says_what_is_missing(tmp_path: Path, data: st.DataObject) -> None:
    """Claim: nothing is guessed about a torn end. Stimulus: evidence in any number of frames, cut at any byte; more
    cut off the journal beside it. Expected: a beginning of the traces, exactly the bytes that are none, and after
    mending the same traces in a file that is whole, however often it is mended."""
    path = tmp_path / EVIDENCE
    path.unlink(missing_ok=True)
    framed = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=8))
    writer = EvidenceWriter(path)
    ends = [(0, 0)]
    count = 0
    for size in framed:
        for _ in range(size):
            writer.append("toy", trace(exchange("getThing", 200, {"id": "x" * count}), script=f"s.{count}"))
            count += 1
        writer.flush()
        ends.append((path.stat().st_size, count))
    writer.close()
    whole = path.read_bytes()
    length = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:length])
    last, kept = max(end for end in ends if end[0] <= length)
    journal = b"".join(encode_trace("toy", trace(script=f"j.{n}")) + b"\n" for n in range(3))
    rest = data.draw(st.integers(0, len(journal)))
    path.with_name(JOURNAL).write_bytes(journal[:rest])
    in_journal = journal[:rest].count(b"\n")
    expected = [f"s.{n}" for n in range(kept)] + [f"j.{n}" for n in range(in_journal)]
    missing = (length - last) + (rest - (journal[:rest].rfind(b"\n") + 1))
    assert [item.script for _, item in read_evidence(path)] == expected
    assert unfinished(path) == missing
    assert mend(path, untroubled).cut == missing
    assert mend(path, untroubled).cut == 0
    assert [item.script for _, item in read_evidence(path)] == expected
    assert unfinished(path) == 0
    assert not path.with_name(JOURNAL).exists()


def test_a_hole_at_the_end_is_a_torn_end(tmp_path: Path) -> None:
    """Claim: what a disk without power leaves is no damage. Stimulus: zeros where the last frame was to be. Expected:
    all traces before it, and the zeros told."""
    path = evidence(tmp_path)
    with path.open("ab") as file:
        file.write(b"\0" * 100)
    assert [item for _, item in read_evidence(path)] == TRACES
    assert unfinished(path) == 100


def test_a_trace_that_was_finished_is_kept_at_once(tmp_path: Path) -> None:
    """Claim: a kill takes no finished trace. Stimulus: a writer that was never flushed or closed. Expected: all are
    read, and mending makes them one frame."""
    path = tmp_path / EVIDENCE
    writer = EvidenceWriter(path)
    for item in TRACES:
        writer.append("toy", item)
    assert path.stat().st_size == 0
    assert [item for _, item in read_evidence(path)] == TRACES
    mend(path, untroubled)
    assert [item for _, item in read_evidence(path)] == TRACES


def test_a_trace_in_the_last_frame_and_in_the_journal_counts_once(tmp_path: Path) -> None:
    """Claim: a kill between frame and journal doubles nothing. Stimulus: the journal as it was before the last frame.
    Expected: each trace once, also when mended."""
    path = evidence(tmp_path)
    path.with_name(JOURNAL).write_bytes(b"".join(encode_trace("toy", item) + b"\n" for item in TRACES[2:]))
    assert [item for _, item in read_evidence(path)] == TRACES
    size = path.stat().st_size
    mend(path, untroubled)
    assert path.stat().st_size == size


def test_troubled_traces_are_let_go_of_when_a_run_is_resumed(tmp_path: Path) -> None:
    """Claim: a script whose connection broke is played again. Stimulus: mending evidence with one. Expected: it alone
    is gone."""
    path = tmp_path / EVIDENCE
    writer = EvidenceWriter(path)
    broken = exchange("getThing", 200, {})
    broken = msgspec.structs.replace(broken, response=None, trouble="connection reset")
    for item in (TRACES[0], trace(broken, script="s.broken"), TRACES[1]):
        writer.append("toy", item)
    writer.close()
    assert mend(path, untroubled).again == 1
    assert [item for _, item in read_evidence(path)] == TRACES[:2]


@pytest.mark.parametrize("room", [0, 1, 700, 5000])
def test_a_full_disk_takes_no_trace_that_was_kept(tmp_path: Path, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: a full disk is an error that leaves the archive whole. Stimulus: a disk that takes so many bytes more, in
    journal and frames alike. Expected: `OSError`, all traces before it read, none torn into the frames; once there is
    room, mending and going on works."""
    path = tmp_path / EVIDENCE
    left = room
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = real(descriptor, bytes(data)[:left])
        left -= taken
        return taken

    monkeypatch.setattr(os, "write", write)
    writer = EvidenceWriter(path)
    kept = 0

    def fill() -> None:
        nonlocal kept
        for number in range(1000):
            writer.append("toy", trace(exchange("getThing", 200, {"id": str(number)}), script=f"s.{number}"))
            kept += 1
            if number % 3 == 2:
                writer.flush()

    with pytest.raises(OSError, match="No space"):
        fill()
    with contextlib.suppress(OSError):
        writer.close()
    monkeypatch.undo()
    scripts = [item.script for _, item in read_evidence(path)]
    assert scripts[:kept] == [f"s.{number}" for number in range(kept)]
    assert len(scripts) <= kept + 1
    mend(path, untroubled)
    again = EvidenceWriter(path)
    again.append("toy", TRACES[0])
    again.close()
    assert len(list(read_evidence(path))) >= kept
    assert unfinished(path) == 0


def test_a_resumed_run_appends(tmp_path: Path) -> None:
    """Claim: a second writer adds to what is there. Stimulus: two writers, one after the other."""
    path = evidence(tmp_path)
    writer = EvidenceWriter(path)
    writer.append("toy", trace(script="s.9"))
    writer.close()
    assert [item.script for _, item in read_evidence(path)] == ["s.0", "s.1", "s.2", "s.3", "s.4", "s.9"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(place=st.floats(0, 0.999), bit=st.integers(0, 7))
def test_altered_evidence_is_noticed(tmp_path: Path, place: float, bit: int) -> None:
    """Claim: one flipped bit anywhere is noticed. Stimulus: each in turn. Expected: an error when it is read, or fewer
    traces and another digest; never a trace that was not written."""
    path = tmp_path / "traces"
    if not (tmp_path / EVIDENCE).exists():
        evidence(tmp_path)
    whole = bytearray((tmp_path / EVIDENCE).read_bytes())
    whole[int(place * len(whole))] ^= 1 << bit
    path.write_bytes(whole)
    assert evidence_digest(path) != evidence_digest(tmp_path / EVIDENCE)
    kept = []
    with contextlib.suppress(ArchiveError):
        kept.extend(item for _, item in read_evidence(path))
    assert all(item in TRACES for item in kept)


@pytest.mark.parametrize(
    "content",
    [b"not compressed", zstandard.compress(b"{}\n"), zstandard.compress(b"no json\n"), zstandard.compress(b"[1]\n")],
)
def test_what_is_no_evidence_is_refused(tmp_path: Path, content: bytes) -> None:
    """Claim: another file in its place is told as such, with the next step, never with a traceback."""
    path = tmp_path / "traces"
    path.write_bytes(content)
    with pytest.raises(ArchiveError) as caught:
        list(read_evidence(path))
    assert caught.value.next_step


def test_a_run_without_evidence_is_refused(tmp_path: Path) -> None:
    """Claim: a folder that is no run is told as such."""
    with pytest.raises(ArchiveError, match="no evidence"):
        list(read_evidence(tmp_path / EVIDENCE))


def test_a_run_is_read_with_its_footer(tmp_path: Path) -> None:
    """Claim: header, verdicts and footer come back. Expected: the footer carries the digest of the lines before."""
    header, verdicts, footer = read_run(run_file(tmp_path, {"standing": "conforming"}))
    assert header == HEADER
    assert verdicts == [VERDICT]
    assert footer is not None
    assert footer["standing"] == "conforming"
    assert footer["lines"].startswith("sha256:")


def test_a_run_without_a_footer_is_not_complete(tmp_path: Path) -> None:
    """Claim: a missing footer is noticed, and what there is can still be read. Expected: no footer, all verdicts."""
    assert read_run(run_file(tmp_path)) == (HEADER, [VERDICT], None)


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0], lines[1].replace("pass", "fail"), lines[2]],
        lambda lines: [lines[0].replace('"seed":"x"', '"seed":"y"'), lines[1], lines[2]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[0], lines[1], lines[1], lines[2]],
        lambda lines: [lines[0], lines[1] + " ", lines[2]],
        lambda lines: [lines[0], lines[1], json.dumps({**json.loads(lines[2]), "lines": "sha256:0"})],
    ],
    ids=["a verdict", "the header", "a verdict gone", "a verdict twice", "a space", "the digest"],
)
def test_an_altered_run_is_refused(tmp_path: Path, change: Any) -> None:
    """Claim: whatever stands before the footer cannot be changed unnoticed. Expected: `ArchiveError` that says so."""
    path = run_file(tmp_path, {"standing": "conforming"})
    path.write_text("\n".join(change(path.read_text("utf-8").splitlines())) + "\n", encoding="utf-8")
    assert "digest does not match" in str(refused(path))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not of the format"),
        (b"[1]\n", "not of the format"),
        (b'{"type": "header", "format": "conformance-run/99"}\n', "not of the format"),
        (b'{"type": "header"', "is not a run"),
        (b'{"a": "\xff"}', "is not a run"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, content: bytes | None, told: str) -> None:
    """Claim: an empty, foreign, cut or missing file is told with the next step."""
    path = tmp_path / "run.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert told in str(refused(path))
