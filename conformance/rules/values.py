"""Claims about values of an answer: same, different, among, in order, there or not.

Comparisons are exact: text to the code point. But one number and one moment may be written in several ways, and a
system may write them in another way in every answer.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from conformance.expression import MISSING
from conformance.invariant import canonical, exactly
from conformance.invariant import key as meaning
from conformance.rules.claims import claim
from conformance.rules.failure import Failure, Result, shown
from conformance.seen import Seen

_DRAWN = (
    re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?"),
    re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Za-z-]*\d)[0-9A-Za-z-]{16,}(?![0-9A-Za-z])"),
)
"""Moments, and ids that a system draws to find an answer again in its own records."""


@claim("bodies-equal")
def bodies_equal(args: Mapping[str, Any], seen: Seen) -> Result:
    """Two JSON values are the same, apart from the members named in `except`; the texts of `mask` count as one text.

    The mask is for ids that were asked for: a problem may repeat the id, and still tell nothing of what it stands for.
    With `loose`, moments and ids that are drawn for each answer count as one text each, too.
    """
    skipped = set(args.get("except", ()))
    masked = (*args.get("mask", ()), *(_DRAWN if args.get("loose") else ()))
    left, right = _masked(args["actual"], masked), _masked(args["expected"], masked)
    if isinstance(left, dict) and isinstance(right, dict):
        left = {k: v for k, v in left.items() if k not in skipped}
        right = {k: v for k, v in right.items() if k not in skipped}
    return _same(left, right)


def _masked(value: Any, texts: Any) -> Any:
    if isinstance(value, str):
        for text in texts:
            if isinstance(text, re.Pattern):
                value = text.sub("*", value)
            else:
                value = value.replace(text, "*") if isinstance(text, str) and text else value
        return value
    if isinstance(value, list):
        return [_masked(item, texts) for item in value]
    return {key: _masked(item, texts) for key, item in value.items()} if isinstance(value, dict) else value


@claim("identical")
def identical(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` is `expected`, to the code point."""
    return _same(args["actual"], args["expected"])


