"""A fresh reference for each contestant, in a process of its own, so that all begin with the same state."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.demonstration import CREDENTIALS, reaching

SERVICE = "resident-registry"
"""What is measured: one service, as stock Schemathesis takes one document."""
_COST = "server-cost.json"


@dataclass(frozen=True)
class ServerCost:
    """What one contestant cost the server: answers given, and CPU seconds while it served."""

    requests: int
    cpu_seconds: float


@contextlib.contextmanager
def served(folder: Path, people: int, *more: str) -> Iterator[Path]:
    """Start the reference; yields the path of a run file that reaches it; stops it by its own handle."""
    folder.mkdir(parents=True)
    command = [
        *(sys.executable, "-m", "benchmarks.counted_reference", str(folder / _COST)),
        *("--port", "0", "--people", str(people), "--credentials-out", str(folder / CREDENTIALS), *more),
    ]
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603  our own
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise RuntimeError(f"the reference did not start: {(folder / 'server.log').read_text('utf-8')}")
            yield reaching(folder, line, (SERVICE,))
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def server_cost(folder: Path) -> ServerCost:
    """What the reference of a folder cost; known once it has ended."""
    return ServerCost(**json.loads((folder / _COST).read_text("utf-8")))
