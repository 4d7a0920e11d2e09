"""Pages about submitted runs: the list, one run with its review, and its scorecard."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from conformance.model import Level, Text
from conformance.registry import review, runs, submission
from conformance.registry.actors import Act
from conformance.registry.advisories import FROM
from conformance.registry.api.runs import as_seen
from conformance.registry.judged import Judged
from conformance.registry.pages import lookup, offers
from conformance.registry.pages.links import links
from conformance.registry.pages.visits import PER_PAGE, Shown, Visit
from conformance.registry.pages.words import word
from conformance.registry.refusals import NotFoundError
from conformance.registry.runs import Judgement
from conformance.registry.states import RunState
from conformance.registry.store import history, tables
from conformance.views import characters, html
from conformance.views.run_data import SHOWN, RunData, VerdictLine, load

FILTERS: Final = ("verdict", "level", "area", "service")


def all_runs(visit: Visit) -> Shown:
    """The runs that one may see, in a state if one is chosen."""
    state = next((state for state in RunState if state == visit.query.get("state")), None)
    chosen = [tables.runs.c.state == state] if state else []
    with visit.office.database.read() as connection:
        count, found = lookup.named(connection, visit.actor, *chosen, limit=PER_PAGE, offset=visit.offset)
    may_submit = offers.may(visit.actor, Act.SUBMIT)
    values = {"items": found, "total": count, "state": state, "states": list(RunState), "may_submit": may_submit}
    return Shown("runs.html.j2", word("w.runs"), values)


def run(visit: Visit) -> Shown:
    """One run: what it says of itself, what it was judged to be, why it cannot be stated, what may be done next."""
    with visit.office.database.read() as connection:
        found = runs.read(connection, visit.actor, visit.path["id"])
        told = lookup.named(connection, visit.actor, tables.runs.c.id == found.id)[1][0]
        judgements = runs.judgements(connection, found.id)
        assessment = review.assessment(connection, visit.office, found) if judgements else None
        reads = offers.may(visit.actor, Act.READ_EVENTS)
        events = history(connection, "run", found.id) if reads else []
        names = lookup.names(connection, [found.assessor_id, *(e.account for e in events)]) if reads else {}
        mine = tables.statements.c.run_id == found.id
        statement = connection.execute(sa.select(tables.statements.c.id).where(mine)).scalar()
    last = judgements[0] if judgements else None
    values = {
        "found": found, "told": told, "seen": as_seen(visit.actor, found), "judgements": judgements, "last": last,
        "assessment": assessment, "events": events, "names": names, "statement": statement,
        "readable": last is not None and submission.judged_path(visit.office, last.id).is_file(),
        "files": links("run", found.id), "propose_waiver": offers.may(visit.actor, Act.PROPOSE_WAIVER),
        "offers": offers.of_run(visit.actor, found, advised=_advised(found, last)),
    }  # fmt: skip
    return Shown("run.html.j2", word("w.run_of", name=told.version.full_name, body=told.body.name), values)


def _advised(found: runs.Run, last: Judgement | None) -> bool:
    """Whether an advisory can be drafted on it."""
    return found.state in FROM and found.evidence is not None and last is not None and _failed(last.judged)


def _failed(judged: Judged) -> bool:
    return any(short.verdict == "fail" and short.level is not Level.RECOMMENDED for short in judged.short)


def scorecard(visit: Visit) -> Shown:
    """The verdicts that the registry came to, found by words, verdict, level, area and service."""
    with visit.office.database.read() as connection:
        found = runs.read(connection, visit.actor, visit.path["id"])
        told = lookup.named(connection, visit.actor, tables.runs.c.id == found.id)[1][0]
        last = runs.judgement(connection, found.id)
    path = submission.judged_path(visit.office, last.id)
    if not path.is_file():
        raise NotFoundError(
            Text("この試験結果には、判定できたものがありません。", "nothing could be judged in this run"),
            next_step=Text("判定の履歴を確認してください。", "read its judgements"),
        )
    data = load(path)
    text = visit.query.get("q", "")[:100].strip()
    wanted = {name: visit.query.get(name, "") for name in FILTERS}
    lines = [line for line in data.verdicts if _fits(line, text, wanted)]
    values = {
        **html.values_of(data), "found": found, "told": told, "lines": lines, "q": text, "wanted": wanted,
        "offered": _filters(data), "files": links("run", found.id),
    }  # fmt: skip
    return Shown("scorecard.html.j2", word("w.scorecard_of", name=told.version.full_name, body=told.body.name), values)


def _fits(line: VerdictLine, text: str, wanted: dict[str, str]) -> bool:
    has = {"verdict": line.shown, "level": line.level.value, "area": line.area, "service": line.service}
    if any(value and has[name] != value for name, value in wanted.items()):
        return False
    texts = (line.requirement, line.title.ja, line.title.en, line.statement.ja, line.statement.en)
    whole = characters.one_line(" ".join(texts)).casefold()
    return all(part in whole for part in text.casefold().split())


def _filters(data: RunData) -> dict[str, list[str]]:
    """What there is to choose from in each filter."""
    verdicts = data.verdicts
    return {
        "verdict": [kind for kind in SHOWN if data.shown[kind]],
        "level": sorted({line.level.value for line in verdicts}),
        "area": list(dict.fromkeys(line.area for line in verdicts)),
        "service": list(dict.fromkeys(line.service for line in verdicts)),
    }
