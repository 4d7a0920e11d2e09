"""The ways in which a digit may be written in bytes, and how to write others in the same way."""

from __future__ import annotations

import re
from typing import Final

UNIT: Final = (
    rb"(?:[0-9]|\xef\xbc[\x90-\x99]|%3[0-9]|%[eE][fF]%[bB][cC]%9[0-9]"
    rb"|\\u003[0-9]|\\u[fF][fF]1[0-9]|&#(?:4[89]|5[0-7]);|&#[xX]3[0-9];)"
)
"""One digit: plain, full-width, percent-encoded, JSON-escaped or as an HTML reference, or two of these at once."""

_EACH: Final = re.compile(UNIT)


def digits_of(written: bytes) -> bytes:
    """The ASCII digits that a run stands for."""
    return written if written.isdigit() else bytes(_value(unit) for unit in _EACH.findall(written))


def _value(unit: bytes) -> int:
    """The ASCII digit that a unit stands for."""
    if unit.startswith(b"&#"):
        return unit[-2] if unit[2] in b"xX" else int(unit[2:-1])
    return 0x30 | (unit[-1] & 0x0F)


def written_like(like: bytes, digits: bytes) -> bytes:
    """Digits in the writing of `like`, unit by unit."""
    if like.isdigit():
        return digits
    return b"".join(_unit(unit, digit) for unit, digit in zip(_EACH.findall(like), digits, strict=True))


def _unit(like: bytes, digit: int) -> bytes:
    if like.startswith(b"&#"):
        return like[:-2] + bytes((digit, 0x3B)) if like[2] in b"xX" else b"&#%d;" % digit
    return like[:-1] + bytes((like[-1] & 0xF0 | digit & 0x0F,))
