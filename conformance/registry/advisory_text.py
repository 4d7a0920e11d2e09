"""What an advisory says: to whom, by which instrument, what was found, by when to answer. In Japanese and English.

It is a document of the registry, prepared for the agency. It never claims a legal effect by itself, and names a clause
of law only where a person has entered it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from conformance.model import Level, Source, Text, VerdictKind
from conformance.registry.bodies import MINISTRY, Body
from conformance.registry.holdings import Version
from conformance.registry.judged import Judged

NATIONAL: Final = frozenset({MINISTRY})
INSTRUMENTS: Final[Mapping[str, Text]] = {
    "advisory": Text("勧告(国の行政機関の長に対するもの)", "Advisory to the head of a national administrative organ"),
    "technical advice": Text("技術的助言(地方公共団体に対するもの)", "Technical advice to a local body"),
}
"""The power of advisory reaches national organs alone; a local body is given technical advice."""
NO_POWER: Final = Text(
    "本書は登録簿が作成した文書であり、それ自体は法的な権限の行使ではありません。根拠は「根拠」欄に担当者が記載したものに限ります。",
    "The registry has prepared this document; it is no exercise of legal power by itself. Its basis is what the person "
    "in charge has entered under 'Basis', and nothing else.",
)


class Found(msgspec.Struct, frozen=True):
    """One finding: the requirement with its clause, what the evidence shows, and what to do."""

    service: str
    requirement: str
    title: Text
    statement: Text
    source: Source
    expected: str
    actual: str
    remedy: Text
    message: Text | None = None


class Content(msgspec.Struct, frozen=True):
    """An advisory as it is sent. `evidence` is the digest of what the findings rest on."""

    instrument: str
    basis: Text
    body: Body
    vendor: str
    product: str
    run_id: str
    evidence: str
    judged_with: str
    findings: tuple[Found, ...]
    plan: str = ""

    @property
    def instrument_name(self) -> Text:
        """The instrument in words."""
        return INSTRUMENTS[self.instrument]


def instrument(body_type: str) -> str:
    """The instrument for a type of body."""
    return "advisory" if body_type in NATIONAL else "technical advice"


def compose(body: Body, version: Version, run_id: str, evidence: str, judged: Judged, basis: Text) -> Content:
    """The advisory on what a run fell short in; requirements that are only recommended are left out."""
    return Content(
        instrument(body.type),
        basis,
        body,
        version.vendor,
        version.full_name,
        run_id,
        evidence,
        f"conformance {judged.suite}",
        tuple(
            Found(
                short.service,
                short.requirement,
                short.title,
                short.statement,
                short.source,
                short.expected,
                short.actual,
                _remedy(short.requirement, short.statement),
                short.message,
            )
            for short in judged.short
            if short.verdict is VerdictKind.FAIL and short.level is not Level.RECOMMENDED
        ),
    )


def _remedy(requirement: str, statement: Text) -> Text:
    return Text(
        f"次を満たすよう改修し、範囲を絞らない新しい試験結果を提出してください({requirement})。{statement.ja}",
        f"Change the system so that this holds, and submit a new run, not narrowed ({requirement}): {statement.en}",
    )


def render(content: Content, facts: Mapping[str, str], answer_by: dt.date, remedy_by: dt.date | None) -> str:
    """The advisory as one page in both languages; nothing in it runs, whatever its texts are. `facts`: id and state."""
    from conformance.views.html import environment

    page = environment(Path(__file__).parent / "templates").get_template("advisory.html.j2")
    return page.render(content=content, facts=facts, answer_by=answer_by, remedy_by=remedy_by, no_power=NO_POWER)
