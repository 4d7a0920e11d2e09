"""The run archive: one folder with `run.jsonl`, `evidence/`, the documents and editions that were used.

Evidence is in compressed frames that are each complete, and what is in none yet in a journal beside them, so that what
was played survives a kill (`evidence_writer`). The footer of `run.jsonl` is written last: without it a run is not
complete.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import zstandard

from conformance import frames
from conformance.errors import ArchiveError
from conformance.har import Entry, exchange_of, to_entry
from conformance.json_lines import LineError, check_values, decode
from conformance.model import Trace

RUN_FILE = "run.jsonl"
EVIDENCE = "evidence/traces.jsonl.zst"
FORMAT = "conformance-run/1"
JOURNAL = "unframed.jsonl"
PART = ".part"
_encoder = msgspec.json.Encoder()


def _encode(content: Any) -> bytes:
    """JSON in UTF-8; half a surrogate pair, which a system may send as an escape, is written as that escape's text."""
    try:
        return _encoder.encode(content)
    except UnicodeEncodeError:
        return _encoder.encode(_encodable(content))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return value


def encode_trace(service: str, trace: Trace) -> bytes:
    """One line of evidence."""
    line: dict[str, Any] = {
        "service": service,
        "script": trace.script,
        "entries": [to_entry(exchange) for exchange in trace.exchanges],
        "bound": trace.bound,
    }
    if trace.stopped is not None:
        line["stopped"] = trace.stopped
    if trace.not_issued:
        line["not_issued"] = True
    if trace.earlier:
        line["earlier"] = [to_entry(exchange) for exchange in trace.earlier]
    return _encode(line)


class _Bound(msgspec.Struct, frozen=True):
    """What was bound, as judging reads it back; evidence keeps the whole of it."""

    now: str = "1970-01-01T09:00:00+09:00"
    today: str = "1970-01-01"
    fresh: dict[str, str] = {}
    config: dict[str, Any] = {}
    lifetimes: dict[str, int] = {}


class _TraceLine(msgspec.Struct, frozen=True):
    service: str
    script: str
    entries: list[Entry]
    bound: dict[str, Any] = {}
    stopped: str | None = None
    earlier: list[Entry] = []
    not_issued: bool = False


_trace_lines = msgspec.json.Decoder(_TraceLine)
_run_lines = msgspec.json.Decoder(Any)


def decode_trace(line: bytes) -> tuple[str, Trace]:
    """Service and trace of one line of evidence. Raises `ValueError`, `OverflowError`."""
    found = decode(line, _trace_lines)
    bound = msgspec.convert(found.bound, _Bound)
    dt.datetime.fromisoformat(bound.now)
    dt.date.fromisoformat(bound.today)
    kept, earlier = (tuple(map(exchange_of, entries)) for entries in (found.entries, found.earlier))
    return found.service, Trace(found.script, kept, found.stopped, found.bound, earlier, found.not_issued)


def read_evidence(path: Path) -> Iterator[tuple[str, Trace]]:
    """Service and trace of each script played, once each, in the order of the file, streamed.

    Raises `ArchiveError` where a frame is damaged; an unfinished end (a run that was killed) ends quietly: `unfinished`
    tells of it.
    """
    for line in evidence_lines(path):
        yield line.service, line.trace


class EvidenceLine(NamedTuple):
    """One trace of the evidence, the bytes of its line, and whether it stands in the journal only."""

    service: str
    trace: Trace
    data: bytes
    journal: bool


def evidence_lines(path: Path) -> Iterator[EvidenceLine]:
    """As `read_evidence`, with the bytes of each line."""
    told: set[tuple[str, str]] = set()
    try:
        with path.open("rb") as file:
            for first, last in frames.frames(file):
                lines = frames.content(file, first, last).split(b"\n")
                if lines.pop():
                    raise ValueError(f"the frame at byte {first} ends in the middle of a line")
                yield from _once(lines, told, journal=False)
    except FileNotFoundError:
        raise ArchiveError("has no evidence", where=str(path), next_step="give the folder of a run") from None
    except _DAMAGE as error:
        raise damaged(path, error) from error
    # A trace may stand in the last frame and still in the journal: whoever wrote it was killed in between.
    yield from _once(journal_lines(path)[0], told, journal=True)


_DAMAGE = (zstandard.ZstdError, ValueError, OverflowError)


def damaged(path: Path, error: Exception) -> ArchiveError:
    """The error for evidence that is not as it was written."""
    return ArchiveError(
        f"the evidence is damaged ({error})", where=str(path), next_step="take the run from its source again"
    )


