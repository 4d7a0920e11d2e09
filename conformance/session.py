"""A run from plan to archive: scripts are played, evidence is kept, verdicts are made from what was kept.

`run` is the whole of it; `judge_archive` does the second half again from the archive alone.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import importlib.metadata
import resource
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from conformance import __version__
from conformance.archive import (
    EVIDENCE,
    FORMAT,
    RUN_FILE,
    EvidenceWriter,
    RunWriter,
    file_digest,
    read_evidence,
    read_run,
)
from conformance.catalogue.requirements import Situation
from conformance.catalogue.service import EDITION_FILE, Service, load_service
from conformance.edition_file import load as load_edition
from conformance.errors import ArchiveError
from conformance.exercised import Exercised
from conformance.expression import JST
from conformance.judge import Judge
from conformance.model import Trace, Verdict, VerdictKind
from conformance.plan import Filters, Plan, make_plan, open_reason, why_not_judged
from conformance.play import Player, Stage
from conformance.resources import specs_dir
from conformance.scorecard import Standing, figures, standing
from conformance.sut.client import Door
from conformance.sut.redaction import Redactor
from conformance.tally import Tally

SPEC = "spec"
_LIBRARIES = ("aiohttp", "hypothesis", "jsonschema-rs", "msgspec", "schemathesis", "zstandard")


@dataclass(frozen=True)
class Progress:
    """How far a run is: scripts done of all, exchanges, requirements that failed or passed so far."""

    done: int
    total: int
    exchanges: int
    failed: int
    passed: int
    troubled: int


@dataclass
class Bench:
    """One service of a run: its plan, judge and counts."""

    plan: Plan
    judge: Judge
    tally: Tally
    exercised: Exercised

    @classmethod
    def of(cls, plan: Plan, replay: Callable[[str], str]) -> Bench:
        """The bench of a plan."""
        return cls(plan, Judge(plan.service, plan.applicable), Tally(replay), Exercised(plan.service))

    def take(self, trace: Trace) -> None:
        """Judge one trace and count it."""
        script = self.plan.script(trace.script)
        if script is None:
            raise ArchiveError(
                f"the evidence names the script '{trace.script}', which its edition does not have",
                next_step="take the run from its source again",
            )
        self.tally.add(script, trace, self.judge.judge(script, trace))
        self.exercised.add(script, trace)


@dataclass(frozen=True)
class RunResult:
    """What a run came to."""

    folder: Path
    standing: Standing
    verdicts: tuple[Verdict, ...]
    footer: Mapping[str, Any]


def libraries() -> dict[str, str]:
    """Versions of the libraries that matter for a verdict."""
    return {name: importlib.metadata.version(name) for name in _LIBRARIES}


def new_seed() -> str:
    """A seed for a run whose run file gives none."""
    return secrets.token_hex(8)


def replay_command(folder: Path) -> Callable[[str], str]:
    """The command that plays one script again, as it is told to a person."""
    return lambda script: f"conformance run --script {script}"


async def run(
    plans: list[Plan],
    stage: Stage,
    door: Door,
    redactor: Redactor,
    header: dict[str, Any],
    folder: Path,
    filters: Filters,
    progress: Callable[[Progress], None] | None = None,
) -> RunResult:
    """Play the plans of all services, judge what was kept, write the archive. Raises nothing for the system's sake."""
    started, cpu = time.monotonic(), time.process_time()
    keep_documents(plans, folder)
    benches = {plan.service.name: Bench.of(plan, replay_command(folder)) for plan in plans}
    preliminary = RunWriter(folder / RUN_FILE)
    preliminary.line(header)
    writer = EvidenceWriter(folder / EVIDENCE)
    troubled = 0
    try:
        async with door.open():
            player = Player(door, stage, redactor)
            total = sum(len(plan) for plan in plans)
            for name, bench in benches.items():
                async for trace in player.play(bench.plan.scripts(), bench.plan.exclusive_scripts()):
                    writer.append(name, trace)
                    bench.take(trace)
                    troubled += any(exchange.trouble for exchange in trace.exchanges)
                    if progress:
                        progress(_progress(benches, writer, total, troubled))
    finally:
        writer.close()
    usage = {
        "wall_seconds": round(time.monotonic() - started, 3),
        "client_cpu_seconds": round(time.process_time() - cpu, 3),
        "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    counts = {
        "exchanges": writer.exchanges,
        "scripts": {"planned": total, "played": writer.traces, "troubled": troubled},
        "timing": usage,
        "finished": dt.datetime.now(JST).isoformat(timespec="seconds"),
        "evidence": file_digest(folder / EVIDENCE),
    }
    return write_verdicts(folder, header, benches, counts, filters)


