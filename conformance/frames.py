"""Compressed evidence as a row of complete zstd frames (RFC 8878), found by their headers alone.

A file that is only ever appended to can be torn at its end: by a kill, by a full disk. Where its last whole frame ends
is seen without decoding anything, so a torn end is told from damage in the middle, and is cut off exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import zstandard

MAGIC: Final = b"\x28\xb5\x2f\xfd"
LONGEST: Final = 256 * 1024 * 1024
"""Bytes of content in one frame at most; a file that asks for more is none of ours."""
_ID_BYTES: Final = (0, 1, 2, 4)
_SIZE_BYTES: Final = (0, 2, 4, 8)
_RUN_LENGTH, _RESERVED = 1, 3
_PIECE: Final = 1 << 20


@dataclass(frozen=True)
class Ending:
    """Where the whole frames of a file end, and how many bytes of an unfinished one come after them."""

    whole: int
    cut: int


def frames(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """First byte and byte after the last of each whole frame. Raises `zstandard.ZstdError` where there is damage.

    An unfinished frame at the end is passed over; `ending` tells of it.
    """
    size = file.seek(0, 2)
    place = 0
    while (end := _frame_end(file, place, size)) is not None:
        yield place, end
        place = end


def ending(file: BinaryIO) -> Ending:
    """How the file ends. Raises `zstandard.ZstdError` where there is damage."""
    whole = max((last for _, last in frames(file)), default=0)
    return Ending(whole, file.seek(0, 2) - whole)


def content(file: BinaryIO, first: int, last: int) -> bytes:
    """What a frame holds. Raises `zstandard.ZstdError` where it is damaged."""
    file.seek(first)
    frame = file.read(last - first)
    told = zstandard.get_frame_parameters(frame).content_size
    if told != zstandard.CONTENTSIZE_UNKNOWN and told > LONGEST:
        raise zstandard.ZstdError("a frame is longer than any of ours")
    return zstandard.ZstdDecompressor().decompress(frame, max_output_size=LONGEST)


def _frame_end(file: BinaryIO, place: int, size: int) -> int | None:
    """The end of the frame that begins at `place`, or None where the file ends before it does."""
    file.seek(place)
    head = file.read(6)
    if not head or (MAGIC.startswith(head[:4]) and len(head) < 6):
        return None
    if head[:4] != MAGIC:
        if _only_zeros(file, place):  # a disk that lost power may leave a hole where the last frame was to be
            return None
        raise zstandard.ZstdError(f"no frame begins at byte {place}")
    place += 5 + _rest_of_header(head[4])
    while place + 3 <= size:
        file.seek(place)
        block = int.from_bytes(file.read(3), "little")
        last, kind, length = block & 1, block >> 1 & 3, block >> 3
        if kind == _RESERVED:
            raise zstandard.ZstdError(f"no block begins at byte {place}")
        place += 3 + (1 if kind == _RUN_LENGTH else length)
        if last:
            place += 4 if head[4] & 0x04 else 0
            return place if place <= size else None
    return None


def _rest_of_header(descriptor: int) -> int:
    """Bytes of a frame header after its descriptor: window, dictionary, size of the content (RFC 8878, 3.1.1.1)."""
    single = bool(descriptor & 0x20)
    size = _SIZE_BYTES[descriptor >> 6] or int(single)
    return (0 if single else 1) + _ID_BYTES[descriptor & 3] + size


def _only_zeros(file: BinaryIO, place: int) -> bool:
    file.seek(place)
    while piece := file.read(_PIECE):
        if piece.strip(b"\0"):
            return False
    return True
