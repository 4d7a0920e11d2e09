"""Whole runs against the reference implementation, for tests that need one."""

from __future__ import annotations

from pathlib import Path

from conformance.demonstration import reference
from conformance.launch import preflight, prepare, start
from conformance.plan import Filters
from conformance.run_lines import RunResult
from conformance.sut.run_file import load

PEOPLE = "200"


def run_reference(folder: Path, *arguments: str, filters: Filters | None = None, seed: str | None = None) -> RunResult:
    """Start the reference with `arguments` as a process, run the suite on it into `folder`, stop it."""
    with reference("--people", PEOPLE, *arguments) as run_file:
        prepared = prepare(load(run_file), filters or Filters(), seed)
        preflight(prepared).raise_for_failures()
        return start(prepared, folder)


def with_verdict(result: RunResult, verdict: str) -> set[str]:
    """Ids of the requirements with a verdict."""
    return {v.requirement for v in result.verdicts if v.verdict.value == verdict}
