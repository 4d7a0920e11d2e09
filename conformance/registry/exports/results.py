"""The verdicts of a run in the formats of other programs, as the registry has judged it, with waivers shown as such."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec
import sqlalchemy as sa

from conformance.model import Text, VerdictKind
from conformance.registry import review, runs, statements
from conformance.registry.exports.statement_document import signed
from conformance.registry.office import Office
from conformance.registry.refusals import NotFoundError
from conformance.registry.runs import Run
from conformance.registry.statement import OWN
from conformance.registry.submission import judged_path
from conformance.views import csv_view, html, junit, oscal, sarif
from conformance.views.run_data import Footer, RunData, VerdictLine, load

Format = Literal["oscal", "junit", "sarif", "csv", "html"]
_WRITERS: Final[Mapping[Format, tuple[Callable[[RunData], str], str, str]]] = {
    "oscal": (oscal.render, "application/json", "oscal.json"),
    "junit": (junit.render, "application/xml", "junit.xml"),
    "sarif": (sarif.render, "application/sarif+json", "sarif"),
    "csv": (csv_view.render, "text/csv; charset=utf-8", "csv"),
    "html": (html.render, "text/html; charset=utf-8", "html"),
}
_Key = tuple[str, str]


def judged_run(connection: sa.Connection, office: Office, run: Run) -> RunData:
    """The run with the verdicts of the registry; what is waived is so marked, and its verdict stays underneath.

    These are the waivers that its statement rests on; without a statement those that would count today. The standing is
    that of the verdicts underneath. Raises `NotFoundError` where nothing could be judged.
    """
    found = runs.judgement(connection, run.id)
    path = judged_path(office, found.id)
    if not path.is_file():
        raise NotFoundError(
            Text("この試験結果には、判定できたものがありません。", "nothing could be judged in this run"),
            next_step=Text("判定の履歴を確認してください。", "read its judgements"),
        )
    return waived(load(path), _waivers(connection, office, run))


def written(data: RunData, format_: Format) -> tuple[bytes, str, str]:
    """A run in one format: content, media type, and how the name of a file ends."""
    write, media_type, suffix = _WRITERS[format_]
    return write(data).encode(), media_type, suffix


def waived(data: RunData, reasons: Mapping[_Key, Text]) -> RunData:
    """A run in which some requirements are borne by a waiver; the others are as they were."""
    lines = tuple(_line(line, reasons.get((line.service, line.requirement))) for line in data.verdicts)
    footer = data.footer and _counted(data.footer, lines)
    return msgspec.structs.replace(data, verdicts=lines, footer=footer)


def _line(line: VerdictLine, reason: Text | None) -> VerdictLine:
    if reason is None or line.verdict not in {VerdictKind.FAIL, VerdictKind.INCONCLUSIVE}:
        return line
    return msgspec.structs.replace(line, verdict=VerdictKind.WAIVED, reason=reason)


def _counted(footer: Footer, lines: tuple[VerdictLine, ...]) -> Footer:
    counts = {kind.value: sum(line.verdict is kind for line in lines) for kind in VerdictKind}
    return msgspec.structs.replace(footer, verdicts=counts)


def _waivers(connection: sa.Connection, office: Office, run: Run) -> dict[_Key, Text]:
    stated = statements.of_run(connection, run.id)
    if stated is not None:
        entries: list[Mapping[str, Any]] = signed(stated.envelope)["predicate"][OWN]["waived"]
        return {(e["service"], e["requirement"]): _reason(e["reason"], e["condition"], e["until"]) for e in entries}
    found = review.assessment(connection, office, run).waived
    return {
        (w.shortfall.service, w.shortfall.requirement): _reason(
            msgspec.to_builtins(w.waiver.reason), msgspec.to_builtins(w.waiver.condition), w.waiver.valid_until
        )
        for w in found
    }


def _reason(reason: Mapping[str, str], condition: Mapping[str, str], until: dt.date | str) -> Text:
    return Text(
        f"{reason['ja']}（条件: {condition['ja']}、{until}まで）",
        f"{reason['en']} (condition: {condition['en']}; until {until})",
    )
