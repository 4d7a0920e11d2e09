"""One run of the suite in this process, with the CPU time of each stage.

`python -m benchmarks.stages RUN_FILE ARCHIVE`.

The stages are those of `conformance.session.run`; each is timed where it is called. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvloop

from conformance.archive import EVIDENCE
from conformance.errors import ArchiveError
from conformance.evidence_writer import EvidenceWriter
from conformance.launch import Prepared, Published, preflight, prepare
from conformance.model import Trace
from conformance.plan import Filters
from conformance.play import Player
from conformance.run_lines import Bench, replay_command
from conformance.seen import look
from conformance.sut.redaction import Redactor
from conformance.sut.run_file import load

STAGES = ("prepare", "preflight", "play", "redact", "write", "judge", "count")


class Stages:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add what is spent in the block to a stage."""
        before = time.thread_time()
        try:
            yield
        finally:
            self.seconds[stage] += time.thread_time() - before


class TimedRecorder:
    """The redactor, timed."""

    def __init__(self, redactor: Redactor, stages: Stages) -> None:
        self._redactor = redactor
        self._stages = stages

    def trace(self, trace: Trace) -> Trace:
        """A trace as it may be kept."""
        with self._stages.timed("redact"):
            return self._redactor.trace(trace)

    def learn(self, number: str) -> None:
        """Make a number known."""
        self._redactor.learn(number)


def take(bench: Bench, trace: Trace, stages: Stages) -> None:
    """What `Bench.take` does, in two stages."""
    script = bench.plan.script(trace.script)
    if script is None:
        raise ArchiveError(f"there is no script '{trace.script}'", next_step="compile the edition again")
    with stages.timed("judge"):
        seen = look(script, trace)
        observed = bench.judge.judge(script, trace, seen)
    with stages.timed("count"):
        bench.tally.add(script, trace, observed)
        bench.exercised.add(seen)


async def play(prepared: Prepared, archive: Path, stages: Stages) -> int:
    """Play and judge all plans; how many exchanges there were."""
    writer = EvidenceWriter(archive / EVIDENCE)
    async with prepared.door.open():
        player = Player(prepared.door, prepared.stage, TimedRecorder(prepared.redactor, stages))
        for plan in prepared.plans:
            bench = Bench.of(plan, replay_command(prepared.header))
            async for trace in player.play(plan.scripts(), plan.exclusive_scripts()):
                with stages.timed("write"):
                    writer.append(plan.service.name, trace)
                take(bench, trace, stages)
    with stages.timed("write"):
        writer.close()
    return writer.exchanges


def main(run_file: str, archive: str, max_requests: str = "") -> int:
    """Run and tell. `play` is what is left of playing when the stages within it are taken out."""
    stages = Stages()
    with stages.timed("prepare"):
        filters = Filters(max_requests=int(max_requests) if max_requests else None)
        prepared = prepare(load(Path(run_file), Published()), filters, "1")
    with stages.timed("preflight"):
        preflight(prepared).raise_for_failures()
    before = time.thread_time()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        exchanges = runner.run(play(prepared, Path(archive), stages))
    within = sum(stages.seconds[name] for name in ("redact", "write", "judge", "count"))
    stages.seconds["play"] = time.thread_time() - before - within
    told: dict[str, Any] = {"exchanges": exchanges, "cpu_seconds": {n: round(stages.seconds[n], 3) for n in STAGES}}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
