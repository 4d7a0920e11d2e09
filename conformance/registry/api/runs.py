"""Endpoints about uploads, runs, their judging and their review."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from conformance.model import Text
from conformance.registry import review, runs, submission, uploads
from conformance.registry.actors import Act, Actor
from conformance.registry.api.calls import Call, Endpoint, File, Made, Nothing, Page, Why
from conformance.registry.exports import results
from conformance.registry.judged import Judged
from conformance.registry.reasons import Assessment
from conformance.registry.review import Proposal
from conformance.registry.states import RunState
from conformance.registry.store import history


class NewUpload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An archive that is to come: for which version in which body, its size in bytes, its digest (`sha256:…`)."""

    body_code: str
    version_id: str
    size: int
    digest: str


class Upload(msgspec.Struct, frozen=True):
    """How far an upload is; `run_id` once it has become a run."""

    id: str
    size: int
    digest: str
    received: int
    chunk: int
    """Bytes in one piece at most."""
    run_id: str | None


class RunPage(Page, frozen=True, forbid_unknown_fields=True):
    """A page of runs, in one state where `state` is given."""

    state: RunState | None = None


class Run(msgspec.Struct, frozen=True):
    """A run. What is proposed is told to others than the agency when it has been decided on."""

    id: str
    vendor_id: str
    version_id: str
    body_code: str
    party: str
    state: RunState
    archive: str
    size: int
    evidence: str | None
    submitted_at: dt.datetime
    changed_at: dt.datetime
    proposal: Proposal | None


class Runs(msgspec.Struct, frozen=True):
    """A page of runs, the newest first; `total` counts all."""

    total: int
    items: list[Run]


class Judgement(msgspec.Struct, frozen=True):
    """One judging of the evidence."""

    id: str
    at: dt.datetime
    judged: Judged


class Judgements(msgspec.Struct, frozen=True):
    """All of them, the last one first."""

    items: list[Judgement]


class NewProposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an assessor proposes."""

    outcome: RunState
    why: str
    conditions: tuple[Text, ...] = ()


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an approver decides on a proposal: it takes effect, or goes back."""

    proposal_id: str
    confirm: bool
    why: str


class Decided(msgspec.Struct, frozen=True):
    """The statement that came of it, if there is one."""

    statement_id: str | None


class Happened(msgspec.Struct, frozen=True):
    """An event."""

    at: dt.datetime
    account: str
    role: str
    act: str
    why: str
    what: dict[str, Any]


class Events(msgspec.Struct, frozen=True):
    """Events in their order."""

    items: list[Happened]


def _told(call: Call, upload: uploads.Upload) -> Upload:
    return Upload(upload.id, upload.size, upload.digest, upload.received, call.office.bounds.chunk, upload.run_id)


def _begin(call: Call) -> Upload:
    new: NewUpload = call.content
    return _told(call, uploads.begin(call.office, call.actor, new.body_code, new.version_id, new.size, new.digest))


def _upload(call: Call) -> Upload:
    return _told(call, uploads.read(call.office, call.actor, call.path["id"]))


def _append(call: Call) -> Upload:
    return _told(call, uploads.append(call.office, call.actor, call.path["id"], call.offset, call.content))


def _finish(call: Call) -> Made:
    return Made(uploads.finish(call.office, call.actor, call.path["id"]))


_DECIDED: Final = frozenset(RunState) - {RunState.SUBMITTED, RunState.VERIFIED, RunState.UNDER_REVIEW}


def as_seen(actor: Actor, run: runs.Run) -> Run:
    """A run as somebody who may see it sees it."""
    shown = run.proposal is not None and (actor.agency or run.state in _DECIDED)
    return Run(
        run.id, run.vendor_id, run.version_id, run.body_code, run.party, run.state, run.archive, run.size, run.evidence,
        run.submitted_at, run.changed_at, msgspec.convert(run.proposal, Proposal) if shown else None,
    )  # fmt: skip


def _runs(call: Call) -> Runs:
    query: RunPage = call.query
    with call.office.database.read() as connection:
        count, found = runs.find(connection, call.actor, state=query.state, limit=query.limit, offset=query.offset)
    return Runs(count, [as_seen(call.actor, each) for each in found])


def _one(call: Call) -> Run:
    with call.office.database.read() as connection:
        return as_seen(call.actor, runs.read(connection, call.actor, call.path["id"]))


def _judgements(call: Call) -> Judgements:
    with call.office.database.read() as connection:
        run = runs.read(connection, call.actor, call.path["id"])
        return Judgements([Judgement(j.id, j.at, j.judged) for j in runs.judgements(connection, run.id)])


