"""Whole runs against the reference implementation, for tests that need one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.demonstration import reference
from conformance.launch import preflight, prepare, start
from conformance.plan import Filters
from conformance.run_lines import RunResult
from conformance.sut.run_file import load

PEOPLE = "200"
ONE = ("resident-registry",)


def run_reference(
    folder: Path,
    *arguments: str,
    filters: Filters | None = None,
    seed: str | None = None,
    services: tuple[str, ...] | None = ONE,
) -> RunResult:
    """Start the reference with `arguments` as a process, run the suite on it into `folder`, stop it.

    `services` are those in the run file; None: all.
    """
    with reference("--people", PEOPLE, *arguments, services=services) as run_file:
        prepared = prepare(load(run_file), filters or Filters(), seed)
        preflight(prepared).raise_for_failures()
        return start(prepared, folder)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that `make` fills, for all workers of one test run: whoever comes first makes it, the others wait."""
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, whole = base / name, base / f"{name}.whole"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            make(folder)
            whole.touch()
    return folder


def with_verdict(result: RunResult, verdict: str) -> set[str]:
    """Ids of the requirements with a verdict."""
    return {v.requirement for v in result.verdicts if v.verdict.value == verdict}
