"""Playing a finding again: documents and script come out of a run archive, a run file reaches the system."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from conformance.archive import EVIDENCE, RUN_FILE, read_evidence, read_run
from conformance.errors import ArchiveError, UsageError
from conformance.model import Finding, Observation, Outcome, Script, Trace
from conformance.play import Player
from conformance.run_lines import Bench
from conformance.session import open_archive
from conformance.stage import Stage
from conformance.sut.client import Door
from conformance.sut.redaction import Redactor
from conformance.sut.run_file import RunFile
from conformance.tally import request_text, response_text

RUNS = Path("runs")
_REQUIREMENT = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")


@dataclass(frozen=True)
class Found:
    """A script of a run that is to be played again. `requirements`: what failed in it then, or what was asked for."""

    folder: Path
    bench: Bench
    script: Script
    requirements: frozenset[str]
    before: Finding | None
    header: Mapping[str, Any]

    def reached(self, url: str | None) -> RunFile:
        """The run file that stands for the endpoint of a run without one, or for another endpoint of its system."""
        run_file = msgspec.convert(self.header["run_file"], RunFile)
        if url is None:
            return run_file
        services = {k: msgspec.structs.replace(v, base_url=url.rstrip("/")) for k, v in run_file.services.items()}
        return msgspec.structs.replace(run_file, services=services)

    @property
    def service(self) -> str:
        """The service that the script is about."""
        return self.bench.plan.service.name


@dataclass(frozen=True)
class Replayed:
    """What came of it. `finding` is that of the failure where it failed again; `request` and `response` are texts."""

    failed: tuple[Finding, ...]
    judged: bool
    request: str
    response: str
    trouble: str = ""


def find(finding: str, run: Path | None) -> Found:
    """The script that a finding names: a script id, a requirement id, or either after `RUN#`.

    Without a run, it is looked for in the runs under `runs/`, the newest first. Raises `UsageError`, `ArchiveError`.
    """
    before, mark, name = finding.rpartition("#")
    if mark:
        run = Path(before)
    folders = [_folder(run)] if run else list(_newest())
    if not folders:
        raise UsageError("there is no run", where=str(RUNS), next_step="give --run the folder of a run")
    for folder in folders:
        found = _in(folder, name)
        if found is not None:
            return found
    where = ", ".join(str(folder) for folder in folders[:3])
    what = "did not fail" if _REQUIREMENT.fullmatch(name) else "is no script of the run"
    raise UsageError(f"'{name}' {what}", where=where, next_step="take the id of a finding in the run's scorecard")


def _folder(run: Path) -> Path:
    for folder in (run, RUNS / run):
        if (folder / RUN_FILE).is_file():
            return folder
    raise ArchiveError(
        "is not the folder of a run: it has no run.jsonl",
        where=str(run),
        next_step="give --run the folder that 'conformance run' told at its end, such as runs/RUN-ID",
    )


def _newest() -> Iterator[Path]:
    runs = [path.parent for path in RUNS.glob(f"*/{RUN_FILE}")]
    yield from sorted(runs, key=lambda folder: (folder / RUN_FILE).stat().st_mtime, reverse=True)


def _in(folder: Path, name: str) -> Found | None:
    asked = frozenset({name}) if _REQUIREMENT.fullmatch(name) else frozenset()
    if asked:
        script_id = _failing_script(folder, name)
        if script_id is None:
            return None
    else:
        script_id = name
    header, benches, _, _ = open_archive(folder)
    for bench in benches.values():
        script = bench.script(script_id)
        if script is not None:
            return _found(folder, bench, script, asked, header)
    return None


def _failing_script(folder: Path, requirement: str) -> str | None:
    """The script of the first example of a requirement that failed."""
    _, verdicts, _ = read_run(folder / RUN_FILE)
    for line in verdicts:
        if line["requirement"] == requirement and line["verdict"] == "fail" and line.get("examples"):
            return str(line["examples"][0]["finding"]["script"])
    return None


def _found(folder: Path, bench: Bench, script: Script, asked: frozenset[str], header: Mapping[str, Any]) -> Found:
    failed = [item for item in _observed_then(folder, bench, script) if item.outcome is Outcome.FAIL]
    names = asked or frozenset(item.requirement for item in failed)
    finding = next((item.finding for item in failed if item.requirement in names), None)
    return Found(folder, bench, script, names, finding, header)


def _observed_then(folder: Path, bench: Bench, script: Script) -> list[Observation]:
    for service, trace in read_evidence(folder / EVIDENCE):
        if trace.script == script.id and service == bench.plan.service.name:
            return bench.judge.judge(script, trace)
    return []


def play(found: Found, stage: Stage, door: Door, redactor: Redactor) -> Replayed:
    """Play the script once, with values drawn anew, and judge it. Raises `UsageError` where the system lacks it."""
    missing = {step.service or found.script.service for step in found.script.steps} - stage.base_urls.keys()
    if missing:
        raise UsageError(
            f"the script calls {', '.join(sorted(missing))}, which the run file does not have",
            next_step="give the run file of a system that offers it",
        )
    trace = asyncio.run(_played(found.script, stage, door, redactor))
    return _judged(found, trace)


async def _played(script: Script, stage: Stage, door: Door, redactor: Redactor) -> Trace:
    async with door.open():
        return await Player(door, stage, redactor).alone(0, script)


def _judged(found: Found, trace: Trace) -> Replayed:
    observed = found.bench.judge.judge(found.script, trace)
    about = [item for item in observed if not found.requirements or item.requirement in found.requirements]
    failed = tuple(item.finding for item in about if item.outcome is Outcome.FAIL and item.finding is not None)
    judged = any(item.outcome is not Outcome.INCONCLUSIVE for item in about)
    shown = failed[0] if failed else found.before
    wanted = shown.step if shown else ""
    last = trace.exchanges[-1] if trace.exchanges else None
    exchange = next((e for e in trace.exchanges if e.step == wanted), last)
    if exchange is None:
        return Replayed(failed, judged, "", "", trace.stopped or "")
    return Replayed(failed, judged, request_text(exchange), response_text(exchange), trace.stopped or "")
