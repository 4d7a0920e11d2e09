"""One overview of a system: its runs, the statement in force, waivers, advisories, what happened, what is next."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from conformance.model import Text
from conformance.registry import advisories, runs, waivers
from conformance.registry.actors import Act
from conformance.registry.advisories import NEXT, SENT, Advisory, AdvisoryState
from conformance.registry.api.advisories import published
from conformance.registry.pages import lookup, offers
from conformance.registry.pages.links import links
from conformance.registry.pages.lookup import Named, Placed, Stated
from conformance.registry.pages.visits import Shown, Visit
from conformance.registry.pages.words import word
from conformance.registry.refusals import NotFoundError
from conformance.registry.statements import StatementState
from conformance.registry.states import RunState
from conformance.registry.store import Event, tables
from conformance.registry.waivers import Waiver

_MOST = 100
_SOON_DAYS = 60
_OVER = frozenset({AdvisoryState.CLOSED, AdvisoryState.DROPPED})
_WAITING = frozenset({RunState.SUBMITTED, RunState.VERIFIED, RunState.UNDER_REVIEW})


def system(visit: Visit) -> Shown:
    """All of it, as far as one may see it; what was published is there for everybody."""
    with visit.office.database.read() as connection:
        found = lookup.placed(connection, tables.systems.c.id == visit.path["id"])
        if not found:
            raise NotFoundError("there is no such system", next_step="look it up on the page of its body")
        values = _values(connection, visit, found[0])
    place = found[0]
    name = Text(*[f"{place.body.name} {place.system.service}"] * 2)
    return Shown("system.html.j2", name, values)


def _values(connection: sa.Connection, visit: Visit, place: Placed) -> dict[str, Any]:
    here = (tables.products.c.id == place.version.product_id, tables.runs.c.body_code == place.body.code)
    service = place.system.service
    stated = [
        each for each in lookup.stated(connection, visit.office.now(), *here, limit=_MOST)[1]
        if service in dict(each.services)
    ]  # fmt: skip
    seen = [n for n in lookup.named(connection, visit.actor, *here, limit=_MOST)[1] if _about(connection, n, service)]
    sent, own = _advisories(connection, visit, place)
    borne = [w for w in waivers.find(connection, visit.actor) if _bears(w, place)]
    in_force = [s for s in stated if s.state is StatementState.VALID and s.version.id == place.system.version_id]
    reads = offers.may(visit.actor, Act.READ_EVENTS)
    events = _happened(connection, seen, own, borne, stated) if reads else []
    return {
        "place": place, "stated": stated, "in_force": in_force, "runs": seen, "waivers": borne,
        "advisories": list(map(published, sent)), "own": own, "events": events, "next_of": NEXT,
        "names": lookup.names(connection, (e.account for e in events)), "files": links("system", place.system.id),
        "next": _next(visit, in_force, seen, own or sent), "today": visit.office.today(),
    }  # fmt: skip


def _about(connection: sa.Connection, told: Named, service: str) -> bool:
    """Whether a run is about the service; one that was not judged yet may be."""
    judged = runs.judgements(connection, told.run.id)[:1]
    tested = {entry.service for entry in judged[0].judged.services} if judged else set()
    return not tested or service in tested


def _advisories(connection: sa.Connection, visit: Visit, place: Placed) -> tuple[list[Advisory], list[Advisory]]:
    """Those that were sent, and those that one may see whole."""
    table = tables.advisories
    versions = sa.select(tables.versions.c.id).where(tables.versions.c.product_id == place.version.product_id)
    of_product = sa.select(tables.runs.c.id).where(tables.runs.c.version_id.in_(versions))
    here = (table.c.body_code == place.body.code, table.c.run_id.in_(of_product))

    def about(found: list[Advisory]) -> list[Advisory]:
        return [a for a in found if place.system.service in {f.service for f in a.content.findings}]

    sent = about(advisories.select(connection, *here, table.c.state.in_(SENT)))
    return sent, about(advisories.select(connection, *here, advisories.visible(visit.actor)))


def _bears(waiver: Waiver, place: Placed) -> bool:
    same = (waiver.version_id, waiver.service) == (place.system.version_id, place.system.service)
    return same and waiver.body_code in {None, place.body.code}


def _happened(
    connection: sa.Connection, seen: list[Named], own: list[Advisory], borne: list[Waiver], stated: list[Stated]
) -> list[Event]:
    """The events of all of these, the newest first."""
    table = tables.events
    things = {
        "run": [n.run.id for n in seen],
        "advisory": [a.id for a in own],
        "waiver": [w.id for w in borne],
        "statement": [s.statement.id for s in stated],
    }
    about = [sa.and_(table.c.about == kind, table.c.about_id.in_(ids)) for kind, ids in things.items() if ids]
    if not about:
        return []
    page = sa.select(table).where(sa.or_(*about)).order_by(table.c.id.desc()).limit(_MOST)
    return [Event(*row) for row in connection.execute(page)]


def _next(visit: Visit, in_force: list[Stated], seen: list[Named], advised: list[Advisory]) -> list[Text]:
    """What is next, the most urgent first."""
    found = [_next_of(a) for a in advised if a.state not in _OVER]
    waiting = [n for n in seen if n.run.state in _WAITING]
    found += [word(f"next.{n.run.state}") for n in waiting]
    if not in_force and not waiting:
        found.append(word("next.none_in_force"))
    for each in in_force:
        days = (each.statement.valid_until - visit.office.now()).days
        if days <= _SOON_DAYS:
            found.append(word("next.ends_soon", days=days))
    return found or [word("next.nothing")]


def _next_of(found: Advisory) -> Text:
    name, then = found.content.instrument_name, NEXT[found.state]
    return Text(f"{name.ja}: {then.ja}", f"{name.en}: {then.en}")