@claim("identical-if-done")
def identical_if_done(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` is `expected` where the status `done` is that of a success; of a refusal nothing is claimed."""
    succeeded = isinstance(args["done"], int) and 200 <= args["done"] < 300
    return _same(args["actual"], args["expected"]) if succeeded else True


def _same(actual: Any, expected: Any) -> Result:
    if exactly(actual, expected):
        return True
    return Failure(
        "値が期待と異なります。",
        "The value is not the expected one.",
        _coded(expected, actual),
        _coded(actual, expected),
    )


def _coded(value: Any, other: Any) -> str:
    """A value as shown; code points beside it where two texts look alike but are not."""
    text = shown(value)
    if isinstance(value, str) and isinstance(other, str) and len(value) < 80 and not value.isascii():
        return f"{text} [{' '.join(f'U+{ord(c):04X}' for c in value)}]"
    return text


@claim("different")
def different(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` is anything but `unexpected`."""
    if not exactly(args["actual"], args["unexpected"]):
        return True
    return Failure(
        "異なるべき値が同じです。", "Two values are the same that must differ.",
        f"another value than {shown(args['unexpected'])}", shown(args["actual"]),
    )  # fmt: skip


@claim("code-at-status")
def code_at_status(args: Mapping[str, Any], seen: Seen) -> Result:
    """A problem of the status `at` has not the code `unexpected`; of another answer nothing is claimed."""
    told = seen.body.get("code") if seen.status == args["at"] and isinstance(seen.body, dict) else None
    if told != args["unexpected"]:
        return True
    return Failure(
        "問題のコードが誤りの種類と異なります。", "The code of the problem is that of another mistake.",
        f"another code than {shown(args['unexpected'])}", shown(told),
    )  # fmt: skip


@claim("one-of")
def one_of(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` is one of `allowed`."""
    if any(exactly(args["actual"], value) for value in args["allowed"]):
        return True
    return Failure(
        "許される値のいずれでもありません。", "The value is none of those allowed.",
        f"one of {shown(args['allowed'])}", shown(args["actual"]),
    )  # fmt: skip


@claim("contains")
def contains(args: Mapping[str, Any], seen: Seen) -> Result:
    """`collection` holds `value`."""
    if any(exactly(item, args["value"]) for item in args["collection"]):
        return True
    return Failure(
        "含まれるべき値がありません。", "A value is missing that must be there.",
        f"{shown(args['value'])} among them", shown(args["collection"]),
    )  # fmt: skip


@claim("lacks")
def lacks(args: Mapping[str, Any], seen: Seen) -> Result:
    """`collection` does not hold `value`."""
    if not any(exactly(item, args["value"]) for item in args["collection"]):
        return True
    return Failure(
        "含まれてはならない値があります。", "A value is there that must not be.",
        f"no {shown(args['value'])} among them", shown(args["collection"]),
    )  # fmt: skip


@claim("count")
def count(args: Mapping[str, Any], seen: Seen) -> Result:
    """`collection` holds `expected` items."""
    number = len(args["collection"])
    if number == args["expected"]:
        return True
    return Failure(
        "件数が期待と異なります。", "The number of items is not the expected one.",
        f"{args['expected']} items", f"{number} items: {shown(args['collection'])}",
    )  # fmt: skip


@claim("same-members")
def same_members(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` and `expected` hold the same items, in any order, as often."""
    return _multiset(args["actual"], args["expected"])


@claim("multiset")
def multiset(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` and `expected` hold the same values, in any order, as often."""
    return _multiset(args["actual"], args["expected"])


def _multiset(actual: Any, expected: Any) -> Result:
    if Counter(map(meaning, actual)) == Counter(map(meaning, expected)):
        return True
    return Failure(
        "要素の集まりが期待と異なります。", "The items are not the expected ones.", shown(expected), shown(actual)
    )


@claim("disjoint")
def disjoint(args: Mapping[str, Any], seen: Seen) -> Result:
    """No item stands in two of `collections`, or twice in one."""
    tally = Counter(key for part in args["collections"] for key in map(meaning, part))
    twice = [key for key, number in tally.items() if number > 1]
    if not twice:
        return True
    return Failure(
        "同じ要素が2回以上現れます。",
        "An item stands more than once.",
        "each item once",
        f"more than once: {shown(twice)}",
    )


@claim("partition")
def partition(args: Mapping[str, Any], seen: Seen) -> Result:
    """`parts` together hold each item of `whole` once, and nothing else."""
    whole = Counter(map(meaning, args["whole"]))
    parts = Counter(key for part in args["parts"] for key in map(meaning, part))
    if whole == parts:
        return True
    missing, extra = list((whole - parts).elements()), list((parts - whole).elements())
    return Failure(
        "ページの合計が全件と一致しません。", "The pages together are not the whole.",
        f"each of {len(args['whole'])} items once", f"missing: {shown(missing)}; too many: {shown(extra)}",
    )  # fmt: skip


@claim("covers")
def covers(args: Mapping[str, Any], seen: Seen) -> Result:
    """Each item of `whole` stands in one of `parts` at least."""
    there = {key for part in args["parts"] for key in map(meaning, part)}
    missing = [key for key in map(meaning, args["whole"]) if key not in there]
    if not missing:
        return True
    return Failure(
        "ページに含まれない要素があります。",
        "An item is on none of the pages.",
        "each item on a page",
        f"missing: {shown(missing)}",
    )


@claim("sha256")
def sha256(args: Mapping[str, Any], seen: Seen) -> Result:
    """The content of the answer has the SHA-256 digest `expected`, in hexadecimal."""
    digest = hashlib.sha256(seen.response.body if seen.response else b"").hexdigest()
    if args["expected"] == digest:
        return True
    return Failure(
        "本文のSHA-256が一致しません。",
        "The SHA-256 digest of the content is another one.",
        shown(args["expected"]),
        digest,
    )


@claim("ordered")
def ordered(args: Mapping[str, Any], seen: Seen) -> Result:
    """`values` stand in order: `ascending` (default), `descending`, or strictly with `strict: true`."""
    values = [canonical(value) for value in args["values"]]
    falling = args.get("direction", "ascending") == "descending"
    pairs = list(itertools.pairwise(values))
    wrong = [(a, b) for a, b in pairs if (b > a if falling else b < a) or (args.get("strict") and a == b)]
    if not wrong:
        return True
    return Failure(
        "順序が正しくありません。", "The order is not right.", args.get("direction", "ascending"), shown(wrong[0])
    )


@claim("absent-text")
def absent_text(args: Mapping[str, Any], seen: Seen) -> Result:
    """`text` stands nowhere `in` a value."""
    place, wanted = args["in"], args["text"]
    text = place if isinstance(place, str) else json.dumps(place, ensure_ascii=False)
    if wanted not in text:
        return True
    return Failure(
        "含まれてはならない文字列があります。",
        "A text is there that must not be.",
        "not there",
        f"found in {shown(place)}",
    )


@claim("text-kept")
def text_kept(args: Mapping[str, Any], seen: Seen) -> Result:
    """Some string of `in` is exactly `text`."""
    if any(found == args["text"] for found in _strings(args["in"])):
        return True
    return Failure(
        "送信した文字列が、そのままの形で応答に含まれていません。",
        "The text that was sent is not in the answer as it was.",
        _coded(args["text"], "x"),
        "not among the strings of the answer",
    )


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else []


@claim("present")
def present(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` is there, and not null."""
    if args["actual"] is not MISSING and args["actual"] is not None:
        return True
    return Failure("あるべき値がありません。", "A value is missing that must be there.", "a value", "nothing")


@claim("absent")
def absent(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` is not there."""
    if args["actual"] is MISSING:
        return True
    return Failure(
        "あってはならない値があります。", "A value is there that must not be.", "nothing", shown(args["actual"])
    )


@claim("not-before")
def not_before(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` is `limit` or later (texts of one form, or numbers)."""
    if canonical(args["actual"]) >= canonical(args["limit"]):
        return True
    return Failure(
        "値が下限より前です。", "The value is before the limit.", f">= {shown(args['limit'])}", shown(args["actual"])
    )


@claim("matches")
def matches(args: Mapping[str, Any], seen: Seen) -> Result:
    """The whole of `actual` matches the regular expression `pattern`."""
    if isinstance(args["actual"], str) and re.fullmatch(args["pattern"], args["actual"]):
        return True
    return Failure("値の形式が異なります。", "The value has another form.", args["pattern"], shown(args["actual"]))


@claim("exactly-one")
def exactly_one(args: Mapping[str, Any], seen: Seen) -> Result:
    """Exactly one of `values` is `of`."""
    number = sum(1 for value in args["values"] if exactly(value, args["of"]))
    if number == 1:
        return True
    return Failure(
        "ちょうど1つであるべきものが、そうではありません。", "Exactly one must be so, and is not.",
        f"exactly one {shown(args['of'])}", f"{number} in {shown(args['values'])}",
    )  # fmt: skip


@claim("one-success")
def one_success(args: Mapping[str, Any], seen: Seen) -> Result:
    """Of simultaneous `answers` each success is the `final` one, and each refusal a 409 with `code`; one succeeded."""
    wrong = []
    successes = 0
    for answer in args["answers"]:
        status, body = answer["status"], answer["body"]
        if 200 <= status < 300:
            successes += 1
            if not exactly(body, args["final"]):
                wrong.append(f"status {status} with another content: {shown(body)}")
        elif status != 409 or not isinstance(body, dict) or body.get("code") != args["code"]:
            wrong.append(f"status {status}: {shown(body)}")
    if successes and not wrong:
        return True
    return Failure(
        "同時に送った同じ要求が、1回の要求として扱われていません。",
        "Simultaneous requests with one key were not taken as one request.",
        f"one success, given to all; or 409 {args['code']}",
        "; ".join(wrong) or "no success",
    )
