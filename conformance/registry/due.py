"""What is next for a system: who has to do what, until when. Made of where its parts stand, and kept nowhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import msgspec

from conformance.expression import JST
from conformance.model import Text
from conformance.registry.actors import Actor, Role
from conformance.registry.advisories import Advisory
from conformance.registry.advisory_states import NEXT, AdvisoryState
from conformance.registry.runs import Run
from conformance.registry.statements import Statement
from conformance.registry.states import RunState
from conformance.registry.waivers import Waiver, WaiverState


class Due(msgspec.Struct, frozen=True):
    """Who has to do what, until when; `about` and `about_id` name the thing. `by` is None where no day is set."""

    who: Role
    what: Text
    about: str
    about_id: str
    by: dt.date | None = None
    late: bool = False


_AGENCY_REVIEWS: Final = Text("機関の審査待ち", "The agency reviews the run")
_RUNS: Final = {
    RunState.SUBMITTED: (Role.REGISTRY, Text("登録簿の判定待ち", "The registry judges the evidence")),
    RunState.VERIFIED: (Role.ASSESSOR, Text("審査の開始待ち", "An assessor takes the run under review")),
    RunState.UNDER_REVIEW: (Role.ASSESSOR, Text("審査担当者の提案待ち", "The assessor proposes an outcome")),
}
_PROPOSED: Final = Text("承認者の決定待ち", "An approver decides on the proposal")
_FIRST: Final = Text("試験結果の提出", "Submit a run")
_AGAIN: Final = Text("改修後の新しい試験結果の提出", "Put right what was found, and submit a new run")
_RENEW: Final = Text("有効期限前の新しい試験結果の提出", "Submit a new run before the statement ends")
_ADVISE: Final = Text("勧告又は助言の要否の検討", "Consider whether an advisory is drafted")
_WAIVE: Final = Text("経過措置の承認待ち", "An approver decides on the waiver")
_MEET: Final = Text("経過措置の終了前の要件の充足", "Meet the requirement before the waiver ends")
_ADVISORY: Final = {
    AdvisoryState.DRAFTED: Role.APPROVER,
    AdvisoryState.APPROVED: Role.ASSESSOR,
    AdvisoryState.ISSUED: Role.BODY,
    AdvisoryState.ACKNOWLEDGED: Role.BODY,
    AdvisoryState.PLAN_RECEIVED: Role.VENDOR,
    AdvisoryState.ESCALATED: Role.BODY,
    AdvisoryState.REMEDIED: Role.APPROVER,
}
_ENDED: Final = frozenset({RunState.REFUSED, RunState.EXPIRED, RunState.WITHDRAWN, RunState.SUPERSEDED})


def of_runs(actor: Actor, found: list[Run], statement: Statement | None, advised: set[str]) -> Iterator[Due]:
    """Of the runs that the caller may see, the newest first; `advised` are those that an advisory is on."""
    pending = [run for run in found if run.state in _RUNS]
    for run in pending:
        who, what = _RUNS[run.state]
        if run.state is RunState.UNDER_REVIEW and not actor.agency:
            what = _AGENCY_REVIEWS
        elif run.state is RunState.UNDER_REVIEW and run.proposal is not None:
            who, what = Role.APPROVER, _PROPOSED
        yield Due(who, what, "run", run.id)
    if statement is None and not pending and (not found or found[0].state in _ENDED):
        yield Due(Role.VENDOR, _AGAIN if found else _FIRST, "run", found[0].id if found else "")
    if found and found[0].state in {RunState.REFUSED, RunState.EXPIRED} and found[0].id not in advised and actor.agency:
        yield Due(Role.ASSESSOR, _ADVISE, "run", found[0].id)


def of_statement(statement: Statement | None) -> Iterator[Due]:
    """Of the statement in force."""
    if statement is not None:
        yield Due(Role.VENDOR, _RENEW, "statement", statement.id, statement.valid_until.astimezone(JST).date())


def of_waivers(found: list[Waiver], today: dt.date) -> Iterator[Due]:
    """Of waivers that are proposed, or that count."""
    for waiver in found:
        if waiver.valid_until < today:
            continue
        if waiver.state is WaiverState.PROPOSED:
            yield Due(Role.APPROVER, _WAIVE, "waiver", waiver.id)
        elif waiver.state is WaiverState.APPROVED:
            yield Due(Role.VENDOR, _MEET, "waiver", waiver.id, waiver.valid_until)


def of_advisories(found: list[Advisory], today: dt.date) -> Iterator[Due]:
    """Of advisories that have not ended."""
    for advisory in found:
        if advisory.state not in _ADVISORY:
            continue
        by = deadline(advisory)
        late = advisory.state is AdvisoryState.ESCALATED or (by is not None and by < today)
        yield Due(_ADVISORY[advisory.state], NEXT[advisory.state], "advisory", advisory.id, by, late)


def deadline(advisory: Advisory) -> dt.date | None:
    """The day that is set for the next step of an advisory; None where none is."""
    if advisory.state in {AdvisoryState.ISSUED, AdvisoryState.ACKNOWLEDGED}:
        return advisory.answer_by
    if advisory.state is AdvisoryState.ESCALATED:
        return advisory.remedy_by or advisory.answer_by
    return advisory.remedy_by if advisory.state is AdvisoryState.PLAN_RECEIVED else None
