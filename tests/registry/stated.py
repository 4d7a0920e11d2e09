"""Statements that were made, for what comes after it."""

from __future__ import annotations

from conformance.model import Text
from conformance.registry import review
from conformance.registry.office import Office
from conformance.registry.states import RunState
from registry.people import World
from registry.submitted import submitted


def stated(office: Office, world: World, *conditions: Text, waived: bool = False) -> str:
    """A statement on what the office's judge says, by an assessor and an approver; its id."""
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    outcome = RunState.STATED_WITH_CONDITIONS if conditions or waived else RunState.STATED
    proposal = review.propose(office, world["assessor"], run, outcome, "as judged", conditions)
    made = review.decide(office, world["approver"], run, proposal, confirm=True, why="agreed")
    assert made is not None
    return made
