"""Scripts for `Idempotency-Key`: what must happen once happens once, whatever is sent how often."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench, with_body
from conformance.compile.calls import ValidCall
from conformance.compile.draft import About, Expectation, acceptance, changed, exact, refusal, with_header
from conformance.compile.greatest import greatest, with_long_preparation
from conformance.compile.hardly_other import Pair, in_lists, other_bodies, pairs
from conformance.compile.mutations import about
from conformance.compile.twice import as_owner, once_more, refers
from conformance.model import Check, Script, Step, Text

HEADER = "Idempotency-Key"
_PURPOSE = "Access-Purpose"
_LONG = "key-of-the-greatest-length"
"""With a fresh key and an ending of two characters behind it, 64 characters: as many as a key may have."""
_DONE = {"condition": "$statusCode >= 200 && $statusCode < 300"}


_MALFORMED = (
    "x",
    "x" * 15,
    "x" * 65,
    "key with spaces 0123456789",
    "key/with/slashes/0123456789",
    '"quoted-key-0123456789"',
)


def scripts(bench: Bench) -> Iterator[Script]:
    """For each operation that takes a key: none, malformed ones, the same again, reused, raced, another client's."""
    for operation in bench.operations():
        if operation.parameter(HEADER, "header"):
            yield from _wrong(bench, operation)
            for position, call in enumerate(bench.calls[operation.id][:3]):
                yield from _replay(bench, operation, call)
                yield from _reused(bench, operation, call, None if position == 0 else 1)
                template = bench.template(call)
                if position == 0:
                    yield from _hardly_other(bench, operation, call, pairs(bench, operation, template))
                    yield from _after_reuse(bench, operation, call)
                    yield from _other_headers(bench, operation, call)
                elif isinstance(template, dict):
                    yield from _hardly_other(bench, operation, call, in_lists(bench, operation, template))
                yield from _race(bench, operation, call)
                yield from _other_client(bench, operation, call, at_once=position == 0)
            yield from _near_key(bench, operation)
            yield from _other_thing(bench, operation)
    yield from _all_operations(bench)


def _key() -> dict[str, str]:
    return {"$fresh": "idempotency-key", "key": "idempotency"}


def _wrong(bench: Bench, operation: Operation) -> Iterator[Script]:
    variants: list[tuple[str, Any, str, str]] = [("idempotency.missing", None, "キーがない", "no key")]
    variants += [
        ("idempotency.malformed", value, f"形式が異なるキー({value:.20})", f"a malformed key ({value:.20})")
        for value in _MALFORMED
    ]
    for family, value, ja, en in variants:
        if not bench.drafter.wanted(family, operation.id):
            continue
        call = bench.call(operation)
        step = with_header(call.call, HEADER, value)
        expected = refusal((400,), {"ja": ja, "en": en}, {"parameter": HEADER})
        checks = bench.drafter.checks(family, operation.id, step.id, expected)
        yield bench.drafter.script(family, f"{operation.id} with {en}", call, (step,), checks)


def _first(call: ValidCall, operation: Operation | None = None) -> Step:
    outputs = {**call.call.outputs, "status": {"$e": "$statusCode"}, "body": {"$e": "$response.body"}}
    if located(operation):
        outputs["location"] = {"$e": "$response.header.Location"}
    return changed(with_header(call.call, HEADER, _key()), outputs=outputs)


def located(operation: Operation | None) -> bool:
    """Whether a success of the call declares Location."""
    return operation is not None and any(
        name.lower() == "location"
        for status in operation.success_statuses()
        for name in operation.answers[str(status)].headers
    )


