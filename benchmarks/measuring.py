"""All contestants one after another, and the report of it. Suite and replay take turns, as machines are noisy."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks import contestants, judging
from benchmarks.contestants import Arena
from benchmarks.figures import Edition, Figures, Machine, Report, SuiteOutcome, contestant
from benchmarks.served import SERVICE
from benchmarks.stock_outcome import outcome
from conformance import __version__
from conformance.archive import RUN_FILE, read_run
from conformance.edition_file import load as load_edition
from conformance.expression import JST
from conformance.resources import specs_dir

_LIBRARIES = (
    *("aiohttp", "hypothesis", "httptools", "jsonschema-rs", "msgspec", "requests", "schemathesis", "starlette"),
    *("uvicorn", "uvloop", "yarl", "zstandard"),
)


def edition() -> Edition:
    """The edition that is published here. Raises `EditionError`."""
    path = max((specs_dir() / SERVICE).glob("*/openapi.yaml")).with_name("edition.jsonl.zst")
    loaded = load_edition(path)
    return Edition(SERVICE, path.parent.name, loaded.digest(), len(loaded.scripts))


def measure(max_requests: int | None, repeat: int, people: int) -> Report:
    """Everything. Raises `ContestantError`."""
    started, load = time.monotonic(), os.getloadavg()[0]
    found: dict[str, list[Figures]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        arena = Arena(Path(name).resolve(), people, max_requests)
        for number in range(repeat):
            archive = _turn(arena, number, found)
        stock, said = contestants.stock(arena, "stock")
        _enter(found, "stock", stock)
        again, same = contestants.judge(arena, "judge", archive)
        _enter(found, "judge", again)
        told = contestants.stages(arena, "stages")
        suite = _outcome(archive, same)
    entered = [contestant(name, title, found[name]) for name, title in judging.TITLES.items()]
    medians = {item.name: item.median for item in entered}
    return Report(
        created=dt.datetime.now(JST).isoformat(timespec="seconds"),
        suite=__version__,
        edition=edition(),
        max_requests=max_requests,
        people=people,
        seconds=round(time.monotonic() - started, 1),
        machine=_machine(load),
        contestants=tuple(entered),
        stages=judging.stages(told, medians["suite"], medians["replay"]),
        aims=judging.aims(entered, narrowed=max_requests is not None),
        stock=outcome(said),
        outcome=suite,
    )


def _turn(arena: Arena, number: int, found: dict[str, list[Figures]]) -> Path:
    """One run of the suite, then its requests again, twice. Returns the archive of the run."""
    entry, archive = contestants.suite(arena, f"suite-{number}")
    _enter(found, "suite", entry)
    _enter(found, "replay", contestants.replay(arena, f"replay-{number}", "aiohttp", archive))
    _enter(found, "door", contestants.replay(arena, f"door-{number}", "door", archive))
    return archive


def _enter(found: dict[str, list[Figures]], name: str, entry: Figures) -> None:
    found[name].append(entry)
    sys.stderr.write(
        f"{name:7} {entry.exchanges:6} exchanges {entry.wall_seconds:7.2f} s wall {entry.cpu_seconds:7.2f} s CPU"
        f" {entry.cpu_ms_per_exchange:7.3f} ms each {entry.peak_memory_mb:6.0f} MB\n"
    )


def _outcome(archive: Path, same: bool) -> SuiteOutcome:
    _, verdicts, _ = read_run(archive / RUN_FILE)
    counts: dict[str, int] = defaultdict(int)
    for line in verdicts:
        counts[line["verdict"]] += 1
    failed = tuple(line["requirement"] for line in verdicts if line["verdict"] == "fail")
    return SuiteOutcome(dict(sorted(counts.items())), failed, same)


def _machine(load_before: float) -> Machine:
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        system=platform.system(),
        architecture=platform.machine(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        libraries={name: importlib.metadata.version(name) for name in _LIBRARIES},
        load_before=round(load_before, 2),
        load_after=round(os.getloadavg()[0], 2),
    )
