"""A run from plan to archive: scripts are played, evidence is kept, verdicts are made from what was kept.

`run` is the whole of it; `judge_archive` does the second half again from the archive alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import resource
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from conformance.archive import EVIDENCE, RUN_FILE, EvidenceWriter, RunWriter, file_digest, read_evidence, read_run
from conformance.catalogue.requirements import Situation
from conformance.catalogue.service import load_service
from conformance.edition_file import load as load_edition
from conformance.errors import ArchiveError
from conformance.expression import JST
from conformance.plan import Filters, Plan, make_plan
from conformance.play import Numbered, Player, Stage
from conformance.resources import specs_dir
from conformance.run_lines import SPEC, Bench, RunResult, keep_documents, replay_command, write_verdicts
from conformance.sut.client import Door
from conformance.sut.redaction import Redactor


@dataclass(frozen=True)
class Progress:
    """How far a run is: scripts done of all, exchanges, requirements that failed or passed so far."""

    done: int
    total: int
    exchanges: int
    failed: int
    passed: int
    troubled: int


def new_seed() -> str:
    """A seed for a run whose run file gives none."""
    return secrets.token_hex(8)


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
    benches = {plan.service.name: Bench.of(plan, replay_command(header)) for plan in plans}
    preliminary = RunWriter(folder / RUN_FILE)
    preliminary.line(header)
    writer = EvidenceWriter(folder / EVIDENCE)
    troubled = 0
    try:
        async with door.open():
            player = Player(door, stage, redactor)
            total = sum(len(plan) for plan in plans)
            owner = {script: plan.service.name for plan in plans for script in plan.ordinals}
            shared = _in_turn([plan.scripts() for plan in plans])
            exclusive = _in_turn([plan.exclusive_scripts() for plan in plans])
            async for trace in player.play(shared, exclusive):
                name = owner[trace.script]
                writer.append(name, trace)
                benches[name].take(trace)
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


def _in_turn(sources: list[Iterator[Numbered]]) -> Iterator[Numbered]:
    """One script of each service after the other, so that all are played side by side."""
    for group in zip_longest(*sources):
        yield from (item for item in group if item is not None)


def _progress(benches: Mapping[str, Bench], writer: EvidenceWriter, total: int, troubled: int) -> Progress:
    failed = sum(bench.tally.figures()["fail"] for bench in benches.values())
    passed = sum(bench.tally.figures()["pass"] for bench in benches.values())
    return Progress(writer.traces, total, writer.exchanges, failed, passed, troubled)


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
            told["body_type"],
            frozenset(told["options"]),
            told["upper_tester"],
            dt.date.fromisoformat(told["day"]),
            frozenset(told["services"]),
        )
        plan = make_plan(service, edition, situation, entry["available_roles"], filters, entry["first"])
        benches[service.name] = Bench.of(plan, replay_command(header))
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
    with _seldom_collected(), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(run(*args, **kwargs))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


@contextlib.contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for cyclic garbage less often: documents and validators are large and stay, an exchange leaves little."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
