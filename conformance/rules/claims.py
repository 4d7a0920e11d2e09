"""What a script claims about one of its answers: the rules behind `Check.rule` and behind `x-check` in workflows.

Each takes the arguments with all templates resolved, and the exchange; it returns a `Result`. Comparisons are exact:
no folding of case, no normalisation of text.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from conformance.expression import MISSING
from conformance.rules.failure import Failure, Result, Unclear, shown
from conformance.rules.http import not_judged_because_of
from conformance.seen import Seen

Claim = Callable[[Mapping[str, Any], Seen], Result]
CLAIMS: dict[str, Claim] = {}
OPTIONAL_ARGUMENTS = frozenset({"actual"})
"""Arguments that may be unresolvable: `absent` and `present` are about just that."""


def claim(name: str) -> Callable[[Claim], Claim]:
    """Enter a function into the table of claims."""

    def enter(function: Claim) -> Claim:
        CLAIMS[name] = function
        return function

    return enter


def judge_claim(rule: str, args: Mapping[str, Any], seen: Seen) -> Result:
    """The result of a claim; a server error or a refusal for load leaves it open."""
    unclear = not_judged_because_of(seen)
    return unclear if unclear is not None else CLAIMS[rule](args, seen)


def _statuses(allowed: Any) -> str:
    return " or ".join(str(status) for status in allowed)


def _answered(seen: Seen) -> str:
    code = seen.body.get("code") if isinstance(seen.body, dict) else None
    return (
        f"{seen.status} ({code})" if isinstance(code, str) and seen.status and seen.status >= 400 else f"{seen.status}"
    )


@claim("refused")
def refused(args: Mapping[str, Any], seen: Seen) -> Result:
    """The request was refused with a client error; `about` says in both languages what was wrong with it."""
    if seen.status is not None and 400 <= seen.status < 500:
        return True
    about = args.get("about", {"ja": "文書に反する要求", "en": "a request that violates the document"})
    return Failure(
        f"拒否すべき要求が受け付けられました: {about['ja']}",
        f"A request that must be refused was accepted: {about['en']}",
        args.get("expected", "a client error (4xx)"),
        _answered(seen),
    )


@claim("status")
def status(args: Mapping[str, Any], seen: Seen) -> Result:
    """Where the request was refused, the status is one of `allowed`; an acceptance is the concern of `refused`."""
    if seen.status is None or not 400 <= seen.status < 500:
        return None
    if seen.status in args["allowed"]:
        return True
    about = args.get("about", {"ja": "要求", "en": "the request"})
    return Failure(
        f"拒否の状態コードが異なります: {about['ja']}",
        f"The request was refused with another status: {about['en']}",
        _statuses(args["allowed"]),
        _answered(seen),
    )


@claim("answer")
def answer(args: Mapping[str, Any], seen: Seen) -> Result:
    """The status is one of `allowed`."""
    if seen.status in args["allowed"]:
        return True
    about = args.get("about", {"ja": "状態コードが異なります", "en": "the status differs"})
    return Failure(
        f"応答の状態コードが期待と異なります: {about['ja']}",
        f"The status of the answer is not the expected one: {about['en']}",
        _statuses(args["allowed"]),
        _answered(seen),
    )


@claim("answer-if-different")
def answer_if_different(args: Mapping[str, Any], seen: Seen) -> Result:
    """As `answer`, but nothing is claimed where the two values of `unless-same` are one and the same."""
    left, right = args["unless-same"]
    return None if left == right else answer(args, seen)


@claim("not-status")
def not_status(args: Mapping[str, Any], seen: Seen) -> Result:
    """The status is none of `forbidden`."""
    if seen.status not in args["forbidden"]:
        return True
    about = args.get("about", {"ja": "有効な要求", "en": "a valid request"})
    return Failure(
        f"この要求に対して返してはならない状態コードです: {about['ja']}",
        f"This status must not be the answer to the request: {about['en']}",
        f"not {_statuses(args['forbidden'])}",
        _answered(seen),
    )


@claim("accepted")
def accepted(args: Mapping[str, Any], seen: Seen) -> Result:
    """The request was carried out (2xx)."""
    if seen.status is not None and 200 <= seen.status < 300:
        return True
    about = args.get("about", {"ja": "有効な要求", "en": "a valid request"})
    detail = seen.body.get("detail", "") if isinstance(seen.body, dict) else ""
    return Failure(
        f"有効な要求が拒否されました: {about['ja']}",
        f"A valid request was refused: {about['en']}",
        "a success (2xx)",
        f"{_answered(seen)} {shown(detail) if detail else ''}".strip(),
    )


@claim("names-place")
def names_place(args: Mapping[str, Any], seen: Seen) -> Result:
    """A refusal with 400 names the place of the error in `errors[]`: a JSON pointer, or a parameter's name."""
    if seen.status != 400 or not isinstance(seen.body, dict):
        return None
    errors = seen.body.get("errors", [])
    named = [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    kind = "pointer" if "pointer" in args else "parameter"
    values = [e[kind] for e in named if isinstance(e.get(kind), str)]
    wanted = args[kind]
    found = (
        any(value.lower() == wanted.lower() for value in values)
        if kind == "parameter"
        else any(value == wanted or wanted.startswith(value + "/") for value in values)
    )
    if found:
        return True
    return Failure(
        "400応答のerrorsが、誤りの箇所を示していません。",
        "The errors of the 400 answer do not name the place of the error.",
        f"{kind} {wanted}",
        ", ".join(values) or "no place named",
    )


@claim("bodies-equal")
def bodies_equal(args: Mapping[str, Any], seen: Seen) -> Result:
    """Two JSON values are the same, apart from the members named in `except`."""
    skipped = set(args.get("except", ()))
    left, right = args["actual"], args["expected"]
    if isinstance(left, dict) and isinstance(right, dict):
        left = {k: v for k, v in left.items() if k not in skipped}
        right = {k: v for k, v in right.items() if k not in skipped}
    return _same(left, right)


@claim("identical")
def identical(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` is `expected`, to the code point."""
    return _same(args["actual"], args["expected"])


def _exact(left: Any, right: Any) -> bool:
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_exact(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_exact, left, right))
    return bool(left == right)


def _same(actual: Any, expected: Any) -> Result:
    if _exact(actual, expected):
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
    if not _exact(args["actual"], args["unexpected"]):
        return True
    return Failure(
        "異なるべき値が同じです。", "Two values are the same that must differ.",
        f"another value than {shown(args['unexpected'])}", shown(args["actual"]),
    )  # fmt: skip


@claim("one-of")
def one_of(args: Mapping[str, Any], seen: Seen) -> Result:
    """`actual` is one of `allowed`."""
    if any(_exact(args["actual"], value) for value in args["allowed"]):
        return True
    return Failure(
        "許される値のいずれでもありません。", "The value is none of those allowed.",
        f"one of {shown(args['allowed'])}", shown(args["actual"]),
    )  # fmt: skip


def _member_keys(values: Any) -> list[str]:
    return [shown(value) for value in values]


@claim("contains")
def contains(args: Mapping[str, Any], seen: Seen) -> Result:
    """`collection` holds `value`."""
    if any(_exact(item, args["value"]) for item in args["collection"]):
        return True
    return Failure(
        "含まれるべき値がありません。", "A value is missing that must be there.",
        f"{shown(args['value'])} among them", shown(args["collection"]),
    )  # fmt: skip


@claim("lacks")
def lacks(args: Mapping[str, Any], seen: Seen) -> Result:
    """`collection` does not hold `value`."""
    if not any(_exact(item, args["value"]) for item in args["collection"]):
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
    if Counter(_member_keys(actual)) == Counter(_member_keys(expected)):
        return True
    return Failure(
        "要素の集まりが期待と異なります。", "The items are not the expected ones.", shown(expected), shown(actual)
    )


@claim("disjoint")
def disjoint(args: Mapping[str, Any], seen: Seen) -> Result:
    """No item stands in two of `collections`, or twice in one."""
    tally = Counter(key for part in args["collections"] for key in _member_keys(part))
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
    whole = Counter(_member_keys(args["whole"]))
    parts = Counter(key for part in args["parts"] for key in _member_keys(part))
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
    there = {key for part in args["parts"] for key in _member_keys(part)}
    missing = [key for key in _member_keys(args["whole"]) if key not in there]
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
    values = list(args["values"])
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
    if args["actual"] >= args["limit"]:
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
    number = sum(1 for value in args["values"] if _exact(value, args["of"]))
    if number == 1:
        return True
    return Failure(
        "ちょうど1つであるべきものが、そうではありません。", "Exactly one must be so, and is not.",
        f"exactly one {shown(args['of'])}", f"{number} in {shown(args['values'])}",
    )  # fmt: skip


def unresolved(rule: str, what: str) -> Result:
    """The result of a claim one of whose arguments is not in the answer."""
    return Failure(
        "判定に必要な項目が応答にありません。",
        "The answer lacks a member that is needed to judge it.",
        what,
        "not there",
    )


def is_unclear(result: Result) -> bool:
    """Whether a result leaves the matter open."""
    return isinstance(result, Unclear)
