"""Pages for everybody: what this is, statements, bodies, vendors, products and versions."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from conformance.model import Text
from conformance.registry import advisories, bodies, holdings
from conformance.registry.actors import Act
from conformance.registry.advisory_states import SENT
from conformance.registry.api.advisories import published
from conformance.registry.pages import lookup, offers, tasks
from conformance.registry.pages.forms import Offer
from conformance.registry.pages.links import links
from conformance.registry.pages.visits import PER_PAGE, Shown, Visit
from conformance.registry.pages.words import word
from conformance.registry.runs import visible
from conformance.registry.statement import OWN, WHAT_IT_IS
from conformance.registry.store import tables

_FEW: Final = 10
_TEXT: Final = 100


def start(visit: Visit) -> Shown:
    """What this is, what was stated and advised lately, and what waits for whoever is signed in."""
    with visit.office.database.read() as connection:
        count, found = lookup.stated(connection, visit.office.now(), limit=_FEW)
        advised, sent = advisories.find(connection, visit.actor, public=True, limit=_FEW, offset=0)
        waiting = tasks.waiting(connection, visit.actor)
    values = {
        "statements": found, "statement_count": count, "advisories": list(map(published, sent)),
        "advisory_count": advised, "waiting": waiting,
    }  # fmt: skip
    return Shown("start.html.j2", word("w.registry"), values)


def statements(visit: Visit) -> Shown:
    """All statements, the newest first."""
    with visit.office.database.read() as connection:
        count, found = lookup.stated(connection, visit.office.now(), limit=PER_PAGE, offset=visit.offset)
    return Shown("statements.html.j2", word("w.statements"), {"items": found, "total": count})


def statement(visit: Visit) -> Shown:
    """The verification page of a statement."""
    with visit.office.database.read() as connection:
        found = lookup.statement(connection, visit.office.now(), visit.path["id"])
        own = sa.and_(visible(visit.actor), tables.runs.c.id == found.statement.run_id)
        run = connection.execute(sa.select(tables.runs.c.id).where(own)).scalar()
    told = lookup.payload(found.statement)
    values = {
        "found": found, "told": told, "own": told["predicate"][OWN], "run": run, "what_it_is": WHAT_IT_IS,
        "genuine": lookup.genuine(visit.office, found.statement), "files": links("statement", found.statement.id),
        "offers": offers.of_statement(visit.actor, found.state),
    }  # fmt: skip
    name = f"{found.version.full_name} ({found.body.name})"
    title = word("w.statement_of", name=name)
    return Shown("statement.html.j2", title, values)


def all_bodies(visit: Visit) -> Shown:
    """Bodies, found by name, reading, prefecture or code."""
    text, kind = visit.query.get("q", "")[:_TEXT].strip(), visit.query.get("type", "")
    with visit.office.database.read() as connection:
        count, found = lookup.bodies(connection, text, kind, PER_PAGE, visit.offset)
        kinds = lookup.body_types(connection)
    return Shown("bodies.html.j2", word("w.bodies"), {"items": found, "total": count, "q": text, "kinds": kinds})


def body(visit: Visit) -> Shown:
    """A body: its systems, what was stated of them, what was advised; runs as far as one may see them."""
    with visit.office.database.read() as connection:
        found = bodies.body(connection, visit.path["code"])
        table = tables.advisories
        sent = advisories.select(connection, table.c.body_code == found.code, table.c.state.in_(SENT))
        stated = lookup.stated(connection, visit.office.now(), tables.runs.c.body_code == found.code, limit=100)[1]
        runs = lookup.named(connection, visit.actor, tables.runs.c.body_code == found.code, limit=100)[1]
        systems = lookup.placed(connection, tables.systems.c.body_code == found.code)
        versions = holdings.versions(connection) if offers.may(visit.actor, Act.KEEP_HOLDINGS) else []
    offered = []
    if versions:
        choices = {"version_id": offers.versions(versions), "service": offers.services()}
        offered = [Offer("addSystem", {"body_code": found.code}, choices)]
    values = {
        "found": found, "systems": systems, "stated": stated, "advisories": list(map(published, sent)),
        "runs": runs, "offers": offered,
    }  # fmt: skip
    return Shown("body.html.j2", Text(found.name, found.name), values)


def vendors(visit: Visit) -> Shown:
    """All vendors."""
    with visit.office.database.read() as connection:
        found = lookup.vendors(connection)
    offered = [Offer("addVendor")] if offers.may(visit.actor, Act.KEEP_HOLDINGS) else []
    return Shown("vendors.html.j2", word("w.vendors"), {"items": found, "offers": offered})


def vendor(visit: Visit) -> Shown:
    """A vendor: its products, and what was stated of them."""
    with visit.office.database.read() as connection:
        found = holdings.vendor(connection, visit.path["id"])
        chosen = tables.products.c.vendor_id == found.id
        products = lookup.products(connection, chosen)
        versions = [v for v in holdings.versions(connection) if v.vendor_id == found.id]
        stated = lookup.stated(connection, visit.office.now(), chosen, limit=100)[1]
        runs = lookup.named(connection, visit.actor, chosen)[1]
    kept = offers.may(visit.actor, Act.KEEP_HOLDINGS)
    values = {
        "found": found, "products": products, "versions": versions, "stated": stated, "runs": runs,
        "offers": [Offer("addProduct", {"vendor_id": found.id})] if kept else [],
    }  # fmt: skip
    return Shown("vendor.html.j2", Text(found.name, found.name), values)


def product(visit: Visit) -> Shown:
    """A product: its versions, where they run, what was stated of them."""
    with visit.office.database.read() as connection:
        found = lookup.product(connection, visit.path["id"])
        chosen = tables.products.c.id == found.id
        versions = [v for v in holdings.versions(connection) if v.product_id == found.id]
        stated = lookup.stated(connection, visit.office.now(), chosen, limit=100)[1]
        runs = lookup.named(connection, visit.actor, chosen)[1]
        systems = lookup.placed(connection, chosen)
    kept = offers.may(visit.actor, Act.KEEP_HOLDINGS)
    values = {
        "found": found, "versions": versions, "stated": stated, "runs": runs, "systems": systems,
        "offers": [Offer("addVersion", {"product_id": found.id})] if kept else [],
    }  # fmt: skip
    return Shown("product.html.j2", Text(found.name, found.name), values)


def version(visit: Visit) -> Shown:
    """A version: where it runs, what was stated of it."""
    with visit.office.database.read() as connection:
        found = holdings.version(connection, visit.path["id"])
        chosen = tables.versions.c.id == found.id
        stated = lookup.stated(connection, visit.office.now(), chosen, limit=100)[1]
        runs = lookup.named(connection, visit.actor, chosen)[1]
        systems = lookup.placed(connection, chosen)
    values = {"found": found, "stated": stated, "runs": runs, "systems": systems}
    return Shown("version.html.j2", Text(found.full_name, found.full_name), values)
