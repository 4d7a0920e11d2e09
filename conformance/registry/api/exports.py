"""Endpoints that give documents, badges, and results in the formats of other programs."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from conformance.model import Text
from conformance.registry import advisories, holdings, runs, statements
from conformance.registry.api.calls import Call, Endpoint, File
from conformance.registry.exports import advisory_document, results, statement_document, system_badge
from conformance.registry.exports.document import Language
from conformance.registry.exports.typesetting import typeset

_PDF: Final = "application/pdf"


class InLanguage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which language a document is wanted."""

    lang: Language = "ja"


class BadgeWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which badge is wanted: what is stated, or how the latest published run ended."""

    lang: Language = "ja"
    show: Literal["statement", "latest-run"] = "statement"


class ResultsWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which format results are wanted."""

    format: results.Format = "oscal"


def _statement(call: Call) -> File:
    lang: Language = call.query.lang
    with call.office.database.read() as connection:
        found = statements.read(connection, call.path["id"])
        short = runs.judgement(connection, found.run_id).judged.short
    stated = statement_document.Stated(
        found,
        statement_document.signed(found.envelope),
        found.stands(call.office.now()),
        {(each.service, each.requirement): each.title for each in short},
    )
    made = typeset(statement_document.document(stated, call.office.url, lang))
    return File(made, _PDF, f"statement-{found.id}.{lang}.pdf")


def _advisory(call: Call) -> File:
    lang: Language = call.query.lang
    with call.office.database.read() as connection:
        found = advisories.read(connection, call.actor, call.path["id"])
    return File(typeset(advisory_document.document(found, lang)), _PDF, f"advisory-{found.id}.{lang}.pdf")


def _badge(call: Call) -> File:
    wanted: BadgeWanted = call.query
    with call.office.database.read() as connection:
        system = holdings.system(connection, call.path["id"])
        shown = system_badge.find(connection, call.office, system)
    draw = system_badge.run_badge if wanted.show == "latest-run" else system_badge.statement_badge
    return File(draw(shown, wanted.lang).encode(), "image/svg+xml", f"badge-{system.id}.{wanted.lang}.svg")


def _results(call: Call) -> File:
    format_: results.Format = call.query.format
    with call.office.database.read() as connection:
        run = runs.read(connection, call.actor, call.path["id"])
        data = results.judged_run(connection, call.office, run)
    content, media_type, suffix = results.written(data, format_)
    return File(content, media_type, f"results-{run.id}.{suffix}")


ENDPOINTS: Final = (
    Endpoint(
        "getStatementPdf", "GET", "/statements/{id}/statement.pdf", _statement,
        Text("適合の表明のPDF", "A statement as PDF"), File, query=InLanguage, public=True, refusals=(404, 503),
    ),
    Endpoint(
        "getAdvisoryPdf", "GET", "/advisories/{id}/advisory.pdf", _advisory,
        Text("勧告・助言のPDF", "An advisory as PDF"), File, query=InLanguage, refusals=(404, 503),
    ),
    Endpoint(
        "getSystemBadge", "GET", "/systems/{id}/badge.svg", _badge,
        Text("システムのバッジ", "The badge of a system"), File, query=BadgeWanted, public=True, refusals=(404,),
    ),
    Endpoint(
        "getResults", "GET", "/runs/{id}/results", _results,
        Text("他の形式の判定結果", "Its verdicts in the formats of other programs"), File, query=ResultsWanted,
        refusals=(404,),
    ),
)  # fmt: skip
