"""A badge that says the standing in words, as SVG: for a README or a page, in Japanese or English."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree as ET

from conformance.views import translations
from conformance.views.characters import one_line, shorten
from conformance.views.run_data import RunData
from conformance.views.translations import spoken

# White text on each of these has a contrast of at least 4.5 (WCAG 2.2, 1.4.3).
_COLOURS = {
    "conforming": "#0a6b4e",
    "conforming-with-observations": "#0a6b4e",
    "incomplete": "#855700",
    "non-conforming": "#b3261e",
}
_FONT = "Verdana, 'DejaVu Sans', 'Hiragino Sans', 'Noto Sans CJK JP', Meiryo, sans-serif"
_LABEL_LIMIT = 40


def render(run: RunData, language: str) -> str:
    """The badge in `ja` or `en`; its title also says who was tested and when."""
    label, value = _label(run, language), spoken(translations.standing_word(run), language)
    left, right = _width(label), _width(value)
    title = one_line(" · ".join(part for part in (f"{label}: {value}", *_about(run, language)) if part))
    size = {"width": str(left + right), "height": "20", "viewBox": f"0 0 {left + right} 20"}
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "lang": language, "role": "img"} | size)
    svg.set("aria-label", title)
    ET.SubElement(svg, "title").text = title
    clip = ET.SubElement(svg, "clipPath", {"id": "round"})
    ET.SubElement(clip, "rect", {"width": str(left + right), "height": "20", "rx": "3"})
    group = ET.SubElement(svg, "g", {"clip-path": "url(#round)"})
    ET.SubElement(group, "rect", {"width": str(left), "height": "20", "fill": "#3a434d"})
    ET.SubElement(group, "rect", {"x": str(left), "width": str(right), "height": "20", "fill": _COLOURS[run.standing]})
    words = ET.SubElement(svg, "g", {"fill": "#fff", "font-family": _FONT, "font-size": "11", "text-anchor": "middle"})
    for text, start, width in ((label, 0, left), (value, left, right)):
        place = {
            "x": f"{start + width / 2:g}",
            "y": "14",
            "textLength": str(width - 14),
            "lengthAdjust": "spacingAndGlyphs",
        }
        ET.SubElement(words, "text", place).text = text
    return ET.tostring(svg, encoding="unicode") + "\n"


def _label(run: RunData, language: str) -> str:
    services = run.header.services
    if len(services) != 1:
        return spoken(translations.word("test"), language)
    return shorten(one_line(f"{spoken(services[0].title, language)} {services[0].version}"), _LABEL_LIMIT)


def _about(run: RunData, language: str) -> tuple[str, ...]:
    body = run.header.body.name if run.header.body else ""
    return body, run.header.product, spoken(translations.moment(run.header.created), language)


def _width(text: str) -> int:
    """Pixels that a text takes at 11 px, with 7 px on each side; wide characters (UAX #11) take a full em."""
    wide = sum(unicodedata.east_asian_width(character) in "WFA" for character in text)
    return round(11 * wide + 6.6 * (len(text) - wide)) + 14
