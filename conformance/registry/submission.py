"""What becomes of a submitted run: its evidence is judged again, by the rules and documents of the registry.

No verdict in an archive counts. What the archive says otherwise than its evidence is kept as differences, and shown.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa

from conformance.errors import SuiteError
from conformance.expression import JST
from conformance.model import Text
from conformance.registry import editions
from conformance.registry.actors import REGISTRY, Act, Actor
from conformance.registry.belonging import of_run
from conformance.registry.bodies import body
from conformance.registry.holdings import version
from conformance.registry.judged import Judged, Problem
from conformance.registry.judging import Done
from conformance.registry.office import Office, new_id
from conformance.registry.office import words as written
from conformance.registry.packing import digest_of
from conformance.registry.problems import fatal, problem
from conformance.registry.refusals import ConflictError, ForbiddenError
from conformance.registry.runs import Run, read
from conformance.registry.states import RunState, require, words
from conformance.registry.store import record, tables
from conformance.registry.store.database import one_changed
from conformance.registry.uploads import archive_path

_log: Final = logging.getLogger("conformance.registry")
_OPEN: Final = frozenset({RunState.SUBMITTED, RunState.VERIFIED, RunState.UNDER_REVIEW})


def judged_path(office: Office, judgement_id: str) -> Path:
    """Where the `run.jsonl` of a judgement is kept; there is none where nothing could be judged."""
    return office.folder / "judged" / judgement_id[:2] / f"{judgement_id}.jsonl"


def work(office: Office) -> int:
    """Judge all runs that wait for it, the oldest first; how many these were.

    What is our own fault is logged, and leaves the run waiting.
    """
    waiting = sa.select(tables.runs.c.id).where(tables.runs.c.state == RunState.SUBMITTED)
    with office.database.read() as connection:
        found = list(connection.execute(waiting.order_by(tables.runs.c.submitted_at)).scalars())
    done = 0
    for run_id in found:
        try:
            judge(office, REGISTRY, run_id)
            done += 1
        except SuiteError:
            _log.exception("run %s could not be judged", run_id)
    return done


def judge(office: Office, actor: Actor, run_id: str) -> str:
    """Judge a run, for the first time or once more (as with corrected rules); the id of the judgement.

    Raises `NotFoundError`, `ForbiddenError`; `ConflictError` where the run has been decided on.
    """
    with office.database.read() as connection:
        run = read(connection, actor, run_id)
    if run.state is not RunState.SUBMITTED:
        actor.require(Act.BEGIN_REVIEW)
    if run.state not in _OPEN:
        raise ConflictError(
            Text(f"試験結果の状態は「{words(run.state).ja}」です。", f"the run is {words(run.state).en}"),
            next_step=Text(
                "判定し直せるのは、まだ決定していない試験結果だけです。", "judge the evidence of an open run"
            ),
        )
    archive = archive_path(office, run.archive)
    if not archive.is_file() or digest_of(archive) != run.archive:
        raise SuiteError("the archive is not as it came in", where=str(archive), next_step="restore it from the backup")
    with office.database.read() as connection:
        kept = editions.known(connection, office, run.submitted_at.astimezone(JST).date())
    with office.judge(archive, office.bounds, office.folder / "work", kept) as done:
        return _enter(office, actor, run, done)


def _enter(office: Office, actor: Actor, run: Run, done: Done) -> str:
    made, now = new_id(), office.now()
    kept = judged_path(office, made)
    if done.run_file is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(done.run_file, kept)
    with office.database.write() as connection:
        judged = msgspec.structs.replace(done.judged, problems=tuple(_problems(connection, office, run, done.judged)))
        connection.execute(
            sa.insert(tables.judgements).values(
                id=made,
                run_id=run.id,
                at=now,
                suite=judged.suite,
                standing=judged.standing,
                content=msgspec.to_builtins(judged),
            )
        )
        codes = [found.code for found in judged.problems]
        what = {
            "judgement": made,
            "standing": judged.standing,
            "differences": len(judged.differences),
            "problems": codes,
        }
        record(connection, now, actor, "judge", ("run", run.id), what=what)
        if run.state is RunState.SUBMITTED:
            _leave(connection, office, run, judged)
    return made


def _problems(connection: sa.Connection, office: Office, run: Run, judged: Judged) -> list[Problem]:
    if judged.problems:
        return list(judged.problems)
    found = list(
        of_run(
            judged,
            version(connection, run.version_id),
            body(connection, run.body_code),
            run.submitted_at,
            office.bounds.run_age_days,
        )
    )
    same = sa.select(tables.runs.c.id).where(tables.runs.c.evidence == judged.evidence, tables.runs.c.id != run.id)
    if connection.execute(same).first() is not None:
        found.append(problem("known evidence"))
    return found


def _leave(connection: sa.Connection, office: Office, run: Run, judged: Judged) -> None:
    """Out of the state in which it came in."""
    refused = any(map(fatal, judged.problems))
    after = RunState.REFUSED if refused else RunState.VERIFIED
    act = "refuse what is not what it is said to be" if refused else "verify"
    require(REGISTRY, run.state, after, act)
    change = sa.update(tables.runs).where(tables.runs.c.id == run.id, tables.runs.c.state == run.state)
    evidence = None if refused else judged.evidence
    one_changed(connection.execute(change.values(state=after, evidence=evidence, changed_at=office.now())))
    why = " ".join(found.text.en for found in judged.problems)
    record(connection, office.now(), REGISTRY, act, ("run", run.id), why)


def withdraw(office: Office, actor: Actor, run_id: str, why: str) -> None:
    """Take a run back that has not been decided on. Raises `NotFoundError`, `ForbiddenError`, `ConflictError`."""
    with office.database.write() as connection:
        run = read(connection, actor, run_id)
        require(actor, run.state, RunState.WITHDRAWN, Act.WITHDRAW_RUN)
        if run.account_id != actor.account and run.vendor_id != actor.vendor:
            raise ForbiddenError(
                Text("他の者が提出した試験結果です。", "the run is another one's"),
                next_step=Text("提出した者に取下げを依頼してください。", "ask those who have submitted it"),
            )
        change = sa.update(tables.runs).where(tables.runs.c.id == run.id, tables.runs.c.state == run.state)
        one_changed(connection.execute(change.values(state=RunState.WITHDRAWN, changed_at=office.now())))
        record(connection, office.now(), actor, Act.WITHDRAW_RUN, ("run", run.id), written(why, "why"))
