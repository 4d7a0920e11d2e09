"""Serves the registry, and does beside it what is to be done without anybody asking: judging, expiry, escalation."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

import uvicorn

from conformance.registry import advisories, statements, submission, uploads
from conformance.registry.api.application import application
from conformance.registry.api.oidc import Provider
from conformance.registry.office import Office
from conformance.registry.pages import sessions
from conformance.registry.pages.application import beside
from conformance.registry.store.migrating import check

_EVERY_SECONDS: Final = 5.0
_log: Final = logging.getLogger("conformance.registry")


def work_once(office: Office) -> int:
    """Do what waits to be done; how many things these were. What goes wrong with one keeps no other from being done."""
    acts: tuple[Callable[[Office], int], ...] = (
        uploads.clear,
        sessions.clear,
        statements.expire,
        advisories.escalate,
        advisories.remind,
        submission.work,
    )
    done = 0
    for act in acts:
        try:
            done += act(office)
        except Exception:
            _log.exception("%s failed", act.__module__)
    return done


class Worker:
    """Works in a thread of its own until it is stopped."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registry-worker", daemon=True)

    def _run(self) -> None:
        while not self._stop.is_set():
            work_once(self._office)
            self._stop.wait(_EVERY_SECONDS)

    def __enter__(self) -> Worker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(_EVERY_SECONDS)


def serve(office: Office, host: str, port: int, provider: Provider | None, tell: Callable[[str], None]) -> None:
    """Serve until interrupted; `tell` is told the address. Raises `UsageError` for tables of another version."""
    check(office.database)
    office.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = uvicorn.Config(
        beside(application(office, provider), office, provider),
        host=host,
        port=port,
        log_level="warning",
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    listening = config.bind_socket()
    tell(f"http://{host}:{listening.getsockname()[1]}")
    with Worker(office):
        uvicorn.Server(config).run(sockets=[listening])
