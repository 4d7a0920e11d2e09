"""Starts one reference after the other, each in a process of its own: `python -m conformance.reference.on_demand`.

For who needs many (a proof starts one for each planted fault): what all of them import and read is read once, here,
and each is a fork of this process. One that has no settings of its own is not even made anew: it goes on with the one
that was made here, at the time at which it is started. One JSON array of arguments on a line of the standard input
starts one, which announces itself on the standard output as always; an empty line stops it, and a line with its exit
code says so.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import signal
import sys
import time

from conformance.reference.__main__ import main, prepared
from conformance.reference.application import Reference, Settings

_SETTINGS = frozenset({"--specs", "--fixtures", "--people", "--body", "--time-of-day"})
"""Arguments by which one reference differs from another before anything is planted, each with a value."""
_PATIENCE = 10.0
"""Seconds after which one that does not end is killed."""


def serve_on_demand() -> int:
    """Read lines until there are none; then stop the one that runs."""
    prepared([])
    ready: _Ready | None = None
    child = 0
    for line in sys.stdin:
        if child:
            _told(_stopped(child))
            child = 0
        if line.strip():
            arguments = json.loads(line)
            ready = ready or _Ready(arguments)
            child = _begun(arguments, ready)
    if child:
        _stopped(child)
    return 0


class _Ready:
    """The reference that was asked for first, without what is planted in it: nobody has used it, so it is as new."""

    def __init__(self, arguments: list[str]) -> None:
        self._made = prepared(_without_changes(arguments))
        self._day = self._made.clock.today()
        gc.collect()
        gc.freeze()

    def take(self, settings: Settings) -> Reference:
        """It, where it has these settings and its day is not over; else another one. For a fork of this process."""
        self._made.clock.begin()
        if self._made.settings == settings and self._made.clock.today() == self._day:
            return self._made
        return Reference(settings)


def _without_changes(arguments: list[str]) -> list[str]:
    """The arguments without planted changes, and without what writes or listens."""
    pairs = list(itertools.pairwise(arguments))
    kept = [pair for pair in pairs if pair[0] in _SETTINGS]
    return [word for pair in kept for word in pair]


def _begun(arguments: list[str], ready: _Ready) -> int:
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        code = main(arguments, ready.take)
    finally:
        if code:
            # It did not come so far as to announce itself; whoever waits for that shall not wait for ever.
            sys.stdout.write("\n")
        sys.stdout.flush()
        os._exit(code)


def _stopped(child: int) -> int:
    os.kill(child, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _told(code: int) -> None:
    sys.stdout.write(json.dumps({"ended": code}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(serve_on_demand())
