"""Several people who do something at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all of these at the same moment; what each gave or raised."""
    barrier, results = threading.Barrier(len(acts)), [object()] * len(acts)

    def go(number: int) -> None:
        barrier.wait()
        try:
            results[number] = acts[number]()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=go, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
