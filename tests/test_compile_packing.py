"""Scripts that need the same preparation are put together; a valid call once more has things of its own."""

from __future__ import annotations

from typing import Any

import pytest
from exchanges import exchange, problem, requirement, script, service, step, trace

from conformance.compile.calls import ValidCall
from conformance.compile.packing import MOST, packed
from conformance.compile.twice import as_owner, once_more, refers
from conformance.judge import Judge
from conformance.model import Check, Outcome, Script, Step

KEY = {"$fresh": "idempotency-key", "key": "k"}
BEFORE = (step("createThing", "first"), step("putThing", "second"))


def refused(number: int, operation: str = "createThing", **changes: Any) -> Script:
    """A script with two steps of preparation and a request that must be refused, or one read."""
    call = step(operation, body={"n": number}, headers=(("Idempotency-Key", KEY),))
    checks = (
        Check("first", "criterion", {"condition": "$statusCode == 201"}),
        Check("call", "refused", {"about": {"ja": str(number), "en": str(number)}}, "TOY-REF-001"),
        Check("call", "status", {"allowed": [400], "about": {"ja": "-", "en": "-"}}, "TOY-STA-001"),
    )
    return script(*checks, steps=(*BEFORE, call), title=f"{operation} {number}", **changes)


def test_requests_that_leave_nothing_share_their_preparation() -> None:
    """Stimulus: more refused requests than one script takes. Expected: each once, after one preparation, with a key of
    its own, and each but the last guarded: what follows one that was carried out is left open."""
    made = list(packed(refused(number) for number in range(MOST + 1)))
    assert sorted(len(found.steps) for found in made) == [2 + 6, 2 + 7]
    for found in made:
        own = found.steps[2:]
        assert found.steps[:2] == BEFORE
        assert len({repr(dict(call.headers)["Idempotency-Key"]) for call in own}) == len(own)
        guarded = [c.step for c in found.checks if c.requirement is None and c.step not in {"first", "second"}]
        assert guarded == [call.id for call in own[:-1]]
    assert sorted(call.body["n"] for found in made for call in found.steps[2:]) == list(range(MOST + 1))


@pytest.mark.parametrize(
    "other",
    [
        refused(2, family="schema.length"),
        refused(2, inputs={"x": 1}),
        refused(2, exclusive=True),
        refused(2, family="idempotency.reused"),
        script(*refused(2).checks, steps=(BEFORE[0], refused(2).steps[-1])),
        script(Check("call", "accepted", {}, "TOY-ACC-001"), steps=refused(2).steps),
    ],
)
def test_what_differs_or_leaves_something_stays_apart(other: Script) -> None:
    """Stimulus: another family, other inputs, played alone, one key for two requests, a short preparation, a request
    that is to be carried out. Expected: both scripts as they were."""
    assert sorted(map(repr, packed([refused(1), other]))) == sorted(map(repr, [refused(1), other]))


def test_reads_share_their_preparation_without_guards() -> None:
    """Stimulus: three reads, of which two are to succeed. Expected: one script without a further precondition."""
    reads = [
        script(Check("call", "accepted", {}, "TOY-ACC-001"), steps=(*BEFORE, step("getThing", query=(("n", str(n)),))))
        for n in range(3)
    ]
    (found,) = packed(reads)
    assert [check.requirement for check in found.checks] == ["TOY-ACC-001"] * 3


def test_what_follows_a_request_that_was_carried_out_is_left_open() -> None:
    """Stimulus: of two requests that must be refused the first is carried out, the second met with 409. Expected: the
    refusal fails; the status of the second is not held against the system."""
    (found,) = packed([refused(1), refused(2)])
    toy = service(requirement("TOY-REF-001"), requirement("TOY-STA-001"))
    answers = [("first", 201), ("second", 200), ("call-1", 201), ("call-2", 409)]
    played = [
        exchange("createThing", status, problem(status) if status >= 400 else {}, identifier=name)
        for name, status in answers
    ]
    observed = Judge(toy, frozenset({"TOY-REF-001", "TOY-STA-001"})).judge(found, trace(*played, script=found.id))
    assert {o.requirement: o.outcome for o in observed} == {
        "TOY-REF-001": Outcome.FAIL,
        "TOY-STA-001": Outcome.INCONCLUSIVE,
    }


def on_condition(number: int, allowed: int) -> Script:
    """A change on the condition of a tag from the preparation, whose content must be refused with a status."""
    call = step("putThing", body={"n": number}, headers=(("if-match", {"$e": "$steps.second.outputs.tag"}),))
    checks = (Check("call", "answer", {"allowed": [allowed], "about": {"ja": "-", "en": "-"}}, "TOY-ANS-001"),)
    return script(*checks, steps=(*BEFORE, call))


@pytest.mark.parametrize(("allowed", "guards"), [(422, 1), (412, 0)])
def test_another_tag_than_the_one_prepared_is_left_open(allowed: int, guards: int) -> None:
    """Claim: a system that changes something with a request that it refuses is not blamed for what comes after.
    Stimulus: two changes on the condition of one tag; the first is refused as it must be, the second with 412.
    Expected: the second is left open, unless 412 is what is asked for."""
    (found,) = packed([on_condition(1, allowed), on_condition(2, allowed)])
    assert sum(check.args.get("condition") == "$statusCode != 412" for check in found.checks) == guards
    answers = [("first", 201), ("second", 200), ("call-1", allowed), ("call-2", 412)]
    played = [
        exchange("putThing", status, problem(status) if status >= 400 else {}, identifier=name)
        for name, status in answers
    ]
    toy = service(requirement("TOY-ANS-001"))
    (observed,) = Judge(toy, frozenset({"TOY-ANS-001"})).judge(found, trace(*played, script=found.id))
    assert observed.outcome is (Outcome.INCONCLUSIVE if guards else Outcome.PASS)


def test_a_call_once_more_needs_nothing_of_the_first() -> None:
    """Stimulus: a call with an input, a reference, a fresh value and a called workflow. Expected: all of its own."""
    made = Step("make", "POST", "/things", role="clerk", body={"id": "$quoted", "of": {"$e": "$inputs.of"}})
    body = {"thing": {"$e": "$steps.called.outputs.id"}, "number": {"$fresh": "uuid", "key": "n"}}
    call = ValidCall(
        "putThing",
        "w",
        (made,),
        Step("call", "PUT", "/things/1", role="clerk", body=body),
        (Check("make", "criterion", {"condition": "$statusCode == 201"}),),
        inputs={"of": {"$fresh": "uuid", "key": "of"}},
        calls={"called": {"id": {"$e": "$steps.make.outputs.id"}}},
    )
    other = once_more(call)
    assert (other.preamble[0].id, other.call.id, other.checks[0].step) == ("make-other", "call-other", "make-other")
    assert other.preamble[0].body["of"] == {"$fresh": "uuid", "key": "of-other"}
    assert other.call.body["thing"] == {"$e": "$steps.called-other.outputs.id"}
    assert other.call.body["number"] == {"$fresh": "uuid", "key": "n-other"}
    assert other.calls == {"called-other": {"id": {"$e": "$steps.make-other.outputs.id"}}}
    assert refers(call.call.body)
    assert not refers(made.body)
    assert as_owner(call, "viewer").preamble[0].role == "viewer"
