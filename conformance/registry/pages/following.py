"""Pages about what is followed up: waivers and advisories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from conformance.model import Text
from conformance.registry import advisories, holdings, runs, waivers
from conformance.registry.actors import Act
from conformance.registry.advisories import Advisory
from conformance.registry.advisory_states import NEXT, AdvisoryState
from conformance.registry.advisory_text import NO_POWER
from conformance.registry.api.advisories import published
from conformance.registry.bodies import body
from conformance.registry.holdings import Version
from conformance.registry.judged import Shortfall
from conformance.registry.pages import lookup, offers
from conformance.registry.pages.forms import Choices, Offer
from conformance.registry.pages.links import links
from conformance.registry.pages.visits import PER_PAGE, Shown, Visit
from conformance.registry.pages.words import word
from conformance.registry.refusals import NotFoundError
from conformance.registry.states import RunState
from conformance.registry.store import history, tables
from conformance.registry.waivers import Waiver, WaiverState

_PRESET: Final = ("service", "requirement", "version_id", "body_code")


@dataclass(frozen=True)
class Used:
    """A waiver, and the runs in which it bears something: what they would be without it stays to be seen."""

    waiver: Waiver
    version: Version
    standing: str
    """`proposed`, `withdrawn`, `to come`, `ended`, `unused` or `used`."""
    runs: tuple[tuple[str, Shortfall], ...]


Borne = dict[str, list[tuple[str, str, Shortfall]]]
"""By version: runs, the bodies that they are of, and what they fell short in."""


def _borne(connection: sa.Connection, visit: Visit, versions: Iterable[str]) -> Borne:
    """Judged runs that are visible here count: what one may not see is not told of by a waiver either."""
    found: Borne = {}
    for version_id in set(versions):
        chosen = lookup.named(connection, visit.actor, tables.runs.c.version_id == version_id, limit=100)[1]
        found[version_id] = [
            (told.run.id, told.run.body_code, short)
            for told in chosen
            for judged in runs.judgements(connection, told.run.id)[:1]
            for short in judged.judged.short
        ]
    return found


def _used(connection: sa.Connection, borne: Borne, found: Waiver, day: dt.date) -> Used:
    mine = [
        (run, short)
        for run, body_code, short in borne[found.version_id]
        if (short.service, short.requirement) == (found.service, found.requirement)
        and found.body_code in {None, body_code}
    ]
    version = holdings.version(connection, found.version_id)
    return Used(found, version, _standing(found, day, used=bool(mine)), tuple(mine))


def _standing(found: Waiver, day: dt.date, *, used: bool) -> str:
    if found.state is not WaiverState.APPROVED:
        return found.state.value
    if found.valid_until < day:
        return "ended"
    if day < found.valid_from:
        return "to_come"
    return "used" if used else "unused"


def all_waivers(visit: Visit) -> Shown:
    """The waivers that one may see, each with what is underneath; those that are unused or have ended are said so."""
    with visit.office.database.read() as connection:
        seen, today = waivers.find(connection, visit.actor), visit.office.today()
        borne = _borne(connection, visit, (w.version_id for w in seen))
        found = [_used(connection, borne, w, today) for w in seen]
        known = holdings.versions(connection) if offers.may(visit.actor, Act.PROPOSE_WAIVER) else []
    offered = []
    if known:
        choices = {"service": offers.services(), "version_id": offers.versions(known)}
        preset = {name: visit.query[name] for name in _PRESET if name in visit.query}
        offered = [Offer("proposeWaiver", choices=choices, preset=preset)]
    return Shown("waivers.html.j2", word("w.waivers"), {"items": found, "offers": offered})


def waiver(visit: Visit) -> Shown:
    """One waiver."""
    with visit.office.database.read() as connection:
        found = waivers.read(connection, visit.actor, visit.path["id"])
        used = _used(connection, _borne(connection, visit, [found.version_id]), found, visit.office.today())
        place = body(connection, found.body_code) if found.body_code is not None else None
        reads = offers.may(visit.actor, Act.READ_EVENTS)
        events = history(connection, "waiver", found.id) if reads else []
        names = lookup.names(connection, (e.account for e in events))
    values = {
        "used": used, "found": found, "place": place, "events": events, "names": names,
        "offers": offers.of_waiver(visit.actor, found),
    }  # fmt: skip
    return Shown("waiver.html.j2", word("w.waiver_of", requirement=found.requirement), values)


def all_advisories(visit: Visit) -> Shown:
    """What was published, for everybody; for who is signed in, what he may see as well."""
    with visit.office.database.read() as connection:
        count, sent = advisories.find(connection, visit.actor, public=True, limit=PER_PAGE, offset=visit.offset)
        own = advisories.find(connection, visit.actor, public=False, limit=100, offset=0)[1]
    values = {"items": list(map(published, sent)), "total": count, "own": own, "next": NEXT}
    return Shown("advisories.html.j2", word("w.advisories"), values)


def advisory(visit: Visit) -> Shown:
    """One advisory: the whole of it for whom it is about and for the agency, what is published for everybody else."""
    with visit.office.database.read() as connection:
        try:
            found = advisories.read(connection, visit.actor, visit.path["id"])
        except NotFoundError:
            return _published(advisories.read_sent(connection, visit.path["id"]))
        reads = offers.may(visit.actor, Act.READ_EVENTS)
        events = history(connection, "advisory", found.id) if reads else []
        names = lookup.names(connection, (e.account for e in events))
        newer = _newer(connection, visit, found) if offers.may(visit.actor, Act.FOLLOW_ADVISORY) else []
        seen = connection.execute(
            sa.select(tables.runs.c.id).where(tables.runs.c.id == found.run_id, runs.visible(visit.actor))
        ).scalar()
    values = {
        "found": found, "content": found.content, "next": NEXT[found.state], "events": events, "names": names,
        "run": seen, "no_power": NO_POWER, "files": links("advisory", found.id), "path": _path(found),
        "offers": offers.of_advisory(visit.actor, found, newer),
    }  # fmt: skip
    return Shown("advisory_page.html.j2", _title(found), values)


def _published(found: Advisory) -> Shown:
    values = {"found": published(found), "no_power": NO_POWER, "path": _path(found)}
    return Shown("advisory_public.html.j2", _title(found), values)


def _title(found: Advisory) -> Text:
    name, place = found.content.instrument_name, found.content.body.name
    return Text(f"{name.ja} {place}", f"{name.en}: {place}")


_S = AdvisoryState
_USUAL: Final = (
    _S.DRAFTED, _S.APPROVED, _S.ISSUED, _S.ACKNOWLEDGED, _S.PLAN_RECEIVED, _S.REMEDIED, _S.CLOSED,
)  # fmt: skip


def _path(found: Advisory) -> list[tuple[AdvisoryState, str]]:
    """The states of its life, each `past`, `present` or `to_come`; one beside the usual way stands where it left it."""
    if found.state in _USUAL:
        at = _USUAL.index(found.state)
        return [(s, "past" if n < at else "present" if n == at else "to_come") for n, s in enumerate(_USUAL)]
    if found.state is _S.ESCALATED:
        at = _USUAL.index(_S.PLAN_RECEIVED if found.remedy_by else _S.ISSUED)
        rest = [(s, "to_come") for s in _USUAL[at + 1 :]]
        return [*((s, "past") for s in _USUAL[: at + 1]), (found.state, "present"), *rest]
    return [(_S.DRAFTED, "past"), (found.state, "present")]


def _newer(connection: sa.Connection, visit: Visit, found: Advisory) -> Choices:
    """Runs of the same product in the same body that came later; whether one shows it, `remedy` alone says."""
    first = lookup.named(connection, visit.actor, tables.runs.c.id == found.run_id)[1][0]
    chosen = (
        tables.products.c.id == first.version.product_id,
        tables.runs.c.body_code == first.run.body_code,
        tables.runs.c.submitted_at > first.run.submitted_at,
        tables.runs.c.state.not_in((RunState.REFUSED, RunState.WITHDRAWN)),
    )
    told = [
        (n.run.id, f"{n.version.full_name} {n.run.submitted_at:%Y-%m-%d} {n.run.id}")
        for n in lookup.named(connection, visit.actor, *chosen, limit=100)[1]
    ]
    return [(key, Text(name, name)) for key, name in told]
