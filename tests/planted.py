"""The reference in this process with a fault that is in no list of faults, and a run on it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from conformance.demonstration import write_run_file
from conformance.explore.beyond import Exploration
from conformance.explore.bounds import Bounds
from conformance.launch import preflight, prepare, start
from conformance.plan import Filters
from conformance.reference.application import Reference, Settings
from conformance.reference.server import RunningServer
from conformance.run_lines import RunResult
from conformance.sut.run_file import load

ROOT = Path(__file__).resolve().parents[1]
Wrong = Callable[[str, str, Any], bool]
"""Given method, path and JSON content of a request: whether it is treated as if its content were `{}`."""


class Careless:
    """The reference's application, which takes some contents for empty ones, and so refuses them."""

    def __init__(self, application: Any, wrong: Wrong) -> None:
        self._application = application
        self.reference = application.reference
        self._wrong = wrong

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """An ASGI application."""
        body, more = b"", scope["type"] == "http"
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        given = False

        async def again() -> Any:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        with contextlib.suppress(ValueError):
            if body and self._wrong(scope["method"], scope["path"], json.loads(body)):
                body = b"{}"
                scope = {**scope, "headers": [h for h in scope["headers"] if h[0] != b"content-length"]}
        await self._application(scope, again, send)


@contextlib.contextmanager
def planted(folder: Path, wrong: Wrong) -> Iterator[Path]:
    """The path of a run file that reaches a reference with the fault."""
    reference = Reference(Settings(ROOT / "specs", ROOT / "fixtures", people=60))
    reference.application = Careless(reference.application, wrong)  # type: ignore[assignment]  # any ASGI application
    with RunningServer(reference) as server:
        told = {
            "body": reference.settings.body,
            "services": {name: server.url(name) for name in ("resident-registry", "upper-tester")},
        }
        credentials = {"token_url": server.token_url, "roles": reference.clients.credentials()}
        folder.mkdir(parents=True, exist_ok=True)
        yield write_run_file(folder, told, credentials)


def explored(run_file: Path, folder: Path, bounds: Bounds, filters: Filters, seed: str = "planted") -> RunResult:
    """Run the suite into a folder, with what is beyond the edition."""
    prepared = prepare(load(run_file), filters, seed)
    preflight(prepared).raise_for_failures()
    return start(prepared, folder, beyond=Exploration(bounds, filters))
