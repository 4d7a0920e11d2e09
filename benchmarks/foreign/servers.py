"""The servers: how each is installed, started, and where its OpenAPI document comes from."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

from conformance.catalogue.service import load_service

INSTALL_SECONDS = 600
START_SECONDS = 120
_DATA = Path(__file__).parent / "data"


class ServerError(Exception):
    """A server could not be installed or started; the message ends with what was said."""


@dataclass(frozen=True)
class Started:
    """Where a server is, and its OpenAPI document as a file."""

    url: str
    document: Path


@dataclass(frozen=True)
class Server:
    """One server. `package` with its version; `prepare` writes what it needs into its folder and gives the command."""

    name: str
    title: str
    package: str
    about: str
    install: Callable[[Path, str], None]
    command: Callable[[Path, int], Sequence[str]]
    document: Callable[[Path, str], bytes]
    token: bool = False

    @contextlib.contextmanager
    def running(self, folder: Path) -> Iterator[Started]:
        """Install it into a folder and start it there; stopped by its own handle. Raises `ServerError`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.install(folder, self.package)
        port = _free_port()
        with (folder / "server.log").open("wb") as log:
            command = self.command(folder, port)
            process = subprocess.Popen(command, cwd=folder, env=_environment(folder), stdout=log, stderr=log)  # noqa: S603  the commands below
            try:
                url = f"http://127.0.0.1:{port}"
                _wait(url, process, folder / "server.log")
                document = folder / "openapi.json"
                document.write_bytes(self.document(folder, url))
                yield Started(url, document)
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _free_port() -> int:
    """A port that the system gives; free again when it is handed on, as these servers take no open socket."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYGEOAPI_CONFIG": str(folder / "pygeoapi.json"),
        "PYGEOAPI_OPENAPI": str(folder / "document.json"),
    }


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until connections are accepted."""
    until = time.monotonic() + START_SECONDS
    host, port = url.removeprefix("http://").split(":")
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
            return
        time.sleep(0.2)
    raise ServerError(f"the server did not start: {_end(log.read_text('utf-8', 'replace'))}")


def _run(command: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603  the commands below
            command, cwd=folder, env=_environment(folder), capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServerError(f"{command[0]}: {error}") from None
    if done.returncode != 0:
        raise ServerError(f"{' '.join(command[:3])} failed: {_end(done.stdout + done.stderr)}")


def _end(text: str) -> str:
    return " | ".join(text.strip().splitlines()[-5:])[-1000:]


def _from_npm(folder: Path, package: str) -> None:
    """Nothing of a package is run when it is installed."""
    if not (folder / "node_modules").is_dir():
        (folder / "package.json").write_text('{"private": true}\n', "utf-8")
        _run(("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", package), folder)


def _from_pypi(folder: Path, package: str) -> None:
    if not (folder / "venv").is_dir():
        _run((sys.executable, "-m", "venv", "venv"), folder)
        _run((str(folder / "venv" / "bin" / "pip"), "install", "-q", package), folder)


def _told(folder: Path, url: str) -> bytes:
    """The document that a server tells of itself."""
    try:
        with urllib.request.urlopen(f"{url}/openapi.json", timeout=30) as answer:  # noqa: S310  loopback, by http
            found: bytes = answer.read(10_000_000)
    except (URLError, OSError) as error:
        raise ServerError(f"it does not tell its document: {error}") from None
    return found


def _published(document: Mapping[str, Any]) -> bytes:
    """One of our documents in one file, at the root of a server."""
    return json.dumps({**document, "servers": [{"url": "/"}]}, ensure_ascii=False, default=dict).encode()


def _registry(folder: Path, url: str) -> bytes:
    return _published(load_service("resident-registry").document)


def _prism(folder: Path, port: int) -> Sequence[str]:
    (folder / "document.json").write_bytes(_registry(folder, ""))
    prism = str(folder / "node_modules" / ".bin" / "prism")
    return (prism, "mock", "--host", "127.0.0.1", "--port", str(port), "document.json")


def _pygeoapi(folder: Path, port: int) -> Sequence[str]:
    (folder / "stations.csv").write_bytes((_DATA / "stations.csv").read_bytes())
    config = (_DATA / "pygeoapi.json").read_text("utf-8").replace("@PORT@", str(port)).replace("@FOLDER@", str(folder))
    (folder / "pygeoapi.json").write_text(config, "utf-8")
    programs = folder / "venv" / "bin"
    generate = ("openapi", "generate", "--format", "json", "--output-file", "document.json", "pygeoapi.json")
    _run((str(programs / "pygeoapi"), *generate), folder)
    # Not `pygeoapi serve`, which starts a debugger that shows the inside in every error.
    return (str(programs / "flask"), "--app", "pygeoapi.flask_app:APP", "run", "--port", str(port))


def _loopback(folder: Path, port: int) -> Sequence[str]:
    (folder / "start.js").write_bytes((_DATA / "loopback.js").read_bytes())
    return ("node", "start.js", str(port))


SERVERS = (
    Server(
        "prism",
        "Prism",
        "@stoplight/prism-cli@5.14.2",
        "A mock server, with the resident registry's document of this project.",
        _from_npm,
        _prism,
        _registry,
        token=True,
    ),
    Server(
        "pygeoapi",
        "pygeoapi",
        "pygeoapi==0.21.0",
        "OGC API Features and Processes, with three observations and the document that it generates.",
        _from_pypi,
        _pygeoapi,
        lambda folder, url: (folder / "document.json").read_bytes(),
    ),
    Server(
        "loopback",
        "LoopBack example-todo",
        "@loopback/example-todo@6.0.0",
        "The example application of LoopBack 4, its data in memory, with the document that it tells of itself.",
        _from_npm,
        _loopback,
        _told,
    ),
)
"""All of them, in the order in which they are tried."""
