"""Has an archive judged in a process of its own, and takes what it came to."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec

from conformance import __version__
from conformance.archive import RUN_FILE
from conformance.errors import SuiteError
from conformance.registry.bounds import Bounds
from conformance.registry.judged import Judged
from conformance.registry.kept import NONE, Kept
from conformance.registry.problems import problem

_JUDGED: Final = "judged.json"
EDITIONS: Final = "editions.json"
"""In the folder of the process: which older editions there are."""
_KILLED: Final = frozenset({-signal.SIGXCPU, -signal.SIGXFSZ})
"""How a process ends that takes more time, or writes more, than it is given."""


_SEEN: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "XDG_CACHE_HOME")
"""All that the process knows of our environment: a passphrase that stands in it is none of its business."""


@dataclass(frozen=True)
class Done:
    """What judging came to, and the `run.jsonl` that was made; None where there is none."""

    judged: Judged
    run_file: Path | None


class Judge(Protocol):
    """Judges an archive; a test may put a quicker one in its place."""

    def __call__(
        self, archive: Path, bounds: Bounds, work: Path, kept: Kept = NONE
    ) -> contextlib.AbstractContextManager[Done]:
        """`work` is a folder to work in, `kept` are the older editions that there are."""
        ...


@contextlib.contextmanager
def judge_apart(archive: Path, bounds: Bounds, work: Path, kept: Kept = NONE) -> Iterator[Done]:
    """Judge an archive; its files are there as long as the context lasts. Raises `SuiteError` for what is our fault."""
    work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="judging-", dir=work))
    (folder / EDITIONS).write_bytes(msgspec.json.encode(kept))
    limits = (bounds.judging_memory, bounds.judging_cpu_seconds, bounds.unpacked, bounds.run_file)
    command = [sys.executable, "-m", "conformance.registry.judging_process", str(archive), str(folder)]
    try:
        ended = subprocess.run(  # noqa: S603  our own program
            [*command, *map(str, limits)],
            env={name: os.environ[name] for name in _SEEN if name in os.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=bounds.judging_cpu_seconds * 4,
        )
        if ended.returncode == 0:
            judged = msgspec.json.decode((folder / _JUDGED).read_bytes(), type=Judged)
            made = folder / "run" / RUN_FILE
            yield Done(judged, made if judged.run_file else None)
        elif ended.returncode in _KILLED or b"MemoryError" in ended.stderr:
            yield Done(Judged(__version__, problems=(problem("too much"),)), None)
        else:
            last = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise SuiteError(
                f"the process that judges broke off: {last[0]}", next_step="report it; the run stays as it is"
            )
    except subprocess.TimeoutExpired:
        yield Done(Judged(__version__, problems=(problem("too much"),)), None)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
