"""Badges of a system: whether a statement of conformity stands for it, or how its latest published run ended.

The two never look alike: what is stated has a blue label and names its last day, a run has the grey one of all runs and
says that it is a run. A run is published with the statement that was made on it, and not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from conformance.expression import JST
from conformance.registry.bodies import body
from conformance.registry.exports.document import Language, Words
from conformance.registry.exports.statement_document import Stated, signed
from conformance.registry.holdings import System, version
from conformance.registry.office import Office
from conformance.registry.statements import Statement, StatementState, of_system
from conformance.views.badge import COLOURS, Badge, draw
from conformance.views.translations import moment, named

_STATED: Final = "#1f3a6e"
_GOOD, _WARNING, _GONE, _BAD = "#0a6b4e", "#855700", "#5b6570", "#b3261e"
_OF_STATE: Final = {
    StatementState.EXPIRED: _GONE,
    StatementState.SUPERSEDED: _GONE,
    StatementState.WITHDRAWN: _BAD,
}


@dataclass(frozen=True)
class Shown:
    """A system with what its badge may tell: its product, its body, and the statement that counts, if there is one."""

    product: str
    body: str
    latest: Stated | None
    """On the latest run that is published."""
    counts: Stated | None
    """The one that stands; where none does, the one that did last."""


def find(connection: sa.Connection, office: Office, system: System) -> Shown:
    """What is published of a system."""
    found = [_stated(each, office) for each in of_system(connection, system.body_code, system.version_id)]
    about = [stated for stated in found if any(entry["service"] == system.service for entry in stated.own["scope"])]
    standing = [stated for stated in about if stated.stands is StatementState.VALID]
    last = [stated for stated in about if stated.stands is not StatementState.SUPERSEDED]
    return Shown(
        version(connection, system.version_id).full_name,
        body(connection, system.body_code).name,
        about[0] if about else None,
        next(iter(standing or last or about), None),
    )


def _stated(statement: Statement, office: Office) -> Stated:
    return Stated(statement, signed(statement.envelope), statement.stands(office.now()), {})


def statement_badge(shown: Shown, lang: Language) -> str:
    """Whether a statement stands, as SVG."""
    words, stated = Words(lang), shown.counts
    label, about = words("badge_statement"), (shown.product, shown.body)
    if stated is None:
        return draw(Badge(label, words("badge_none"), _GONE, about, _STATED), lang)
    if stated.stands is not StatementState.VALID:
        return draw(Badge(label, words(f"badge_{stated.stands}"), _OF_STATE[stated.stands], about, _STATED), lang)
    conditions = bool(stated.own["conditions"] or stated.own["waived"])
    until = words.day(stated.statement.valid_until.astimezone(JST).date())
    value = words("badge_conditions" if conditions else "badge_valid", until=until)
    return draw(Badge(label, value, _WARNING if conditions else _GOOD, about, _STATED), lang)


def run_badge(shown: Shown, lang: Language) -> str:
    """How the latest published run ended, as SVG; whatever was waived does not count."""
    words, stated = Words(lang), shown.latest
    label, about = words("badge_run"), (shown.product, shown.body)
    if stated is None:
        return draw(Badge(label, words("badge_none"), _GONE, about), lang)
    run = stated.own["run"]
    value = words.said(named("s", run["standing"]))
    return draw(Badge(label, value, COLOURS[run["standing"]], (*about, words.said(moment(run["created"])))), lang)
