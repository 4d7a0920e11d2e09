"""Characters that deceive the eye: hidden ones are written out, look-alikes are found, before a view shows a text.

Evidence comes from the system under test. A direction override can turn a line around, a control character can end
an XML document, a zero-width one can hide a difference. None of them reaches a reader as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# C0 without tab and newline, DEL and C1; soft hyphen; Arabic letter mark; Hangul and Mongolian fillers; zero-width
# and direction controls; line and paragraph separators; surrogates; annotation and tag characters; noncharacters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
# A base with variation selectors or combining marks; a compatibility ideograph; a space that is not the usual one.
_ALIKE = re.compile(
    "(?:\\S?[\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
    "|[\uf900-\ufaff\U0002f800-\U0002fa1f]|[\u00a0\u2000-\u200a\u202f\u205f])"
)


def visible(text: str) -> str:
    """The text with every hidden character written out as `⟦U+202E⟧`; tabs and newlines stay."""
    return _HIDDEN.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """The text on a single line, hidden characters written out."""
    return " ".join(visible(text).split())


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, with a mark that says how many were left out."""
    return text if len(text) <= limit else f"{text[:limit]}… (+{len(text) - limit:,})"


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """Parts of a text, each with a note: empty, or the code points that tell it from what looks the same."""
    end = 0
    for found in _ALIKE.finditer(text):
        if found.start() > end:
            yield text[end : found.start()], ""
        yield found[0], " ".join(_name(c) for c in found[0] if _ALIKE.fullmatch(c))
        end = found.end()
    if end < len(text):
        yield text[end:], ""


def _name(character: str) -> str:
    code = ord(character)
    if 0xE0100 <= code <= 0xE01EF:
        return f"VS{code - 0xE0100 + 17}"
    if 0xFE00 <= code <= 0xFE0F:
        return f"VS{code - 0xFE00 + 1}"
    return f"U+{code:04X}"
