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
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from conformance.archive import (
    EVIDENCE,
    RUN_FILE,
    check_evidence,
    evidence_digest,
    evidence_lines,
    read_evidence,
    read_run,
    unfinished,
)
from conformance.beyond import Beyond, Ledger
from conformance.catalogue.requirements import Situation
from conformance.catalogue.service import Service, digest, load_service
from conformance.edition_file import load as load_edition
from conformance.errors import ArchiveError, SuiteError
from conformance.evidence_writer import EvidenceWriter, mend
from conformance.expression import JST
from conformance.extras import EXPLORED, ExtraWriter, extras_digest, read_extras
from conformance.interruption import Memory, StoppedError, termination_as_interrupt
from conformance.plan import Filters, Plan, make_plan
from conformance.play import Numbered, Player
from conformance.run_lines import (
    SPEC,
    Bench,
    RunResult,
    keep_documents,
    played_of,
    replay_command,
    write_header,
    write_verdicts,
)
from conformance.run_shape import check_shape
from conformance.stage import Stage
from conformance.sut.client import Door
from conformance.sut.redaction import Redactor
from conformance.watch import Watch, untroubled


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
    memory: Memory | None = None,
    beyond: Beyond | None = None,
) -> RunResult:
    """Play the plans of all services and what is `beyond` them, judge what was kept, write the archive.

    Goes on where the archive in the folder ends, if there is one. Raises nothing for the system's sake; `StoppedError`
    where it cannot go on now. `memory` is let go of at the end, but for scripts that are still to be played again.
    """
    started, cpu = time.monotonic(), time.process_time()
    benches = {plan.service.name: Bench.of(plan, replay_command(header)) for plan in plans}
    if beyond is not None:
        header = {**header, "explore": dict(beyond.told())}
    with _stopping_in_order():
        if not (folder / RUN_FILE).exists():
            keep_documents(plans, folder)
        done = _kept(folder, header, benches, redactor)
        writer = EvidenceWriter(folder / EVIDENCE)
        writer.traces, writer.exchanges = done.traces, done.exchanges
        watch = Watch(door, stage.base_urls)

        def tell() -> None:
            if progress:
                progress(_progress(benches, writer))

        try:
            async with door.open():
                player = Player(door, stage, redactor)
                owner = {script: plan.service.name for plan in plans for script in plan.ordinals}
                left = [plan.without(done.scripts[plan.service.name]) for plan in plans]
                shared = in_turn([plan.scripts() for plan in left])
                exclusive = in_turn([plan.exclusive_scripts() for plan in left])
                async for trace in player.play(shared, exclusive):
                    name = owner[trace.script]
                    writer.append(name, trace)
                    benches[name].take(trace)
                    await watch.saw(trace)
                    tell()
                if beyond is not None:
                    scripts = ExtraWriter(folder / EXPLORED)
                    await beyond.play(player, Ledger(benches, scripts, writer, redactor, watch, tell))
        finally:
            writer.close()
        usage = {
            "wall_seconds": round(time.monotonic() - started, 3),
            "client_cpu_seconds": round(time.process_time() - cpu, 3),
            "peak_memory_mib": _peak_mebibytes(),
        }
        counts = {
            "exchanges": writer.exchanges,
            **played_of(benches, folder),
            "timing": usage,
            "finished": dt.datetime.now(JST).isoformat(timespec="seconds"),
            "evidence": evidence_digest(folder / EVIDENCE),
        }
        result = write_verdicts(folder, header, benches, counts, filters)
    if memory and not counts["scripts"]["troubled"]:
        memory.forget()
    return result


@dataclass(frozen=True)
class _Kept:
    """What earlier sittings of a run have kept: ids of scripts by service, and counts."""

    scripts: dict[str, set[str]]
    traces: int = 0
    exchanges: int = 0


def _kept(folder: Path, header: dict[str, Any], benches: Mapping[str, Bench], redactor: Redactor) -> _Kept:
    """Make the archive ready to be written on; judge what is in it already.

    The header goes first: should this be cut off, the next sitting still knows that there was one.
    """
    kept = _Kept({name: set() for name in benches})
    write_header(folder, header)
    if not header.get("resumed"):
        return kept
    mend(folder / EVIDENCE, untroubled)
    _recall_extras(folder, benches)
    exchanges = 0
    for line in evidence_lines(folder / EVIDENCE):
        redactor.recall(line.data)
        benches[line.service].take(line.trace)
        kept.scripts[line.service].add(line.trace.script)
        exchanges += len(line.trace.exchanges)
    return replace(kept, traces=sum(len(names) for names in kept.scripts.values()), exchanges=exchanges)


def _recall_extras(folder: Path, benches: Mapping[str, Bench]) -> None:
    for extra in read_extras(folder / EXPLORED):
        _bench(benches, extra.service, folder).extras[extra.script.id] = extra


def _bench(benches: Mapping[str, Bench], service: str, folder: Path) -> Bench:
    if service not in benches:
        raise ArchiveError(
            f"it has evidence on '{service[:100]}', which its header does not name",
            where=str(folder),
            next_step="take the run from its source again",
        )
    return benches[service]


