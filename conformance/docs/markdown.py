"""The descriptions of documents (CommonMark) as HTML: no markup of their own, no pictures, no scripts."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

from conformance.views.characters import visible

_NUMBER = re.compile(r"(\d+)\. ")
_DEEPER = 2
"""Headings stand below those of the page."""


@cache
def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image"])


def paragraphs(text: str, anchors: str = "") -> Markup:
    """A text with blocks; numbered headings get the id `{anchors}-3` where `anchors` is given."""
    renderer = _renderer()
    tokens = renderer.parse(visible(text))
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type not in {"heading_open", "heading_close"}:
            continue
        token.tag = f"h{min(int(token.tag[1]) + _DEEPER - 1, 6)}"
        number = _NUMBER.match(following.content) if following is not None and anchors else None
        if token.type == "heading_open" and number:
            token.attrSet("id", f"{anchors}-{number[1]}")
    return Markup(renderer.renderer.render(tokens, renderer.options, {}))  # noqa: S704  made with html: False


def line(text: str) -> Markup:
    """A text without blocks, for a cell of a table."""
    return Markup(_renderer().renderInline(visible(" ".join(text.split()))))  # noqa: S704  the same