def _progress(benches: Mapping[str, Bench], writer: EvidenceWriter, total: int, troubled: int) -> Progress:
    failed = sum(bench.tally.figures()["fail"] for bench in benches.values())
    passed = sum(bench.tally.figures()["pass"] for bench in benches.values())
    return Progress(writer.traces, total, writer.exchanges, failed, passed, troubled)


def keep_documents(plans: list[Plan], folder: Path) -> None:
    """Copy the documents and editions of a run into its archive, so that it can be judged anywhere."""
    for plan in plans:
        root = plan.service.folder.parent.parent
        for name in plan.service.digests:
            target = folder / SPEC / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target)
        edition = folder / SPEC / plan.service.key / EDITION_FILE
        edition.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(plan.service.edition_path, edition)


def verdicts_of(bench: Bench, filters: Filters) -> list[Verdict]:
    """One verdict for each requirement of the service, in the order of the catalogue."""
    found = []
    plan = bench.plan
    for requirement in plan.service.requirements:
        apart = why_not_judged(requirement, plan, filters)
        if apart is None:
            verdict = bench.tally.verdict(requirement, plan.service.name, open_reason(requirement, plan))
            asked_for = not filters.partial or requirement.id in filters.requirements
            if not asked_for and verdict.judged == 0 and verdict.inconclusive == 0:
                continue
            found.append(verdict)
        elif apart[0] != "skip":
            kind = VerdictKind(apart[0])
            found.append(Verdict(requirement.id, plan.service.name, kind, requirement.level, reason=apart[1]))
    return found


def verdict_line(verdict: Verdict, service: Service) -> dict[str, Any]:
    """A verdict as a line of `run.jsonl`, with what a reader needs to know of its requirement."""
    requirement = service.requirement_ids[verdict.requirement]
    line = msgspec.to_builtins(verdict)
    return {
        "type": "verdict",
        **line,
        "area": requirement.area,
        "title": msgspec.to_builtins(requirement.title),
        "statement": msgspec.to_builtins(requirement.statement),
        "source": msgspec.to_builtins(requirement.source),
    }


def write_verdicts(
    folder: Path, header: dict[str, Any], benches: Mapping[str, Bench], counts: dict[str, Any], filters: Filters
) -> RunResult:
    """Write `run.jsonl` whole: header, verdicts, footer."""
    writer = RunWriter(folder / RUN_FILE)
    writer.line(header)
    everything: list[Verdict] = []
    for bench in benches.values():
        for verdict in verdicts_of(bench, filters):
            writer.line(verdict_line(verdict, bench.plan.service))
            everything.append(verdict)
    complete = not header["partial"] and counts["scripts"]["played"] == counts["scripts"]["planned"]
    stands = standing(everything, complete=complete)
    footer = {
        **counts,
        **figures(everything),
        "standing": stands.value,
        "exercised": {name: bench.exercised.figures() for name, bench in benches.items()},
    }
    writer.footer(footer)
    return RunResult(folder, stands, tuple(everything), footer)


def header_of(
    plans: list[Plan],
    base_urls: Mapping[str, str],
    seed: str,
    run_file: dict[str, Any],
    filters: Filters,
    now: dt.datetime,
) -> dict[str, Any]:
    """The header line of a run. `run_file` is without secrets."""
    digest = hashlib.sha256(f"{seed}{now.isoformat()}".encode()).hexdigest()[:6]
    return {
        "type": "header",
        "format": FORMAT,
        "suite": __version__,
        "created": now.isoformat(timespec="seconds"),
        "run_id": f"{now:%Y%m%d-%H%M%S}-{digest}",
        "seed": seed,
        "body": run_file["body"],
        "product": f"{run_file['product']['name']} {run_file['product']['version']}".strip(),
        "vendor": run_file["product"]["vendor"],
        "environment": run_file["environment"],
        "partial": filters.partial,
        "filters": {
            "services": list(filters.services),
            "requirements": list(filters.requirements),
            "operations": list(filters.operations),
            "scripts": list(filters.scripts),
            "max_requests": filters.max_requests,
        },
        "options": sorted({option for plan in plans for option in plan.situation.options}),
        "options_not_supported": {
            name: reason
            for service in run_file["services"].values()
            for name, reason in service.get("options_not_supported", {}).items()
        },
        "services": [_service_header(plan, base_urls[plan.service.name]) for plan in plans],
        "libraries": libraries(),
        "run_file": run_file,
    }