@contextlib.contextmanager
def _stopping_in_order() -> Iterator[None]:
    """What goes wrong on our side while a run goes on leaves an archive that can be resumed, and says so."""
    try:
        yield
    except (StoppedError, ArchiveError):
        raise
    except SuiteError as error:
        raise StoppedError(f"{error}\nThe run stopped there", next_step="see to that first", ours=False) from error
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        raise StoppedError(
            f"the archive cannot be written ({name}{error.strerror or error})",
            next_step="make room on the disk, or see to it that the folder may be written",
            ours=True,
        ) from error


def in_turn(sources: list[Iterator[Numbered]]) -> Iterator[Numbered]:
    """One script of each service after the other, so that all are played side by side."""
    for group in zip_longest(*sources):
        yield from (item for item in group if item is not None)


def _progress(benches: Mapping[str, Bench], writer: EvidenceWriter) -> Progress:
    total = sum(len(bench.plan) + len(bench.extras) for bench in benches.values())
    troubled = sum(bench.played["troubled"] for bench in benches.values())
    figures = [bench.tally.figures() for bench in benches.values()]
    failed, passed = sum(each["fail"] for each in figures), sum(each["pass"] for each in figures)
    return Progress(writer.traces, total, writer.exchanges, failed, passed, troubled)


def open_archive(
    folder: Path, known: Callable[[str, str], Service] | None = None
) -> tuple[dict[str, Any], dict[str, Bench], Filters, dict[str, Any] | None]:
    """Header, benches, filters and footer of a run, made from its archive alone. Raises `ArchiveError`.

    `known` gives a service that was read already; it saves time where it is, by its digests, the one of the archive.
    """
    header, _, footer = read_run(folder / RUN_FILE)
    check_shape(header, footer, str(folder / RUN_FILE))
    filters = msgspec.convert(header["filters"], Filters)
    benches, narrowed = {}, filters.among(len(header["services"]))
    for entry in header["services"]:
        service = _service(folder, entry, known)
        for name, told in entry["documents"].items():
            if service.digests.get(name) != told:
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
        situated = entry["situation"]
        situation = Situation(
            situated["body_type"],
            frozenset(situated["options"]),
            situated["upper_tester"],
            dt.date.fromisoformat(situated["day"]),
            frozenset(situated["services"]),
        )
        plan = make_plan(service, edition, situation, entry["available_roles"], narrowed, entry["first"])
        benches[service.name] = Bench.of(plan, replay_command(header))
    _recall_extras(folder, benches)
    return header, benches, filters, footer


def _service(folder: Path, entry: dict[str, Any], known: Callable[[str, str], Service] | None) -> Service:
    name, version, strict = entry["service"], entry["version"], entry["profile"] != "derived"
    root = folder / SPEC
    if not root.is_dir():
        return load_service(name, version, strict=strict)
    if known and strict and all(digest(root / path) == told for path, told in entry["documents"].items()):
        service = known(name, version)
        if service.digests == entry["documents"]:
            return replace(service, folder=root / name / version)
    return load_service(name, version, root, strict=strict)


def judge_archive(folder: Path, progress: Callable[[int], None] | None = None) -> tuple[RunResult, bool]:
    """Judge the evidence of a run again. Returns the result, and whether `run.jsonl` came out byte for byte the same.

    Raises `ArchiveError` where documents, edition or evidence are not those of the run.
    """
    before = (folder / RUN_FILE).read_bytes() if (folder / RUN_FILE).is_file() else b""
    header, benches, filters, footer = open_archive(folder)
    evidence = folder / EVIDENCE
    if footer is not None:
        check_evidence(evidence, footer)
    if footer is not None and "explored" in footer:
        _check_extras(folder, footer["explored"]["scripts"])
    cut = unfinished(evidence)
    exchanges = 0
    kept = read_evidence(evidence) if evidence.exists() or footer else iter(())
    for traces, (name, trace) in enumerate(kept, 1):
        _bench(benches, name, folder).take(trace)
        exchanges += len(trace.exchanges)
        if progress:
            progress(traces)
    played = played_of(benches, folder)
    counts = {
        "exchanges": exchanges,
        **played,
        "timing": footer["timing"] if footer else {"wall_seconds": 0.0, "client_cpu_seconds": 0.0},
        "finished": footer["finished"] if footer else header["created"],
        "evidence": evidence_digest(evidence),
    }
    missing = played["scripts"]["planned"] - played["scripts"]["played"]
    if missing or cut:
        counts["missing"] = {"scripts": missing, "bytes": cut}
    result = write_verdicts(folder, header, benches, counts, filters)
    return result, (folder / RUN_FILE).read_bytes() == before


def _check_extras(folder: Path, told: str) -> None:
    path = folder / EXPLORED
    if not path.is_file() or extras_digest(path) != told:
        raise ArchiveError(
            "the scripts beyond the edition were altered after the run: their digest does not match",
            where=str(path),
            next_step="take the run from its source again",
        )


def _peak_mebibytes() -> float:
    """The most memory that this process had; what its parent had when it began is not counted, where that is known."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
        return round(int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def run_now(*args: Any, **kwargs: Any) -> RunResult:
    """`run`, from code that is not asynchronous; on uvloop where there is one."""
    with termination_as_interrupt(), _seldom_collected(), runner() as loop:
        return loop.run(run(*args, **kwargs))


def runner() -> asyncio.Runner:
    """What code that is not asynchronous runs it with; on uvloop where there is one."""
    return asyncio.Runner(loop_factory=_loop_factory())


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