def _once(lines: Iterable[bytes], told: set[tuple[str, str]], *, journal: bool) -> Iterator[EvidenceLine]:
    for line in lines:
        if line:
            service, trace = decode_trace(line)
            if (service, trace.script) not in told:
                told.add((service, trace.script))
                yield EvidenceLine(service, trace, line, journal)


def journal_lines(path: Path) -> tuple[list[bytes], int]:
    """The whole lines of the journal beside the evidence, and how many bytes of an unfinished one come after them."""
    try:
        data = path.with_name(JOURNAL).read_bytes()
    except FileNotFoundError:
        return [], 0
    kept: list[bytes] = []
    size = 0
    for line in data.split(b"\n")[:-1]:
        try:
            decode_trace(line)
        except _DAMAGE:
            break
        kept.append(line)
        size += len(line) + 1
    return kept, len(data) - size


def unfinished(path: Path) -> int:
    """How many bytes at the end of the evidence were not written whole, and are no trace. Raises `ArchiveError`."""
    try:
        with path.open("rb") as file:
            cut = frames.ending(file).cut
    except FileNotFoundError:
        cut = 0
    except zstandard.ZstdError as error:
        raise damaged(path, error) from error
    return cut + journal_lines(path)[1]


def evidence_digest(path: Path) -> str:
    """SHA-256 over the evidence, and over the journal beside it where a run has not come to its end."""
    whole = hashlib.sha256()
    for part in (path, path.with_name(JOURNAL)):
        with contextlib.suppress(FileNotFoundError), part.open("rb") as file:
            while piece := file.read(1 << 20):
                whole.update(piece)
    return "sha256:" + whole.hexdigest()


def check_evidence(path: Path, footer: Mapping[str, Any]) -> None:
    """Raise `ArchiveError` where the evidence is not the one that a run's footer tells of."""
    if footer["evidence"] != evidence_digest(path):
        raise ArchiveError(
            "the evidence was altered after the run: its digest does not match",
            where=str(path),
            next_step="take the run from its source again",
        )


class RunWriter:
    """Writes `run.jsonl`: header, verdicts, footer with the digest over all lines before it.

    It is written beside its place and put there at once by `close` or `footer`: at every moment there is the file from
    before, or the new one whole.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._part = path.with_name(path.name + PART)
        self._file = self._part.open("wb")
        self._digest = hashlib.sha256()

    def line(self, content: dict[str, Any]) -> None:
        """Write one line."""
        data = _encode(content) + b"\n"
        self._digest.update(data)
        self._file.write(data)

    def footer(self, content: dict[str, Any]) -> None:
        """Write the footer, with the digest over all lines before it and over the footer itself, and close."""
        told = {**content, "type": "footer"}
        self._digest.update(_encode(told))
        self._file.write(_encode({**told, "lines": f"sha256:{self._digest.hexdigest()}"}) + b"\n")
        self.close()

    def close(self) -> None:
        """Put the file in its place."""
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._part.replace(self._path)


def read_run(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any] | None]:
    """Header, verdict lines, and the footer (None where it is missing). Raises `ArchiveError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArchiveError(
            f"cannot be read ({error.strerror})", where=str(path), next_step="give the folder of a run"
        ) from error
    lines = data.split(b"\n")
    try:
        contents = [_run_line(line) for line in lines if line.strip()]
    except LineError as error:
        raise ArchiveError(
            f"is not a run: {error}", where=str(path), next_step="take the run from its source again"
        ) from error
    if not contents or not all(isinstance(c, dict) for c in contents) or contents[0].get("format") != FORMAT:
        raise ArchiveError(
            f"is not of the format {FORMAT}", where=str(path), next_step="use the version of the suite that wrote it"
        )
    footer = contents[-1] if contents[-1].get("type") == "footer" else None
    if footer is not None:
        told = _encode({name: value for name, value in footer.items() if name != "lines"})
        body = b"".join(line + b"\n" for line in lines[: len(contents) - 1]) + told
        if footer.get("lines") != f"sha256:{hashlib.sha256(body).hexdigest()}":
            raise ArchiveError(
                "was altered after it was written: its digest does not match", where=str(path),
                next_step="take the run from its source again",
            )  # fmt: skip
    verdicts = [content for content in contents if content.get("type") == "verdict"]
    return contents[0], verdicts, footer


def _run_line(line: bytes) -> Any:
    found: Any = decode(line, _run_lines)
    check_values(found)
    return found
