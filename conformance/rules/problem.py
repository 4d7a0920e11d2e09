"""Errors as problem details (RFC 9457), with the members that the common specification adds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.expression import MISSING
from conformance.rules.failure import Failure, Result, shown, whole
from conformance.rules.internals import ADDRESSES, disclosed
from conformance.rules.knowledge import Knowledge
from conformance.rules.registry import ERRORS, REFUSALS, exchange_rule
from conformance.seen import Seen

MEDIA_TYPE = "application/problem+json"
_CODE = re.compile(r"[\w.#$-]+")
CODES_OF_STATUS: dict[int, frozenset[str]] = {
    400: frozenset({"invalid_request", "malformed_json"}),
    401: frozenset({"unauthenticated"}),
    403: frozenset({"forbidden"}),
    404: frozenset({"not_found"}),
    405: frozenset({"method_not_allowed"}),
    406: frozenset({"not_acceptable"}),
    409: frozenset({"conflict", "idempotency_in_progress"}),
    412: frozenset({"precondition_failed"}),
    413: frozenset({"payload_too_large"}),
    415: frozenset({"unsupported_media_type"}),
    422: frozenset({"unprocessable", "check_digit", "idempotency_key_reused"}),
    428: frozenset({"precondition_required"}),
    429: frozenset({"too_many_requests"}),
    500: frozenset({"internal_error"}),
    503: frozenset({"service_unavailable"}),
}
"""The codes of the common specification, for answers of which the document of a service says nothing of its own."""
COMMON_CODES = frozenset().union(*CODES_OF_STATUS.values())


def _is_error(seen: Seen) -> bool:
    """An error that should carry content: not HEAD, not a 5xx of something before the system."""
    return seen.response is not None and 400 <= seen.response.status < 500 and seen.method != "HEAD"


def _members(seen: Seen) -> dict[str, Any] | None:
    if not _is_error(seen) or seen.media_type != MEDIA_TYPE or not isinstance(seen.body, dict):
        return None
    return seen.body


@exchange_rule("problem-media-type", REFUSALS)
def problem_media_type(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """An error is `application/problem+json`."""
    if not _is_error(seen):
        return None
    if seen.media_type == MEDIA_TYPE:
        return True
    return Failure(
        "エラー応答のメディアタイプが application/problem+json ではありません。",
        "The media type of the error is not application/problem+json.",
        f"Content-Type: {MEDIA_TYPE}",
        seen.header("response", "Content-Type") or "no Content-Type",
    )


@exchange_rule("problem-members", REFUSALS)
def problem_members(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """Problem details have type, title, status and code, each of its type (RFC 9457, 3.1)."""
    if not _is_error(seen) or seen.media_type != MEDIA_TYPE or seen.body is MISSING:
        return None  # what cannot be read is the concern of json-encoding
    body = seen.body
    if not isinstance(body, dict):
        return _lacking("an object", body)
    for name in ("type", "title", "code"):
        if not isinstance(body.get(name), str) or body[name] == "":
            return _lacking(f"'{name}' (text)", body)
    if whole(body.get("status")) is None:
        return _lacking("'status' (integer)", body)
    kept = _optional_members(body)
    return _by_schema(seen, operation, knowledge) if kept is True else kept


def _optional_members(body: dict[str, Any]) -> Result:
    for name in ("detail", "instance"):
        if name in body and not isinstance(body[name], str):
            return _lacking(f"'{name}' as text, where it is there", body)
    errors = body.get("errors", [])
    if not isinstance(errors, list) or not all(_is_place(item) for item in errors):
        return _lacking("'errors' as a list of {pointer or parameter, code, detail}", body)
    return True


def _by_schema(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """The whole document against its schema. Which code and which status it names is the concern of other rules."""
    validator = knowledge.problem_validator(operation, seen.status or 0)
    if validator is None or validator.is_valid(seen.body):
        return True
    for error in validator.iter_errors(seen.body):
        place = [str(part) for part in error.instance_path]
        if place not in (["code"], ["status"]):
            return Failure(
                "問題詳細(problem details)が文書のスキーマに適合しません。",
                "The problem details do not match their schema.",
                "a problem as the schema of the document says",
                f"/{'/'.join(place)}: {shown(error.message)}",
            )
    return True


def _is_place(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    named = [name for name in ("pointer", "parameter") if isinstance(item.get(name), str)]
    return len(named) == 1 and all(isinstance(item.get(n, ""), str) for n in ("code", "detail"))


def _lacking(expected: str, body: Any) -> Failure:
    return Failure(
        "問題詳細(problem details)に必要な項目がないか、型が異なります。",
        "The problem details lack a member, or have it in another type.",
        expected,
        shown(body),
    )


@exchange_rule("problem-status", REFUSALS)
def problem_status(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """The member `status` repeats the status code (RFC 9457, 3.1.2)."""
    body = _members(seen)
    if body is None or whole(body.get("status")) is None:
        return None
    if body["status"] == seen.status:
        return True
    return Failure(
        "問題詳細のstatusがHTTP状態コードと異なります。",
        "The member status of the problem details differs from the status code.",
        str(seen.status),
        str(body["status"]),
    )


@exchange_rule("problem-code", REFUSALS)
def problem_code(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """The member `code` is one that the document lists for this operation and status."""
    body = _members(seen)
    if body is None or not isinstance(body.get("code"), str) or seen.status is None:
        return None
    answer = operation.answer(seen.status) if operation else None
    listed = frozenset(answer.codes) if answer and answer.codes else CODES_OF_STATUS.get(seen.status, COMMON_CODES)
    if body["code"] in listed:
        return True
    return Failure(
        "問題詳細のcodeが、文書の一覧にない値です。",
        "The code of the problem details is not one that the document lists.",
        f"one of: {', '.join(sorted(listed))}",
        body["code"],
    )


@exchange_rule("problem-internals", ERRORS)
def problem_internals(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """An error shows nothing of the inside: stack traces, statements of a database, paths of files."""
    if seen.response is None or seen.response.status < 400 or not seen.response.body:
        return None
    texts = list(_texts(seen.body))
    raw = seen.response.body[:65536].decode("utf-8", "replace")
    if texts and not knowledge.strict:
        # With others a name that stands alone, as "SyntaxError", may be the code of the error, told to all.
        texts, raw = [text for text in texts if not _CODE.fullmatch(text)], ""
    found = disclosed(raw) or disclosed("\n".join(texts))
    if found is None or _was_sent(seen, found):
        return True
    return Failure(
        "エラー応答がシステム内部の情報を含んでいます。",
        "The error shows something of the inside of the system.",
        "no stack trace, database statement or file path",
        shown(found),
    )


def _texts(value: Any) -> Iterator[str]:
    """The texts of a JSON value without its escapes, which would stand in the middle of a pattern."""
    left, count = [value], 0
    while left and count < 10_000:
        item = left.pop()
        count += 1
        if isinstance(item, str):
            yield item[:65536]
        elif isinstance(item, dict):
            left.extend(child for name, child in item.items() if name not in ADDRESSES)
        elif isinstance(item, list):
            left.extend(item)


def _was_sent(seen: Seen, text: str) -> bool:
    return text.encode() in seen.request.body or text in seen.url
