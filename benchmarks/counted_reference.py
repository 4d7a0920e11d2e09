"""The reference, as `python -m conformance.reference` starts it, which tells at its end what serving cost.

`python -m benchmarks.counted_reference FILE [ARGUMENT...]`. The count is uvicorn's own, so counting costs nothing.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path

import uvicorn

from conformance.reference.__main__ import main


class _Counted(uvicorn.Server):
    """A server that writes the number of its answers and its CPU seconds since it began to serve."""

    target: Path

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._begun = time.process_time()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        spent = time.process_time() - self._begun
        cost = {"requests": self.server_state.total_requests, "cpu_seconds": round(spent, 3)}
        self.target.write_text(json.dumps(cost), "utf-8")
        await super().shutdown(sockets)


if __name__ == "__main__":
    _Counted.target = Path(sys.argv[1])
    uvicorn.Server = _Counted  # type: ignore[misc]  # the reference makes its server by this name
    sys.exit(main(sys.argv[2:]))