def _service_header(plan: Plan, base_url: str) -> dict[str, Any]:
    situation = plan.situation
    return {
        "service": plan.service.name,
        "version": plan.service.version,
        "title": msgspec.to_builtins(plan.service.title),
        "base_url": base_url,
        "edition": plan.edition.digest(),
        "documents": plan.service.digests,
        "scripts": len(plan.edition.scripts),
        "profile": "project" if plan.service.strict else "derived",
        "situation": {
            "body_type": situation.body_type,
            "options": sorted(situation.options),
            "upper_tester": situation.upper_tester,
            "day": situation.day.isoformat(),
        },
        "available_roles": sorted(plan.roles),
    }


def open_archive(folder: Path) -> tuple[dict[str, Any], dict[str, Bench], Filters, dict[str, Any] | None]:
    """Header, benches, filters and footer of a run, made from its archive alone. Raises `ArchiveError`."""
    header, _, footer = read_run(folder / RUN_FILE)
    filters = msgspec.convert(header["filters"], Filters)
    benches = {}
    for entry in header["services"]:
        root = folder / SPEC if (folder / SPEC).is_dir() else specs_dir()
        service = load_service(entry["service"], entry["version"], root, strict=entry["profile"] != "derived")
        for name, digest in entry["documents"].items():
            if service.digests.get(name) != digest:
                raise ArchiveError(
                    f"the document {name} is not the one that the run was made with",
                    where=str(folder),
                    next_step="take the run from its source again",
                )
        edition = load_edition(service.edition_path)
        if edition.digest() != entry["edition"]:
            raise ArchiveError(
                "the edition is not the one that the run was made with",
                where=str(folder),
                next_step="take the run from its source again",
            )
        told = entry["situation"]
        situation = Situation(
            told["body_type"], frozenset(told["options"]), told["upper_tester"], dt.date.fromisoformat(told["day"])
        )
        plan = make_plan(service, edition, situation, entry["available_roles"], filters)
        benches[service.name] = Bench.of(plan, replay_command(folder))
    return header, benches, filters, footer


def judge_archive(folder: Path, progress: Callable[[int], None] | None = None) -> tuple[RunResult, bool]:
    """Judge the evidence of a run again. Returns the result, and whether `run.jsonl` came out byte for byte the same.

    Raises `ArchiveError` where documents, edition or evidence are not those of the run.
    """
    before = (folder / RUN_FILE).read_bytes() if (folder / RUN_FILE).is_file() else b""
    header, benches, filters, footer = open_archive(folder)
    evidence = folder / EVIDENCE
    if footer is not None and footer["evidence"] != file_digest(evidence):
        raise ArchiveError(
            "the evidence was altered after the run: its digest does not match",
            where=str(evidence),
            next_step="take the run from its source again",
        )
    traces = exchanges = troubled = 0
    for name, trace in read_evidence(evidence):
        benches[name].take(trace)
        traces += 1
        exchanges += len(trace.exchanges)
        troubled += any(exchange.trouble for exchange in trace.exchanges)
        if progress:
            progress(traces)
    planned = sum(len(bench.plan) for bench in benches.values())
    counts = {
        "exchanges": exchanges,
        "scripts": {"planned": planned, "played": traces, "troubled": troubled},
        "timing": footer["timing"] if footer else {},
        "finished": footer["finished"] if footer else header["created"],
        "evidence": file_digest(evidence),
    }
    result = write_verdicts(folder, header, benches, counts, filters)
    return result, (folder / RUN_FILE).read_bytes() == before


def run_now(*args: Any, **kwargs: Any) -> RunResult:
    """`run`, from code that is not asynchronous; on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(run(*args, **kwargs))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(*args, **kwargs))
