"""A badge that says the standing in words, as SVG: for a README or a page, in Japanese or English."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from conformance.views import translations
from conformance.views.characters import one_line, shorten
from conformance.views.run_data import RunData
from conformance.views.translations import spoken

# White text on each of these has a contrast of at least 4.5 (WCAG 2.2, 1.4.3).
COLOURS: Final = {
    "conforming": "#0a6b4e",
    "conforming-with-observations": "#0a6b4e",
    "incomplete": "#855700",
    "non-conforming": "#b3261e",
}
_LABEL: Final = "#3a434d"
_FONT: Final = "Verdana, 'DejaVu Sans', 'Hiragino Sans', 'Noto Sans CJK JP', Meiryo, sans-serif"
_LABEL_LIMIT: Final = 40


@dataclass(frozen=True)
class Badge:
    """What a badge shows: a label and a value, each on its colour; `about` is told in its title only."""

    label: str
    value: str
    colour: str
    about: tuple[str, ...] = ()
    label_colour: str = _LABEL


def render(run: RunData, language: str) -> str:
    """The badge of a run in `ja` or `en`; its title also says who was tested and when."""
    value = spoken(translations.standing_word(run), language)
    return draw(Badge(_label(run, language), value, COLOURS[run.standing], _about(run, language)), language)


def draw(badge: Badge, language: str) -> str:
    """A badge as SVG, whatever its texts are."""
    left, right = _width(badge.label), _width(badge.value)
    title = one_line(" · ".join(part for part in (f"{badge.label}: {badge.value}", *badge.about) if part))
    size = {"width": str(left + right), "height": "20", "viewBox": f"0 0 {left + right} 20"}
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "lang": language, "role": "img"} | size)
    svg.set("aria-label", title)
    ET.SubElement(svg, "title").text = title
    clip = ET.SubElement(svg, "clipPath", {"id": "round"})
    ET.SubElement(clip, "rect", {"width": str(left + right), "height": "20", "rx": "3"})
    group = ET.SubElement(svg, "g", {"clip-path": "url(#round)"})
    ET.SubElement(group, "rect", {"width": str(left), "height": "20", "fill": badge.label_colour})
    ET.SubElement(group, "rect", {"x": str(left), "width": str(right), "height": "20", "fill": badge.colour})
    words = ET.SubElement(svg, "g", {"fill": "#fff", "font-family": _FONT, "font-size": "11", "text-anchor": "middle"})
    for text, start, width in ((badge.label, 0, left), (badge.value, left, right)):
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