def _judge_again(call: Call) -> Made:
    return Made(submission.judge(call.office, call.actor, call.path["id"]))


def _assessment(call: Call) -> Assessment:
    with call.office.database.read() as connection:
        run = runs.read(connection, call.actor, call.path["id"])
        return review.assessment(connection, call.office, run)


def _scorecard(call: Call) -> File:
    with call.office.database.read() as connection:
        run = runs.read(connection, call.actor, call.path["id"])
        data = results.judged_run(connection, call.office, run)
    content, media_type, suffix = results.written(data, "html")
    return File(content, media_type, f"scorecard-{run.id}.{suffix}")


def _events(call: Call) -> Events:
    with call.office.database.read() as connection:
        run = runs.read(connection, call.actor, call.path["id"])
        call.actor.require(Act.READ_EVENTS)
        return Events([_happened(e) for e in history(connection, "run", run.id)])


def _happened(event: Any) -> Happened:
    return Happened(event.at, event.account, event.role, event.act, event.why, dict(event.what))


def _withdraw(call: Call) -> Nothing:
    submission.withdraw(call.office, call.actor, call.path["id"], call.content.why)
    return Nothing()


def _review(call: Call) -> Nothing:
    review.begin(call.office, call.actor, call.path["id"])
    return Nothing()


def _propose(call: Call) -> Made:
    new: NewProposal = call.content
    return Made(review.propose(call.office, call.actor, call.path["id"], new.outcome, new.why, new.conditions))


def _decide(call: Call) -> Decided:
    new: Decision = call.content
    done = review.decide(call.office, call.actor, call.path["id"], new.proposal_id, confirm=new.confirm, why=new.why)
    return Decided(done)


ENDPOINTS: Final = (
    Endpoint(
        "beginUpload", "POST", "/uploads", _begin, Text("提出の開始", "Begin an upload"), Upload,
        takes=NewUpload, status=201, location="/uploads/{id}", refusals=(404, 413, 507),
    ),
    Endpoint(
        "getUpload", "GET", "/uploads/{id}", _upload,
        Text("提出の状況", "How far an upload is"), Upload, refusals=(404,),
    ),
    Endpoint(
        "appendToUpload", "PATCH", "/uploads/{id}", _append, Text("続きの送信", "Send the next piece"), Upload,
        pieces=True, refusals=(404, 409, 413, 507),
    ),
    Endpoint(
        "finishUpload", "POST", "/uploads/{id}/completion", _finish, Text("提出の完了", "Make it a run"), Made,
        takes=Nothing, status=201, location="/runs/{id}", refusals=(404, 409),
    ),
    Endpoint("listRuns", "GET", "/runs", _runs, Text("試験結果一覧", "Runs"), Runs, query=RunPage),
    Endpoint("getRun", "GET", "/runs/{id}", _one, Text("試験結果", "A run"), Run, refusals=(404,)),
    Endpoint(
        "listJudgements", "GET", "/runs/{id}/judgements", _judgements, Text("判定", "Its judgements"), Judgements,
        refusals=(404,),
    ),
    Endpoint(
        "judgeAgain", "POST", "/runs/{id}/judgements", _judge_again, Text("再判定", "Judge it once more"), Made,
        takes=Nothing, status=201, refusals=(404, 409),
    ),
    Endpoint(
        "getAssessment", "GET", "/runs/{id}/assessment", _assessment,
        Text("表明を妨げる理由", "What stands against a statement"), Assessment, refusals=(404,),
    ),
    Endpoint(
        "getScorecard", "GET", "/runs/{id}/scorecard", _scorecard, Text("スコアカード", "Its scorecard"), File,
        refusals=(404,),
    ),
    Endpoint(
        "listRunEvents", "GET", "/runs/{id}/events", _events,
        Text("経過", "What happened"), Events, refusals=(404,),
    ),
    Endpoint(
        "withdrawRun", "POST", "/runs/{id}/withdrawal", _withdraw, Text("提出の取下げ", "Take it back"), Nothing,
        takes=Why, refusals=(404, 409),
    ),
    Endpoint(
        "beginReview", "POST", "/runs/{id}/review", _review, Text("審査の開始", "Take it under review"), Nothing,
        takes=Nothing, refusals=(404, 409),
    ),
    Endpoint(
        "propose", "POST", "/runs/{id}/proposals", _propose, Text("結論の提案", "Propose an outcome"), Made,
        takes=NewProposal, status=201, refusals=(404, 409),
    ),
    Endpoint(
        "decide", "POST", "/runs/{id}/decisions", _decide, Text("決定", "Decide on a proposal"), Decided,
        takes=Decision, refusals=(404, 409),
    ),
)  # fmt: skip
