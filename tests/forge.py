"""Sittings of runs, each in a process of its own that can be killed: `python tests/forge.py RUN_FILE MAX_REQUESTS`.

They are forked from a process in which everything is imported and nothing else is: a sitting then spends its short life
on the run, and not on starting up, or on copying what a long test run has gathered.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conformance.archive import RUN_FILE
from conformance.launch import Published, preflight, prepare, start
from conformance.plan import Filters
from conformance.resumption import resumption, set_clock_right
from conformance.sut.run_file import load


@dataclass(frozen=True)
class Forge:
    """A process from which sittings are forked."""

    process: subprocess.Popen[str]

    def sitting(self, folder: Path, seconds: float | None) -> int | None:
        """Begin the run in a folder, or go on with it; killed after so many seconds. Its exit code, None if killed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(folder), seconds]) + "\n")
        self.process.stdin.flush()
        code: int | None = json.loads(self.process.stdout.readline())
        return code


@contextmanager
def forge(run_file: Path, requests: int) -> Iterator[Forge]:
    """A forge for runs of at most so many requests, as long as the context lasts."""
    command = [sys.executable, __file__, str(run_file), str(requests)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Forge(process)
        process.stdin.close()


def _sit(run_file: Path, folder: Path, filters: Filters) -> None:
    if (folder / RUN_FILE).exists():
        prepared = resumption(folder)
        set_clock_right(prepared)
    else:
        prepared = prepare(load(run_file, Published()), filters, folder.name)
    preflight(prepared).raise_for_failures()
    start(prepared, folder)


def _forked(run_file: Path, folder: Path, filters: Filters, seconds: float | None) -> int | None:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            _sit(run_file, folder, filters)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    return None if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def main(run_file: str, requests: str) -> None:
    """Serve the test until it closes our input."""
    filters = Filters(max_requests=int(requests))
    prepare(load(Path(run_file), Published()), filters)  # so that no sitting has to read or import what all need
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        folder, seconds = json.loads(line)
        sys.stdout.write(json.dumps(_forked(Path(run_file), Path(folder), filters, seconds)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
