"""Starts one reference after the other, each in a process of its own: `python -m conformance.reference.on_demand`.

For who needs many (a proof starts one for each planted fault): what all of them import and read is read once, here,
and each is a fork of this process. One JSON array of arguments on a line of the standard input starts one, which
announces itself on the standard output as always; an empty line stops it, and a line with its exit code says so.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time

from conformance.reference.__main__ import main, prepared

_PATIENCE = 10.0
"""Seconds after which one that does not end is killed."""


def serve_on_demand() -> int:
    """Read lines until there are none; then stop the one that runs."""
    prepared()
    gc.collect()
    gc.freeze()
    child = 0
    for line in sys.stdin:
        if child:
            _told(_stopped(child))
            child = 0
        if line.strip():
            child = _begun(json.loads(line))
    if child:
        _stopped(child)
    return 0


def _begun(arguments: list[str]) -> int:
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        code = main(arguments)
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
