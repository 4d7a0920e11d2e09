"""A process that tries changes for a proof: what it does at its beginning, and what it tries at a time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from threading import Thread

from conformance.edition_file import ScriptLines
from conformance.prove.changes import Change
from conformance.prove.light import settle
from conformance.prove.trial import Trial, together, trial

Task = tuple[tuple[Change, ...], Sequence[str]]
"""What is planted in one run, and the scripts that are played; none named: all."""


def begin() -> None:
    """A worker keeps its caches apart, as the command line does; nothing else is shared. It ends with its parent."""
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.devnull)
    ScriptLines.keep_decoded = True  # each trial plans the same editions
    parent = parent_process()
    if parent is not None:
        Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: BaseProcess) -> None:
    """Whoever stops the parent hard (SIGKILL, say) stops its workers too.

    The first signal may meet a run, which takes it for an interruption and ends; the next one ends the worker.
    """
    parent.join()
    while True:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)


def tried(task: Task, everything: bool, wire: bool, services: tuple[str, ...]) -> list[Trial]:
    """The trials of what is planted in one run; a fault that no script reaches is not played.

    `everything`, `wire` and `services` are as `prove` has them.
    """
    planted, scripts = task
    change = planted[0]
    if len(planted) > 1:
        results = together(planted, wire=wire, services=services)
    elif not scripts and change.kind == "fault" and not everything:
        return [Trial(change.name, change.kind, change.breaks, change.description, 0, 0, (), wire=() if wire else None)]
    else:
        results = [trial(change, scripts, wire=wire, services=services)]
    settle()
    return results
