"""Scripts for repetitions that come late, by another way, or after a refusal: what `idempotency` has at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.catalogue.workflows import UPPER_TESTER
from conformance.compile.bench import JSON, Bench, with_body
from conformance.compile.calls import ValidCall
from conformance.compile.draft import Expectation, changed, exact, refusal, with_header
from conformance.compile.idempotency import HEADER, same_answer
from conformance.compile.mutations import about
from conformance.compile.places import is_special, put, walk
from conformance.compile.security import other_scope
from conformance.compile.twice import once_more, refers
from conformance.model import Check, Script, Step, Text

_KEPT_FOR = 86_340
"""A minute less than the 24 hours for which keys are kept at least (common part, 13)."""
_LEEWAY = 65
"""Seconds after its end when no token is good any more (common part, section 6: 60), a little later."""
_OTHER_KEYS = 110
_PURPOSE = "Access-Purpose"
_DONE = {"condition": "$statusCode >= 200 && $statusCode < 300"}
_REFUSED = {"condition": "$statusCode >= 400 && $statusCode < 500"}


def scripts(bench: Bench) -> Iterator[Script]:
    """Each operation that takes a key a day later and after a refusal; one of them after many keys."""
    keyed = [operation for operation in bench.operations() if operation.parameter(HEADER, "header")]
    for operation in keyed:
        yield from _a_day_later(bench, operation)
        yield from _examined_first(bench, operation)
        yield from _after_a_refusal(bench, operation)
    ordinary = [o for o in keyed if not bench.first(o).options and not bench.first(o).exclusive]
    for operation in sorted(ordinary, key=lambda o: len(bench.first(o).preamble))[:1]:
        yield from _after_many(bench, operation)
        yield from _with_expired_token(bench, operation)
        yield from _before_it_was_sent(bench, operation)


def _keyed(step: Step) -> Step:
    key = {"$fresh": "idempotency-key", "key": "repetition"}
    outputs = {**step.outputs, "status": {"$e": "$statusCode"}, "body": {"$e": "$response.body"}}
    return changed(with_header(step, HEADER, key), outputs=outputs)


def _repeated(step: Step) -> Step:
    return changed(step, id=f"{step.id}-again", outputs={})


def _advance(seconds: Any) -> Step:
    return Step(
        id="advance",
        method="POST",
        path="/clock/advance",
        operation="advanceClock",
        service=UPPER_TESTER,
        role="tester",
        body={"seconds": seconds},
        media_type=JSON,
    )


def _by_the_clock(call: ValidCall) -> ValidCall:
    return replace(call, exclusive=True, upper_tester=True)


def _set_back(moment: Any) -> Step:
    return Step(
        id="set-back",
        method="PUT",
        path="/clock",
        operation="setClock",
        service=UPPER_TESTER,
        role="tester",
        body={"now": moment},
        media_type=JSON,
    )


def _before_it_was_sent(bench: Bench, operation: Operation) -> Iterator[Script]:
    """A request is the same again also where the clock says that it has not been sent yet.

    Clocks are put right, and a key is kept for a day at least (common part, 13), of which nothing has passed then.
    """
    family = "idempotency.replay"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    first = _keyed(call.call)
    back, again = _set_back({"$datetime": "now-600"}), _repeated(first)
    before = [Check(step.id, "criterion", _DONE) for step in (first, back)]
    checks = (*before, *same_answer(bench, family, operation, first, again))
    purpose = Text(ja="時計を10分戻した後の再送。", en="The same request after the clock was set back by ten minutes.")
    title = f"{operation.id} before it was sent"
    steps = (first, back, again)
    yield bench.drafter.script(family, title, _by_the_clock(call), steps, checks, purpose)


def _a_day_later(bench: Bench, operation: Operation) -> Iterator[Script]:
    """A key is kept for a day, whatever the operation."""
    family = "idempotency.kept"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    first = _keyed(call.call)
    advance, again = _advance(_KEPT_FOR), _repeated(first)
    before = [Check(step.id, "criterion", _DONE) for step in (first, advance)]
    checks = (*before, *same_answer(bench, family, operation, first, again))
    purpose = Text(ja="23時間59分後の再送。", en="The same request 23 hours and 59 minutes later.")
    steps = (first, advance, again)
    yield bench.drafter.script(family, f"{operation.id} a day later", _by_the_clock(call), steps, checks, purpose)


def _examined_first(bench: Bench, operation: Operation) -> Iterator[Script]:
    """What comes before the key (common part, 3) is examined of a repetition, too: the scope, and the purpose."""
    call = bench.first(operation)
    first, done = _keyed(call.call), Check(call.call.id, "criterion", _DONE)
    scope = other_scope(bench, operation, call)
    if scope is not None and operation.scopes and bench.drafter.wanted("security.narrowed-scope", operation.id):
        again = changed(_repeated(first), token=(scope,))
        text = {"ja": f"スコープが{scope}だけのトークンによる再送", "en": f"a repetition with a token of {scope} alone"}
        checks = bench.drafter.checks("security.narrowed-scope", operation.id, again.id, exact((403,), text))
        # A token that is not known any more says nothing of scopes: that it should be has a requirement of its own.
        known = Check(again.id, "not-status", {"forbidden": [401], "about": text})
        title = f"{operation.id} {text['en']}"
        yield bench.drafter.script("security.narrowed-scope", title, call, (first, again), (done, known, *checks))
    purpose = operation.parameter(_PURPOSE, "header")
    if purpose is not None and purpose.required and bench.drafter.wanted("parameters.missing", operation.id):
        again = with_header(_repeated(first), _PURPOSE, None)
        text = about(_PURPOSE, "ない再送", "a repetition without it")
        expected = refusal((400,), text, {"parameter": _PURPOSE})
        checks = bench.drafter.checks("parameters.missing", operation.id, again.id, expected)
        title = f"{operation.id} once more without {_PURPOSE}"
        yield bench.drafter.script("parameters.missing", title, call, (first, again), (done, *checks))


def _with_expired_token(bench: Bench, operation: Operation) -> Iterator[Script]:
    """A kept answer is not given to a token that has expired."""
    family = "idempotency.expired-token"
    call = bench.first(operation)
    if not bench.drafter.wanted(family, operation.id) or call.call.role is None:
        return
    old = {"$join": ["Bearer ", {"$token": call.call.role, "old": True}]}
    first = changed(_keyed(call.call), authorization=old)
    advance, again = _advance({"$lifetime": [call.call.role], "plus": _LEEWAY}), _repeated(first)
    before = [Check(step.id, "criterion", _DONE) for step in (first, advance)]
    text = {"ja": "期限切れのトークンによる再送", "en": "a repetition with an expired token"}
    checks = bench.drafter.checks(family, operation.id, again.id, exact((401,), text))
    steps = (first, advance, again)
    title = f"{operation.id} {text['en']}"
    yield bench.drafter.script(family, title, _by_the_clock(call), steps, (*before, *checks))


def _after_many(bench: Bench, operation: Operation) -> Iterator[Script]:
    """However many other keys the client has used meanwhile, a key is kept."""
    family = "idempotency.after-many"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    first = _keyed(call.call)
    again = _repeated(first)
    others = [once_more(call, f"-{number}") for number in range(1, _OTHER_KEYS + 1)]
    steps = (first, *(step for other in others for step in (*other.preamble, _bare(other.call))), again)
    calls = {name: outputs for one in (call, *others) for name, outputs in one.calls.items()}
    checks = (Check(first.id, "criterion", _DONE), *same_answer(bench, family, operation, first, again))
    purpose = Text(
        ja=f"他のキーによる{_OTHER_KEYS}件の要求の後の再送。",
        en=f"The same request after {_OTHER_KEYS} others with keys of their own.",
    )
    whole = replace(call, calls=calls)
    yield bench.drafter.script(family, f"{operation.id} after many keys", whole, steps, checks, purpose)


def _bare(step: Step) -> Step:
    return changed(step, outputs={})


def _after_a_refusal(bench: Bench, operation: Operation) -> Iterator[Script]:
    """A key that was refused with an unknown id in the content, then with the right content, twice.

    Whether the second one is carried out is free, as a system may keep the refusal. Where it is, it was the first
    success, and the third one gets its answer.
    """
    family = "idempotency.after-refusal"
    call, template = bench.first(operation), bench.template(bench.first(operation))
    if not bench.drafter.wanted(family, operation.id) or not isinstance(template, dict):
        return
    unknown = with_unknown_id(bench, operation, template)
    if unknown is None:
        return
    second = _keyed(call.call)
    first = with_body(changed(second, id=f"{second.id}-refused", outputs={}), unknown)
    third = _repeated(second)
    checks: list[Check] = [Check(first.id, "criterion", _REFUSED)]
    status = {"$e": f"$steps.{second.id}.outputs.status"}
    for actual, output in (("$statusCode", "status"), ("$response.body", "body")):
        args = {
            "done": status,
            "actual": {"$e": actual},
            "expected": {"$e": f"$steps.{second.id}.outputs.{output}"},
        }
        checks += bench.drafter.checks(family, operation.id, third.id, Expectation("identical-if-done", args))
    purpose = Text(ja="拒否された要求のキーの再使用。", en="The key of a refused request, used again.")
    steps = (first, second, third)
    yield bench.drafter.script(family, f"{operation.id} after a refusal", call, steps, tuple(checks), purpose)
    yield from _refused_twice(bench, operation, call, unknown)


def _refused_twice(bench: Bench, operation: Operation, call: ValidCall, unknown: Any) -> Iterator[Script]:
    """A request that was refused, once more: whether the answer was kept or the key forgotten, it is refused alike."""
    family = "idempotency.refused-twice"
    if not bench.drafter.wanted(family, operation.id):
        return
    first = with_body(_keyed(call.call), unknown)
    first = changed(first, outputs={"status": {"$e": "$statusCode"}, "problem": {"$e": "$response.body"}})
    again = _repeated(first)
    checks: list[Check] = [Check(first.id, "criterion", _REFUSED)]
    for actual, expected in (("$statusCode", "status"), ("$response.body#/code", "problem#/code")):
        args = {"actual": {"$e": actual}, "expected": {"$e": f"$steps.{first.id}.outputs.{expected}"}}
        checks += bench.drafter.checks(family, operation.id, again.id, Expectation("identical", args))
    purpose = Text(ja="拒否された要求の再送。", en="A refused request, once more.")
    yield bench.drafter.script(family, f"{operation.id} refused twice", call, (first, again), tuple(checks), purpose)


def with_unknown_id(bench: Bench, operation: Operation, template: Any) -> Any:
    """The content with an id of nobody in place of one that an earlier answer gave, or None."""
    for place in walk(bench.document, bench.body_schema(operation), template):
        if place.present and is_special(place.value) and refers(place.value):
            body = put(template, place.pointer, {"$fresh": "uuid", "key": "of nobody"})
            if not bench.breaks(operation, template, body):
                return body
    return None
