"""The implementations under `fixtures/independent`, as processes on loopback, and runs of the suite on them.

python tests/independent.py procedures           # plants each fault of a service and says what came of it
python tests/independent.py procedures NAME...   # some of them
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.launch import preflight, prepare, start
from conformance.plan import Filters
from conformance.run_lines import RunResult
from conformance.sut.run_file import load

FIXTURES = Path(__file__).parents[1] / "fixtures"
INDEPENDENT = FIXTURES / "independent"
_ENVIRONMENT = {**os.environ, "BODIES": str(FIXTURES / "bodies.json"), "HURRY": "1", "PORT": "0"}


def node() -> str:
    """The command that runs JavaScript; the test is skipped where there is none."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node.js is not installed")
    return found


def plant(*arguments: str | Path) -> str:
    """What `plant.mjs` says to a service alone, to a folder and names of faults besides."""
    command = [node(), INDEPENDENT / "common" / "plant.mjs", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def faults(service: str) -> dict[str, frozenset[str]]:
    """The requirements that each planted fault of a service breaks, by its name; none where it names none.

    That the text of each stands in its file exactly once is examined, too.
    """
    lines = (line.split("\t") for line in plant(service).splitlines())
    return {name: frozenset(breaks.split()) for name, _, breaks in lines}


@contextmanager
def served(service: str, folder: Path, *planted: str) -> Iterator[Path]:
    """The run file of a service that is served, with planted faults or as it is, as long as the context lasts."""
    root = INDEPENDENT
    if planted:
        root = folder / "planted"
        plant(service, root, *planted)
    command = [node(), root / service / "server.mjs", folder / "second"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_ENVIRONMENT) as process:
        assert process.stdout is not None
        try:
            yield Path(json.loads(process.stdout.readline())["run_file"])
        finally:
            process.terminate()


def run_on(service: str, folder: Path, requirements: tuple[str, ...], *planted: str) -> RunResult:
    """A run of the suite that is narrowed to some requirements, or the whole one where there are none."""
    with served(service, folder, *planted) as run_file:
        prepared = prepare(load(run_file), Filters(requirements=requirements))
        preflight(prepared).raise_for_failures()
        return start(prepared, folder / "run")


def failed(result: RunResult) -> frozenset[str]:
    """The requirements that a run found not to be met."""
    return frozenset(v.requirement for v in result.verdicts if v.verdict.value == "fail")


def _tell(service: str, wanted: list[str]) -> None:
    """A line for each fault: whether a requirement that it is said to break fails, or only another one, or none.

    Where none that it names fails, or it names none, all scripts of the service are played.
    """
    count = {"caught": 0, "caught_by_another": 0, "survived": 0}
    for name, breaks in faults(service).items():
        if wanted and name not in wanted:
            continue
        found: frozenset[str] = _failed_with(service, name, breaks) if breaks else frozenset()
        if not found & breaks:
            found |= _failed_with(service, name, frozenset())
        word = "caught" if found & breaks else "caught_by_another" if found else "survived"
        count[word] += 1
        sys.stdout.write(f"{word} {name} {' '.join(sorted(found or breaks))}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{count}\n")


def _failed_with(service: str, fault: str, requirements: frozenset[str]) -> frozenset[str]:
    with tempfile.TemporaryDirectory() as folder:
        return failed(run_on(service, Path(folder), tuple(sorted(requirements)), fault))


if __name__ == "__main__":
    _tell(sys.argv[1], sys.argv[2:])
