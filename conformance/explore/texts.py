"""Strategies for texts as people write them: digits, kana, kanji, one character many times, any allowed length.

A schema's own strategy draws from all of Unicode, and mostly short texts. Faults hide in what people write: a lot
number with three sevens, a name of just the length at which a column ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

_CLASSES: Mapping[str, st.SearchStrategy[str]] = {
    "0": st.sampled_from("0123456789"),
    "a": st.sampled_from("abcdefghijklmnopqrstuvwxyz"),
    "A": st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "ア": st.characters(min_codepoint=0x30A1, max_codepoint=0x30F6),
    "あ": st.characters(min_codepoint=0x3041, max_codepoint=0x3096),
    "亜": st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    "𠀀": st.characters(min_codepoint=0x20000, max_codepoint=0x2A6DF),
    "-": st.sampled_from("-‐ー・.,'/() 　&<>\"%+;:_番号丁目"),
}
"""A character of each class, and a strategy for all of them."""
_LONGEST = 400
_PLAIN_FORMATS = frozenset({"mj-text", "katakana-name"})


def is_text(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is about free text: not a code, date or number in the form of a text."""
    kinds = schema.get("type")
    plain = kinds == "string" or (isinstance(kinds, list) and "string" in kinds)
    named = schema.get("format")
    return plain and "enum" not in schema and "const" not in schema and (named is None or named in _PLAIN_FORMATS)


def texts(schema: Mapping[str, Any], fits: Callable[[str], bool]) -> st.SearchStrategy[str] | None:
    """A strategy of texts, most of which a schema accepts; None where it accepts none of any class."""
    shortest = max(1, int(schema.get("minLength", 0)))
    longest = min(int(schema.get("maxLength", 60)), _LONGEST)
    if longest < shortest:
        return None
    classes = [strategy for sample, strategy in _CLASSES.items() if fits(sample * shortest)]
    if not classes:
        return None
    character = st.one_of(classes)
    length = st.integers(shortest, longest)
    one_class = st.sampled_from(range(len(classes))).flatmap(lambda index: _of(classes[index], length))
    return st.one_of(
        one_class,
        _of(character, length),
        st.builds(lambda c, n: c * n, character, length),
        st.builds(_inserted, _of(character, st.integers(shortest, min(longest, shortest + 12))), character, st.integers(
            1, 5)).filter(lambda text: len(text) <= longest),
    )  # fmt: skip


def _of(character: st.SearchStrategy[str], length: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    return length.flatmap(lambda n: st.lists(character, min_size=n, max_size=n).map("".join))


def _inserted(text: str, character: str, times: int) -> str:
    """A text with one character several times in its middle."""
    half = len(text) // 2
    return text[:half] + character * times + text[half:]
