"""What a description promises of values that the schema does not have: that they are taken all the same.

`enum: [en]` beside "a language that is not supported is ignored" is no promise of a refusal. Only a sentence that says
both counts, which other values it is about and what becomes of them, and only where it speaks of no error. It takes
claims away and never adds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

OTHERS = "x-other-values"
"""Keyword of a formed schema: the sentence of its document that takes other values, too."""
_MOST = 20_000
_LONGEST = 600
_SENTENCE = re.compile(r"(?<=[!?;])\s+|(?<=[^.][^.]\.)\s+(?=[A-Z`'\"*(-])|[。\n]\s*")
_ERROR = re.compile(
    r"\b4(?:\d\d|xx)\b|error|reject|refus|denie|fail|exception|throw|raise|エラー|拒否|失敗", re.IGNORECASE
)
_WHEN = re.compile(r"\b(?:if|when|whenever|where|unless|in case|should|for|that|which)\b", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:unknown|unsupported|unrecogni[sz]ed|invalid|illegal|malformed|out[ -]of[ -]range"
    r"|(?:is|are|was|were)(?:\s+not|n't)\s+(?:\w+\s+){0,2}?(?:supported|known|recogni[sz]ed|understood|available|valid"
    r"|allowed|listed|among|one of|in the list|in this list)"
    r"|(?:any |all )?other values?)\b",
    re.IGNORECASE,
)
_NOUN = re.compile(
    r"(?<=values)|(?<=value)|\s+(?!(?:is|are|was|were|will|can|may|when|if|for|and|by)\b)[a-z]", re.IGNORECASE
)
"""What makes an adjective speak of values, and keeps `unknown` from being one of them."""
_TAKEN = re.compile(
    r"(?<!not )(?<!never )(?<!n't )(?:\b(?:ignored|disregarded|skipped|clamped|capped|has no effect|have no effect)\b"
    r"|\b(?:sets?|returns?|reverts?|uses?)\b[^.]{0,30}\bdefault\b|\bdefaults?\s+to\b|\bfalls?\s?-?back\b|\bfalling\s+back\b"
    r"|\b(?:be|is|are)\s+(?:used|taken|treated|interpreted|assumed|applied|replaced|reset|coerced)\b)",
    re.IGNORECASE,
)
_JAPANESE = re.compile(
    r"(?:以外|対応していない|対応しない|未対応|サポートしていない|サポートされていない|不明な|不正な|無効な|未知の|認識できない|範囲外)"
    r".*(?:無視(?!しない|せず)|既定値|デフォルト|とみな|として扱)"
)


def other_values_taken(description: Any) -> str:
    """The sentence of a description by which other values are taken; nothing where there is none."""
    for sentence in _sentences(description) if isinstance(description, str) else ():
        if not _ERROR.search(sentence) and (_JAPANESE.search(sentence) or _takes(sentence)):
            return sentence
    return ""


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(text[:_MOST]):
        if len(sentence) <= _LONGEST:
            yield sentence.strip()


def _takes(sentence: str) -> bool:
    """Whether what becomes of other values stands behind them, or before a condition that is about them."""
    for other in _OTHER.finditer(sentence):
        before, after = sentence[: other.start()], sentence[other.end() :]
        named = not other[0].lower().startswith(("is", "are", "was", "were")) and _NOUN.match(sentence, other.end())
        if (named or _WHEN.search(before)) and _TAKEN.search(after):
            return True
        taken = _TAKEN.search(before)
        if taken and _WHEN.search(before[taken.end() :]):
            return True
    return False
