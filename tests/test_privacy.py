"""No Individual Number, no resident code, no secret in anything that the suite writes.

What was really sent and received is known from the other side: the reference notes it. Then all that a run has left is
looked through: archive, views, terminal, temporary files, caches, and what the list of processes showed meanwhile.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote_to_bytes

import pytest
import zstandard
from command_line import PROGRAM
from leaks import Leaks, distinct

from conformance.archive import EVIDENCE, evidence_lines
from conformance.demonstration import write_run_file
from conformance.identifiers import is_valid
from conformance.reference.__main__ import published
from conformance.reference.application import Reference, Settings
from conformance.reference.server import RunningServer
from conformance.resources import specs_dir

PROCESSES = Path("/proc")
NUMBER, CODE, SECRET = "318274659012", "58273940165", "tok-EN_123.abcDEF~xyz"
_PERSONAL = re.compile(rb'"(?:individual_number|resident_code)"\s*:\s*"([0-9]{11,12})"')
_RUNS = re.compile(rb"(?<![0-9A-Za-z-])([0-9]{11,12})(?![0-9A-Za-z-])")

WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda s: f"x {s} y",
    "percent": lambda s: "".join(f"%{b:02X}" for b in s.encode()),
    "percent, lower": lambda s: "".join(f"%{b:02x}" for b in s.encode()),
    "percent twice": lambda s: quote("".join(f"%{b:02X}" for b in s.encode())),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, second place": lambda s: base64.b64encode(b'"' + s.encode() + b'"').decode(),
    "base64, third place": lambda s: base64.b64encode(b'{"' + s.encode() + b'"}').decode(),
    "base64url": lambda s: base64.urlsafe_b64encode("身".encode() + s.encode()).decode().rstrip("="),
    "JSON escapes": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "JSON escapes in JSON": lambda s: json.dumps("".join(f"\\u{ord(c):04X}" for c in s)),
    "HTML, decimal": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "HTML, hexadecimal": lambda s: "".join(f"&#x{ord(c):x};" for c in s),
    "full width": lambda s: "".join(chr(ord(c) + 0xFEE0) for c in s),
    "full width, percent": lambda s: quote("".join(chr(ord(c) + 0xFEE0) for c in s)),
    "over a line break": lambda s: f"{s[:5]}\n{s[5:]}",
    "over an escaped line break": lambda s: f'"{s[:5]}\\n{s[5:]}"',
    "base64 over a line break": lambda s: base64.encodebytes(b"x" * 50 + s.encode()).decode(),
}
PARTED: dict[str, Callable[[str], str]] = {
    "spaces": lambda s: f"{s[:4]} {s[4:8]} {s[8:]}",
    "hyphens": lambda s: f"{s[:4]}-{s[4:8]}-{s[8:]}",
    "full-width space": lambda s: f"{s[:4]}\u3000{s[4:8]}\u3000{s[8:]}",
}


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("wanted", [NUMBER, CODE, SECRET])
def test_the_search_finds_every_writing(writing: str, wanted: str) -> None:
    """Claim: the search would find a leak. Stimulus: a number or secret in each writing. Expected: found; in text
    about another one, nothing."""
    data = WRITINGS[writing](wanted).encode()
    assert Leaks({NUMBER, CODE}, {SECRET}).within(b"before " + data + b" after") == {wanted}
    assert Leaks({"000000000001"}, {"another-secret"}).within(data) == set()


@pytest.mark.parametrize("writing", [*WRITINGS, *PARTED])
def test_leaving_out_what_stands_there_again_hides_nothing(writing: str) -> None:
    """Claim: the search finds as much in what stands there once. Stimulus: a number in each writing, twice, between
    long repetitions, in strings of JSON. Expected: found, and in less than a tenth of the text."""
    told = (WRITINGS | PARTED)[writing](NUMBER)
    data = json.dumps([told, "林" * 9000, "0" * 9000, told, {"a": told * 2}, "林" * 9000], ensure_ascii=False).encode()
    shorter = distinct(data)
    assert Leaks({NUMBER}, ()).within(shorter) == Leaks({NUMBER}, ()).within(data)
    assert len(shorter) * 10 < len(data)
    assert Leaks({NUMBER}, ()).within(distinct(told.encode())) == {NUMBER}


@pytest.mark.parametrize("writing", PARTED)
@pytest.mark.parametrize("wanted", [NUMBER, CODE])
def test_the_search_finds_parted_digits(writing: str, wanted: str) -> None:
    """Claim: digits in groups are found too. Stimulus: separators after each four. Expected: found."""
    assert Leaks({NUMBER, CODE}, ()).within(PARTED[writing](wanted).encode()) == {wanted}


@dataclass
class Noted:
    """What went over the wire, as the other side saw it."""

    numbers: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    exchanges: int = 0

    def traffic(self, scope: dict[str, Any], asked: bytes, answered: bytes) -> None:
        """Take note of one exchange."""
        self.exchanges += 1
        url = unquote_to_bytes(scope["raw_path"] + b"?" + scope["query_string"])
        for found in (*_PERSONAL.findall(asked), *_PERSONAL.findall(answered)):
            self.numbers.add(found.decode())
        for found in _RUNS.findall(url + b"\0" + asked + b"\0" + answered):
            number = found.decode()
            if is_valid("individual-number" if len(number) == 12 else "resident-code", number):
                self.numbers.add(number)
        for name, value in scope["headers"]:
            if name == b"authorization":
                credential = value.decode("latin-1").partition(" ")[2]
                if len(credential) >= 16:
                    self.secret(credential)
        if scope["raw_path"].endswith(b"/oauth/token"):
            for name in ("client_assertion", "client_secret"):
                for value in parse_qs(asked.decode()).get(name, ()):
                    self.secret(value)
            with contextlib.suppress(ValueError):
                self.secret(json.loads(answered).get("access_token", ""))

    def secret(self, value: str) -> None:
        """A secret, and what lets somebody in of a signed token."""
        if len(value) >= 16:
            self.secrets.add(value)
            parts = value.split(".")
            if len(parts) == 3 and len(parts[2]) >= 16:
                self.secrets.add(parts[2])


def noting(application: Any, noted: Noted) -> Any:
    """The application with every exchange noted."""

    async def noticed(scope: Any, receive: Any, send: Any) -> None:
        asked, answered = bytearray(), bytearray()

        async def receiving() -> Any:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def sending(message: Any) -> None:
            answered.extend(message.get("body", b""))
            await send(message)

        await application(scope, receiving, sending)
        noted.traffic(scope, bytes(asked), bytes(answered))

    noticed.reference = application.reference  # type: ignore[attr-defined]  # as the server asks of it
    return noticed


@dataclass
class Watched:
    """What could be seen of a process while it ran: its command line and those of its children, files it made."""

    lines: set[bytes] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)

    def look(self, process: int, folders: list[Path]) -> None:
        """Look once."""
        with contextlib.suppress(OSError):  # it may have ended; elsewhere than on Linux there is no /proc
            children = (PROCESSES / f"{process}/task/{process}/children").read_text().split()
            for one in (process, *children):
                self.lines.add((PROCESSES / f"{one}/cmdline").read_bytes())
        for folder in folders:
            for path in folder.rglob("*"):
                with contextlib.suppress(OSError):
                    if path.is_file():
                        self.files[f"{path}@{path.stat().st_size}"] = path.read_bytes()


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Noted, dict[str, bytes], Path]]:
    """A run of the whole edition as a process: what the other side noted, and all that was written, by name."""
    noted = Noted()
    base = tmp_path_factory.mktemp("privacy")
    reference = Reference(
        Settings(published("specs"), published("fixtures"), token_form="jwt", client_auth="client_secret_jwt")  # noqa: S106
    )
    reference.application = noting(reference.application, noted)
    with RunningServer(reference) as server:
        credentials = {"token_url": server.token_url, "roles": reference.clients.credentials()}
        services = {service.name: server.origin + path for path, service in reference.services.items()}
        (base / "town").mkdir()
        run_file = write_run_file(base / "town", {"services": services, "body": "131016"}, credentials)
        noted.secrets.update(entry["secret"] for entry in credentials["roles"].values())
        yield noted, written(base, run_file), base / "run"


def written(base: Path, run_file: Path) -> dict[str, bytes]:
    """All that a run of the command line writes and shows, by name."""
    for name in ("tmp", "cache", "here"):
        (base / name).mkdir()
    environment = {"PATH": "/usr/bin:/bin", "TMPDIR": str(base / "tmp"), "XDG_CACHE_HOME": str(base / "cache")}
    command = [*PROGRAM, "run", "-f", str(run_file), "-o", str(base / "run")]
    watched = Watched()
    with (base / "out").open("wb") as out, (base / "err").open("wb") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=base / "here", env=environment)
        ended = threading.Event()

        def watching() -> None:
            while not ended.wait(0.2):
                watched.look(process.pid, [base / "tmp"])

        thread = threading.Thread(target=watching)
        thread.start()
        code = process.wait(300)
        ended.set()
        thread.join()
    assert code == 0, (base / "err").read_text("utf-8")
    kept = {name: (base / name).read_bytes() for name in ("out", "err")}
    kept |= watched.files | {f"process {n}": line for n, line in enumerate(watched.lines)}
    for folder in ("run", "cache", "here", "tmp"):
        kept |= {str(p.relative_to(base)): p.read_bytes() for p in (base / folder).rglob("*") if p.is_file()}
    return kept


def unpacked(name: str, data: bytes) -> bytes:
    """The content of what is compressed."""
    if name.endswith(".zst"):
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as stream:
            return stream.read()
    return data


@pytest.mark.slow
def test_no_number_and_no_secret_is_in_anything_that_a_run_writes(
    everything: tuple[Noted, dict[str, bytes], Path],
) -> None:
    """Claim: what identifies a person or lets somebody in leaves the wire for nowhere. Stimulus: the whole edition on
    the reference with its stored people; every number, token, assertion and secret that the reference noted. Expected:
    none of them in any output, in any writing."""
    noted, outputs, _ = everything
    public = b"\n".join(unpacked(path.name, path.read_bytes()) for path in specs_dir().rglob("*") if path.is_file())
    leaks = Leaks(noted.numbers - {run.decode() for run in re.findall(rb"[0-9]{11,12}", public)}, noted.secrets)
    assert noted.exchanges > 3000
    assert len(leaks.numbers) > 1000
    assert len(leaks.secrets) > 20
    found = {}
    for name, data in outputs.items():
        if "/spec/" not in name:
            inside = leaks.within(distinct(unpacked(name, data)))
            if inside:
                found[name] = sorted(inside)[:5]
    assert found == {}


@pytest.mark.slow
def test_the_run_was_worth_looking_through(everything: tuple[Noted, dict[str, bytes], Path]) -> None:
    """Claim: the search had everything before it. Stimulus: the names of what was looked through. Expected: evidence,
    verdicts, every view, both streams of the terminal, the command line of the suite."""
    _, outputs, folder = everything
    assert {"out", "err", "run/run.jsonl", f"run/{EVIDENCE}", "run/scorecard.html"} <= outputs.keys()
    if PROCESSES.is_dir():
        assert any(name.startswith("process") and b"conformance" in data for name, data in outputs.items())
    assert sum(len(line.trace.exchanges) for line in evidence_lines(folder / EVIDENCE)) > 3000
    assert html.unescape("&#49;") == "1"
