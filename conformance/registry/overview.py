"""All that there is about one system, for whoever asks: each part as far as that part may be seen.

Runs are those of the system's version in its body that tested its service. Advisories are those to the body on any
version of the product, because a newer version is what remedies them; what is told of them is what is public.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

import msgspec
import sqlalchemy as sa

from conformance.model import Text
from conformance.registry import advisories, bodies, due, holdings, runs, statements, waivers
from conformance.registry.actors import MAY, Act, Actor
from conformance.registry.advisory_states import NEXT, AdvisoryState
from conformance.registry.judged import Judged
from conformance.registry.office import Office
from conformance.registry.states import RunState
from conformance.registry.store import Event, history

_RUNS: Final = 50
_EVENTS: Final = 200
_VALID: Final = statements.StatementState.VALID


class Use(StrEnum):
    """What a waiver is worth today."""

    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"
    TO_COME = "to_come"
    ACTIVE = "active"
    UNUSED = "unused"
    EXPIRED = "expired"


class RunShown(msgspec.Struct, frozen=True):
    """A run; `standing` is empty where it has not been judged, `short` counts requirements not met or not judged."""

    id: str
    party: str
    state: RunState
    submitted_at: dt.datetime
    standing: str
    short: int
    differences: int


class StatementShown(msgspec.Struct, frozen=True):
    """A statement that was issued."""

    id: str
    run_id: str
    state: statements.StatementState
    issued_at: dt.datetime
    valid_until: dt.datetime


class WaiverShown(msgspec.Struct, frozen=True):
    """A waiver and what it is worth today: `unused` where the last run that was judged does not need it."""

    id: str
    requirement: str
    use: Use
    valid_from: dt.date
    valid_until: dt.date


class AdvisoryShown(msgspec.Struct, frozen=True):
    """What is public of an advisory, and for the agency of one that has not been sent."""

    id: str
    instrument: Text
    state: AdvisoryState
    next: Text
    issued_at: dt.datetime | None
    answer_by: dt.date
    remedy_by: dt.date | None


class HappenedShown(msgspec.Struct, frozen=True):
    """An event. Who and why are told to the agency alone."""

    at: dt.datetime
    about: str
    about_id: str
    act: str
    role: str
    account: str = ""
    why: str = ""


class Overview(msgspec.Struct, frozen=True):
    """The whole of it. `statement` is the one in force, `statements` all of them. Runs, statements, events: the newest
    first, `next` is by date, what has none last."""

    system: holdings.System
    body: bodies.Body
    version: holdings.Version
    runs: tuple[RunShown, ...]
    statement: StatementShown | None
    statements: tuple[StatementShown, ...]
    waivers: tuple[WaiverShown, ...]
    advisories: tuple[AdvisoryShown, ...]
    happened: tuple[HappenedShown, ...]
    next: tuple[due.Due, ...]


def overview(connection: sa.Connection, office: Office, actor: Actor, system_id: str) -> Overview:
    """The overview of a system. Raises `NotFoundError`."""
    system = holdings.system(connection, system_id)
    product, today = holdings.version(connection, system.version_id), office.today()
    found = list(_runs(connection, actor, system))
    stated = list(_stated(connection, system))
    statement = next((each for each in stated if each.stands(office.now()) is _VALID), None)
    waived = [w for w in waivers.find(connection, actor) if _concerns(w, system)]
    advised = [
        a
        for a in advisories.of_product(connection, actor, system.body_code, product.product_id)
        if any(finding.service == system.service for finding in a.content.findings)
    ]
    last = next((judged for _, judged in found if judged is not None), None)
    listed = [run for run, _ in found]
    known = [
        ("system", system.id),
        *(("run", run.id) for run in listed),
        *(("statement", each.id) for each in stated),
        *(("waiver", w.id) for w in waived),
        *(("advisory", a.id) for a in advised),
    ]
    return Overview(
        system,
        bodies.body(connection, system.body_code),
        product,
        tuple(_run(run, judged, system.service) for run, judged in found),
        None if statement is None else _statement(office, statement),
        tuple(_statement(office, each) for each in stated),
        tuple(WaiverShown(w.id, w.requirement, use(w, last, today), w.valid_from, w.valid_until) for w in waived),
        tuple(map(_advisory, advised)),
        tuple(_happened(connection, actor, known)),
        tuple(
            sorted(
                (
                    *due.of_runs(actor, listed, statement, {a.run_id for a in advised}),
                    *due.of_statement(statement),
                    *due.of_waivers(waived, today),
                    *due.of_advisories(advised, today),
                ),
                key=lambda each: each.by or dt.date.max,
            )
        ),
    )


def use(waiver: waivers.Waiver, last: Judged | None, today: dt.date) -> Use:
    """What a waiver is worth today, by the last judged run of the system; None where there is none to be seen."""
    if waiver.state is waivers.WaiverState.WITHDRAWN:
        return Use.WITHDRAWN
    if waiver.valid_until < today:
        return Use.EXPIRED
    if waiver.state is waivers.WaiverState.PROPOSED:
        return Use.PROPOSED
    if waiver.valid_from > today:
        return Use.TO_COME
    needed = last is None or any((s.service, s.requirement) == (waiver.service, waiver.requirement) for s in last.short)
    return Use.ACTIVE if needed else Use.UNUSED


def _concerns(waiver: waivers.Waiver, system: holdings.System) -> bool:
    same = (waiver.service, waiver.version_id) == (system.service, system.version_id)
    return same and waiver.body_code in {None, system.body_code}


def _runs(connection: sa.Connection, actor: Actor, system: holdings.System) -> Iterator[tuple[runs.Run, Judged | None]]:
    for run in runs.of_system(connection, actor, system.body_code, system.version_id, _RUNS):
        found = runs.judgements(connection, run.id)
        judged = found[0].judged if found else None
        # One that could not be judged tells of no service, and may be of any.
        if judged is None or not judged.services or any(t.service == system.service for t in judged.services):
            yield run, judged


def _run(run: runs.Run, judged: Judged | None, service: str) -> RunShown:
    if judged is None:
        return RunShown(run.id, run.party, run.state, run.submitted_at, "", 0, 0)
    short = sum(each.service == service for each in judged.short)
    return RunShown(run.id, run.party, run.state, run.submitted_at, judged.standing, short, len(judged.differences))


def _stated(connection: sa.Connection, system: holdings.System) -> Iterator[statements.Statement]:
    """All statements that its service was stated in, the newest first."""
    for found in statements.of_system(connection, system.body_code, system.version_id):
        judged = runs.judgement(connection, found.run_id).judged
        if any(tested.service == system.service for tested in judged.services):
            yield found


def _statement(office: Office, found: statements.Statement) -> StatementShown:
    return StatementShown(found.id, found.run_id, found.stands(office.now()), found.issued_at, found.valid_until)


def _advisory(found: advisories.Advisory) -> AdvisoryShown:
    instrument, following = found.content.instrument_name, NEXT[found.state]
    return AdvisoryShown(
        found.id, instrument, found.state, following, found.issued_at, found.answer_by, found.remedy_by
    )


_TOLD: Final = frozenset(
    {
        *("enter system", "submit", "verify", "refuse what is not what it is said to be", Act.DECIDE, Act.WITHDRAW_RUN),
        *("issue", "supersede", "expire", Act.WITHDRAW_STATEMENT, Act.APPROVE_WAIVER, "withdraw waiver"),
        *(Act.ISSUE_ADVISORY, "acknowledge advisory", "answer with a plan", "escalate advisory", "remedy"),
        *("close advisory", "remind"),
    }
)
"""What others than the agency are told of; drafts and proposals are the agency's until they have been decided on."""


def _happened(connection: sa.Connection, actor: Actor, known: Iterable[tuple[str, str]]) -> list[HappenedShown]:
    whole = actor.role in MAY[Act.READ_EVENTS]
    found = [event for about, about_id in known for event in history(connection, about, about_id)]
    newest = sorted(found, key=lambda event: event.number, reverse=True)
    return [_event(event, whole=whole) for event in newest if whole or event.act in _TOLD][:_EVENTS]


def _event(event: Event, *, whole: bool) -> HappenedShown:
    told = HappenedShown(event.at, event.about, event.about_id, event.act, event.role)
    return msgspec.structs.replace(told, account=event.account, why=event.why) if whole else told
