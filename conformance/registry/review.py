"""Review of a verified run: an assessor proposes an outcome, another person decides on it.

Whoever has submitted a run, whoever assesses it and whoever decides on it are three people.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa

from conformance.model import Text
from conformance.registry import reasons, statements, waivers
from conformance.registry.actors import Act, Actor
from conformance.registry.names import listed, one_of
from conformance.registry.office import Office, new_id, words
from conformance.registry.refusals import ConflictError, ForbiddenError, InvalidError
from conformance.registry.runs import Run, judgement, read
from conformance.registry.states import RunState, require
from conformance.registry.store import record, tables
from conformance.registry.store.database import one_changed

OUTCOMES: Final = frozenset({RunState.STATED, RunState.STATED_WITH_CONDITIONS, RunState.REFUSED})


class Proposal(msgspec.Struct, frozen=True):
    """What an assessor proposes; `id` names just this proposal, so that nobody decides on another than he has read."""

    id: str
    outcome: RunState
    why: str
    conditions: tuple[Text, ...] = ()
    reasons: tuple[reasons.Reason, ...] = ()


def begin(office: Office, actor: Actor, run_id: str) -> None:
    """Take a verified run under review. Raises `ForbiddenError` for who has submitted it, `ConflictError`."""
    with office.database.write() as connection:
        run = read(connection, actor, run_id)
        require(actor, run.state, RunState.UNDER_REVIEW, Act.BEGIN_REVIEW)
        if run.account_id == actor.account:
            raise ForbiddenError(
                Text("提出者は、自ら提出した試験結果を審査できません。", "whoever submits a run does not assess it"),
                next_step=Text("別の審査者に依頼してください。", "ask another assessor"),
            )
        _change(connection, office, run, state=RunState.UNDER_REVIEW, assessor_id=actor.account)
        record(connection, office.now(), actor, Act.BEGIN_REVIEW, ("run", run.id))


def assessment(connection: sa.Connection, office: Office, run: Run) -> reasons.Assessment:
    """What stands against a statement today. Raises `NotFoundError` where the run has not been judged."""
    judged = judgement(connection, run.id).judged
    known = waivers.of_version(connection, run.version_id)
    return reasons.assess(judged, known, run.version_id, run.body_code, office.today())


def propose(
    office: Office, actor: Actor, run_id: str, outcome: RunState, why: str, conditions: tuple[Text, ...] = ()
) -> str:
    """Propose an outcome in place of what was proposed before; the id of the proposal.

    Raises `ForbiddenError` for all but the run's assessor, `ConflictError` where the evidence does not allow the
    outcome, `InvalidError`.
    """
    actor.require(Act.PROPOSE)
    _check(outcome, conditions)
    with office.database.write() as connection:
        run = read(connection, actor, run_id)
        if run.state is not RunState.UNDER_REVIEW:
            raise ConflictError(
                Text("この試験結果は審査中ではありません。", "the run is not under review"),
                next_step=Text("先に審査を始めてください。", "take it under review first"),
            )
        if run.assessor_id != actor.account:
            raise ForbiddenError(
                Text("別の審査者が審査している試験結果です。", "another assessor has this run"),
                next_step=Text("その審査者に提案を依頼してください。", "let that assessor propose"),
            )
        found = assessment(connection, office, run)
        _allow(outcome, conditions, found)
        told = found.reasons if outcome is RunState.REFUSED else ()
        proposal = Proposal(new_id(), outcome, words(why, "why"), conditions, told)
        _change(connection, office, run, proposal=msgspec.to_builtins(proposal))
        what = {"proposal": proposal.id, "outcome": outcome, "reasons": [r.requirement or r.code for r in told]}
        record(connection, office.now(), actor, Act.PROPOSE, ("run", run.id), why, what)
    return proposal.id


def _check(outcome: RunState, conditions: tuple[Text, ...]) -> None:
    if outcome not in OUTCOMES:
        raise InvalidError(
            Text("審査の結論ではありません。", "is no outcome of a review"),
            where="outcome",
            next_step=one_of("run", sorted(OUTCOMES)),
        )
    if conditions and outcome is not RunState.STATED_WITH_CONDITIONS:
        raise InvalidError(
            Text("この結論には条件を付けられません。", "does not go with the outcome"),
            where="conditions",
            next_step=Text("条件付きの表明を提案してください。", "propose one with conditions"),
        )
    for number, condition in enumerate(conditions):
        words(condition.ja, f"conditions[{number}].ja")
        words(condition.en, f"conditions[{number}].en")


def _allow(outcome: RunState, conditions: tuple[Text, ...], found: reasons.Assessment) -> None:
    if outcome is RunState.REFUSED:
        return
    if found.reasons:
        told = listed("code", dict.fromkeys(r.requirement or r.code for r in found.reasons))
        raise ConflictError(
            Text(f"次の理由により、この結論にはできません: {told.ja}。", f"the evidence does not allow it: {told.en}"),
            next_step=Text(
                "不表明とするか、先に経過措置の承認を得てください。", "refuse it, or have them waived first"
            ),
        )
    if outcome is RunState.STATED and found.waived:
        raise ConflictError(
            Text("経過措置を適用している要件があります。", "requirements are waived"),
            next_step=Text("条件付きの表明を提案してください。", "propose a statement with conditions"),
        )
    if outcome is RunState.STATED_WITH_CONDITIONS and not (conditions or found.waived):
        raise ConflictError(
            Text("条件がありません。", "there is no condition"),
            next_step=Text(
                "条件を指定するか、条件を付けない表明を提案してください。",
                "name the conditions, or propose a statement without any",
            ),
        )


def decide(office: Office, actor: Actor, run_id: str, proposal_id: str, *, confirm: bool, why: str) -> str | None:
    """Decide on a proposal: it takes effect, or goes back to the assessor. The id of the statement, if there is one.

    Raises `ForbiddenError` for the assessor and the submitter of the run, `ConflictError` where the proposal is no
    longer the one that was read, or the evidence does not allow it any more.
    """
    actor.require(Act.DECIDE)
    written = words(why, "why")
    with office.database.write() as connection:
        run = read(connection, actor, run_id)
        if run.state is not RunState.UNDER_REVIEW or run.proposal is None or run.proposal["id"] != proposal_id:
            raise ConflictError(
                Text("現在提案されている結論ではありません。", "this is not what is proposed now"),
                next_step=Text("試験結果を改めて確認してください。", "read the run again"),
            )
        if actor.account in {run.assessor_id, run.account_id}:
            raise ForbiddenError(
                Text(
                    "審査した者及び提出した者は、その試験結果について決定できません。",
                    "whoever has assessed or submitted a run does not decide on it",
                ),
                next_step=Text("別の承認者に依頼してください。", "ask another"),
            )
        proposal = msgspec.convert(run.proposal, Proposal)
        if not confirm:
            _change(connection, office, run, proposal=None)
            record(connection, office.now(), actor, "send back", ("run", run.id), written, {"proposal": proposal_id})
            return None
        return _carry_out(connection, office, actor, run, proposal, written)


def _carry_out(
    connection: sa.Connection, office: Office, actor: Actor, run: Run, proposal: Proposal, why: str
) -> str | None:
    require(actor, run.state, proposal.outcome, Act.DECIDE)
    found = assessment(connection, office, run)
    _allow(proposal.outcome, proposal.conditions, found)
    _change(connection, office, run, state=proposal.outcome)
    what: dict[str, Any] = {"proposal": proposal.id, "outcome": proposal.outcome}
    if proposal.outcome is RunState.REFUSED:
        record(connection, office.now(), actor, Act.DECIDE, ("run", run.id), why, what)
        return None
    judged = judgement(connection, run.id).judged
    made = statements.issue(connection, office, actor, statements.Grounds(run, judged, found, proposal.conditions))
    record(connection, office.now(), actor, Act.DECIDE, ("run", run.id), why, {**what, "statement": made})
    return made


def _change(connection: sa.Connection, office: Office, run: Run, **values: Any) -> None:
    """Change a run that is still as it was read: of two who decide at once, one is told that the other was faster."""
    table = tables.runs
    before = run.proposal["id"] if run.proposal else None
    same = table.c.proposal.is_(sa.null()) if before is None else table.c.proposal["id"].as_string() == before
    change = sa.update(table).where(table.c.id == run.id, table.c.state == run.state, same)
    one_changed(connection.execute(change.values(changed_at=office.now(), **values)))
