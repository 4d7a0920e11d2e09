"""Pages as text: templates in the look of the scorecard, in one language each."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import jinja2
from markupsafe import Markup

from conformance import __version__
from conformance.expression import JST
from conformance.model import Text
from conformance.registry.actors import Act
from conformance.registry.pages import offers, refusing, sessions
from conformance.registry.pages.acting import DONE
from conformance.registry.pages.forms import FIELDS
from conformance.registry.pages.visits import LANGUAGES, PER_PAGE, Shown, Visit
from conformance.registry.pages.words import TEMPLATES, named, word
from conformance.views import html, translations

_STATIC: Final = Path(__file__).parent / "static"
_SAME: Final = frozenset({"offset", "lang", DONE})


@cache
def assets() -> Mapping[str, tuple[bytes, str]]:
    """The files that pages load, with their media types: our style, and htmx."""
    style = html.text_of("page.css") + (TEMPLATES / "pages.css").read_text("utf-8")
    return {
        "pages.css": (style.encode(), "text/css; charset=utf-8"),
        "htmx.min.js": ((_STATIC / "htmx.min.js").read_bytes(), "text/javascript; charset=utf-8"),
        "htmx.LICENSE": ((_STATIC / "htmx.LICENSE").read_bytes(), "text/plain; charset=utf-8"),
    }


def asset(name: str) -> str:
    """The address of a file; another one when the file is another."""
    return f"/assets/{name}?v={hashlib.sha256(assets()[name][0]).hexdigest()[:12]}"


@cache
def _environment() -> jinja2.Environment:
    found = html.environment(TEMPLATES)
    found.globals.update(html.run_globals())
    found.globals.update(
        asset=asset, name_of=named, titled_as=titled, when=when, day=day, version=__version__, icon_of=_ICONS,
        per_page=PER_PAGE, sentences=refusing.sentences,
    )  # fmt: skip
    return found


_ICONS: Final[Mapping[str, str]] = {
    "submitted": "not_tested", "verified": "observation", "under_review": "inconclusive", "stated": "pass",
    "stated_with_conditions": "pass", "refused": "fail", "expired": "inconclusive", "superseded": "not_applicable",
    "withdrawn": "not_applicable", "valid": "pass", "proposed": "inconclusive", "approved": "observation",
    "used": "waived", "active": "waived", "unused": "inconclusive", "ended": "inconclusive", "to_come": "not_tested",
    "late": "fail",
    "drafted": "not_tested", "dropped": "not_applicable", "issued": "observation", "acknowledged": "observation",
    "plan_received": "observation", "escalated": "fail", "remedied": "pass", "closed": "pass",
    "conforming": "pass", "conforming-with-observations": "pass", "incomplete": "inconclusive",
    "non-conforming": "fail", "not_stated": "inconclusive", "genuine": "pass",
}  # fmt: skip
"""How a state looks beside its word: colour and sign."""


def titled(prefix: str, names: Iterable[str]) -> list[tuple[str, Text]]:
    """Names with their words."""
    return [(name, named(prefix, name)) for name in names]


def when(at: dt.datetime) -> Markup:
    """A moment in Japan's time, short."""
    here = at.astimezone(JST)
    return Markup('<time datetime="{}">{} JST</time>').format(here.isoformat(), f"{here:%Y-%m-%d %H:%M}")


def day(at: dt.date) -> Markup:
    """A day; of a moment the one in Japan."""
    found = at.astimezone(JST).date() if isinstance(at, dt.datetime) else at
    return Markup('<time datetime="{}">{}</time>').format(found.isoformat(), found.isoformat())


def render(visit: Visit, shown: Shown) -> str:
    """The whole page."""

    def both(text: Text) -> Markup:
        return html.both(Text(*[visit.say(text)] * 2))

    def say(key: str, **values: object) -> Markup:
        return both(word(key, **values))

    return (
        _environment()
        .get_template(shown.template)
        .render(
            **shown.values,
            visit=visit,
            lang=visit.lang,
            title=visit.say(shown.title),
            both=both,
            t=say,
            plain=lambda key, **values: visit.say(word(key, **values)),
            named=translations.named,
            may=lambda act: offers.may(visit.actor, Act(act)),
            form_token=sessions.form_token(visit.session) if visit.session else "",
            languages=[(name, _address(visit, lang=name)) for name in LANGUAGES],
            at=lambda **changed: _address(visit, **changed),
            done=word(f"op.{told}") if (told := visit.query.get(DONE, "")) in FIELDS else None,
        )
    )


def _address(visit: Visit, **changed: object) -> str:
    """This page with another query: what it is narrowed to stays."""
    kept = {name: value for name, value in visit.query.items() if name not in _SAME and value}
    told = {**kept, **{name: value for name, value in changed.items() if value not in ("", None)}}
    return quote(visit.address) + (f"?{urlencode(told)}" if told else "")
