"""Pages about the registry itself: accounts, and the log of events."""

from __future__ import annotations

import sqlalchemy as sa

from conformance.registry.actors import Act
from conformance.registry.pages import lookup, offers
from conformance.registry.pages.forms import Offer
from conformance.registry.pages.visits import Shown, Visit
from conformance.registry.pages.words import word
from conformance.registry.store import tables

_MANY = 50
ABOUT = (
    "run", "statement", "advisory", "waiver", "upload", "vendor", "product", "version", "system", "account", "bodies",
)  # fmt: skip
"""Kinds of things that events are about."""


def accounts(visit: Visit) -> Shown:
    """All accounts. Raises `ForbiddenError` for all but administrators."""
    visit.actor.require(Act.KEEP_ACCOUNTS)
    table = tables.accounts
    with visit.office.database.read() as connection:
        rows = list(connection.execute(sa.select(table).order_by(table.c.created_at, table.c.id)))
        vendors = lookup.vendors(connection)
    values = {
        "items": rows,
        "vendors": {vendor.id: vendor.name for vendor in vendors},
        "disable": {row.id: Offer("disableAccount", target=row.id) for row in rows if row.disabled_at is None},
        "offers": offers.of_accounts(visit.actor, vendors),
    }
    return Shown("accounts.html.j2", word("w.accounts"), values)


def events(visit: Visit) -> Shown:
    """What happened, the newest first, of a kind or one thing or by one account. Raises `ForbiddenError`."""
    visit.actor.require(Act.READ_EVENTS)
    about, about_id, account = (visit.query.get(name, "") for name in ("about", "id", "account"))
    with visit.office.database.read() as connection:
        count, found = lookup.events(connection, about, about_id, account, _MANY, visit.offset)
        names = lookup.names(connection, (event.account for event in found))
    values = {
        "items": found, "total": count, "names": names, "about": about, "id": about_id, "account": account,
        "kinds": ABOUT, "per_page": _MANY,
    }  # fmt: skip
    return Shown("events.html.j2", word("w.events"), values)
