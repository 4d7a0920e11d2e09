"""Fresh runs: an assessor has a system tested once more, with another seed, and the two runs are compared.

The registry plays nothing itself: the run is made elsewhere by the agency's own run file, and comes in like any other,
as evidence of a third party. Here it is noted which run it is to confirm, and told in what the two differ.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from conformance.model import Text, VerdictKind
from conformance.registry import runs
from conformance.registry.actors import Act, Actor, Party
from conformance.registry.judged import Judged
from conformance.registry.office import Office
from conformance.registry.refusals import ConflictError
from conformance.registry.states import RunState
from conformance.registry.store import history, record


class Compared(msgspec.Struct, frozen=True):
    """A requirement that two runs judge otherwise; empty where one of them does not judge it at all."""

    service: str
    requirement: str
    first: str
    second: str


class Comparison(msgspec.Struct, frozen=True):
    """Two runs beside each other; `same` counts the requirements that both judge alike."""

    first_seed: str
    second_seed: str
    first_standing: str
    second_standing: str
    same: int
    differences: tuple[Compared, ...]
    other_editions: tuple[str, ...]
    """Services that the two were not tested on by one edition."""


class FreshRun(msgspec.Struct, frozen=True):
    """A fresh run, and the comparison once both have been judged."""

    run_id: str
    state: RunState
    comparison: Comparison | None


def compare(first: Judged, second: Judged) -> Comparison:
    """What two runs say of the same system."""
    one, two = _verdicts(first), _verdicts(second)
    keys = sorted(one.keys() | two.keys())
    differences = tuple(
        Compared(*key, one.get(key, ""), two.get(key, "")) for key in keys if one.get(key) != two.get(key)
    )
    editions = [{tested.service: tested.edition for tested in judged.services} for judged in (first, second)]
    other = sorted(name for name in editions[0].keys() | editions[1].keys() if len({e.get(name) for e in editions}) > 1)
    return Comparison(
        first.seed,
        second.seed,
        first.standing,
        second.standing,
        len(keys) - len(differences),
        differences,
        tuple(other),
    )


def _verdicts(judged: Judged) -> dict[tuple[str, str], str]:
    passed = dict.fromkeys(judged.passed, VerdictKind.PASS.value)
    return {**passed, **{(s.service, s.requirement): s.verdict.value for s in judged.short}}


def note(office: Office, actor: Actor, run_id: str, fresh_id: str) -> None:
    """Note that a run was made to confirm another. Raises `ForbiddenError`, `NotFoundError`, `ConflictError`."""
    actor.require(Act.RUN_AFRESH)
    with office.database.write() as connection:
        run, fresh = runs.read(connection, actor, run_id), runs.read(connection, actor, fresh_id)
        if (run.version_id, run.body_code) != (fresh.version_id, fresh.body_code) or run.id == fresh.id:
            raise ConflictError(
                Text("同じシステムの別の試験結果ではありません。", "the run is not one more of the same system"),
                next_step=Text("同じ製品の版と団体の、別の試験結果を指定してください。", "name a run of the same"),
            )
        if fresh.party != Party.THIRD or fresh.submitted_at < run.submitted_at:
            raise ConflictError(
                Text("機関が改めて行った試験の結果ではありません。", "the run was not made afresh by the agency"),
                next_step=Text("機関で改めて試験を行ってください。", "have a fresh run made"),
            )
        if fresh.id in _noted(connection, run.id):
            raise ConflictError(
                Text("既に記録されています。", "this is noted already"),
                next_step=Text("比較を確認してください。", "read the comparison"),
            )
        record(connection, office.now(), actor, Act.RUN_AFRESH, ("run", run.id), what={"run": fresh.id})


def _noted(connection: sa.Connection, run_id: str) -> list[str]:
    return [str(event.what["run"]) for event in history(connection, "run", run_id) if event.act == Act.RUN_AFRESH]


def of_run(connection: sa.Connection, actor: Actor, run_id: str) -> list[FreshRun]:
    """The fresh runs of a run that somebody may see, each compared with it. Raises `NotFoundError`."""
    run = runs.read(connection, actor, run_id)
    before = runs.judgements(connection, run.id)
    found = []
    for fresh_id in _noted(connection, run.id):
        fresh = runs.read(connection, actor, fresh_id)
        now = runs.judgements(connection, fresh.id)
        compared = compare(before[0].judged, now[0].judged) if before and now else None
        found.append(FreshRun(fresh.id, fresh.state, compared))
    return found
