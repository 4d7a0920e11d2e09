"""Looks for numbers and secrets in what was written, however they are written there.

It shares nothing with the suite's redaction: it undoes every way of writing again and again until nothing changes, and
then looks for the plain thing; once more with all breaks taken out, and once more inside of every word of base64.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_BREAK = re.compile(r"\\+[nrt]|[\s\u3000]+")
_WORD = re.compile(r"[A-Za-z0-9+/_-]{14,}")
_RUN = re.compile(r"[0-9]{11,}")
_PARTED = re.compile(r"[0-9]+(?:[-‐‑‒–—―−ー\s\u3000+_./]{1,3}[0-9]+)+")
_GROUP = re.compile(r"[0-9]+")
_SIZES = (11, 12)
_KNOWN = 8
_OFTEN = 40
_AGAIN = re.compile(rb"(?s)(.{1,7}?)\1{%d,}" % _OFTEN)
_MARKED = re.compile(r"%[0-9A-Fa-f]{2}|\\u|&#|[０-９]")


class Leaks:
    """What must not be found: numbers of 11 or 12 digits, and secrets of at least 8 characters."""

    def __init__(self, numbers: Iterable[str], secrets: Iterable[str]) -> None:
        self.numbers = frozenset(numbers)
        self.secrets = frozenset(secrets)
        assert all(len(number) in _SIZES and number.isdigit() for number in self.numbers)
        assert all(len(secret) >= _KNOWN for secret in self.secrets)
        # A tree of first characters: one look at a text instead of one for each secret.
        self._begins = re.compile(_tree({secret[:_KNOWN] for secret in self.secrets}) if self.secrets else r"(?!)")

    def within(self, data: bytes) -> set[str]:
        """The numbers and secrets that stand in the data."""
        found: set[str] = set()
        for text in readings(data):
            found |= self._plain(text)
        return found

    def _plain(self, text: str) -> set[str]:
        squeezed = _BREAK.sub("", text)
        inside = "\0\n".join(part for word in set(_WORD.findall(squeezed)) for part in _decoded(word))
        found = self._numbers(text) | self._numbers(inside)
        for place in (squeezed, inside):
            begins = {place[match.start() : match.start() + _KNOWN] for match in self._begins.finditer(place)}
            if begins:
                found |= {secret for secret in self.secrets if secret[:_KNOWN] in begins and secret in place}
        return found

    def _numbers(self, text: str) -> set[str]:
        found: set[str] = set()
        for run in set(_RUN.findall(text)):
            found.update(run[place : place + size] for size in _SIZES for place in range(len(run) - size + 1))
        for parted in set(_PARTED.findall(_BREAK.sub(" ", text))):
            found.update(_joined(_GROUP.findall(parted)))
        return found & self.numbers


def distinct(data: bytes) -> bytes:
    """The same without what stands in it again: each text between quotation marks once, long repetitions shortened.

    No number, and no secret of ours, has a quotation mark in it, so none is taken apart, and none arises.
    """
    return b'"'.join(dict.fromkeys(_AGAIN.sub(rb"\1" * _OFTEN, part) for part in dict.fromkeys(data.split(b'"'))))


def readings(data: bytes) -> Iterator[str]:
    """The data as text, and as it is when every escape in it is undone."""
    text = data.decode("utf-8", "replace")
    yield text
    for _ in range(5):
        if not _MARKED.search(text):
            return
        before = text
        text = unicodedata.normalize("NFKC", html.unescape(_ESCAPE.sub(lambda m: chr(int(m[1], 16)), unquote(text))))
        if text == before:
            return
        yield text


def _tree(words: set[str]) -> str:
    if words == {""}:
        return ""
    firsts = sorted({word[0] for word in words})
    branches = (re.escape(first) + _tree({word[1:] for word in words if word[0] == first}) for first in firsts)
    return "(?:" + "|".join(branches) + ")"


def _joined(groups: list[str]) -> Iterator[str]:
    for first in range(len(groups)):
        joined = ""
        for group in groups[first : first + 12]:
            joined += group
            if len(joined) in _SIZES:
                yield joined


def _decoded(word: str) -> Iterator[str]:
    """What a word may hold as base64, wherever in it the base64 begins."""
    plain = word.translate(str.maketrans("-_", "+/"))
    for start in range(4):
        part = plain[start:]
        with_padding = part + "=" * (-len(part) % 4) if len(part) % 4 != 1 else part[:-1]
        try:
            inside = base64.b64decode(with_padding)
        except binascii.Error:
            continue
        yield inside.decode("latin-1")
