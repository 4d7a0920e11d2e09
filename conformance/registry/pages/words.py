"""The words of the pages: those of the views, the names that refusals have, too, and their own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from conformance.model import Text
from conformance.registry.names import NAMES
from conformance.views import translations

TEMPLATES: Final = Path(__file__).parent / "templates"
WORDS: Final = {**translations.WORDS, **NAMES, **translations.read_words(TEMPLATES / "words.txt")}
_PLACE: Final = re.compile(r"([a-z_]+)(?:\[(\d{1,3})\])?(?:\.(ja|en))?")


def word(key: str, **values: object) -> Text:
    """A word or sentence by its key, with `{values}` filled in. Raises `KeyError` for an unknown key."""
    found = WORDS[key]
    return Text(found.ja.format(**values), found.en.format(**values)) if values else found


def named(prefix: str, name: str) -> Text:
    """The word for a name out of a record; the name itself where there is none."""
    return WORDS.get(f"{prefix}.{name}") or Text(name, name)


def field(where: str) -> Text:
    """The label of the field that a refusal names, as `basis.ja` or `conditions[0].en`; the name where it has none."""
    found = _PLACE.fullmatch(where)
    if found is None or f"f.{found[1]}" not in WORDS:
        return Text(where, where)
    label, number = WORDS[f"f.{found[1]}"], f" {int(found[2]) + 1}" if found[2] else ""
    lang = word(f"w.in_{found[3]}") if found[3] else Text("", "")
    ja, en = label.ja.partition("（")[0], label.en.partition(" (")[0]  # what is in brackets says how to fill it in
    return Text(
        f"{ja}{number}（{lang.ja}）" if lang.ja else f"{ja}{number}",
        f"{en}{number} ({lang.en})" if lang.en else f"{en}{number}",
    )
