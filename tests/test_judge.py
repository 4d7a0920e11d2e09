"""Traces and a catalogue give observations: preconditions, order of criteria, what stays open and why."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from exchanges import exchange, problem, requirement, script, service, step, trace

from conformance.judge import WORKFLOW, Judge
from conformance.model import Check, Exchange, Observation, Outcome, Script, Trace, Verification

ETAG = {"ETag": '"x"'}
THING = {"id": "t-1", "name": "a"}
_FIRST = "$steps.make.outputs.it"
IDS = ("COM-VAL-001", "COM-VAL-002", "COM-VAL-003")
RULED = requirement("COM-HTP-001", Verification(rule="status-declared"))
NARROW = requirement("COM-HTP-002", Verification(rule="no-server-error", operations=("putThing",)))
STEPS = (step("createThing", "make"), step("getThing", "read"))
MADE = exchange("createThing", 201, THING, {"Location": "/x"}, identifier="make")
READ = exchange("getThing", 200, THING, ETAG, identifier="read")


def judge(*applicable: str) -> Judge:
    toy = service(RULED, NARROW, *(requirement(name) for name in IDS))
    return Judge(toy, frozenset(applicable or IDS))


def outcomes(item: Script, happened: Trace, *applicable: str) -> dict[str, Outcome]:
    return {o.requirement: o.outcome for o in judge(*applicable).judge(item, happened)}


def finding(item: Script, happened: Trace, name: str, *applicable: str) -> Observation:
    return next(o for o in judge(*applicable).judge(item, happened) if o.requirement == name)


def status(where: str, code: int, name: str | None = None) -> Check:
    return Check(where, "criterion", {"condition": f"$statusCode == {code}"}, name)


def same(where: str, pointer: str, expected: Any, name: str | None) -> Check:
    return Check(where, "identical", {"actual": {"$e": f"$response.body#{pointer}"}, "expected": expected}, name)


def test_checks_that_hold_pass() -> None:
    """Claim: a trace on which everything is as claimed passes each requirement once. Stimulus: two checks of one
    requirement, one of another. Expected: two passes, no finding."""
    item = script(status("make", 201), same("read", "/id", "t-1", IDS[0]), status("read", 200, IDS[0]), status("read", 200, IDS[1]), steps=STEPS)  # fmt: skip  # noqa: E501  one script, read as one
    found = judge().judge(item, trace(MADE, READ))
    assert [(o.requirement, o.outcome, o.finding) for o in found] == [(n, Outcome.PASS, None) for n in IDS[:2]]


def test_a_precondition_that_does_not_hold_leaves_the_rest_open() -> None:
    """Claim: where preparation goes wrong nothing can be said. Stimulus: a 404 where 201 was needed. Expected: what
    comes after is inconclusive and says why; what came before stands."""
    item = script(status("make", 201, IDS[0]), status("make", 404), status("read", 200, IDS[1]), steps=STEPS)
    assert outcomes(item, trace(MADE, READ)) == {IDS[0]: Outcome.PASS, IDS[1]: Outcome.INCONCLUSIVE}
    observed = finding(item, trace(MADE, READ), IDS[1])
    assert observed.finding is not None
    assert "preparing step make" in observed.finding.message.en
    assert "status 201" in observed.finding.message.en
    assert "make" in observed.finding.message.ja


def test_the_first_failed_criterion_ends_a_workflow() -> None:
    """Claim: one fault fails one requirement; what follows it in a workflow is open. Stimulus: two criteria that do not
    hold. Expected: the first fails, the second is inconclusive; in a script that is no workflow both fail."""
    checks = (status("make", 200, IDS[0]), status("read", 404, IDS[1]))
    assert outcomes(script(*checks, steps=STEPS, family=WORKFLOW), trace(MADE, READ)) == {
        IDS[0]: Outcome.FAIL,
        IDS[1]: Outcome.INCONCLUSIVE,
    }
    assert outcomes(script(*checks, steps=STEPS), trace(MADE, READ)) == dict.fromkeys(IDS[:2], Outcome.FAIL)


def test_a_requirement_that_failed_stays_failed() -> None:
    """Claim: fail over inconclusive on one trace. Stimulus: a requirement that fails first and is named again after."""
    item = script(status("make", 200, IDS[0]), status("read", 200, IDS[0]), steps=STEPS, family=WORKFLOW)
    assert outcomes(item, trace(MADE, READ)) == {IDS[0]: Outcome.FAIL}


def test_an_earlier_failure_leaves_open_what_needed_it() -> None:
    """Claim: a value that an earlier step did not give for a server error fails nothing but no-server-error. Stimulus:
    a first read with 500, and a second whose content must be the same. Expected: inconclusive."""
    same = Check("read", "identical", {"actual": {"$e": "$response.body"}, "expected": {"$e": _FIRST}}, IDS[0])
    first = step("createThing", "make")
    item = script(same, steps=(msgspec.structs.replace(first, outputs={"it": {"$e": "$response.body#/id"}}), STEPS[1]))
    failed = exchange("createThing", 500, {}, identifier="make")
    assert outcomes(item, trace(failed, READ), IDS[0]) == {IDS[0]: Outcome.INCONCLUSIVE}


@pytest.mark.parametrize("code", [500, 502, 503, 429])
@pytest.mark.parametrize("rule", ["criterion", "identical", "refused", "accepted"])
def test_a_server_error_leaves_claims_open(code: int, rule: str) -> None:
    """Claim: a server error fails `no-server-error` and nothing else. Stimulus: 5xx or 429 where something is claimed.
    Expected: inconclusive, with the status in the reason."""
    args = {"condition": "$statusCode == 200"} if rule == "criterion" else {}
    args = {"actual": {"$e": "$response.body#/id"}, "expected": "x"} if rule == "identical" else args
    item = script(Check("call", rule, args, IDS[0]))
    happened = trace(exchange("getThing", code))
    assert outcomes(item, happened) == {IDS[0]: Outcome.INCONCLUSIVE}
    observed = finding(item, happened, IDS[0])
    assert observed.finding is not None
    assert str(code) in observed.finding.message.en


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        (trace(MADE, stopped="step read needs x, which no earlier answer gave"), "needs x"),
        (
            trace(MADE, exchange("getThing", None, identifier="read", trouble="no complete answer")),
            "no complete answer",
        ),
        (trace(), "not played"),
    ],
)
def test_what_was_not_answered_is_never_a_failure(happened: Trace, told: str) -> None:
    """Claim: the network's trouble and ours are not the system's. Stimulus: a step that was not played, one without an
    answer, an empty trace. Expected: inconclusive with the reason; requirements named before keep their outcome."""
    item = script(status("make", 201, IDS[0]), status("read", 200, IDS[1]), steps=STEPS)
    observed = finding(item, happened, IDS[1])
    assert observed.outcome is Outcome.INCONCLUSIVE
    assert observed.finding is not None
    assert told in observed.finding.message.en
    first = Outcome.PASS if happened.exchanges else Outcome.INCONCLUSIVE
    assert finding(item, happened, IDS[0]).outcome is first


def test_a_member_that_is_missing_is_a_failure() -> None:
    """Claim: an answer that lacks what is judged falls short; one of another type too. Stimulus: no such member, a
    number where a list is counted. Expected: fail, with what was expected."""
    count = Check("call", "count", {"collection": {"$e": "$response.body#/id"}, "expected": 1}, IDS[1])
    happened = trace(exchange("getThing", 200, {"id": 7}))
    item = script(same("call", "/nothing", "x", IDS[0]), count)
    assert outcomes(item, happened) == dict.fromkeys(IDS[:2], Outcome.FAIL)
    observed = finding(item, happened, IDS[0])
    assert observed.finding is not None
    assert observed.finding.expected == "$response.body#/nothing"


def test_presence_and_absence_are_about_what_may_be_missing() -> None:
    """Claim: `absent` holds where nothing is, `present` fails there. Stimulus: a member there, one not."""
    checks = [
        Check("call", rule, {"actual": {"$e": f"$response.body#/{name}"}}, identifier)
        for rule, name, identifier in (("absent", "no", IDS[0]), ("present", "no", IDS[1]), ("present", "id", IDS[2]))
    ]
    happened = trace(exchange("getThing", 200, THING))
    assert outcomes(script(*checks), happened) == {IDS[0]: Outcome.PASS, IDS[1]: Outcome.FAIL, IDS[2]: Outcome.PASS}


def test_a_claim_may_look_at_several_answers() -> None:
    """Claim: outputs of every step of the trace are known to a claim. Stimulus: an id that must be the one made before,
    and statuses of steps sent at the same moment. Expected: pass where they agree, fail where not."""
    steps = (
        msgspec.structs.replace(STEPS[0], outputs={"id": {"$e": "$response.body#/id"}}),
        *(step("putThing", f"put-{i}", concurrent="race", outputs={"status": {"$e": "$statusCode"}}) for i in range(2)),
    )
    args = {"actual": [{"$e": f"$steps.put-{i}.outputs.status"} for i in range(2)], "expected": [200, 412]}
    checks = (same("put-0", "/id", {"$e": "$steps.make.outputs.id"}, IDS[0]), Check("put-1", "multiset", args, IDS[1]))
    item = script(*checks, steps=steps)

    def race(other: int) -> Trace:
        first = exchange("putThing", 200, THING, ETAG, identifier="put-0")
        return trace(MADE, first, exchange("putThing", other, identifier="put-1"))

    assert outcomes(item, race(412)) == dict.fromkeys(IDS[:2], Outcome.PASS)
    assert outcomes(item, race(200)) == {IDS[0]: Outcome.PASS, IDS[1]: Outcome.FAIL}


def test_rules_look_at_every_exchange() -> None:
    """Claim: a rule judges each exchange of each script, preparation too. Stimulus: an undeclared status in the first
    step. Expected: one finding with step, operation, method and status."""
    item = script(status("read", 200), steps=STEPS)
    happened = trace(exchange("createThing", 299, identifier="make"), READ)
    observed = finding(item, happened, RULED.id, RULED.id)
    assert observed.finding is not None
    assert (observed.outcome, observed.finding.step, observed.finding.operation) == (
        Outcome.FAIL,
        "make",
        "createThing",
    )
    assert (observed.finding.method, observed.finding.status) == ("POST", 299)
    assert outcomes(item, trace(MADE, READ), RULED.id) == {RULED.id: Outcome.PASS}


def test_a_rule_may_be_narrowed_to_operations() -> None:
    """Claim: `operations` narrows a rule. Stimulus: a server error of another operation, and of the one named."""
    for operation, expected in (("getThing", {}), ("putThing", {NARROW.id: Outcome.FAIL})):
        item = script(steps=(step(operation),))
        assert outcomes(item, trace(exchange(operation, 500)), NARROW.id) == expected


def test_exchanges_with_the_upper_tester_are_not_judged_by_rules() -> None:
    """Claim: the test control interface is not what is tested. Stimulus: an undeclared status of another service."""
    item = script(steps=(step("getThing", service="upper-tester"),))
    assert outcomes(item, trace(exchange("getThing", 299)), RULED.id) == {}


def test_only_what_applies_is_judged() -> None:
    """Claim: a requirement that does not apply has no outcome, and does not stop what follows it."""
    item = script(status("make", 999, IDS[0]), status("read", 200, IDS[1]), steps=STEPS, family=WORKFLOW)
    assert outcomes(item, trace(MADE, READ), IDS[1]) == {IDS[1]: Outcome.PASS}


def test_values_bound_when_played_are_those_that_are_judged() -> None:
    """Claim: fresh values are read back from the trace. Stimulus: a key that was recorded, and one that was not.
    Expected: pass with the recorded one; without it inconclusive, for that is our mistake and not the system's."""
    check = same("call", "/id", {"$fresh": "uuid", "key": "k"}, IDS[0])
    kept = trace(exchange("getThing", 200, THING), bound={"fresh": {"uuid k ": "t-1"}})
    assert outcomes(script(check), kept) == {IDS[0]: Outcome.PASS}
    assert outcomes(script(check), msgspec.structs.replace(kept, bound={})) == {IDS[0]: Outcome.INCONCLUSIVE}


def test_the_same_evidence_gives_the_same_observations() -> None:
    """Claim: judging is pure. Stimulus: the same trace judged twice by one judge and once by another. Expected: equal,
    in order of requirement id."""
    item = script(status("call", 404, IDS[1]), status("call", 200, IDS[0]))
    happened: tuple[Exchange, ...] = (exchange("getThing", 404, problem(404, "not_found")),)
    one = judge(*IDS, RULED.id)
    first = one.judge(item, trace(*happened))
    assert first == one.judge(item, trace(*happened)) == judge(*IDS, RULED.id).judge(item, trace(*happened))
    assert [o.requirement for o in first] == sorted(o.requirement for o in first)
