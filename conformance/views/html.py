"""The scorecard as one HTML page: no request leaves it, it reads without script, in Japanese or English, and in print.

Everything from the run is escaped, hidden characters are written out, and a Content-Security-Policy names the page's
one style sheet and one script by digest, so that nothing else runs even where escaping should ever fail.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from conformance.model import Level, Text
from conformance.views import characters, translations
from conformance.views.run_data import SHOWN, RunData, VerdictLine, tally

EVIDENCE_LIMIT = 20_000
OPEN_EVIDENCE = 3
_TEMPLATES = Path(__file__).parent / "templates"
_WEB = re.compile(r"https?://[^\s?#@]+$")


def render(run: RunData, docs_url: str | None = None) -> str:
    """The whole page. `docs_url`: where the site of the documents is, if not where the run file says."""
    style_text = text_of("page.css")
    script_text = text_of("language.js") + text_of("page.js")
    return (
        _scorecard_environment()
        .get_template("page.html.j2")
        .render(
            **values_of(run, docs_url),
            style=Markup(style_text),  # noqa: S704  our own file, and the policy below names its digest
            script=Markup(script_text),  # noqa: S704  the same
            policy=_policy(style_text, script_text),
            levels=tuple(Level),
        )
    )


def values_of(run: RunData, docs_url: str | None = None) -> dict[str, object]:
    """What the templates of a run's parts need, also where another page has them in it."""
    return {
        "run": run,
        "anchors": _Anchors(run),
        "kinds": SHOWN,
        "documentation": documentation(run, docs_url),
        "many": len({line.service for line in run.verdicts}) > 1,
    }


def documentation(run: RunData, given: str | None = None) -> str:
    """The site of the documents, ending in a slash; empty where none is known, or where it is no web address."""
    found = given or run.header.run_file.get("documentation")
    return f"{found.rstrip('/')}/" if isinstance(found, str) and _WEB.match(found) else ""


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def text_of(name: str) -> str:
    """A style sheet or script that the pages share (`page.css`, `language.js`), or a part of the scorecard."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def environment(*folders: Path) -> jinja2.Environment:
    """Templates of these folders, then of the views, in which every text is escaped and hidden characters shown."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, _TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_plain,
    )
    found.globals.update(
        t=lambda key, **values: both(translations.word(key, **values)),
        word=translations.word,
        named=translations.named,
        both=both,
        evidence=evidence,
    )
    return found


@cache
def _scorecard_environment() -> jinja2.Environment:
    found = environment()
    found.globals.update(run_globals())
    return found


def run_globals() -> dict[str, object]:
    """What the templates of a run's parts call."""
    return {
        "tally": tally,
        "percent": percent,
        "segments": segments,
        "groups": groups,
        "areas": areas,
        "titled": titled,
        "reasons": reasons,
        "pretty": lambda value: json.dumps(value, ensure_ascii=False, indent=2),
        "open_evidence": OPEN_EVIDENCE,
        "words": translations,
    }


def _plain(value: object) -> object:
    """Hidden characters never reach the page, whatever the expression was."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return characters.visible(str(value))
    return value


def both(text: Text) -> Markup:
    """A text in both languages, of which the page shows one; commands between backquotes as code."""
    if text.ja == text.en:
        return _code(text.ja)
    return Markup('<span lang="ja">{}</span><span lang="en">{}</span>').format(_code(text.ja), _code(text.en))


def _code(text: str) -> Markup:
    parts = [escape(characters.visible(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:  # an odd backquote is no code
        return Markup("`").join(parts)
    return Markup("").join(Markup("<code>{}</code>").format(p) if n % 2 else p for n, p in enumerate(parts))


def evidence(text: str) -> Markup:
    """A text from the wire: hidden characters written out, look-alikes noted beside them (not copied with the text)."""
    parts = (
        Markup('<span class="alike" data-is="{}">{}</span>').format(note, part) if note else escape(part)
        for part, note in characters.pieces(characters.visible(characters.shorten(text, EVIDENCE_LIMIT)))
    )
    return Markup("").join(parts)


def percent(part: int, whole: int) -> str:
    """A share, rounded down so that only all is 100 %."""
    return f"{part * 1000 // whole / 10:.1f} %" if whole else "–"


def segments(counts: dict[str, int], scale: int) -> list[tuple[str, float, float]]:
    """Verdict, offset and width of each part of a bar, in hundredths of the longest."""
    found, offset = [], 0.0
    for kind in SHOWN:
        if counts[kind]:
            width = 100 * counts[kind] / max(scale, 1)
            found.append((kind, round(offset, 3), round(width, 3)))
            offset += width
    return found


def groups(verdicts: Iterable[VerdictLine], *fields: str) -> list[tuple[tuple[str, ...], list[VerdictLine]]]:
    """Verdicts by the values of some fields, in the order in which these first appear."""
    found: dict[tuple[str, ...], list[VerdictLine]] = {}
    for line in verdicts:
        found.setdefault(tuple(str(getattr(line, field)) for field in fields), []).append(line)
    return list(found.items())


def areas(verdicts: Iterable[VerdictLine]) -> list[tuple[str, Text]]:
    """The areas of the verdicts with their titles, in the order in which they first appear."""
    found: dict[str, Text] = {}
    for line in verdicts:
        found.setdefault(line.area, line.area_words)
    return list(found.items())


def titled(prefix: str, names: Iterable[str]) -> list[tuple[str, Text]]:
    """Names with their words."""
    return [(name, translations.named(prefix, name)) for name in names]


def reasons(verdicts: Iterable[VerdictLine]) -> list[tuple[Text, list[VerdictLine]]]:
    """Verdicts by their reason, the reason of most requirements first."""
    found: dict[tuple[str, str], list[VerdictLine]] = {}
    none = translations.word("reason_none")
    for line in verdicts:
        reason = line.reason or none
        found.setdefault((reason.ja, reason.en), []).append(line)
    return [(Text(*key), lines) for key, lines in sorted(found.items(), key=lambda item: -len(item[1]))]


class _Anchors:
    """The permanent names of requirements within the page: `COM-VAL-001`, then `service.COM-VAL-001`."""

    def __init__(self, run: RunData) -> None:
        self._names: dict[tuple[str, str], str] = {}
        taken: set[str] = set()
        for line in run.verdicts:
            name = _safe(line.requirement)
            if name in taken:
                name = f"{_clean(line.service)}.{name}"
            while name in taken:
                name += "_"
            taken.add(name)
            self._names.setdefault((line.service, line.requirement), name)

    def of(self, line: VerdictLine) -> str:
        """The anchor of a requirement."""
        return self._names[line.service, line.requirement]

    def find(self, service: str, requirement: str) -> str | None:
        """The anchor of a requirement that another one names; nothing where the page does not have it."""
        return self._names.get((service, requirement))


def _safe(name: str) -> str:
    """A name fit for `id` and `#fragment`; it never meets the page's own ids, which are in small letters."""
    cleaned = _clean(name)
    return cleaned if re.match(r"[A-Z]", cleaned) else f"R-{cleaned}"


def _clean(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:80]
