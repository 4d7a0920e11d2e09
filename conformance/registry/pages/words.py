"""The words of the pages: those of the views, and their own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from conformance.model import Text
from conformance.views import translations

TEMPLATES: Final = Path(__file__).parent / "templates"
WORDS: Final = {**translations.WORDS, **translations.read_words(TEMPLATES / "words.txt")}


def word(key: str, **values: object) -> Text:
    """A word or sentence by its key, with `{values}` filled in. Raises `KeyError` for an unknown key."""
    found = WORDS[key]
    return Text(found.ja.format(**values), found.en.format(**values)) if values else found


def named(prefix: str, name: str) -> Text:
    """The word for a name out of a record; the name itself where there is none."""
    return WORDS.get(f"{prefix}.{name}") or Text(name, name)
