"""Waivers and advisories: what is borne for a while, and what is followed to its end."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from conformance.model import Text
from conformance.registry import advisories, review, runs, statements, waivers
from conformance.registry.advisory_states import STEPS, AdvisoryState
from conformance.registry.advisory_text import INSTRUMENTS, instrument, render
from conformance.registry.belonging import of_run
from conformance.registry.bodies import body, find_bodies
from conformance.registry.dsse import open_
from conformance.registry.holdings import version
from conformance.registry.office import Office
from conformance.registry.refusals import ConflictError, ForbiddenError, InvalidError, NotFoundError
from conformance.registry.statement import OWN, PAYLOAD
from conformance.registry.states import RunState
from conformance.registry.store import history
from conformance.registry.waivers import Waiver
from registry.people import BODY, OTHER_BODY, World
from registry.steady import SERVICE, START, Clock, SteadyJudge, conforming, failing
from registry.submitted import submitted

REASON, CONDITION = Text("移行中", "being migrated"), Text("手作業で補う", "made up for by hand")
FIRST, LAST = dt.date(2026, 11, 1), dt.date(2026, 12, 31)
BASIS = Text("根拠", "a basis")
SOON = dt.date(2026, 12, 28)


def judged_as(office: Office, judged: object) -> None:
    assert isinstance(office.judge, SteadyJudge)
    office.judge.judged = judged  # type: ignore[assignment]  # the tests give what the judge gives


def waiver(world: World, **changed: object) -> Waiver:
    made = Waiver("", SERVICE, "COM-PAG-001", BODY, world.version, REASON, CONDITION, FIRST, LAST)
    return msgspec.structs.replace(made, **changed)


def approved(office: Office, world: World, **changed: object) -> str:
    made = waivers.propose(office, world["assessor"], waiver(world, **changed))
    waivers.approve(office, world["approver"], made, "borne")
    return made


def under_review(office: Office, world: World) -> str:
    judged_as(office, failing())
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    return run


def test_a_waived_requirement_is_stated_as_waived_and_never_as_passed(office: Office, world: World) -> None:
    """Claim: a waiver makes no pass. Stimulus: a run that failed one requirement for which there is a waiver. Expected:
    a statement with conditions alone; it warns of the requirement with verdict, reason, condition and dates, does not
    count it as passed, and ends with the waiver."""
    made = approved(office, world)
    run = under_review(office, world)
    with pytest.raises(ConflictError, match="waived"):
        review.propose(office, world["assessor"], run, RunState.STATED, "please")
    proposal = review.propose(office, world["assessor"], run, RunState.STATED_WITH_CONDITIONS, "borne")
    statement = review.decide(office, world["approver"], run, proposal, confirm=True, why="yes")
    assert statement is not None
    assert office.signer is not None
    with office.database.read() as connection:
        found = statements.read(connection, statement)
    payload, right = open_(found.envelope.encode(), PAYLOAD, office.signer.public)
    assert right
    told = msgspec.json.decode(payload)["predicate"]
    assert told["result"] == "WARNED"
    assert told["warnedTests"] == [f"{SERVICE}/COM-PAG-001"]
    assert f"{SERVICE}/COM-PAG-001" not in told["passedTests"]
    (borne,) = told[OWN]["waived"]
    assert (borne["waiver"], borne["verdict"], borne["until"]) == (made, "fail", "2026-12-31")
    assert borne["reason"] == {"ja": "移行中", "en": "being migrated"}
    assert found.valid_until == dt.datetime(2026, 12, 31, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "changed",
    [
        {"requirement": "COM-PAG-002"}, {"body_code": OTHER_BODY}, {"valid_from": dt.date(2026, 11, 30)},
        {"valid_until": dt.date(2026, 11, 28)}, {"version_id": "next"}, {"service": "resident-registry"},
    ],
)  # fmt: skip
def test_a_waiver_covers_what_it_names_and_nothing_else(
    office: Office, world: World, changed: dict[str, object]
) -> None:
    """Claim: waivers are narrow. Stimulus: a waiver for another requirement, body, version, service, or time. Expected:
    the run cannot be stated."""
    if changed.get("version_id"):
        changed = {"version_id": world.next_version}
    approved(office, world, **changed)
    with pytest.raises(ConflictError, match="COM-PAG-001"):
        review.propose(
            office, world["assessor"], under_review(office, world), RunState.STATED_WITH_CONDITIONS, "please"
        )


def test_a_waiver_counts_when_another_person_has_approved_it(office: Office, world: World, clock: Clock) -> None:
    """Claim: a waiver is a decision of two. Stimulus: a proposed one; one withdrawn before the decision; one that ends
    before the decision. Expected: it does not count; a statement that was proposed on it is refused to the approver."""
    made = waivers.propose(office, world["assessor"], waiver(world, body_code=None))
    run = under_review(office, world)
    with pytest.raises(ConflictError):
        review.propose(office, world["assessor"], run, RunState.STATED_WITH_CONDITIONS, "please")
    with pytest.raises(ForbiddenError):
        waivers.approve(office, world["assessor"], made, "mine")
    waivers.approve(office, world["approver"], made, "borne")
    proposal = review.propose(office, world["assessor"], run, RunState.STATED_WITH_CONDITIONS, "borne")
    clock.forward(days=33)
    with pytest.raises(ConflictError, match="COM-PAG-001"):
        review.decide(office, world["approver"], run, proposal, confirm=True, why="yes")
    clock.forward(days=-33)
    waivers.withdraw(office, world["approver"], made, "not any more")
    with pytest.raises(ConflictError, match="COM-PAG-001"):
        review.decide(office, world["approver"], run, proposal, confirm=True, why="yes")
    with pytest.raises(ConflictError):
        waivers.approve(office, world["approver"], made, "again")


def test_unused_and_ended_waivers_are_told(office: Office, world: World) -> None:
    """Claim: a waiver that nobody needs is seen. Stimulus: a conforming run with a waiver that counts and one that has
    ended. Expected: both are told, and the run can be stated without conditions."""
    unused = approved(office, world)
    ended = approved(office, world, valid_until=dt.date(2026, 11, 28))
    judged_as(office, conforming())
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    with office.database.read() as connection:
        found = review.assessment(connection, office, runs.read(connection, world["assessor"], run))
    assert ([w.id for w in found.unused], [w.id for w in found.ended]) == ([unused], [ended])
    assert review.propose(office, world["assessor"], run, RunState.STATED, "all met")


@pytest.mark.parametrize(
    "changed",
    [
        {"service": "none"}, {"requirement": "COM-XXX-999"}, {"valid_until": dt.date(2026, 10, 31)},
        {"reason": Text("", "x")}, {"condition": Text("x", " ")},
    ],
)  # fmt: skip
def test_a_waiver_says_what_why_and_until_when(office: Office, world: World, changed: dict[str, object]) -> None:
    """Claim: no waiver without its particulars. Stimulus: an unknown service or requirement, an end before its
    beginning, no reason in one language, no condition in the other. Expected: InvalidError."""
    with pytest.raises(InvalidError):
        waivers.propose(office, world["assessor"], waiver(world, **changed))


def refused(office: Office, world: World) -> str:
    run = under_review(office, world)
    proposal = review.propose(office, world["assessor"], run, RunState.REFUSED, "it fails")
    review.decide(office, world["approver"], run, proposal, confirm=True, why="agreed")
    return run


def issued(office: Office, world: World) -> str:
    made = advisories.draft(office, world["assessor"], refused(office, world), BASIS, SOON)
    advisories.approve(office, world["approver"], made, "right")
    advisories.issue(office, world["assessor"], made, "sent")
    return made


def state(office: Office, world: World, made: str) -> AdvisoryState:
    with office.database.read() as connection:
        return advisories.read(connection, world["approver"], made).state


def test_the_instrument_is_by_the_type_of_body() -> None:
    """Claim: the power of advisory reaches no local body. Stimulus: every type of body. Expected: technical advice for
    all but national organs."""
    local = ("prefecture", "designated_city", "core_city", "special_ward", "city", "town", "village")
    assert {instrument(kind) for kind in local} == {"technical advice"}
    assert instrument("ministry") == "advisory"


def test_every_body_has_its_instrument(office: Office) -> None:
    """Claim: no body is addressed by a power that does not reach it. Stimulus: all bodies of the registry. Expected: an
    advisory for each national body, and for no other; those have no local government code."""
    with office.database.read() as connection:
        count, national = find_bodies(connection, type_="ministry", limit=100, offset=0)
        _, everybody = find_bodies(connection, type_=None, limit=5000, offset=0)
    assert count == len(national) > 0
    assert {body.code for body in everybody if instrument(body.type) == "advisory"} == {b.code for b in national}
    assert all(body.code.startswith("N") and not body.prefecture for body in national)
    assert all(body.code.isdigit() for body in everybody if body not in national)


def test_a_run_of_a_ministry_belongs_by_its_name(office: Office, world: World) -> None:
    """Claim: a ministry, which has no code, is not another one. Stimulus: runs that name it, another ministry, a code.
    Expected: only the first belongs to it."""
    with office.database.read() as connection:
        place, product = body(connection, "N00002"), version(connection, world.version)
    (tested,) = conforming().services
    services = (msgspec.structs.replace(tested, body_type="ministry"),)
    for code, name, right in (("", place.name, True), ("", "法務省", False), ("131016", place.name, False)):
        judged = conforming(body_code=code, body_name=name, services=services)
        found = list(of_run(judged, product, place, START, 90))
        assert [problem.code for problem in found] == ([] if right else ["body"])


def test_an_operators_timer_reminds_and_escalates(office: Office, world: World, clock: Clock) -> None:
    """Claim: no date passes unnoticed. Stimulus: an advisory that was issued; weeks before its day, a week before it,
    once more, after it, once more. Expected: noted once, escalated once."""
    judged_as(office, failing())
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, RunState.REFUSED, "it fails")
    review.decide(office, world["approver"], run, proposal, confirm=True, why="agreed")
    made = advisories.draft(office, world["assessor"], run, BASIS, SOON)
    advisories.approve(office, world["approver"], made, "yes")
    advisories.issue(office, world["assessor"], made, "yes")
    told = []
    for days in (0, 24, 1, 10, 1):
        clock.forward(days=days)
        told.append(tuple(advisories.watch_dates(office)))
    assert told == [(0, 0), (0, 1), (0, 0), (1, 0), (0, 0)]
    assert "勧告" not in INSTRUMENTS["technical advice"].ja


def test_an_advisory_is_followed_to_its_end(office: Office, world: World, clock: Clock) -> None:
    """Claim: each step is one person's, and the end is evidence. Stimulus: the whole life of an advisory; in between a
    run that still fails, one that is narrowed, one of another body, and the first one. Expected: none of these
    remedies it, a conforming newer run does; each step left an event."""
    made = issued(office, world)
    advisories.acknowledge(office, world["body"], made, "received")
    advisories.plan(office, world["body"], made, "we will", dt.date(2027, 1, 31))
    clock.forward(days=3)
    day = {"created": "2026-12-02T12:00:00+09:00"}
    tested = tuple(msgspec.structs.replace(t, day="2026-12-02") for t in conforming().services)
    late = {**day, "services": tested}
    judged_as(office, failing(**late))
    wrong = [submitted(office, world)]
    judged_as(office, conforming(**late, narrowed=True))
    wrong.append(submitted(office, world))
    with office.database.read() as connection:
        wrong.append(advisories.read(connection, world["approver"], made).run_id)
    for run in wrong:
        with pytest.raises(ConflictError):
            advisories.remedy(office, world["assessor"], made, run)
    judged_as(office, conforming(**late))
    advisories.remedy(office, world["assessor"], made, submitted(office, world))
    for name in ("assessor", "body", "vendor"):
        with pytest.raises(ForbiddenError):
            advisories.close(office, world[name], made, "done")
    advisories.close(office, world["approver"], made, "done")
    with office.database.read() as connection:
        told = history(connection, "advisory", made)
    assert [(e.act, e.role) for e in told] == [
        ("draft advisory", "assessor"), ("approve advisory", "approver"), ("issue advisory", "assessor"),
        ("acknowledge advisory", "body"), ("answer with a plan", "body"), ("remedy", "assessor"),
        ("close advisory", "approver"),
    ]  # fmt: skip


def test_dates_that_pass_escalate(office: Office, world: World, clock: Clock) -> None:
    """Claim: silence is noticed. Stimulus: the last day to answer, the day after; a plan then, its last day, the day
    after. Expected: escalated the day after each, by the registry, once."""
    made = issued(office, world)
    clock.moment = dt.datetime(2026, 12, 28, 14, 59, tzinfo=dt.UTC)
    assert advisories.escalate(office) == 0
    clock.forward(minutes=1)
    assert (advisories.escalate(office), advisories.escalate(office)) == (1, 0)
    assert state(office, world, made) is AdvisoryState.ESCALATED
    advisories.plan(office, world["body"], made, "late, but we will", dt.date(2027, 1, 10))
    clock.moment = dt.datetime(2027, 1, 10, 15, tzinfo=dt.UTC)
    assert advisories.escalate(office) == 1


def test_what_is_due_is_reminded_of_once(office: Office, world: World, clock: Clock) -> None:
    """Claim: a date does not come as a surprise. Stimulus: eight days before the day to answer by, seven, and the next
    day; then a plan, and a week before its day. Expected: none, one, none, one more with the new date."""
    made = issued(office, world)
    clock.moment = dt.datetime(2026, 12, 20, 3, tzinfo=dt.UTC)
    assert advisories.remind(office) == 0
    clock.forward(days=1)
    assert advisories.remind(office) == 1
    clock.forward(days=1)
    assert advisories.remind(office) == 0
    advisories.acknowledge(office, world["body"], made, "received")
    advisories.plan(office, world["body"], made, "we will", dt.date(2027, 1, 10))
    clock.moment = dt.datetime(2027, 1, 4, 3, tzinfo=dt.UTC)
    assert advisories.remind(office) == 1
    with office.database.read() as connection:
        told = [e.what["due"] for e in history(connection, "advisory", made) if e.act == "remind"]
    assert told == ["2026-12-28", "2027-01-10"]


def test_steps_are_one_table(office: Office, world: World) -> None:
    """Claim: what may happen to an advisory stands in one table. Stimulus: the table. Expected: nothing leads out of
    closed and dropped; each state can be reached; escalation is the registry's alone."""
    assert not [pair for pair in STEPS if pair[0] in {AdvisoryState.CLOSED, AdvisoryState.DROPPED}]
    assert {after for _, after in STEPS} | {AdvisoryState.DRAFTED} == set(AdvisoryState)
    for (_, after), (_, roles) in STEPS.items():
        assert (roles == {"registry"}) is (after is AdvisoryState.ESCALATED)


