"""The file of an edition, `edition.jsonl.zst`: a header, a line per script, a footer with count and digest."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import overload

import msgspec
import zstandard

from conformance.errors import EditionError
from conformance.json_lines import LineError
from conformance.json_lines import decode as decode_line
from conformance.model import Script

FORMAT = "conformance-edition/1"
_MAX_BYTES = 512 * 1024 * 1024
_AGAIN = "run 'conformance compile' to make it anew, or install the suite again"
_RECENT = 256
"""Scripts that are kept: some more than a run has between playing and judging."""
_scripts = msgspec.json.Decoder(Script)


class EditionHeader(msgspec.Struct, frozen=True):
    """What an edition was made from."""

    service: str
    version: str
    seed: int
    documents: dict[str, str]
    libraries: dict[str, str]
    format: str = FORMAT


class EditionFooter(msgspec.Struct, frozen=True):
    """Number of scripts, and SHA-256 over all lines before."""

    scripts: int
    sha256: str


_headers = msgspec.json.Decoder(EditionHeader)
_footers = msgspec.json.Decoder(EditionFooter)


class ScriptLines(Sequence[Script]):
    """Scripts as lines of an edition, decoded one at a time when asked for: a large edition takes little memory.

    The last ones are kept: who judges a script asks for it shortly after it was played. With `keep_decoded` all are,
    for a process that plans one edition again and again.
    """

    keep_decoded = False

    def __init__(self, lines: Sequence[bytes]) -> None:
        self.lines = lines
        self._decoded: OrderedDict[int, Script] = OrderedDict()
        self._checked = bytearray(len(lines))

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> Script: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Script]: ...
    def __getitem__(self, index: int | slice) -> Script | Sequence[Script]:
        if isinstance(index, slice):
            return ScriptLines(self.lines[index])
        if (known := self._decoded.get(index)) is not None:
            return known
        try:
            script = decode_line(self.lines[index], _scripts, checked=bool(self._checked[index]))
        except LineError as error:
            raise EditionError(f"its script {index} is no script ({error})", next_step=_AGAIN) from None
        self._checked[index] = True
        self._decoded[index] = script
        if len(self._decoded) > _RECENT and not self.keep_decoded:
            self._decoded.popitem(last=False)
        return script


@dataclass(frozen=True)
class Edition:
    """The scripts of one specification version."""

    header: EditionHeader
    scripts: Sequence[Script]

    def digest(self) -> str:
        """The digest by which an edition is named: over its header and scripts."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return "sha256:" + hashlib.sha256(b"\n".join(_lines(self))).hexdigest()


def _lines(edition: Edition) -> list[bytes]:
    encode = msgspec.json.Encoder(order="deterministic").encode
    if isinstance(edition.scripts, ScriptLines):
        return [encode(edition.header), *edition.scripts.lines]
    return [encode(edition.header), *(encode(script) for script in edition.scripts)]


def encode(edition: Edition) -> bytes:
    """The bytes of the file; the same edition gives the same bytes."""
    lines = _lines(edition)
    footer = EditionFooter(len(edition.scripts), hashlib.sha256(b"\n".join(lines)).hexdigest())
    content = b"\n".join([*lines, msgspec.json.encode(footer), b""])
    return zstandard.ZstdCompressor(level=19, write_checksum=True, threads=0).compress(content)


def _content(data: bytes) -> bytes:
    """What is in the frame. Raises `zstandard.ZstdError`, also where it says that it is longer than any of ours."""
    told = zstandard.get_frame_parameters(data).content_size
    if told != zstandard.CONTENTSIZE_UNKNOWN and told > _MAX_BYTES:
        raise zstandard.ZstdError("it is longer than any of ours")
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=_MAX_BYTES)


def decode(data: bytes, where: str) -> Edition:
    """The edition in a file's bytes. Raises `EditionError` when it is truncated or altered."""
    again = _AGAIN
    try:
        lines = _content(data).rstrip(b"\n").split(b"\n")
        footer = decode_line(lines[-1], _footers)
        header = decode_line(lines[0], _headers)
    except (zstandard.ZstdError, LineError) as error:
        raise EditionError(f"is not a complete edition ({error})", where=where, next_step=again) from error
    body = lines[:-1]
    if hashlib.sha256(b"\n".join(body)).hexdigest() != footer.sha256 or len(body) - 1 != footer.scripts:
        raise EditionError("was altered after it was made: its digest does not match", where=where, next_step=again)
    if header.format != FORMAT:
        raise EditionError(f"is of the format {header.format}, not {FORMAT}", where=where, next_step=again)
    return Edition(header, ScriptLines(body[1:]))


@lru_cache(maxsize=8)
def _read(path: Path, changed: int, size: int) -> Edition:
    return decode(path.read_bytes(), str(path))


def load(path: Path) -> Edition:
    """The edition in a file, read once while it stays as it is. Raises `EditionError`."""
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except FileNotFoundError:
        raise EditionError(
            "there is no edition", where=str(path), next_step="run 'conformance compile' to make it"
        ) from None
