"""What the registry shows of one system: its parts, what happened, what is next, and to whom."""

from __future__ import annotations

import datetime as dt

import pytest

from conformance.model import Text
from conformance.registry import advisories, review, waivers
from conformance.registry.actors import PUBLIC, Role
from conformance.registry.holdings import System, add_system
from conformance.registry.office import Office
from conformance.registry.overview import Overview, Use, overview
from conformance.registry.refusals import NotFoundError
from conformance.registry.statements import StatementState
from conformance.registry.states import RunState
from conformance.registry.waivers import Waiver
from registry.people import BODY, OTHER_BODY, World
from registry.steady import SERVICE, Clock, SteadyJudge, conforming, failing
from registry.submitted import submitted

BASIS = Text("根拠", "a basis")
SINCE = dt.date(2026, 4, 1)


def shown(office: Office, world: World, system: str, name: str = "assessor") -> Overview:
    actor = PUBLIC if name == "public" else world[name]
    with office.database.read() as connection:
        return overview(connection, office, actor, system)


def entered(office: Office, world: World, body: str = BODY, service: str = SERVICE) -> str:
    return add_system(office, world["administrator"], System("", body, world.version, service, SINCE))


def judged_as(office: Office, *, fails: bool) -> None:
    assert isinstance(office.judge, SteadyJudge)
    office.judge.judged = failing() if fails else conforming()


def decide(office: Office, world: World, run: str, outcome: RunState) -> None:
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, outcome, "as the evidence has it")
    review.decide(office, world["approver"], run, proposal, confirm=True, why="agreed")


def next_of(found: Overview) -> set[tuple[Role, str]]:
    return {(each.who, each.about) for each in found.next}


def test_a_system_is_told_from_its_first_run_to_its_statement(office: Office, world: World, clock: Clock) -> None:
    """Claim: what is next is always said. Stimulus: a system without a run; one submitted, under review, proposed,
    refused, advised on; then a conforming run that is stated; a year passes. Expected: at each step who is next."""
    system = entered(office, world)
    assert next_of(shown(office, world, system)) == {(Role.VENDOR, "run")}
    judged_as(office, fails=True)
    run = submitted(office, world)
    assert next_of(shown(office, world, system)) == {(Role.ASSESSOR, "run")}
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, RunState.REFUSED, "it fails")
    assert next_of(shown(office, world, system)) == {(Role.APPROVER, "run")}
    assert next_of(shown(office, world, system, "vendor")) == {(Role.ASSESSOR, "run")}
    review.decide(office, world["approver"], run, proposal, confirm=True, why="agreed")
    found = shown(office, world, system)
    assert next_of(found) == {(Role.VENDOR, "run"), (Role.ASSESSOR, "run")}
    assert [(r.state, r.short) for r in found.runs] == [(RunState.REFUSED, 1)]
    made = advisories.draft(office, world["assessor"], run, BASIS, dt.date(2026, 12, 28))
    assert next_of(shown(office, world, system)) == {(Role.VENDOR, "run"), (Role.APPROVER, "advisory")}
    advisories.approve(office, world["approver"], made, "yes")
    advisories.issue(office, world["assessor"], made, "yes")
    (due,) = [each for each in shown(office, world, system).next if each.about == "advisory"]
    assert (due.who, due.by, due.late) == (Role.BODY, dt.date(2026, 12, 28), False)
    judged_as(office, fails=False)
    clock.forward(days=30)
    decide(office, world, submitted(office, world), RunState.STATED)
    advisories.escalate(office)
    found = shown(office, world, system)
    assert found.statement is not None
    assert (Role.VENDOR, "statement") in next_of(found)
    assert [each.late for each in found.next if each.about == "advisory"] == [True]
    clock.forward(days=365)
    found = shown(office, world, system)
    assert found.statement is None
    assert [each.state for each in found.statements] == [StatementState.EXPIRED]
    acts = [event.act for event in reversed(found.happened)]
    assert [acts.index(act) for act in ("enter system", "submit", "decide", "issue advisory", "issue")] == sorted(
        acts.index(act) for act in ("enter system", "submit", "decide", "issue advisory", "issue")
    )


