"""A PostgreSQL server for the tests: in a folder of its own, on a socket in it, stopped by its own handle."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_INSTALLED = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """The folder of the server's programs, the newest where there are several; None where it is not installed."""
    found = sorted(_INSTALLED.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("postgres")
    return Path(elsewhere).parent if elsewhere else None


def _owner() -> dict[str, Any]:
    """The server does not run as root: then its own user is taken, which the package has made."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Server:
    """One server; `url` has `{name}` in place of the database."""

    def __init__(self, bin_: Path, folder: Path, *, durable: bool) -> None:
        self.url = f"postgresql://registry@/{{name}}?host={folder}"
        self._bin = bin_
        self._folder = folder
        self._settings = [] if durable else ["-c", "fsync=off", "-c", "synchronous_commit=off"]
        self._process: subprocess.Popen[bytes] | None = None
        initdb = [
            bin_ / "initdb",
            "-D",
            folder / "data",
            "-U",
            "registry",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ]
        subprocess.run(initdb, check=True, capture_output=True, timeout=120, cwd=folder, **_owner())

    def start(self) -> None:
        """Start it, and wait until it lets in."""
        self._process = subprocess.Popen(
            [
                self._bin / "postgres", "-D", self._folder / "data", "-k", self._folder, "-c", "listen_addresses=",
                *self._settings,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder,
            **_owner(),
        )  # fmt: skip
        ready = [self._bin / "pg_isready", "-q", "-h", self._folder, "-U", "registry", "-d", "postgres"]
        while subprocess.run(ready, check=False, timeout=30).returncode:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with {self._process.returncode}")
            time.sleep(0.05)

    def crash(self) -> None:
        """Stop it at once, with nothing more written: it has to recover when it is started again."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """Stop it in order: connections are ended, data are written."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


@contextlib.contextmanager
def cluster(bin_: Path, *, durable: bool = False) -> Iterator[Server]:
    """Start an empty server, and stop it in the end; without `durable` it is quicker, and would not survive a crash."""
    folder = Path(tempfile.mkdtemp(prefix="conformance-pg-"))
    owner = _owner()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    try:
        server = Server(bin_, folder, durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
