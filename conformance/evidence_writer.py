"""Writes the evidence of a run so that no kill and no full disk takes away a trace that was finished.

A trace goes into a journal the moment it is finished; what has gathered there becomes one compressed frame now and
then, and the journal begins anew. A frame that could not be written whole is taken back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import zstandard

from conformance import frames
from conformance.archive import JOURNAL, PART, damaged, encode_trace, evidence_lines, journal_lines
from conformance.model import Trace

_FLUSH_BYTES = 256 * 1024
_FLUSH_SECONDS = 1.0


class EvidenceWriter:
    """Appends traces to the evidence of a run. What was torn off before must have been mended (`mend`)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._end = self._file.tell()
        self._journal_path = path.with_name(JOURNAL)
        self._journal = self._journal_path.open("wb", buffering=0)
        self._compressor = _compressor()
        self._waiting: list[bytes] = []
        self._size = 0
        self._flushed = time.monotonic()
        self._torn = False
        self.traces = 0
        self.exchanges = 0

    def append(self, service: str, trace: Trace) -> None:
        """Take one trace; it is on disk when this returns. Raises `OSError`, as where the disk is full."""
        line = encode_trace(service, trace) + b"\n"
        try:
            _write(self._journal.fileno(), line)
        except OSError:
            self._torn = True
            raise
        self._waiting.append(line)
        self._size += len(line)
        self.traces += 1
        self.exchanges += len(trace.exchanges)
        if self._size > _FLUSH_BYTES or time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Make one frame of what is in the journal. Raises `OSError`; then the file is as it was before."""
        if self._waiting:
            self._end += append_frame(self._file.fileno(), self._end, self._compressor, b"".join(self._waiting))
            os.ftruncate(self._journal.fileno(), 0)
            os.lseek(self._journal.fileno(), 0, os.SEEK_SET)
        self._waiting, self._size, self._flushed = [], 0, time.monotonic()

    def close(self) -> None:
        """Flush and close; the writer cannot be used after it. Where the disk is full the journal stays."""
        with self._file, self._journal:
            if self._torn:
                return
            self.flush()
        self._journal_path.unlink()


@dataclass(frozen=True)
class Mended:
    """What mending an interrupted run's evidence did: `cut` bytes that were no trace, `again` traces let go."""

    cut: int
    again: int


def mend(path: Path, keep: Callable[[Trace], bool]) -> Mended:
    """Make evidence whole again: cut its torn end, take in the journal, let go of traces that are not to be kept.

    May itself be interrupted at any moment and begun again. Raises `ArchiveError`, `OSError`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with path.open("r+b", buffering=0) as file:
        try:
            end = frames.ending(file)
        except zstandard.ZstdError as error:
            raise damaged(path, error) from error
        os.ftruncate(file.fileno(), end.whole)
        cut = end.cut + journal_lines(path)[1]
        _take_in_journal(path, file.fileno(), end.whole)
    again = sum(not keep(line.trace) for line in evidence_lines(path))
    if again:
        _rewrite(path, keep)
    return Mended(cut, again)


def _take_in_journal(path: Path, descriptor: int, end: int) -> None:
    """Make a frame of what stands in the journal only; a kill may come between that and the end of the journal."""
    journal = path.with_name(JOURNAL)
    if journal.exists():
        lines = [line.data + b"\n" for line in evidence_lines(path) if line.journal]
        if lines:
            os.lseek(descriptor, end, os.SEEK_SET)
            append_frame(descriptor, end, _compressor(), b"".join(lines))
        journal.unlink()


def _rewrite(path: Path, keep: Callable[[Trace], bool]) -> None:
    """The evidence with the traces that are kept, put in the place of the old at once."""
    part = path.with_name(path.name + PART)
    compressor = _compressor()
    end = size = 0
    waiting: list[bytes] = []
    with part.open("wb", buffering=0) as file:
        for line in evidence_lines(path):
            if keep(line.trace):
                waiting.append(line.data + b"\n")
                size += len(line.data)
            if size > _FLUSH_BYTES:
                end += append_frame(file.fileno(), end, compressor, b"".join(waiting))
                waiting, size = [], 0
        if waiting:
            append_frame(file.fileno(), end, compressor, b"".join(waiting))
    part.replace(path)


def append_frame(descriptor: int, end: int, compressor: zstandard.ZstdCompressor, content: bytes) -> int:
    """Append one frame to a file of `end` bytes; how many bytes it took. Raises `OSError`, and takes back its part."""
    frame = compressor.compress(content)
    try:
        _write(descriptor, frame)
    except OSError:
        os.ftruncate(descriptor, end)
        raise
    return len(frame)


def _write(descriptor: int, data: bytes) -> None:
    """All of the data: a disk that fills up takes a part of it first, and says so only when asked again."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=3, write_checksum=True)
