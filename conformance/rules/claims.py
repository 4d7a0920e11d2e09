"""What a script claims about one of its answers: the rules behind `Check.rule` and behind `x-check` in workflows.

Each takes the arguments with all templates resolved, and the exchange; it returns a `Result`. Comparisons are exact:
no folding of case, no normalisation of text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.rules.failure import Failure, Result, shown
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
    unclear = None if _unknown_method(seen) else not_judged_because_of(seen)
    return unclear if unclear is not None else CLAIMS[rule](args, seen)


def _unknown_method(seen: Seen) -> bool:
    """501 to a method that the document does not declare is a refusal like 405 (RFC 9110, 15.6.2)."""
    return seen.status == 501 and seen.step is not None and seen.step.operation is None


def _statuses(allowed: Any) -> str:
    return " or ".join(str(status) for status in allowed)


def _answered(seen: Seen) -> str:
    code = seen.body.get("code") if isinstance(seen.body, dict) else None
    return (
        f"{seen.status} ({code})" if isinstance(code, str) and seen.status and seen.status >= 400 else f"{seen.status}"
    )


@claim("refused")
def refused(args: Mapping[str, Any], seen: Seen) -> Result:
    """The request was refused with a client error; `about` says in both languages what was wrong with it.

    With `elsewhere`, a redirect is no acceptance either: it may lead to a login page.
    """
    if seen.status is not None and (400 <= seen.status < 500 or _unknown_method(seen)):
        return True
    if seen.status is not None and 300 <= seen.status < 400 and args.get("elsewhere"):
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
    """As `answer`; it holds in any case where the two values of `unless-same` are one and the same."""
    left, right = args["unless-same"]
    return True if left == right else answer(args, seen)


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
    """A refusal with 400 names the place of the error in `errors[]`: a JSON pointer, or a parameter's name.

    Inside the value at fault any place will do; with `object`, so does the object that lacks or should lack it.
    """
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
        else any(_leads_to(value, wanted, whole_object=bool(args.get("object"))) for value in values)
    )
    if found:
        return True
    return Failure(
        "400応答のerrorsが、誤りの箇所を示していません。",
        "The errors of the 400 answer do not name the place of the error.",
        f"{kind} {wanted}",
        ", ".join(values) or "no place named",
    )


def _leads_to(pointer: str, wanted: str, *, whole_object: bool) -> bool:
    if pointer == wanted or pointer.startswith(f"{wanted}/"):
        return True
    return whole_object and pointer == wanted.rpartition("/")[0]


def unresolved(rule: str, what: str) -> Result:
    """The result of a claim one of whose arguments is not in the answer."""
    return Failure(
        "判定に必要な項目が応答にありません。",
        "The answer lacks a member that is needed to judge it.",
        what,
        "not there",
    )
