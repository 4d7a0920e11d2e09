"""A run that is killed again and again comes to the same end as one that was left in peace.

The real thing is killed: a process of its own, with SIGKILL, at moments that nobody chose. It is forked from here with
everything imported, so that most of its short life is spent on the run and not on starting up.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.archive import EVIDENCE, RUN_FILE, evidence_lines, read_run
from conformance.demonstration import reference
from conformance.errors import ArchiveError, UsageError
from conformance.interruption import place
from conformance.launch import preflight, prepare, published, start
from conformance.plan import Filters
from conformance.resumption import resumption, set_clock_right
from conformance.session import judge_archive
from conformance.sut.run_file import load
from tests.whole_run import ONE

pytestmark = pytest.mark.slow

KILLS = 100
SEED = 20260401
FILTERS = Filters(max_requests=100)
Verdicts = dict[str, tuple[str, int, int, int]]


@pytest.fixture(scope="module")
def town() -> Iterator[Path]:
    """The run file of a reference that outlives the runs."""
    published()
    with reference("--people", "200", services=ONE) as run_file:
        yield run_file


def sitting(run_file: Path, folder: Path) -> None:
    """Begin the run in a folder, or go on with it."""
    if (folder / RUN_FILE).exists():
        prepared = resumption(folder)
        set_clock_right(prepared)
    else:
        prepared = prepare(load(run_file, published()), FILTERS, folder.name)
    preflight(prepared).raise_for_failures()
    start(prepared, folder)


def in_a_process(run_file: Path, folder: Path, seconds: float | None) -> int | None:
    """One sitting in a process of its own, killed after so many seconds; its exit code, None where it was killed."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            sitting(run_file, folder)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    return None if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def verdicts(folder: Path) -> Verdicts:
    """Verdict and counts of each requirement."""
    lines = read_run(folder / RUN_FILE)[1]
    return {
        v["requirement"]: (v["verdict"], v.get("judged", 0), v.get("failed", 0), v.get("inconclusive", 0))
        for v in lines
    }


def finished(folder: Path) -> bool:
    """Whether a run has its footer; it may have been killed right after that."""
    return (folder / RUN_FILE).exists() and read_run(folder / RUN_FILE)[2] is not None


def check_unfinished(folder: Path) -> None:
    """Whatever a kill left behind can be read, and says what is missing."""
    if not (folder / RUN_FILE).exists():
        return
    header, _, footer = read_run(folder / RUN_FILE)
    assert header["seed"] == folder.name
    with contextlib.suppress(ArchiveError):  # no evidence yet
        played = [line.trace.script for line in evidence_lines(folder / EVIDENCE)]
        assert len(played) == len(set(played))
        assert footer is None or len(played) == footer["scripts"]["played"]


def test_a_run_killed_at_a_hundred_moments_ends_as_if_undisturbed(town: Path, tmp_path: Path) -> None:
    """Claim: a kill loses nothing, and changes no verdict. Stimulus: SIGKILL at 100 random moments of runs that are
    resumed until they are finished. Expected: each script once in the evidence, the verdicts of an undisturbed run,
    the same bytes when it is judged again, as many sittings in the header as there were, no file left over."""
    begun = time.monotonic()
    assert in_a_process(town, tmp_path / "whole", None) == 0
    longest = time.monotonic() - begun
    expected = verdicts(tmp_path / "whole")
    planned = read_run(tmp_path / "whole" / RUN_FILE)[2]
    assert planned is not None
    drawn = random.Random(SEED)  # noqa: S311  no secret
    killed = run = 0
    while killed < KILLS:
        run += 1
        folder = tmp_path / f"run-{run}"
        sittings = 0
        while True:
            code = in_a_process(town, folder, drawn.uniform(0, longest) if killed < KILLS else None)
            sittings += (folder / RUN_FILE).exists()
            assert code in {0, None}
            killed += code is None
            check_unfinished(folder)
            if finished(folder):
                break
        header, _, footer = read_run(folder / RUN_FILE)
        assert footer is not None
        assert footer["scripts"] == planned["scripts"]
        found = verdicts(folder)
        assert {n: (v, expected[n]) for n, v in found.items() if v != expected[n]} == {}
        assert found.keys() == expected.keys()
        played = Counter((line.service, line.trace.script) for line in evidence_lines(folder / EVIDENCE))
        assert set(played.values()) == {1}
        assert len(played) == planned["scripts"]["planned"]
        assert len(header.get("resumed", ())) <= sittings
        assert sorted(path.name for path in folder.iterdir()) == ["created.jsonl", "evidence", "run.jsonl", "spec"]
        assert [path.name for path in (folder / "evidence").iterdir()] == [Path(EVIDENCE).name]
        with pytest.raises(UsageError, match="come to its end"):
            resumption(folder)
        assert not place(folder).exists()
    assert judge_archive(folder)[1]
