"""The scripts of a run that are not in its edition, `explored.jsonl.zst`: an archive holds what it was made with.

Scripts are written before they are played, in frames that are each complete: evidence never names an unknown script.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import zstandard

from conformance.errors import ArchiveError
from conformance.model import Extra

EXPLORED = "explored.jsonl.zst"
_encode = msgspec.json.Encoder().encode
_MAX_LINE = 64 * 1024 * 1024


class ExtraWriter:
    """Appends scripts to those of a run; the file is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)

    def append(self, extras: Iterable[Extra]) -> None:
        """Write scripts, as one frame."""
        lines = [_encode(extra) for extra in extras]
        if lines:
            with self._path.open("ab") as file:
                file.write(self._compressor.compress(b"\n".join([*lines, b""])))


def read_extras(path: Path) -> Iterator[Extra]:
    """The scripts in a file, in order; none where there is no file. Raises `ArchiveError` where it is damaged."""
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            rest = b""
            while chunk := reader.read(1 << 20):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > _MAX_LINE:
                    raise zstandard.ZstdError("a line is longer than any script can be")
                yield from (msgspec.json.decode(line, type=Extra) for line in lines if line)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ArchiveError(
            f"the scripts beyond the edition are damaged ({error})",
            where=str(path),
            next_step="take the run from its source again",
        ) from error
