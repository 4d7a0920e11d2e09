"""Sets one document in a process of its own, with bounds on memory and time: its texts were written by others.

`python -m conformance.registry.exports.typesetting_process MEMORY CPU` reads a `Document` as JSON and writes a PDF that
is tagged (PDF/UA-1, ISO 14289-1), has its fonts embedded, and is the same for the same document and fonts.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import msgspec
import segno
import typst

from conformance.registry.exports.document import Document
from conformance.registry.exports.typesetting import NO_FONT

_TEMPLATE: Final = Path(__file__).parent / "document.typ"
_MINCHO: Final = ("Noto Serif CJK JP", "Noto Serif JP", "IPAexMincho", "IPAMincho")
_GOTHIC: Final = ("Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "IPAGothic")


def main(arguments: list[str]) -> int:
    """Read, set, write; the exit code."""
    memory, seconds = map(int, arguments)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    document = msgspec.json.decode(sys.stdin.buffer.read(), type=Document)
    fonts = typst.Fonts()
    chosen = japanese(fonts.families())
    if chosen is None:
        return NO_FONT
    sys.stdout.buffer.write(pdf(document, fonts, chosen))
    return 0


def japanese(families: Collection[str]) -> dict[str, list[str]] | None:
    """Fonts for running text and for headings out of those that there are; None where none is Japanese."""
    mincho, gothic = ([name for name in known if name in families] for known in (_MINCHO, _GOTHIC))
    if not (mincho or gothic):
        return None
    return {"mincho": (mincho or gothic)[:1], "gothic": (gothic or mincho)[:1]}


def pdf(document: Document, fonts: typst.Fonts, chosen: dict[str, list[str]]) -> bytes:
    """The document as PDF."""
    told: dict[str, Any] = {**msgspec.to_builtins(document), "fonts": chosen}
    if document.qr is not None:
        told["qr"]["svg"] = segno.make(document.qr.url, error="m", micro=False).svg_inline(border=2)
    compiler = typst.Compiler(_TEMPLATE, font_paths=fonts, sys_inputs={"document": msgspec.json.encode(told).decode()})
    made = compiler.compile(format="pdf", timestamp=int(document.made.timestamp()), pdf_standards=["ua-1"])
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
