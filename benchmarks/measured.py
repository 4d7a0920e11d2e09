"""Runs one command and tells what its process cost: `python -m benchmarks.measured FILE COMMAND...`.

It imports next to nothing: a new process begins with the memory of the one that starts it, and that counts as its peak.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

_BYTES = 1 if sys.platform == "darwin" else 1024
"""The unit of `ru_maxrss` (getrusage(2)): bytes on macOS, KiB elsewhere."""


def main(target: str, *command: str) -> int:
    """Write wall and CPU seconds (user and system), peak memory in MB and exit code of a command to a file."""
    started = time.perf_counter()
    process = subprocess.Popen(command)  # noqa: S603  the benchmark's own commands
    _, status, usage = os.wait4(process.pid, 0)
    cost = {
        "wall_seconds": round(time.perf_counter() - started, 3),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 3),
        "peak_memory_mb": round(usage.ru_maxrss * _BYTES / 1e6, 1),
        "exit_code": os.waitstatus_to_exitcode(status),
    }
    Path(target).write_text(json.dumps(cost), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