def _replay(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """The same request with the same key gets the same status and the same content."""
    family = "idempotency.replay"
    if not bench.drafter.wanted(family, operation.id):
        return
    yield from _again(bench, operation, call)
    large = greatest(bench, operation, call)
    if large is not None:
        yield from _again(bench, operation, replace(call, call=with_body(call.call, large)))
    elif (prepared := with_long_preparation(bench, call)) is not None:
        yield from _again(bench, operation, prepared)


def same_answer(
    bench: Bench, family: str, operation: Operation, first: Step, again: Step, *, located: bool = False
) -> tuple[Check, ...]:
    """The repetition has status and content of the first answer, where it is `located` its Location, too."""
    compared = [("$statusCode", "status"), ("$response.body", "body")]
    compared += [("$response.header.Location", "location")] if located else []
    checks: list[Check] = []
    for actual, output in compared:
        args = {"actual": {"$e": actual}, "expected": {"$e": f"$steps.{first.id}.outputs.{output}"}}
        checks += bench.drafter.checks(family, operation.id, again.id, Expectation("identical", args))
    return tuple(checks)


def _again(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    family = "idempotency.replay"
    first = _first(call, operation)
    again = changed(first, id=f"{first.id}-again", outputs={})
    same = same_answer(bench, family, operation, first, again, located=located(operation))
    checks = (Check(first.id, "criterion", _DONE), *same)
    purpose = Text(ja="同じキー・同じ本文の再送。", en="The same request with the same key, once more.")
    yield bench.drafter.script(family, f"{operation.id} the same twice", call, (first, again), checks, purpose)


def _reused(bench: Bench, operation: Operation, call: ValidCall, most: int | None) -> Iterator[Script]:
    """The same key with another content is refused, whichever place differs (`most`: the first so many places)."""
    family = "idempotency.reused"
    if not bench.drafter.wanted(family, operation.id):
        return
    for pointer, other in itertools.islice(other_bodies(bench, operation, bench.template(call)), most):
        text = about(pointer, "同じキーで異なる内容", "the same key with another content")
        yield _both(bench, operation, call, call.call.body, other, text)


def _both(bench: Bench, operation: Operation, call: ValidCall, body: Any, other: Any, text: About) -> Script:
    """Two contents under one key: the first is carried out, the other is refused."""
    family = "idempotency.reused"
    first = with_body(_first(call), body)
    again = with_body(changed(first, id=f"{first.id}-other", outputs={}), other)
    expected = refusal((422,), text, code="idempotency_key_reused")
    checks = bench.drafter.checks(family, operation.id, again.id, expected)
    before = Check(first.id, "criterion", _DONE)
    return bench.drafter.script(family, f"{operation.id} key reused", call, (first, again), (before, *checks))


def _hardly_other(bench: Bench, operation: Operation, call: ValidCall, alike: Iterator[Pair]) -> Iterator[Script]:
    """Contents that somebody may take for the same."""
    if bench.drafter.wanted("idempotency.reused", operation.id):
        for body, other, text in alike:
            yield _both(bench, operation, call, body, other, text)


def _after_reuse(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """A key that was refused for another content still belongs to the first one."""
    family = "idempotency.replay"
    bodies = other_bodies(bench, operation, bench.template(call))
    if not bench.drafter.wanted(family, operation.id) or (other := next(bodies, None)) is None:
        return
    first = _first(call, operation)
    reused = with_body(changed(first, id=f"{first.id}-other", outputs={}), other[1])
    again = changed(first, id=f"{first.id}-again", outputs={})
    refused = {"condition": "$statusCode == 422"}
    before = (Check(first.id, "criterion", _DONE), Check(reused.id, "criterion", refused))
    checks = (*before, *same_answer(bench, family, operation, first, again))
    purpose = Text(ja="別の内容による再使用が拒否された後の再送。", en="The same request after a reuse was refused.")
    steps = (first, reused, again)
    yield bench.drafter.script(family, f"{operation.id} after a refused reuse", call, steps, checks, purpose)


def _other_headers(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """What a repetition is depends on client, operation, path, key and content, and on no other header."""
    if operation.parameter(_PURPOSE, "header"):
        yield from _with_other(bench, operation, call, _PURPOSE, "other-purpose")
    if operation.body:
        yield from _with_other(bench, operation, call, "Content-Type", f"{next(iter(operation.body))}; charset=utf-8")


def _with_other(bench: Bench, operation: Operation, call: ValidCall, name: str, value: str) -> Iterator[Script]:
    family = "idempotency.replay"
    if not bench.drafter.wanted(family, operation.id):
        return
    first = _first(call, operation)
    again = with_header(changed(first, id=f"{first.id}-again", outputs={}), name, value)
    checks = (Check(first.id, "criterion", _DONE), *same_answer(bench, family, operation, first, again))
    purpose = Text(ja=f"別の{name}による再送。", en=f"The same request with another {name}.")
    steps = (first, again)
    yield bench.drafter.script(family, f"{operation.id} with another {name}", call, steps, checks, purpose)


def _race(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """The same request with the same key several times at the same moment: one answer for all, or 409 in between."""
    family = "idempotency.race"
    if not bench.drafter.wanted(family, operation.id):
        return
    steps = tuple(
        changed(
            with_header(call.call, HEADER, _key()),
            id=f"{call.call.id}-{index}",
            concurrent="race",
            outputs={"status": {"$e": "$statusCode"}, "body": {"$e": "$response.body"}},
        )
        for index in range(4)
    )
    final = changed(with_header(call.call, HEADER, _key()), id=f"{call.call.id}-final", outputs={})
    checks: list[Check] = []
    for step in steps:
        allowed = [*operation.success_statuses(), 409]
        text = {"ja": "同じキーの同時要求", "en": "the same key at the same moment"}
        checks += bench.drafter.checks(family, operation.id, step.id, exact(tuple(allowed), text))
    answers = [{name: {"$e": f"$steps.{step.id}.outputs.{name}"} for name in ("status", "body")} for step in steps]
    once = {"answers": answers, "final": {"$e": "$response.body"}, "code": "idempotency_in_progress"}
    checks += bench.drafter.checks(family, operation.id, final.id, Expectation("one-success", once))
    purpose = Text(ja="同じキーによる4件の同時要求。", en="Four requests at once with the same key.")
    scripted = (*steps, final)
    yield bench.drafter.script(family, f"{operation.id} at the same moment", call, scripted, tuple(checks), purpose)


def _other_client(bench: Bench, operation: Operation, call: ValidCall, *, at_once: bool) -> Iterator[Script]:
    """A key belongs to its client: another client's request with the same key is carried out as a new one.

    The client of the valid call comes second: that it may make the call is known from all other scripts.
    """
    family = "idempotency.other-client"
    if not bench.drafter.wanted(family, operation.id):
        return
    needed, mine = set(operation.scopes), call.call.role
    others = [role for role, scopes in bench.service.roles.items() if role != mine and needed <= set(scopes)]
    if not others:
        return
    first, again = _first(call), once_more(call)
    if operation.raw.get("x-owned"):
        again = as_owner(again, others[0])
    made = changed(with_header(again.call, HEADER, _key()), role=others[0], outputs={})
    text = {"ja": "他の利用者が使ったキー", "en": "a key that another client has used"}
    checks = bench.drafter.checks(family, operation.id, first.id, acceptance(text))
    before = (*again.checks, Check(made.id, "criterion", _DONE))
    both = replace(call, calls={**call.calls, **again.calls})
    steps = (*again.preamble, made, changed(first, outputs={}))
    yield bench.drafter.script(family, f"{operation.id} key of another client", both, steps, (*before, *checks))
    if at_once:
        # What is in progress belongs to its client, too, and not to whoever comes with the same key meanwhile.
        steps = (*again.preamble, *(changed(step, concurrent="race", outputs={}) for step in (made, first)))
        title = f"{operation.id} key of another client at the same moment"
        purpose = Text(ja="2つの利用者が同時に使う同じキー。", en="Two clients with the same key at the same moment.")
        yield bench.drafter.script(family, title, both, steps, (*before, *checks), purpose)


def _near_key(bench: Bench, operation: Operation) -> Iterator[Script]:
    """Keys are compared whole and by letter case: one that is nearly a used one is another one."""
    family = "idempotency.near-key"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    more = once_more(call)
    for before_it, ending, ja, en in (
        ("", "-B", "末尾だけ異なるキー", "a key that differs in its last character"),
        ("", "-a", "大文字と小文字だけ異なるキー", "a key that differs in letter case"),
        (_LONG, "-B", "64文字の末尾だけ異なるキー", "a key of 64 characters that differs in the last one"),
    ):
        used, near = ({"$join": [before_it, _key(), end]} for end in ("-A", ending))
        first = with_header(call.call, HEADER, used)
        again = with_header(changed(more.call, outputs={}), HEADER, near)
        text = {"ja": ja, "en": en}
        checks = bench.drafter.checks(family, operation.id, again.id, acceptance(text))
        before = (*more.checks, Check(first.id, "criterion", _DONE))
        both = replace(call, calls={**call.calls, **more.calls})
        steps = (*more.preamble, first, again)
        yield bench.drafter.script(family, f"{operation.id} {en}", both, steps, (*before, *checks))


def _other_thing(bench: Bench, operation: Operation) -> Iterator[Script]:
    """The same key and content for another thing is no repetition: whoever takes it for one loses what was asked."""
    family = "idempotency.other-thing"
    call = bench.first(operation)
    if not bench.drafter.wanted(family, operation.id) or not refers(call.call.path_params):
        return
    more, first = once_more(call), _first(call)
    # What is sent is what was sent before; only where it goes, and what is told of the thing there, is the other's.
    again = changed(first, id=more.call.id, path_params=more.call.path_params, query=more.call.query, outputs={})
    text = {"ja": "同じキーと同じ内容の、別の対象への要求", "en": "the same key and content for another thing"}
    expected = refusal((422,), text, code="idempotency_key_reused")
    checks = bench.drafter.checks(family, operation.id, again.id, expected)
    before = (*more.checks, Check(first.id, "criterion", _DONE))
    both = replace(call, calls={**call.calls, **more.calls})
    steps = (*more.preamble, first, again)
    yield bench.drafter.script(family, f"{operation.id} key of another thing", both, steps, (*before, *checks))


def _all_operations(bench: Bench) -> Iterator[Script]:
    """One key for all operations of a role, one after the other: each is carried out as a new request.

    Where two operations share their keys, the later one of them is refused, whichever two they are.
    """
    family = "idempotency.other-operation"
    by_role: dict[str | None, list[Operation]] = {}
    for operation in bench.operations():
        call = bench.first(operation)
        if operation.parameter(HEADER, "header") and not call.exclusive and not call.options:
            by_role.setdefault(call.call.role, []).append(operation)
    for operations in by_role.values():
        if len(operations) < 2 or not bench.drafter.wanted(family):
            continue
        first = bench.first(operations[0])
        others = [(operation, once_more(bench.first(operation), f"-{operation.id}")) for operation in operations[1:]]
        steps, checks = [_first(first)], [Check(first.call.id, "criterion", _DONE)]
        for operation, other in others:
            again = changed(with_header(other.call, HEADER, _key()), outputs={})
            steps += [*other.preamble, again]
            text = {"ja": "他の操作に使用したキー", "en": "a key that was used for other operations"}
            checks += [*other.checks, *bench.drafter.checks(family, operation.id, again.id, acceptance(text))]
        calls = {name: outputs for one in (first, *(o for _, o in others)) for name, outputs in one.calls.items()}
        whole = replace(first, calls=calls, upper_tester=first.upper_tester or any(o.upper_tester for _, o in others))
        title = f"{first.call.role} one key for all operations"
        yield bench.drafter.script(family, title, whole, tuple(steps), tuple(checks))
