"""A document as it is set: headings, paragraphs and rows of text in one language; nothing in it is markup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from conformance.expression import JST
from conformance.model import Text
from conformance.views.characters import shorten, visible
from conformance.views.translations import moment, read_words, spoken

Language = Literal["ja", "en"]
WORDS: Final = read_words(Path(__file__).parent / "words.txt")
LONGEST: Final = 4000
"""Characters in one text; what is longer says how much was left out."""
_LIMITS: Final = {
    "footer": 120,
    **dict.fromkeys(("title", "subject", "author", "number", "heading", "label", "caption"), 300),
}
"""The same, for what stands above or beside others, and is never empty."""


class Row(msgspec.Struct, frozen=True):
    """A label and its value; `code` for what a reader compares character by character."""

    label: str
    value: str
    code: bool = False


class Part(msgspec.Struct, frozen=True):
    """A heading with paragraphs, rows, and parts of its own."""

    heading: str
    text: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    parts: tuple[Part, ...] = ()


class Code(msgspec.Struct, frozen=True):
    """An address to be set as QR code, and what stands below it."""

    url: str
    caption: str


class Document(msgspec.Struct, frozen=True):
    """The whole of it. `made` is its date; `banner` warns the reader, if there is anything to warn of."""

    lang: Language
    title: str
    subject: str
    author: str
    number: str
    made: dt.datetime
    lead: tuple[str, ...]
    banner: str
    parts: tuple[Part, ...]
    notice: str
    footer: str
    qr: Code | None = None


class Words:
    """The words of one language."""

    def __init__(self, lang: Language) -> None:
        self.lang: Language = lang

    def __call__(self, key: str, **values: object) -> str:
        """A word or sentence by its key. Raises `KeyError`."""
        return self.said(WORDS[key]).format(**values)

    def said(self, text: Text | Mapping[str, str]) -> str:
        """A text in this language, also as JSON has it."""
        return text[self.lang] if isinstance(text, Mapping) else spoken(text, self.lang)

    def when(self, at: dt.datetime) -> str:
        """A moment, as the clocks in Japan show it."""
        return self.said(moment(at.astimezone(JST).isoformat()))

    def day(self, day: dt.date) -> str:
        """A day of the calendar."""
        return f"{day.year}年{day.month}月{day.day}日" if self.lang == "ja" else f"{day.day} {day:%B %Y}"

    def row(self, key: str, value: str, *, code: bool = False) -> Row:
        """A row with the word of a key as label."""
        return Row(self(key), value, code)


def plain(value: Any, name: str = "") -> Any:
    """Every text in a value of JSON with hidden characters written out, and of bounded length; `name` is its key."""
    if isinstance(value, str):
        told = shorten(visible(value), _LIMITS.get(name, LONGEST))
        return told or ("–" if name in _LIMITS else "")
    if isinstance(value, dict):
        return {key: plain(each, key) for key, each in value.items()}
    return [plain(each, name) for each in value] if isinstance(value, list | tuple) else value
