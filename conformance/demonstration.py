"""The reference implementation as a process of its own, with the run file that reaches it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from conformance.catalogue.service import available, published_service
from conformance.catalogue.workflows import UPPER_TESTER
from conformance.errors import PreflightError
from conformance.interruption import termination_as_interrupt

CREDENTIALS = "credentials.json"
_NOT_STARTED = "the reference implementation did not start"
_ALONE = "see its message above; 'conformance serve --port 0' starts it alone"
_METHODS_WITH_SECRET = frozenset({"client_secret_basic", "client_secret_post", "client_secret_jwt"})


@contextlib.contextmanager
def reference(*arguments: str, services: Collection[str] | None = None) -> Iterator[Path]:
    """Start it on a port that the system gives; yields the path of a run file; stops it by its own handle.

    The run file names the `services` given, or all that it serves and that are published.
    """
    with (
        tempfile.TemporaryDirectory(prefix="conformance-demo-") as name,
        serving(Path(name), "--port", "0", *arguments, services=services) as (_, run_file),
    ):
        yield run_file


@contextlib.contextmanager
def serving(
    folder: Path, *arguments: str, services: Collection[str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start it, and write a run file into a folder; yields the process and the path; stops it by its own handle.

    Raises `PreflightError` where it does not start.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "conformance.reference", "--credentials-out", str(folder / CREDENTIALS)]
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)  # noqa: S603  our own program
    try:
        with termination_as_interrupt():
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                process.wait(10)
                raise PreflightError(_NOT_STARTED, next_step=_ALONE)
            yield process, reaching(folder, line, services)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


class OnDemand:
    """Starts one reference after the other, faster than each alone. To be used by one thread, and closed at the end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "conformance.reference.on_demand"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @contextlib.contextmanager
    def serving(self, folder: Path, *arguments: str) -> Iterator[Path]:
        """Start one, and write a run file into a folder; yields its path. Raises `PreflightError`."""
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        self._say(json.dumps(["--credentials-out", str(folder / CREDENTIALS), *arguments]))
        try:
            line = self._heard()
            if not line.strip():
                raise PreflightError(_NOT_STARTED, next_step=_ALONE)
            yield reaching(folder, line, None)
        finally:
            self._say("")
            self._heard()

    def close(self) -> None:
        """Stop it, and whatever it has started."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _say(self, line: str) -> None:
        if self._process.stdin:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _heard(self) -> str:
        return self._process.stdout.readline() if self._process.stdout else ""


def reaching(folder: Path, line: str, services: Collection[str] | None) -> Path:
    """Write a run file for a reference that announced itself, with the services named, or all that are published."""
    told = json.loads(line)
    kept = {UPPER_TESTER, *(available() if services is None else services)}
    told["services"] = {name: url for name, url in told["services"].items() if name in kept}
    return write_run_file(folder, told, json.loads((folder / CREDENTIALS).read_text("utf-8")))


def write_run_file(folder: Path, told: dict[str, Any], credentials: dict[str, Any]) -> Path:
    """A run file for a reference that told where it is; secrets go to files that only their owner can read."""
    lines = [
        'format = "conformance-run-file/1"',
        'environment = "test"',
        "[body]",
        f"code = {_quoted(told['body'])}",
        "[product]",
        'name = "Reference implementation"',
        'version = "0.1.0"',
        'vendor = "conformance"',
    ]
    tester = None
    for service, url in told["services"].items():
        if service == UPPER_TESTER:
            tester = url
            continue
        lines += [
            f"[services.{service}]",
            'version = "1.0"',
            f"base_url = {_quoted(url)}",
            f"options = {_options(told, service)}",
        ]
    lines += ["[auth]", f"token_url = {_quoted(credentials['token_url'])}"]
    for role, entry in credentials["roles"].items():
        lines += [f"[auth.roles.{role}]", *_role(folder, role, entry)]
    if tester is not None:
        lines += ["[upper_tester]", f"base_url = {_quoted(tester)}", 'role = "tester"']
    path = folder / "conformance.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _options(told: dict[str, Any], service: str) -> str:
    """The options that the documents name, but for those that the reference was started without."""
    return json.dumps(sorted(published_service(service).options - set(told.get("without_options", ()))))


def _quoted(text: str) -> str:
    """A basic string of TOML, which knows the escapes of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _role(folder: Path, role: str, entry: dict[str, Any]) -> list[str]:
    secret = folder / f"{role}.secret"
    secret.touch(mode=0o600)
    secret.write_text(entry["secret"], "utf-8")
    return [
        f"method = {_quoted(entry['method'])}",
        f"client_id = {_quoted(entry['client_id'])}",
        f"secret = {{ file = {_quoted(str(secret))} }}",
    ]
