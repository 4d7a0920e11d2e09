"""The run archive: what was played survives a kill; what was cut off or altered is noticed."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from exchanges import exchange, trace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.archive import (
    EVIDENCE,
    FORMAT,
    EvidenceWriter,
    RunWriter,
    decode_trace,
    encode_trace,
    file_digest,
    read_evidence,
    read_run,
)
from conformance.errors import ArchiveError

HEADER = {"type": "header", "format": FORMAT, "seed": "x"}
VERDICT = {"type": "verdict", "requirement": "COM-VAL-001", "verdict": "pass"}
TRACES = [
    trace(exchange("getThing", 200, {"id": "日本"}), script=f"s.{i}", bound={"now": "2026-04-01T09:00:00+09:00"})
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


def test_evidence_of_a_killed_run_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Claim: nothing played is lost but what was in the last frame. Stimulus: the file cut at every place. Expected:
    a beginning of the traces, never an error, never half a trace."""
    path = evidence(tmp_path, flush_each=True)
    whole = path.read_bytes()
    found = []
    for length in range(0, len(whole) + 1, 13):
        path.write_bytes(whole[:length])
        kept = [item for _, item in read_evidence(path)]
        assert kept == TRACES[: len(kept)]
        found.append(len(kept))
    assert found == sorted(found)
    assert set(found) >= {0, 1, 2, 3, 4}


def test_a_resumed_run_appends(tmp_path: Path) -> None:
    """Claim: a second writer adds to what is there. Stimulus: two writers, one after the other."""
    path = evidence(tmp_path)
    writer = EvidenceWriter(path)
    writer.append("toy", TRACES[0])
    writer.close()
    assert [item.script for _, item in read_evidence(path)] == ["s.0", "s.1", "s.2", "s.3", "s.4", "s.0"]


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
    assert file_digest(path) != file_digest(tmp_path / EVIDENCE)
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
