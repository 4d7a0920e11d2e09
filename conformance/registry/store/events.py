"""Events: who did what to what, when and why. They are written in the transaction of the change that they tell of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from conformance.registry.actors import Actor
from conformance.registry.store import tables


@dataclass(frozen=True)
class Event:
    """One event. `about` is the kind of thing (`run`, `statement`, …), `what` its particulars as JSON."""

    number: int
    at: dt.datetime
    account: str
    role: str
    act: str
    about: str
    about_id: str
    why: str
    what: Mapping[str, Any]


def record(
    connection: sa.Connection,
    at: dt.datetime,
    actor: Actor,
    act: str,
    about: tuple[str, str],
    why: str = "",
    what: Mapping[str, Any] | None = None,
) -> None:
    """Write an event. `about` is kind and id of the thing."""
    connection.execute(
        sa.insert(tables.events).values(
            at=at,
            account=actor.account,
            role=actor.role.value,
            act=act,
            about=about[0],
            about_id=about[1],
            why=why,
            what=dict(what or {}),
        )
    )


def history(connection: sa.Connection, about: str, about_id: str) -> list[Event]:
    """The events of one thing, in their order."""
    found = connection.execute(
        sa.select(tables.events)
        .where(tables.events.c.about == about, tables.events.c.about_id == about_id)
        .order_by(tables.events.c.id)
    )
    return [Event(*row) for row in found]
