"""On which line of a TOML text a key stands; the TOML reader of the standard library does not tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

Key = tuple[str, ...]

_PART: Final = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_DOTTED: Final = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE: Final = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]")
_ASSIGNMENT: Final = re.compile(rf"\s*({_DOTTED})\s*=\s*(.*)")
_EACH: Final = re.compile(_PART)


def key_lines(text: str) -> dict[Key, int]:
    """The line, from 1, of every table and key. A key inside of an inline table has none; its table has."""
    lines: dict[Key, int] = {}
    table: Key = ()
    closing: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if closing:
            closing = None if closing in line else closing
        elif header := _TABLE.match(line):
            table = _key(header[1])
            _note(lines, table, number)
        elif assignment := _ASSIGNMENT.match(line):
            _note(lines, table + _key(assignment[1]), number)
            closing = _left_open(assignment[2])
    return lines


def line_of(lines: Mapping[Key, int], key: Sequence[str]) -> int:
    """The line of a key, or of the nearest table around it; 1 where there is none."""
    parts = tuple(key)
    for size in range(len(parts), 0, -1):
        if parts[:size] in lines:
            return lines[parts[:size]]
    return 1


def _note(lines: dict[Key, int], key: Key, number: int) -> None:
    for size in range(1, len(key) + 1):
        lines.setdefault(key[:size], number)


def _key(dotted: str) -> Key:
    return tuple(part.strip("\"'") for part in _EACH.findall(dotted))


def _left_open(value: str) -> str | None:
    """The quotes that a multi-line string waits for, when one begins here."""
    for quotes in ('"""', "'''"):
        if value.startswith(quotes) and quotes not in value[3:]:
            return quotes
    return None