@pytest.mark.parametrize(
    ("fails", "first", "last", "approve", "expected"),
    [
        (True, dt.date(2026, 11, 1), dt.date(2026, 12, 31), True, Use.ACTIVE),
        (False, dt.date(2026, 11, 1), dt.date(2026, 12, 31), True, Use.UNUSED),
        (True, dt.date(2026, 11, 1), dt.date(2026, 12, 31), False, Use.PROPOSED),
        (True, dt.date(2026, 12, 1), dt.date(2026, 12, 31), True, Use.TO_COME),
    ],
)
def test_what_a_waiver_is_worth(
    office: Office, world: World, clock: Clock, fails: bool, first: dt.date, last: dt.date, approve: bool, expected: Use
) -> None:
    """Claim: unused and expired waivers are told from active ones. Stimulus: a waiver, and a run that needs it or does
    not; then its last day passes. Expected: what it is worth, and then that it has expired."""
    system, other = entered(office, world), entered(office, world, OTHER_BODY)
    judged_as(office, fails=fails)
    submitted(office, world)
    waiver = Waiver("", SERVICE, "COM-PAG-001", BODY, world.version, BASIS, BASIS, first, last)
    made = waivers.propose(office, world["assessor"], waiver)
    if approve:
        waivers.approve(office, world["approver"], made, "borne")
    (found,) = shown(office, world, system).waivers
    assert (found.id, found.use) == (made, expected)
    assert shown(office, world, other).waivers == ()
    clock.forward(days=60)
    assert [w.use for w in shown(office, world, system).waivers] == [Use.EXPIRED]


def test_each_sees_of_it_what_its_parts_let_him_see(office: Office, world: World) -> None:
    """Claim: the overview leaks nothing. Stimulus: an open run, a draft, a sent advisory and a waiver that is only
    proposed, as everybody sees them. Expected: runs and drafts for whom they are; who and why for the agency alone;
    nothing of what was found for the public; a system of another service shows none of it."""
    system, other = entered(office, world), entered(office, world, service="resident-registry")
    judged_as(office, fails=True)
    refused = submitted(office, world)
    decide(office, world, refused, RunState.REFUSED)
    sent = advisories.draft(office, world["assessor"], refused, BASIS, dt.date(2026, 12, 28))
    advisories.approve(office, world["approver"], sent, "yes")
    advisories.issue(office, world["assessor"], sent, "yes")
    drafted = advisories.draft(office, world["assessor"], refused, BASIS, dt.date(2026, 12, 28))
    waiver = Waiver("", SERVICE, "COM-PAG-001", BODY, world.version, BASIS, BASIS, SINCE, dt.date(2026, 12, 31))
    waivers.propose(office, world["assessor"], waiver)
    open_ = submitted(office, world)
    seen = {
        "public": set(), "vendor": {refused, open_}, "other vendor": set(), "body": {refused}, "other body": set(),
        "assessor": {refused, open_}, "administrator": {refused, open_},
    }  # fmt: skip
    for name, expected in seen.items():
        found = shown(office, world, system, name)
        agency = name in {"assessor", "administrator"}
        assert {run.id for run in found.runs} == expected, name
        assert {a.id for a in found.advisories} == ({sent, drafted} if agency else {sent})
        assert bool(found.waivers) is (agency or name == "vendor")
        assert any(event.account or event.why for event in found.happened) is agency
        assert agency or not {"begin review", "propose", "draft advisory"} & {e.act for e in found.happened}
        assert agency or drafted not in {each.about_id for each in found.next}
        empty = shown(office, world, other, name)
        assert (empty.runs, empty.statement, empty.waivers, empty.advisories) == ((), None, (), ())
    with pytest.raises(NotFoundError):
        shown(office, world, "none")
