"""A PDF as a test looks at it: its text, its fonts, its codes, and what stands beyond its edge."""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2
import pypdfium2.raw as raw
import zxingcpp


class Pdf:
    """A document that was opened."""

    def __init__(self, content: bytes) -> None:
        self._document = pypdfium2.PdfDocument(content)
        self.content = content
        self.pages = list(self._document)
        self.about = self._document.get_metadata_dict()

    def text(self) -> str:
        """All that can be selected, without the breaks of lines."""
        told = "".join(page.get_textpage().get_text_range() for page in self.pages)
        return told.replace("\r\n", "").replace("\ufffe", "")

    def codes(self) -> list[str]:
        """What the codes on the first page say."""
        image = self.pages[0].render(scale=3, grayscale=True)
        shown = memoryview(image.buffer).cast("B").cast("B", (image.height, image.stride))
        return [found.text for found in zxingcpp.read_barcodes(shown)]

    def outside(self) -> list[tuple[float, ...]]:
        """Where text stands that is not within its page."""
        found = []
        for page in self.pages:
            width, height = page.get_size()
            for each in page.get_objects([raw.FPDF_PAGEOBJ_TEXT]):
                left, bottom, right, top = each.get_bounds()
                if left < 0 or bottom < 0 or right > width or top > height:
                    found.append((left, bottom, right, top))
        return found

    def fonts(self) -> dict[str, bool]:
        """The fonts in use, and whether each is embedded."""
        return {
            _name(font): raw.FPDFFont_GetIsEmbedded(font) == 1
            for page in self.pages
            for each in page.get_objects([raw.FPDF_PAGEOBJ_TEXT])
            if (font := raw.FPDFTextObj_GetFont(each))
        }


def _name(font: Any) -> str:
    size = raw.FPDFFont_GetBaseFontName(font, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFFont_GetBaseFontName(font, buffer, size)
    return buffer.value.decode()
