"""The run archive: one folder with `run.jsonl`, `evidence/`, the documents and editions that were used.

Evidence is written as it happens, in frames that are each complete, so that what was played survives a kill. The
footer of `run.jsonl` is written last: without it a run is not complete.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from conformance.errors import ArchiveError
from conformance.har import from_entry, to_entry
from conformance.model import Trace

RUN_FILE = "run.jsonl"
EVIDENCE = "evidence/traces.jsonl.zst"
FORMAT = "conformance-run/1"
_FLUSH_BYTES = 256 * 1024
_FLUSH_SECONDS = 1.0
_encoder = msgspec.json.Encoder()
_MAX_LINE = 256 * 1024 * 1024


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
    return _encode(line)


def decode_trace(line: bytes) -> tuple[str, Trace]:
    """Service and trace of one line of evidence."""
    content = msgspec.json.decode(line)
    exchanges = tuple(from_entry(entry) for entry in content["entries"])
    return content["service"], Trace(content["script"], exchanges, content.get("stopped"), content.get("bound", {}))


class EvidenceWriter:
    """Appends traces to the evidence of a run; one complete compressed frame a second at least."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        self._compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
        self._waiting: list[bytes] = []
        self._size = 0
        self._flushed = time.monotonic()
        self.traces = 0
        self.exchanges = 0

    def append(self, service: str, trace: Trace) -> None:
        """Take one trace; it is on disk after the next flush."""
        line = encode_trace(service, trace)
        self._waiting.append(line)
        self._size += len(line)
        self.traces += 1
        self.exchanges += len(trace.exchanges)
        if self._size > _FLUSH_BYTES or time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting as one frame."""
        if self._waiting:
            self._file.write(self._compressor.compress(b"\n".join([*self._waiting, b""])))
            self._file.flush()
        self._waiting, self._size, self._flushed = [], 0, time.monotonic()

    def close(self) -> None:
        """Flush and close; the writer cannot be used after it."""
        self.flush()
        self._file.close()


def read_evidence(path: Path) -> Iterator[tuple[str, Trace]]:
    """Service and trace of each script played, in the order of the file, streamed.

    Raises `ArchiveError` where a frame is damaged; an incomplete last frame (a run that was killed) ends quietly.
    """
    try:
        with path.open("rb") as file:
            yield from _traces(file)
    except FileNotFoundError:
        raise ArchiveError("has no evidence", where=str(path), next_step="give the folder of a run") from None
    except (zstandard.ZstdError, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise ArchiveError(
            f"the evidence is damaged ({error})", where=str(path), next_step="take the run from its source again"
        ) from error


def _traces(file: Any) -> Iterator[tuple[str, Trace]]:
    reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
    rest = b""
    while chunk := reader.read(1 << 20):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _MAX_LINE:
            raise zstandard.ZstdError("a line is longer than any trace can be")
        for line in lines:
            if line:
                yield decode_trace(line)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


class RunWriter:
    """Writes `run.jsonl`: header, verdicts, footer with the digest over all lines before it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._digest = hashlib.sha256()

    def line(self, content: dict[str, Any]) -> None:
        """Write one line."""
        data = _encode(content) + b"\n"
        self._digest.update(data)
        self._file.write(data)
        self._file.flush()

    def footer(self, content: dict[str, Any]) -> None:
        """Write the footer, with the digest over all lines before it and over the footer itself, and close."""
        told = {**content, "type": "footer"}
        self._digest.update(_encode(told))
        self._file.write(_encode({**told, "lines": f"sha256:{self._digest.hexdigest()}"}) + b"\n")
        self._file.close()


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
        contents = [msgspec.json.decode(line) for line in lines if line.strip()]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
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