def test_an_advisory_is_the_agencys_until_it_is_sent(office: Office, world: World) -> None:
    """Claim: a draft is seen by nobody else. Stimulus: body and vendor before and after it is issued; another body and
    vendor. Expected: not found, found, never."""
    made = advisories.draft(office, world["assessor"], refused(office, world), BASIS, SOON)
    with office.database.read() as connection:
        for name in ("body", "vendor", "other body", "other vendor"):
            with pytest.raises(NotFoundError):
                advisories.read(connection, world[name], made)
    with pytest.raises(ConflictError):
        advisories.issue(office, world["assessor"], made, "early")
    advisories.approve(office, world["approver"], made, "right")
    advisories.issue(office, world["assessor"], made, "sent")
    with office.database.read() as connection:
        for name in ("body", "vendor"):
            assert advisories.read(connection, world[name], made).id == made
        for name in ("other body", "other vendor"):
            with pytest.raises(NotFoundError):
                advisories.read(connection, world[name], made)


def test_nothing_is_advised_without_a_finding(office: Office, world: World) -> None:
    """Claim: an advisory rests on a decision and a finding. Stimulus: a run that is only verified; one refused for its
    form alone; a day to answer by that is today. Expected: conflict; conflict; invalid."""
    judged_as(office, failing())
    with pytest.raises(ConflictError):
        advisories.draft(office, world["assessor"], submitted(office, world), BASIS, SOON)
    judged_as(office, conforming(narrowed=True))
    run = submitted(office, world)
    review.begin(office, world["assessor"], run)
    proposal = review.propose(office, world["assessor"], run, RunState.REFUSED, "narrowed")
    review.decide(office, world["approver"], run, proposal, confirm=True, why="agreed")
    with pytest.raises(ConflictError, match="no binding requirement"):
        advisories.draft(office, world["assessor"], run, BASIS, SOON)
    with pytest.raises(InvalidError):
        advisories.draft(office, world["assessor"], run, BASIS, dt.date(2026, 11, 29))


def test_the_page_says_all_in_both_languages(office: Office, world: World) -> None:
    """Claim: whoever reads it knows what was found and what to do. Stimulus: the page of an advisory. Expected: to
    whom, instrument, basis, clause, expected, actual, remedy, date, in both languages; that it is no exercise of legal
    power by itself; nothing in it runs."""
    made = issued(office, world)
    with office.database.read() as connection:
        found = advisories.read(connection, world["body"], made)
    page = render(found.content, {"id": made, "state": found.state}, found.answer_by, found.remedy_by)
    short = failing().short[0]
    for text in (
        "千代田区", "技術的助言", "Technical advice", "根拠", "a basis", short.statement.ja, short.statement.en, made,
        "2026-12-28", short.source.document, "no exercise of legal power", "法的な権限の行使ではありません",
    ):  # fmt: skip
        assert text.replace("'", "&#39;") in page
    assert "<script" not in page
    assert "default-src 'none'" in page
