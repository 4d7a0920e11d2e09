"""The scripts of a run that are not in its edition, `explored.jsonl.zst`: an archive holds what it was made with.

Scripts are written before they are played, in frames that are each complete: evidence never names an unknown script.
What a kill has torn off at the end was not played yet.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import zstandard

from conformance import frames
from conformance.errors import ArchiveError
from conformance.evidence_writer import append_frame
from conformance.json_lines import LineError, decode
from conformance.model import Extra

EXPLORED = "explored.jsonl.zst"
_encode = msgspec.json.Encoder().encode
_extras = msgspec.json.Decoder(Extra)


class ExtraWriter:
    """Appends scripts to those of a run; the file is made with the first of them, a torn end of it is cut off."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
        if path.exists():
            with path.open("r+b", buffering=0) as file:
                os.ftruncate(file.fileno(), frames.ending(file).whole)

    def append(self, extras: Iterable[Extra]) -> None:
        """Write scripts, as one frame. Raises `OSError`, as where the disk is full; the file is then as it was."""
        content = b"".join(_encode(extra) + b"\n" for extra in extras)
        if content:
            with self._path.open("ab", buffering=0) as file:
                append_frame(file.fileno(), file.tell(), self._compressor, content)


def read_extras(path: Path) -> Iterator[Extra]:
    """The scripts in a file, in order; none where there is no file. Raises `ArchiveError` where it is damaged."""
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            for first, last in frames.frames(file):
                lines = frames.content(file, first, last).split(b"\n")
                yield from (decode(line, _extras) for line in lines if line)
    except (zstandard.ZstdError, LineError) as error:
        raise ArchiveError(
            f"the scripts beyond the edition are damaged ({error})",
            where=str(path),
            next_step="take the run from its source again",
        ) from error


def extras_digest(path: Path) -> str:
    """SHA-256 of a file of scripts."""
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
