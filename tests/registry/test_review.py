"""From a submitted run to a decision: states, roles, reasons."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
import sqlalchemy as sa

from conformance.model import Text, VerdictKind
from conformance.registry import review, runs, statements, submission
from conformance.registry.actors import MAY, Act, Role
from conformance.registry.office import Office
from conformance.registry.problems import problem
from conformance.registry.refusals import ConflictError, ForbiddenError, InvalidError, NotFoundError
from conformance.registry.review import Proposal
from conformance.registry.states import TRANSITIONS, RunState, require
from conformance.registry.store import history, tables
from registry.at_once import at_once
from registry.people import World
from registry.steady import Clock, SteadyJudge, conforming, failing
from registry.submitted import submitted


def state(office: Office, world: World, run: str) -> RunState:
    with office.database.read() as connection:
        return runs.read(connection, world["approver"], run).state


def judged_as(office: Office, judged: object) -> None:
    assert isinstance(office.judge, SteadyJudge)
    office.judge.judged = judged  # type: ignore[assignment]  # the tests give what the judge gives


def test_only_what_the_table_has_can_happen(office: Office, world: World) -> None:
    """Claim: states are one table. Stimulus: every pair of states with every act and every role. Expected: allowed
    exactly where a row of the table has all of it."""
    acts = {t.act for t in TRANSITIONS}
    for before in RunState:
        for after in RunState:
            for act in acts:
                for actor in (world[n] for n in ("vendor", "body", "assessor", "approver", "administrator")):
                    rows = [t for t in TRANSITIONS if (t.before, t.after, t.act) == (before, after, act)]
                    if rows and actor.role in rows[0].roles:
                        require(actor, before, after, act)
                        continue
                    with pytest.raises(ForbiddenError if rows else ConflictError):
                        require(actor, before, after, act)


def test_ended_states_have_no_way_out() -> None:
    """Claim: what has ended stays so. Stimulus: the table. Expected: nothing leads out of refused, expired,
    superseded, withdrawn."""
    ended = {RunState.REFUSED, RunState.EXPIRED, RunState.SUPERSEDED, RunState.WITHDRAWN}
    assert not [t for t in TRANSITIONS if t.before in ended]
    assert {t.before for t in TRANSITIONS} | {t.after for t in TRANSITIONS} == set(RunState)


def test_nobody_of_the_agency_decides_on_what_he_assesses() -> None:
    """Claim: assessing and deciding are two roles. Stimulus: the table of roles. Expected: no role may do both."""
    for proposing, deciding in (
        (Act.PROPOSE, Act.DECIDE),
        (Act.PROPOSE_WAIVER, Act.APPROVE_WAIVER),
        (Act.DRAFT_ADVISORY, Act.APPROVE_ADVISORY),
    ):
        assert not MAY[proposing] & MAY[deciding]
    assert Role.ADMINISTRATOR not in MAY[Act.DECIDE] | MAY[Act.PROPOSE]


def test_a_conforming_run_is_stated(office: Office, world: World) -> None:
    """Claim: the way to a statement works. Stimulus: a conforming run, assessed, proposed, decided on. Expected: each
    state in turn, an event for each step with who, when and why."""
    run = submitted(office, world)
    assert state(office, world, run) is RunState.VERIFIED
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, RunState.STATED, "all judged and met")
    statement = review.decide(office, world["approver"], run, proposal, confirm=True, why="agreed")
    assert statement is not None
    assert state(office, world, run) is RunState.STATED
    with office.database.read() as connection:
        told = history(connection, "run", run)
        assert statements.read(connection, statement).stands(office.now()) == "valid"
    assert [(e.act, e.role) for e in told] == [
        ("submit", "vendor"), ("judge", "registry"), ("verify", "registry"), ("begin review", "assessor"),
        ("propose", "assessor"), ("decide", "approver"),
    ]  # fmt: skip
    assert told[-1].why == "agreed"
    assert told[-1].what["statement"] == statement


def test_a_failing_run_cannot_be_stated_and_is_refused_with_every_reason(office: Office, world: World) -> None:
    """Claim: no person can state what the evidence does not show, and a refusal says all. Stimulus: a run that failed
    one requirement and was narrowed. Expected: both kinds of statement are refused to the assessor; the refusal has
    both reasons with clause and remedy in both languages."""
    judged_as(office, failing(narrowed=True))
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    for outcome in (RunState.STATED, RunState.STATED_WITH_CONDITIONS):
        conditions = (Text("条件", "a condition"),) if outcome is RunState.STATED_WITH_CONDITIONS else ()
        with pytest.raises(ConflictError, match="COM-PAG-001"):
            review.propose(office, world["assessor"], run, outcome, "please", conditions)
    proposal = review.propose(office, world["assessor"], run, RunState.REFUSED, "it fails")
    assert review.decide(office, world["approver"], run, proposal, confirm=True, why="agreed") is None
    with office.database.read() as connection:
        found = runs.read(connection, world["vendor"], run)
    assert found.state is RunState.REFUSED
    assert found.proposal is not None
    told = {r["requirement"] or r["code"]: r for r in found.proposal["reasons"]}
    assert told.keys() == {"narrowed", "COM-PAG-001"}
    for reason in told.values():
        assert all(reason[part][lang] for part in ("text", "remedy") for lang in ("ja", "en"))
    assert told["COM-PAG-001"]["source"]["document"]
    assert "conformance run --requirement COM-PAG-001" in told["COM-PAG-001"]["remedy"]["en"]
    assert (told["COM-PAG-001"]["expected"], told["COM-PAG-001"]["actual"]) == ("200", "500")


def test_what_could_not_be_judged_is_not_stated(office: Office, world: World) -> None:
    """Claim: open is not passed. Stimulus: a run with one requirement inconclusive. Expected: no statement."""

    short = failing().short[0]
    open_ = type(short)(
        **{f: getattr(short, f) for f in short.__struct_fields__ if f != "verdict"}, verdict=VerdictKind.INCONCLUSIVE
    )
    judged_as(office, failing(short=(open_,), standing="incomplete"))
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    with pytest.raises(ConflictError, match="COM-PAG-001"):
        review.propose(office, world["assessor"], run, RunState.STATED, "please")


@pytest.mark.parametrize("code", ["vendor", "product", "body", "altered", "documents", "unreadable", "too much"])
def test_a_run_that_is_not_what_it_is_said_to_be_is_refused_by_the_registry(
    office: Office, world: World, code: str
) -> None:
    """Claim: nobody has to look at what is forged. Stimulus: another vendor's, product's or body's run, an altered one,
    other documents. Expected: refused when it was judged, the problem is kept, nobody can review it."""
    changed = {"vendor": {"vendor": "Other vendor"}, "product": {"product": "Other 1"}, "body": {"body_code": "131024"}}
    judged_as(office, conforming(**changed.get(code, {"problems": (problem(code, "what"),)})))
    run = submitted(office, world)
    assert state(office, world, run) is RunState.REFUSED
    with office.database.read() as connection:
        assert [p.code for p in runs.judgement(connection, run).judged.problems] == [code]
    with pytest.raises(ConflictError):
        review.begin(office, world["assessor"], run)


@pytest.mark.parametrize(
    "changed",
    [
        {"created": "2026-06-01T12:00:00+09:00"},
        {"created": "2026-12-29T12:00:00+09:00"},
        {"created": "2026-11-28T12:00:00+09:00"},
        {"created": "never"},
        {"created": "2026-11-29T12:00:00"},
        {"finished": False},
        {"narrowed": True},
    ],
)
def test_a_run_of_another_day_or_not_whole_cannot_be_stated(
    office: Office, world: World, changed: dict[str, object]
) -> None:
    """Claim: requirements are those in force on the day of the run, and all of them. Stimulus: an old run, one of the
    future, one whose day is not the day it was made on, an unfinished and a narrowed one. Expected: it can be reviewed,
    and not be stated."""
    judged_as(office, conforming(**changed))
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    with pytest.raises(ConflictError, match="does not allow"):
        review.propose(office, world["assessor"], run, RunState.STATED, "please")


def test_the_same_evidence_counts_once(office: Office, world: World) -> None:
    """Claim: nobody takes over another's run. Stimulus: the archive of a run, submitted by another vendor, and again
    by the same one. Expected: the other's is refused as known evidence; the second is a conflict that names the first;
    the first still stands."""
    run = submitted(office, world, content=b"same")
    judged_as(office, conforming(vendor="Other vendor", product="Other product 1"))
    stolen = submitted(office, world, "other vendor", world.other_version, content=b"same")
    with office.database.read() as connection:
        assert [p.code for p in runs.judgement(connection, stolen).judged.problems] == ["known evidence"]
    with pytest.raises(ConflictError, match=run):
        submitted(office, world, content=b"same")
    assert state(office, world, run) is RunState.VERIFIED


def test_a_forged_copy_does_not_keep_out_the_real_run(office: Office, world: World) -> None:
    """Claim: nobody can block another's run. Stimulus: a vendor submits what is another's first, and is refused; then
    the other one submits it. Expected: verified."""
    stolen = submitted(office, world, "other vendor", world.other_version, content=b"same")
    assert state(office, world, stolen) is RunState.REFUSED
    assert state(office, world, submitted(office, world, content=b"same")) is RunState.VERIFIED


def test_three_people_are_needed(office: Office, world: World) -> None:
    """Claim: who submits, who assesses and who decides are three people. Stimulus: the assessor who has made a run
    takes it under review; another assessor proposes on it; the assessor decides. Expected: each is forbidden."""
    run = submitted(office, world, "assessor")
    with pytest.raises(ForbiddenError):
        review.begin(office, world["assessor"], run)
    review.begin(office, world["second assessor"], run)
    with pytest.raises(ForbiddenError):
        review.propose(office, world["assessor"], run, RunState.STATED, "mine")
    proposal = review.propose(office, world["second assessor"], run, RunState.STATED, "yes")
    for name in ("second assessor", "assessor", "administrator", "vendor"):
        with pytest.raises(ForbiddenError):
            review.decide(office, world[name], run, proposal, confirm=True, why="me")


def test_a_decision_is_on_what_was_read(office: Office, world: World) -> None:
    """Claim: nobody decides on another proposal than he has read. Stimulus: a proposal is replaced; the approver
    decides on the first; it is sent back; the second is decided on then. Expected: conflicts, and no change."""
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    first = review.propose(office, world["assessor"], run, RunState.REFUSED, "no")
    second = review.propose(office, world["assessor"], run, RunState.STATED, "yes")
    with pytest.raises(ConflictError):
        review.decide(office, world["approver"], run, first, confirm=True, why="agreed")
    assert review.decide(office, world["approver"], run, second, confirm=False, why="look again") is None
    with pytest.raises(ConflictError):
        review.decide(office, world["approver"], run, second, confirm=True, why="agreed")
    assert state(office, world, run) is RunState.UNDER_REVIEW


def test_of_two_approvers_at_once_one_decides(office: Office, world: World) -> None:
    """Claim: a decision is made once. Stimulus: one confirms and one sends back at the same moment. Expected: one
    succeeds, the other is told of a conflict, and there are as many statements as the state says."""
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, RunState.STATED, "yes")
    results = at_once(
        lambda: review.decide(office, world["approver"], run, proposal, confirm=True, why="yes"),
        lambda: review.decide(office, world["second approver"], run, proposal, confirm=False, why="no"),
    )
    assert sum(isinstance(r, ConflictError) for r in results) == 1
    with office.database.read() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(tables.statements)).scalar_one()
    assert count == (1 if state(office, world, run) is RunState.STATED else 0)


def test_a_vendor_may_take_back_its_own_run_until_it_is_decided(office: Office, world: World) -> None:
    """Claim: withdrawing is for one's own and for what is open. Stimulus: another vendor, the body, another assessor,
    the vendor, the vendor again. Expected: not found, not found, forbidden, done, conflict."""
    run = submitted(office, world)
    for name, error in (("other vendor", NotFoundError), ("body", NotFoundError), ("assessor", ForbiddenError)):
        with pytest.raises(error):
            submission.withdraw(office, world[name], run, "no")
    submission.withdraw(office, world["vendor"], run, "a mistake")
    assert state(office, world, run) is RunState.WITHDRAWN
    with pytest.raises(ConflictError):
        submission.withdraw(office, world["vendor"], run, "again")


def stated(office: Office, world: World, version: str = "") -> tuple[str, str]:
    run = submitted(office, world, version=version)
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, RunState.STATED, "yes")
    statement = review.decide(office, world["approver"], run, proposal, confirm=True, why="yes")
    assert statement is not None
    return run, statement


def test_a_newer_statement_supersedes_the_older_of_the_same_scope(office: Office, world: World) -> None:
    """Claim: one statement stands for one version in one body. Stimulus: a second one of the same version, then one of
    the next version. Expected: the first is superseded by the second, which stands beside the third."""
    run, first = stated(office, world)
    _, second = stated(office, world)
    judged_as(office, conforming(product="Reference implementation 0.2.0"))
    _, third = stated(office, world, world.next_version)
    with office.database.read() as connection:
        found = {each: statements.read(connection, each) for each in (first, second, third)}
    assert [found[each].state for each in (first, second, third)] == ["superseded", "valid", "valid"]
    assert found[first].superseded_by == second
    assert state(office, world, run) is RunState.SUPERSEDED


def test_a_statement_ends_with_its_time(office: Office, world: World, clock: Clock) -> None:
    """Claim: validity is by the clock. Stimulus: the last second of it, the next one, and the work of the registry.
    Expected: valid, expired although nobody has noted it, noted with an event of the registry itself."""
    run, made = stated(office, world)
    with office.database.read() as connection:
        found = statements.read(connection, made)
    clock.forward(days=365, seconds=-1)
    assert (found.stands(office.now()), statements.expire(office)) == ("valid", 0)
    clock.forward(seconds=1)
    assert (found.stands(office.now()), statements.expire(office), statements.expire(office)) == ("expired", 1, 0)
    assert state(office, world, run) is RunState.EXPIRED


def test_a_statement_can_be_withdrawn_by_an_approver_alone(office: Office, world: World) -> None:
    """Claim: withdrawing a statement is a decision. Stimulus: all roles. Expected: forbidden but for the approver, who
    has to say why."""
    run, made = stated(office, world)
    for name in ("vendor", "body", "assessor", "administrator"):
        with pytest.raises(ForbiddenError):
            statements.withdraw(office, world[name], made, "no")
    with pytest.raises(InvalidError):
        statements.withdraw(office, world["approver"], made, " ")
    statements.withdraw(office, world["approver"], made, "the evidence was of another system")
    assert state(office, world, run) is RunState.WITHDRAWN
    with pytest.raises(ConflictError):
        statements.withdraw(office, world["approver"], made, "again")


def test_nothing_is_half_decided_where_the_key_cannot_be_reached(office: Office, world: World) -> None:
    """Claim: state, statement and event are one. Stimulus: a signer that breaks off in the middle of a decision.
    Expected: the run is under review as before; no statement; no event of a decision; deciding again succeeds."""

    class Broken:
        @property
        def public(self) -> object:
            return office.signer.public  # type: ignore[union-attr]  # the office of the tests has one

        def sign(self, content: bytes) -> bytes:
            raise OSError("the token is gone")

    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, RunState.STATED, "yes")
    with pytest.raises(OSError, match="gone"):
        review.decide(
            replace(office, signer=Broken()),
            world["approver"],
            run,
            proposal,
            confirm=True,
            why="yes",  # type: ignore[arg-type]  # as a token would
        )
    assert state(office, world, run) is RunState.UNDER_REVIEW
    with office.database.read() as connection:
        assert statements.find(connection, limit=1, offset=0)[0] == 0
        assert "decide" not in [e.act for e in history(connection, "run", run)]
    assert review.decide(office, world["approver"], run, proposal, confirm=True, why="yes")


def test_a_proposal_reads_back_as_it_was_written(office: Office, world: World) -> None:
    """Claim: what an approver reads is what the assessor wrote. Stimulus: a proposal with a condition. Expected: the
    same text in both languages."""
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    condition = Text("夜間一括処理を除く。", "Not for the nightly batch.")
    made = review.propose(office, world["assessor"], run, RunState.STATED_WITH_CONDITIONS, "mostly", (condition,))
    with office.database.read() as connection:
        found = runs.read(connection, world["approver"], run)
    assert msgspec.convert(found.proposal, Proposal) == Proposal(
        made, RunState.STATED_WITH_CONDITIONS, "mostly", (condition,)
    )
