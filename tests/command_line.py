"""The command line as tests start it: in this process by the fixture `call`, or as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

PATIENCE = 900
"""Seconds after which a program that a test started hangs: so many that a busy machine is never taken for that."""
PROGRAM = (sys.executable, "-c", "from conformance.cli import main; main()")


class Call(Protocol):
    """Runs the command line; gives exit code, standard output and standard error."""

    def __call__(self, *arguments: str, answers: Sequence[str] = ()) -> tuple[int, str, str]:
        """`answers` are the lines on standard input."""
        ...


def started(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line as a process of its own, with nobody at its standard input."""
    return subprocess.run(
        [*PROGRAM, *arguments], stdin=subprocess.DEVNULL, cwd=folder, env={**os.environ, **environment},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
