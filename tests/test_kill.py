"""A run that is killed again and again comes to the same end as one that was left in peace.

The real thing is killed: a process of its own, with SIGKILL, at moments that nobody chose.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.archive import EVIDENCE, RUN_FILE, evidence_lines, read_run
from conformance.demonstration import reference
from conformance.errors import ArchiveError, UsageError
from conformance.interruption import place
from conformance.resumption import resumption
from conformance.session import judge_archive
from tests.forge import Forge, forge
from tests.whole_run import ONE

pytestmark = pytest.mark.slow

KILLS = 100
SEED = 20260401
Verdicts = dict[str, tuple[str, int, int, int]]


@pytest.fixture(scope="module")
def sittings() -> Iterator[Forge]:
    """Sittings on a reference that outlives the runs."""
    with reference("--people", "200", services=ONE) as run_file, forge(run_file, 100) as made:
        yield made


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


def test_a_run_killed_at_a_hundred_moments_ends_as_if_undisturbed(sittings: Forge, tmp_path: Path) -> None:
    """Claim: a kill loses nothing, and changes no verdict. Stimulus: SIGKILL at 100 random moments of runs that are
    resumed until they are finished. Expected: each script once in the evidence, the verdicts of an undisturbed run,
    the same bytes when it is judged again, as many sittings in the header as there were, no file left over."""
    begun = time.monotonic()
    assert sittings.sitting(tmp_path / "whole", None) == 0
    longest = time.monotonic() - begun
    expected = verdicts(tmp_path / "whole")
    planned = read_run(tmp_path / "whole" / RUN_FILE)[2]
    assert planned is not None
    drawn = random.Random(SEED)  # noqa: S311  no secret
    killed = run = 0
    while killed < KILLS:
        run += 1
        folder = tmp_path / f"run-{run}"
        sat = 0
        while True:
            code = sittings.sitting(folder, drawn.uniform(0, longest) if killed < KILLS else None)
            sat += (folder / RUN_FILE).exists()
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
        assert len(header.get("resumed", ())) <= sat
        assert sorted(path.name for path in folder.iterdir()) == ["created.jsonl", "evidence", "run.jsonl", "spec"]
        assert [path.name for path in (folder / "evidence").iterdir()] == [Path(EVIDENCE).name]
        with pytest.raises(UsageError, match="come to its end"):
            resumption(folder)
        assert not place(folder).exists()
    assert judge_archive(folder)[1]
