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


@contextlib.contextmanager
def cluster(bin_: Path) -> Iterator[str]:
    """Start an empty server; yields a URL with `{name}` in place of the database; kills nothing but what it started."""
    folder = Path(tempfile.mkdtemp(prefix="conformance-pg-"))
    owner = _owner()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    try:
        subprocess.run(
            [bin_ / "initdb", "-D", folder / "data", "-U", "registry", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            check=True, capture_output=True, timeout=120, cwd=folder, **owner,
        )  # fmt: skip
        server = subprocess.Popen(
            [bin_ / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **owner,
        )  # fmt: skip
        try:
            _wait(bin_, folder, server)
            yield f"postgresql://registry@/{{name}}?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)  # "fast" shutdown: connections are ended, data are written
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(bin_: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    ready = [bin_ / "pg_isready", "-q", "-h", folder, "-U", "registry", "-d", "postgres"]
    while subprocess.run(ready, check=False, timeout=30).returncode:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        time.sleep(0.05)
