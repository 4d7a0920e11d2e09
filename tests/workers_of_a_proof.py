"""Workers as a proof has them, busy with a run that takes the first signal to end it. Prints their process ids."""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from conformance.prove.worker import begin


def busy(folder: str) -> None:
    """Say who it is, take one signal as a run does, then work on; it ends by itself after minutes."""
    signal.signal(signal.SIGTERM, lambda *_: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    (Path(folder) / str(os.getpid())).touch()
    for _ in range(600):
        time.sleep(0.5)


if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=begin) as pool:
        list(pool.map(busy, [sys.argv[1]] * 2))
