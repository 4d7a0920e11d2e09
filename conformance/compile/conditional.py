"""Scripts for entity tags: conditional reads and writes (RFC 9110, 13; RFC 6585, 3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench
from conformance.compile.calls import ValidCall
from conformance.compile.draft import Drafter, Expectation, acceptance, changed, exact, refusal, with_header
from conformance.model import Check, Script, Step, Text

_TAG = {"$e": "$response.header.ETag"}
_DONE = {"condition": "$statusCode >= 200 && $statusCode < 300"}
_OTHERS = ", ".join(f'"another-tag-{number}"' for number in range(1, 25))
_EVER = "Fri, 31 Dec 9999 23:59:59 GMT"
"""A date for the conditions by date of RFC 9110, which no document declares: they count as if they were not there."""
_PAST = ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")
_KEY = {"$fresh": "idempotency-key", "key": "of-a-change"}
_BOTH = ("If-MatchとIf-None-Matchの両方", "both If-Match and If-None-Match")


def scripts(bench: Bench) -> Iterator[Script]:
    """Reads that declare ETag, and writes that declare If-Match."""
    for operation in bench.operations():
        if operation.method == "GET" and _declares_tag(operation):
            yield from _reads(bench, operation)
        if operation.parameter("If-Match", "header"):
            yield from _writes(bench, operation)


def _declares_tag(operation: Operation) -> bool:
    answer = operation.answers.get("200")
    return answer is not None and any(name.lower() == "etag" for name in answer.headers)


def _reads(bench: Bench, operation: Operation) -> Iterator[Script]:
    for call in bench.calls[operation.id][:2]:
        first = changed(call.call, outputs={**call.call.outputs, "tag": _TAG, "whole": {"$e": "$response.body"}})
        tag = {"$e": f"$steps.{first.id}.outputs.tag"}
        wanted = {
            "conditional.not-modified": (
                (tag, 304, "同じETag", "the same entity tag"),
                ("*", 304, "*", "*"),
                ({"$join": ['"another-tag", ', tag]}, 304, "一覧中の同じETag", "the same tag in a list"),
                ({"$apply": "weak-etag", "to": tag}, 304, "弱い形の同じETag", "the same tag in its weak form"),
                ({"$join": [f"{_OTHERS}, ", tag]}, 304, "長い一覧の末尾の同じETag", "the same tag behind many others"),
                ({"$join": [tag, f", {_OTHERS}"]}, 304, "長い一覧の先頭の同じETag", "the same tag before many others"),
                (['"another-tag"', tag], 304, "2行目の同じETag", "the same tag in a second field line"),
            ),
            "conditional.modified": (
                ({"$apply": "other-etag", "to": tag}, 200, "別のETag", "another entity tag"),
                ({"$apply": "near-etag", "to": tag}, 200, "末尾だけ異なるETag", "a tag with another end"),
                ({"$apply": "longer-etag", "to": tag}, 200, "1文字多いETag", "a tag with one character more"),
                (_swapped(tag), 200, "大文字・小文字だけ異なるETag", "a tag that differs in letter case"),
                (None, 200, "If-Modified-Sinceのみ", "If-Modified-Since alone"),
                ('"another-tag", "and-one-more"', 200, "別のETagの一覧", "a list of other tags"),
                (_within(tag), 200, "コンマを含む別のETag", "another tag with a comma in it"),
            ),
        }
        for family, variants in wanted.items():
            for value, status, ja, en in variants:
                yield from _again(bench, operation, call, first, family, value, status, {"ja": ja, "en": en})
        yield from _stable(bench, operation, call, first)


def _again(
    bench: Bench, operation: Operation, call: ValidCall, first: Step, family: str, value: Any, status: int,
    about: dict[str, str],
) -> Iterator[Script]:  # fmt: skip
    if not bench.drafter.wanted(family, operation.id):
        return
    second = _asked_again(changed(call.call, id=f"{first.id}-again", outputs={}), value)
    checks = bench.drafter.checks(family, operation.id, second.id, exact((status,), about))
    if status == 200:
        whole = {"actual": {"$e": "$response.body"}, "expected": {"$e": f"$steps.{first.id}.outputs.whole"}}
        checks += bench.drafter.checks(family, operation.id, second.id, Expectation("identical", whole))
    before = Check(first.id, "criterion", {"condition": "$statusCode == 200"})
    yield bench.drafter.script(
        family, f"{operation.id} If-None-Match: {about['en']}", call, (first, second), (before, *checks)
    )


def _asked_again(step: Step, value: Any) -> Step:
    """The read on a condition: with a list of values in a field line each, without one by the date."""
    if value is None:
        return with_header(step, "If-Modified-Since", _EVER)
    return _in_lines(step, "If-None-Match", value)


def _in_lines(step: Step, name: str, value: Any) -> Step:
    """The step with a header; with a list of values in a field line each."""
    lines = value if isinstance(value, list) else [value]
    step = with_header(step, name, None)
    return changed(step, headers=(*step.headers, *((name, line) for line in lines)))


def _within(tag: Any) -> dict[str, Any]:
    """One tag that has the current one in it, behind a comma, which parts nothing within quotes (RFC 9110, 8.8.3)."""
    return {"$join": ['"another,', {"$apply": "unquoted", "to": tag}, '"']}


def _swapped(tag: Any) -> dict[str, Any]:
    return {"$apply": "swapped-case-etag", "to": tag}


def _stable(bench: Bench, operation: Operation, call: ValidCall, first: Step) -> Iterator[Script]:
    family = "conditional.stable"
    if not bench.drafter.wanted(family, operation.id):
        return
    second = changed(call.call, id=f"{first.id}-again", outputs={})
    expected = Expectation("identical", {"actual": _TAG, "expected": {"$e": f"$steps.{first.id}.outputs.tag"}})
    checks = bench.drafter.checks(family, operation.id, second.id, expected)
    purpose = Text(ja="変更のない2回の照会のETag。", en="The entity tags of two reads with no change between.")
    yield bench.drafter.script(family, f"{operation.id} twice, the same tag", call, (first, second), checks, purpose)
    other = changed(second, token=tuple(operation.scopes))
    if operation.scopes and call is bench.first(operation):
        # Where a token that may do less is shown something else, its tag is another one.
        same = {"actual": {"$e": "$response.body"}, "expected": {"$e": f"$steps.{first.id}.outputs.whole"}}
        checks = (Check(other.id, "identical", same), *checks)
        purpose = Text(
            ja="2つのトークンによる照会のETag。", en="The entity tags of two reads, each with a token of its own."
        )
        yield bench.drafter.script(family, f"{operation.id} with two tokens", call, (first, other), checks, purpose)


def _creates(call: ValidCall) -> bool:
    """Whether the valid call makes the resource (`If-None-Match: *`) instead of changing it."""
    return any(name.lower() == "if-none-match" for name, _ in call.call.headers)


def _writes(bench: Bench, operation: Operation) -> Iterator[Script]:
    drafter = bench.drafter
    for call in bench.calls[operation.id]:
        bare = with_header(with_header(call.call, "If-Match", None), "If-None-Match", None)
        yield from _one(drafter, operation, call, "conditional.missing", bare, (428,), "If-Matchがない", "no If-Match")
        dated = with_header(bare, "If-Unmodified-Since", _EVER)
        text = ("If-Unmodified-Sinceのみ", "If-Unmodified-Since alone")
        yield from _one(drafter, operation, call, "conditional.missing", dated, (428,), *text)
        if _creates(call):
            yield from _creations(drafter, operation, call)
            continue
        tag = next((value for name, value in call.call.headers if name.lower() == "if-match"), None)
        if tag is None:
            continue
        for value, ja, en in (
            ({"$apply": "other-etag", "to": tag}, "別のETag", "another entity tag"),
            ({"$apply": "near-etag", "to": tag}, "末尾だけ異なるETag", "a tag with another end"),
            ({"$apply": "weak-etag", "to": tag}, "弱いETag", "a weak entity tag"),
            ({"$apply": "unquoted", "to": tag}, "引用符のないETag", "a tag without its quotes"),
            ({"$apply": "longer-etag", "to": tag}, "1文字多いETag", "a tag with one character more"),
            (_swapped(tag), "大文字・小文字だけ異なるETag", "a tag that differs in letter case"),
            ({"$join": ["current ", tag]}, "一覧でない値の中のETag", "a tag in what is no list of tags"),
            ('"another-tag", *', "一覧の中の*", "an asterisk in a list"),
            (_within(tag), "コンマを含む別のETag", "another tag with a comma in it"),
            ('"another-tag", "and-one-more"', "別のETagの一覧", "a list of other tags"),
        ):
            step = with_header(call.call, "If-Match", value)
            yield from _one(drafter, operation, call, "conditional.stale", step, (412,), ja, en)
        yield from _matched(drafter, operation, call, tag)
        if operation.parameter("If-None-Match", "header"):
            both = with_header(call.call, "If-None-Match", "*")
            yield from _one(drafter, operation, call, "conditional.both", both, (412,), *_BOTH)
        yield from _used_twice(drafter, operation, call, tag)
        yield from _race(drafter, operation, call)
        yield from _read_around(bench, operation, call)


def _one(
    drafter: Drafter, operation: Operation, call: ValidCall, family: str, step: Step, statuses: tuple[int, ...],
    ja: str, en: str,
) -> Iterator[Script]:  # fmt: skip
    if drafter.wanted(family, operation.id):
        checks = drafter.checks(family, operation.id, step.id, refusal(statuses, {"ja": ja, "en": en}))
        yield drafter.script(family, f"{operation.id} with {en}", call, (step,), checks)


def _matched(drafter: Drafter, operation: Operation, call: ValidCall, tag: Any) -> Iterator[Script]:
    """The current tag counts wherever it stands in a list, and `*` matches whatever is there."""
    family = "conditional.matched"
    if not drafter.wanted(family, operation.id):
        return
    for value, ja, en in (
        ({"$join": ['"another-tag", ', tag]}, "一覧の末尾の同じETag", "the same tag at the end of a list"),
        ({"$join": [tag, ',"another-tag"']}, "一覧の先頭の同じETag", "the same tag at the head of a list"),
        ({"$join": [f"{_OTHERS}, ", tag]}, "長い一覧の末尾の同じETag", "the same tag behind many others"),
        ({"$join": ['W/"another-tag", ', tag]}, "弱いETagの後の同じETag", "the same tag behind a weak one"),
        (['"another-tag"', tag], "2行目の同じETag", "the same tag in a second field line"),
        ("*", "*", "*"),
        (None, "過去のIf-Unmodified-Since", "If-Unmodified-Since long ago beside it"),
    ):
        step = with_header(call.call, *_PAST) if value is None else _in_lines(call.call, "If-Match", value)
        checks = drafter.checks(family, operation.id, step.id, acceptance({"ja": ja, "en": en}))
        yield drafter.script(family, f"{operation.id} If-Match: {en}", call, (step,), checks)


def _creations(drafter: Drafter, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """What makes something: not with a condition on what is there, and once only."""
    for value in ("*", '"another-tag"'):
        instead = with_header(with_header(call.call, "If-None-Match", None), "If-Match", value)
        text = (f"存在しないものに対するIf-Match: {value}", f"If-Match: {value} where there is nothing")
        yield from _one(drafter, operation, call, "conditional.nothing-there", instead, (412,), *text)
    both = with_header(call.call, "If-Match", "*")
    yield from _one(drafter, operation, call, "conditional.both", both, (412,), *_BOTH)
    yield from _race(drafter, operation, call, "conditional.create-race")


def _used_twice(drafter: Drafter, operation: Operation, call: ValidCall, tag: Any) -> Iterator[Script]:
    """The tag that was right before the first change is stale for the second."""
    family = "conditional.stale"
    if not drafter.wanted(family, operation.id):
        return
    second = changed(call.call, id=f"{call.call.id}-again", outputs={})
    text = {"ja": "一度使ったETag", "en": "a tag that was used already"}
    before = (
        Check(call.call.id, "criterion", _DONE),
        # A tag that does not change with the content is the concern of another requirement.
        Check(call.call.id, "different", {"actual": _TAG, "unexpected": tag}),
    )
    checks = drafter.checks(family, operation.id, second.id, refusal((412,), text))
    yield drafter.script(family, f"{operation.id} with a used tag", call, (call.call, second), (*before, *checks))
    # The key of a POST means nothing to other methods: such a change is no repetition, however it is sent.
    keyed = tuple(with_header(step, "Idempotency-Key", _KEY) for step in (call.call, second))
    yield drafter.script(family, f"{operation.id} with a used tag and a key", call, keyed, (*before, *checks))


def _read_around(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """Reads around a change, and around one that is refused: after the one another tag, after the other the same."""
    reading = next((o for o in bench.operations() if o.path == operation.path and o.method == "GET"), None)
    if reading is None or not _declares_tag(reading):
        return
    template = bench.first(reading).call
    outputs = {"tag": _TAG, "whole": {"$e": "$response.body"}}
    first, second, third = (
        changed(template, id=f"read-{number}", path_params=call.call.path_params, query=(), outputs=outputs)
        for number in ("before", "between", "after")
    )
    refused = changed(call.call, id=f"{call.call.id}-again", outputs={})
    done = tuple(Check(step.id, "criterion", _DONE) for step in (first, call.call, second))
    whole = {"actual": {"$e": "$response.body"}, "unexpected": {"$e": "$steps.read-before.outputs.whole"}}
    differs = Check(second.id, "different", whole)
    if bench.drafter.wanted("conditional.changed", operation.id):
        args = {"actual": _TAG, "unexpected": {"$e": "$steps.read-before.outputs.tag"}}
        checks = bench.drafter.checks("conditional.changed", operation.id, second.id, Expectation("different", args))
        steps = (first, call.call, second)
        yield bench.drafter.script(
            "conditional.changed", f"{operation.id} changes the tag", call, steps, (*done, differs, *checks)
        )
    if bench.drafter.wanted("conditional.unchanged", operation.id):
        args = {"actual": {"$e": "$response.body"}, "expected": {"$e": "$steps.read-between.outputs.whole"}}
        checks = bench.drafter.checks("conditional.unchanged", operation.id, third.id, Expectation("identical", args))
        four = (call.call, second, refused, third)
        before = (*done[1:], Check(refused.id, "criterion", {"condition": "$statusCode == 412"}))
        yield bench.drafter.script(
            "conditional.unchanged", f"{operation.id} refused changes nothing", call, four, (*before, *checks)
        )


def _race(
    drafter: Drafter, operation: Operation, call: ValidCall, family: str = "conditional.race"
) -> Iterator[Script]:
    """Several changes on one condition at the same moment: one is carried out, the others are refused with 412."""
    if not drafter.wanted(family, operation.id):
        return
    number = 4
    steps = tuple(
        changed(call.call, id=f"{call.call.id}-{index}", concurrent="race", outputs={"status": {"$e": "$statusCode"}})
        for index in range(number)
    )
    statuses = [{"$e": f"$steps.{step.id}.outputs.status"} for step in steps]
    usual = 201 if _creates(call) else 200
    winner = usual if usual in operation.success_statuses() else operation.success_statuses()[0]
    expected = Expectation("multiset", {"actual": statuses, "expected": [winner, *[412] * (number - 1)]})
    checks = drafter.checks(family, operation.id, steps[-1].id, expected)
    purpose = Text(ja="同じ条件による4件の同時変更。", en="Four changes at once on the same condition.")
    yield drafter.script(family, f"{operation.id} at the same moment", call, steps, checks, purpose)
