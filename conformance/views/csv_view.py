"""The requirements as CSV for a spreadsheet: UTF-8 with a byte order mark, one row per requirement, no formula runs.

A cell that a spreadsheet would take for a formula gets an apostrophe in front (CWE-1236); this holds for the full-width
signs too, which Japanese editions take alike.
"""

from __future__ import annotations

import csv
import io

from conformance.model import Text
from conformance.views.characters import shorten, visible
from conformance.views.run_data import RunData, VerdictLine

CELL_LIMIT = 32_000  # a spreadsheet cell holds 32,767 characters
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_NONE = Text("", "")

COLUMNS = (
    "requirement", "service", "area", "level", "verdict", "judged", "failed", "inconclusive", "title_ja", "title_en",
    "statement_ja", "statement_en", "source_kind", "source_document", "source_clause", "reason_ja", "reason_en",
    "message_ja", "message_en", "expected", "actual", "replay", "flaky", "shrunk_from",
    "same_cause", "operations_failed",
    "body_code", "body_name", "product", "run_id", "run_standing", "run_complete", "run_partial",
)  # fmt: skip


def render(run: RunData) -> str:
    """The table, with the run's own columns repeated in each row, so that tables of many runs can be put together."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    about = _about(run)
    for line in run.verdicts:
        writer.writerow([cell(value) for value in (*_row(line), *about)])
    return "\ufeff" + out.getvalue()


def cell(value: str | int | None) -> str | int:
    """A value that no spreadsheet runs; numbers stay numbers."""
    if value is None or isinstance(value, int):
        return "" if value is None else value
    text = shorten(visible(value), CELL_LIMIT)
    return f"'{text}" if value[:1] in _FORMULA or value.lstrip()[:1] in _FORMULA else text


def _row(line: VerdictLine) -> tuple[str | int | None, ...]:
    example = line.examples[0] if line.examples else None
    finding = example.finding if example else None
    reason, message = line.reason or _NONE, finding.message if finding else _NONE
    failed = (name for name, (_, number) in line.operations.items() if number)
    return (
        line.requirement, line.service, line.area, str(line.level), str(line.verdict),
        line.judged, line.failed, line.inconclusive,
        line.title.ja, line.title.en, line.statement.ja, line.statement.en,
        line.source.kind, line.source.document, line.source.clause, reason.ja, reason.en,
        message.ja, message.en, finding.expected if finding else None, finding.actual if finding else None,
        example.replay if example else None,
        " ".join(entry.failed for entry in line.flaky), example.shrunk_from if example else None,
        " ".join(line.same_cause), " ".join(failed),
    )  # fmt: skip


def _about(run: RunData) -> tuple[str, ...]:
    body = run.header.body
    return (
        body.code if body else "",
        body.name if body else "",
        run.header.product,
        run.header.run_id,
        run.standing,
        str(run.complete).lower(),
        str(run.header.partial).lower(),
    )
