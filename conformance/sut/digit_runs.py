"""Finds personal numbers in bytes, however their digits are written, and puts the replacements in the same writing.

A digit may be written plainly, full-width, percent-encoded, JSON-escaped, as an HTML reference, or inside base64. Runs
of exactly 11 or 12 digits are numbers, unless they are part of something else: of a UUID, a hex digest, a decimal, a
longer run, or a JSON number, which may be an amount. In such places, and where its digits are parted by hyphens, spaces
or line breaks, a number is replaced when it is known.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Final

from .digit_writing import UNIT, digits_of, written_like
from .personal_numbers import KINDS, PersonalNumbers

Change = tuple[int, int, bytes]
"""A place in the data (first, after last) and the bytes to put there."""

_GAP: Final = (
    rb"(?:[-\s+]|\\[nrt]|%20|%0[aAdD]|%2[dD]|\xc2\xa0|\xe2\x80[\x90-\x95]|\xe2\x88\x92|\xe3\x80\x80|\xe3\x83\xbc"
    rb"|\xef\xbc\x8d)"
)
# Possessive: nothing follows that could ask for fewer, and else each digit of a long body would cost memory.
_SPAN: Final = re.compile(rb"(?<![0-9])" + UNIT + rb"(?:" + _GAP + rb"{0,4}" + UNIT + rb"){10,}+")
_PIECE: Final = re.compile(_GAP + rb"|(?P<run>" + UNIT + rb"++)")
_ESCAPE_BEGUN: Final = re.compile(rb"(?:%(?P<percent>[0-9a-fA-F]?)|\\u(?P<json>[0-9a-fA-F]{0,3}))\Z")
_WRITTEN_BEFORE: Final = re.compile(rb"(?:%[0-9a-fA-F]?|\\u[0-9a-fA-F]{0,3}|;|\xef\xbc[\x90-\x99])\Z")
_WRITTEN_AFTER: Final = frozenset((b"%", b"\\", b"&", b"\xef"))
_ESCAPE_ENDED: Final = re.compile(rb"(?:%[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[bf])\Z")
_UUID_BEGUN: Final = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-\Z")
_TELLING_KEY: Final = re.compile(rb"(?i)\"(?:individual_?number|my_?number|resident_?code)\"\s*:\s*\Z")
_ESCAPED: Final = re.compile(rb"\\.", re.DOTALL)
_HEX_LETTERS: Final = frozenset(b"abcdefABCDEF")
_DIGITS: Final = frozenset(b"0123456789")

# Digits in base64 are unmistakable: each three of them become four characters out of these sets.
_BASE64_DIGITS: Final = re.compile(rb"(?:[MNO][DTjz][AEIMQUYcgk][wxyz0-5]){3}")
_BASE64_SIGN: Final = re.compile(rb"[+/_-]")
_BASE64_TOKEN: Final = re.compile(rb"[A-Za-z0-9+/_-]{12,}=*")


def _table(ones: bytes) -> bytes:
    return bytes(0x30 if byte in ones else 0x20 if byte == 0x30 else byte for byte in range(256))


# Quick looks with bytes.translate, ten times as fast as a regular expression: what counts becomes 0.
_PLAIN: Final = _table(b"0123456789")
_ANY: Final = _table(b"0123456789" + bytes(range(0x90, 0x9A)))
_BASE64: Final = _table(b"MNODTjzAEIQUYcgkwxyz012345")
_GAP_BYTES: Final = b" \t\r\n\v\f-+;%\\nrt\xef\xbc\xe2\xe3\x80\x83\x88\x8d\xc2\xa0"
_ELEVEN: Final = b"0" * 11
_TWELVE: Final = b"0" * 12
_ZEROS: Final = re.compile(rb"0+")
_PERCENT: Final = (b"%EF%BC%9", b"%ef%bc%9", b"%0A", b"%0a", b"%0D", b"%0d", b"%2D", b"%2d")
_REFERENCE: Final = (b"&#x", b"&#X", b"&#")
_ESCAPE: Final = (b"\\u003", b"\\uff1", b"\\uFF1")
_MARKS: Final = (b"%", b"&#", *_ESCAPE)


def replace_numbers(data: bytes, numbers: PersonalNumbers, *, json: bool | None = None) -> bytes:
    """The data with personal numbers replaced; the same object where there is none.

    `json` says whether digits outside of quotes are JSON numbers; None looks at the first character.
    """
    clean = data
    if _ELEVEN in _thinned(data):
        clean = _text_replaced(data, numbers, _looks_like_json(data) if json is None else json)
    if _TWELVE in clean.translate(_BASE64) and _BASE64_DIGITS.search(clean):
        clean = _BASE64_TOKEN.sub(lambda token: _base64_replaced(token[0], numbers), clean)
    return clean


def may_hold_number(data: bytes) -> bool:
    """A quick look, never wrong in saying no: whether `replace_numbers` could change anything in the data."""
    return _ELEVEN in _thinned(data) or _TWELVE in data.translate(_BASE64)


def _thinned(data: bytes) -> bytes:
    """The data with 0 for every digit and without what may stand between the digits of one number.

    Eleven zeros in a row are there wherever a number stands, and now and then where none does.
    """
    if b"%" in data:
        data = _without(data, _PERCENT)
    if b"&#" in data:
        data = _without(data, _REFERENCE)
    if b"\\u" in data:
        data = _without(data, _ESCAPE)
    return data.translate(_ANY, _GAP_BYTES)


def _without(data: bytes, marks: tuple[bytes, ...]) -> bytes:
    for mark in marks:
        data = data.replace(mark, b"")
    return data


def _text_replaced(data: bytes, numbers: PersonalNumbers, json: bool) -> bytes:
    """The data with the numbers in it replaced; where there are only plain runs of digits, the fast way."""
    close = _needs_close_look(data, numbers)
    spans = (found.span() for found in _SPAN.finditer(data)) if close else _plain_runs(data)
    return _spans_replaced(data, spans, numbers, json)


def _plain_runs(data: bytes) -> Iterator[tuple[int, int]]:
    """Places of all runs of eleven or more plain digits."""
    zeros = data.translate(_PLAIN)
    first = zeros.find(_ELEVEN)
    while first >= 0:
        last = _end_of_zeros(zeros, first)
        yield first, last
        first = zeros.find(_ELEVEN, last)


def _needs_close_look(data: bytes, numbers: PersonalNumbers) -> bool:
    """Whether a number stands here that is no plain run: in another writing, partly so, or with parted digits."""
    rest = bytearray()
    done = 0
    for first, last in _plain_runs(data):
        if data[last : last + 1] in _WRITTEN_AFTER or _WRITTEN_BEFORE.search(data, max(0, first - 5), first):
            return True
        rest += data[done:first] + b"x"
        done = last
    beside = bytes(rest + data[done:])
    thinned = _thinned(beside)
    first = thinned.find(_ELEVEN)
    if first >= 0 and any(mark in beside for mark in _MARKS):
        return True
    bare = beside.translate(None, _GAP_BYTES) if first >= 0 else b""
    while first >= 0:
        last = _end_of_zeros(thinned, first)
        run = bare[first:last]
        if not run.isdigit() or _known_within(run, numbers):
            return True
        first = thinned.find(_ELEVEN, last)
    return False


def _end_of_zeros(zeros: bytes, first: int) -> int:
    found = _ZEROS.match(zeros, first)
    return found.end() if found else first


def _looks_like_json(data: bytes) -> bool:
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def _spans_replaced(data: bytes, spans: Iterable[tuple[int, int]], numbers: PersonalNumbers, json: bool) -> bytes:
    clean = bytearray()  # not a list of parts: a long body may be made of numbers
    done = 0
    quotes = _Quotes(data) if json else None
    for start, end in spans:
        begin = start + _rest_of_escape(data, start)
        for first, last, written in _changes(data, begin, end, numbers, quotes):
            clean += data[done:first]
            clean += written
            done = last
    return bytes(clean + data[done:]) if done else data


def _changes(data: bytes, start: int, end: int, numbers: PersonalNumbers, quotes: _Quotes | None) -> Iterator[Change]:
    """What changes in one span of digits and gaps, in order; what is certain is not kept, as a span may be long."""
    changes: list[Change] = []
    left: list[Change] = []
    for piece in _PIECE.finditer(data, start, end):
        if not piece["run"]:
            continue
        first, last, digits = piece.start(), piece.end(), digits_of(piece[0])
        new = _whole_run(data, first, last, digits, numbers, quotes)
        if not new:
            left.append((first, last, digits))
        elif left:
            changes.append((first, last, written_like(piece[0], new)))
        else:
            yield first, last, written_like(piece[0], new)
    if numbers and len(left) > 1:
        changes = sorted(changes + _parted(data, left, numbers))
    yield from changes


def _whole_run(
    data: bytes, first: int, last: int, digits: bytes, numbers: PersonalNumbers, quotes: _Quotes | None
) -> bytes | None:
    """The new digits of one unbroken run, or None where it stays."""
    known = numbers.known(digits)
    if known:
        return known
    if len(digits) > 12:
        return _known_within(digits, numbers) if numbers else None
    if len(digits) not in KINDS or _is_part_of_more(data, first, last):
        return None
    if quotes and not quotes.hold(first):
        if not _TELLING_KEY.search(data, max(0, first - 40), first):
            return None
        numbers.learn(digits)
    return numbers.replacement(digits)


def _is_part_of_more(data: bytes, first: int, last: int) -> bool:
    """Whether a run of plain digits belongs to a UUID, a word of hex digits or a decimal."""
    before, after = data[max(0, first - 24) : first], data[last : last + 2]
    if after and (after[0] in _HEX_LETTERS or (after[0] == 0x2E and after[-1] in _DIGITS)):
        return True
    if not before:
        return False
    if before[-1] in _HEX_LETTERS:
        return not _ESCAPE_ENDED.search(before)
    if before[-1] == 0x2E:
        return before[-2:-1].isdigit()
    return before[-1] == 0x2D and bool(_UUID_BEGUN.search(before))


def _known_within(digits: bytes, numbers: PersonalNumbers) -> bytes | None:
    """A longer run with the known numbers in it replaced, or None when there is none."""
    changed, place = bytearray(digits), 0
    while place <= len(digits) - 11:
        size = next((size for size in (12, 11) if numbers.known(digits[place : place + size])), 0)
        if size:
            changed[place : place + size] = numbers.replacement(digits[place : place + size])
        place += size or 1
    return bytes(changed) if changed != digits else None


def _parted(data: bytes, runs: list[Change], numbers: PersonalNumbers) -> list[Change]:
    """Known numbers whose digits are the digits of several neighbouring runs."""
    changes: list[Change] = []
    place = 0
    while place < len(runs):
        count, new = _known_from(runs[place : place + 12], numbers)
        for first, last, digits in runs[place : place + count]:
            changes.append((first, last, written_like(data[first:last], new[: len(digits)])))
            new = new[len(digits) :]
        place += count or 1
    return changes


def _known_from(runs: list[Change], numbers: PersonalNumbers) -> tuple[int, bytes]:
    """How many of the first runs together are a known number, and its replacement; (0, b"") when they are none."""
    joined = b""
    for count, (_, _, digits) in enumerate(runs, 1):
        joined += digits
        new = numbers.known(joined)
        if new or len(joined) > 12:
            return (count, new) if new else (0, b"")
    return 0, b""


def _base64_replaced(token: bytes, numbers: PersonalNumbers) -> bytes:
    """A word of base64 with the numbers in it replaced. What comes before a slash may be a path and no base64."""
    found = _BASE64_DIGITS.search(token)
    if not found:
        return token
    starts = (0, *(sign.end() for sign in _BASE64_SIGN.finditer(token, 0, found.start())))
    for start in starts:
        if (found.start() - start) % 4 == 0:
            clean = _decoded_replaced(token[start:], numbers)
            if clean != token[start:]:
                return token[:start] + clean
    return token


def _decoded_replaced(token: bytes, numbers: PersonalNumbers) -> bytes:
    signs = b"-_" if b"-" in token or b"_" in token else b"+/"
    bare = token.rstrip(b"=")
    try:
        plain = base64.b64decode(bare + b"=" * (-len(bare) % 4), signs, validate=True)
    except binascii.Error:
        return token
    clean = _text_replaced(plain, numbers, _looks_like_json(plain))
    return token if clean is plain else base64.b64encode(clean, signs).rstrip(b"=") + token[len(bare) :]


def _rest_of_escape(data: bytes, start: int) -> int:
    """How many of the digits at `start` still belong to an escape (`%20`, `\\u3042`) that began before them."""
    begun = _ESCAPE_BEGUN.search(data, max(0, start - 5), start)
    if not begun:
        return 0
    json = begun["json"]
    length = 2 - len(begun["percent"]) if json is None else 4 - len(json)
    return length if data[start : start + length].isdigit() else 0


class _Quotes:
    """Tells, for rising places in a JSON text, whether they stand inside of a string."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0
        self._inside = False

    def hold(self, place: int) -> bool:
        part = self._data[self._place : place]
        if b"\\" in part:
            part = _ESCAPED.sub(b"", part)
        self._inside ^= bool(part.count(b'"') & 1)
        self._place = place
        return self._inside
