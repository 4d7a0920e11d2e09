"""What waits for somebody: runs and advisories in a state that his role can lead on from, waivers to be approved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from conformance.registry import advisories, waivers
from conformance.registry.actors import Act, Actor
from conformance.registry.advisories import Advisory
from conformance.registry.advisory_states import STEPS
from conformance.registry.pages import lookup
from conformance.registry.pages.lookup import Named
from conformance.registry.pages.offers import acts_on, may
from conformance.registry.states import RunState
from conformance.registry.store import tables
from conformance.registry.waivers import Waiver, WaiverState

_MOST: Final = 20
_REVIEW: Final = frozenset({Act.BEGIN_REVIEW, Act.DECIDE})


@dataclass(frozen=True)
class Waiting:
    """All of it; no more of each kind than fits on a page."""

    runs: list[Named]
    waivers: list[Waiver]
    advisories: list[Advisory]

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self.runs or self.waivers or self.advisories)


def waiting(connection: sa.Connection, actor: Actor) -> Waiting:
    """What waits for somebody."""
    return Waiting(_runs(connection, actor), _waivers(connection, actor), _advisories(connection, actor))


def _runs(connection: sa.Connection, actor: Actor) -> list[Named]:
    table = tables.runs
    ways: list[sa.ColumnElement[bool]] = []
    states = [state for state in RunState if acts_on(actor, state) & _REVIEW]
    if may(actor, Act.DECIDE):
        # Without a proposal there is nothing to decide on yet.
        ways.append(sa.and_(table.c.state.in_(states), table.c.proposal.is_not(sa.null())))
    elif states:
        ways.append(table.c.state.in_(states))
    if may(actor, Act.PROPOSE):
        mine = sa.and_(table.c.state == RunState.UNDER_REVIEW, table.c.assessor_id == actor.account)
        ways.append(sa.and_(mine, table.c.proposal.is_(sa.null())))
    return lookup.named(connection, actor, sa.or_(*ways), limit=_MOST)[1] if ways else []


def _waivers(connection: sa.Connection, actor: Actor) -> list[Waiver]:
    if not may(actor, Act.APPROVE_WAIVER):
        return []
    return [w for w in waivers.find(connection, actor) if w.state is WaiverState.PROPOSED][:_MOST]


def _advisories(connection: sa.Connection, actor: Actor) -> list[Advisory]:
    states = {before for (before, _), (_, roles) in STEPS.items() if actor.role in roles}
    return advisories.select(connection, advisories.visible(actor), tables.advisories.c.state.in_(states), limit=_MOST)
