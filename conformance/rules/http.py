"""Status, media type and headers of every answer, against what the document declares (OpenAPI 3.1, RFC 9110)."""

from __future__ import annotations

import json
import re

from conformance.catalogue.operations import Operation
from conformance.expression import MISSING
from conformance.rules.failure import Failure, Result, Unclear, shown
from conformance.rules.knowledge import Knowledge, media_matches
from conformance.rules.occasion import declares
from conformance.rules.registry import SUCCESSES, exchange_rule
from conformance.seen import NDJSON, Seen, duplicate_key, parsed

ALWAYS_ALLOWED = frozenset({405, 429, 503})
"""Answers that any operation may give at any time, also where its document does not list them (RFC 9110; RFC 6585)."""


def is_declared(operation: Operation, status: int) -> bool:
    """Whether the document lets an operation answer with a status."""
    return status in ALWAYS_ALLOWED or operation.answer(status) is not None


@exchange_rule("status-declared", range(200, 500), of_operations=True)
def status_declared(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """The status is one that the document declares for the operation; a server error is another rule's."""
    if operation is None or seen.status is None or seen.status >= 500 or not seen.status >= 200:
        return None
    if is_declared(operation, seen.status):
        return True
    if not knowledge.strict and (seen.status >= 300 or not knowledge.tells_success(operation)):
        return None  # a document need not list what may go wrong (OpenAPI 3.1, 4.8.16)
    declared = ", ".join(sorted(operation.answers))
    return Failure(
        f"{operation.id}が、文書に宣言のない状態コード{seen.status}で応答しました。",
        f"{operation.id} answered with the status {seen.status}, which its document does not declare.",
        f"one of: {declared}",
        str(seen.status),
    )


@exchange_rule("no-server-error")
def no_server_error(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """No request makes the system fail. 503 says 'not now' and is no such failure; 501 refuses an unknown method."""
    if seen.status is None:
        return None
    unknown_method = seen.status == 501 and operation is None
    if seen.status < 500 or seen.status == 503 or unknown_method:
        return True
    return Failure(
        f"要求に対してサーバーエラー{seen.status}が返されました。",
        f"The request was answered with the server error {seen.status}.",
        "a status below 500",
        str(seen.status),
    )


@exchange_rule("media-type", SUCCESSES, of_operations=True)
def declared_media_type(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """A success with content has a declared media type. Errors are the concern of `problem-media-type`."""
    if operation is None or seen.response is None or not 200 <= seen.response.status < 300:
        return None
    answer = knowledge.answer(operation, seen.response.status)
    if answer is None or seen.method == "HEAD":
        return None
    if not answer.media or not (knowledge.strict or seen.response.body):
        return None
    if any(media_matches(declared, seen.media_type) for declared in answer.media):
        return True
    return Failure(
        "応答のメディアタイプが文書の宣言と異なります。",
        "The media type of the answer is not one that the document declares.",
        " or ".join(answer.media),
        seen.header("response", "Content-Type") or "no Content-Type",
    )


@exchange_rule("response-headers", of_operations=True)
def declared_headers(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """Declared response headers are there where required, and valid. Some headers have a rule of their own."""
    if operation is None or seen.status is None or operation.answer(seen.status) is None:
        return None
    judged = False
    for name, required, validator in knowledge.header_validators(operation, seen.status):
        lower = name.lower()
        if knowledge.strict and (lower in _OWN_RULE or (lower == "etag" and 200 <= seen.status < 300)):
            continue
        judged = True
        values = seen.headers.get(name.lower())
        if not values:
            if required:
                return Failure(
                    f"必須の応答ヘッダー{name}がありません。",
                    f"The required response header {name} is missing.",
                    f"{name}: …",
                    "not there",
                )
        elif validator is not None and not _header_valid(validator, values[0]):
            return Failure(
                f"応答ヘッダー{name}の値が文書の定義に合いません。",
                f"The value of the response header {name} does not match its definition.",
                f"{name} as its schema says",
                f"{name}: {shown(values[0])}",
            )
    return True if judged else None


_OWN_RULE = frozenset(
    {"cache-control", "x-content-type-options", "www-authenticate", "location", "allow", "content-type"}
)


def _header_valid(validator: object, text: str) -> bool:
    pieces = [piece.strip() for piece in text.split(",")]
    candidates: list[object] = [*_readings(text), pieces, [_readings(piece)[-1] for piece in pieces]]
    return any(validator.is_valid(value) for value in candidates)  # type: ignore[attr-defined]


def _readings(text: str) -> list[object]:
    """What the text of a header may mean: itself, a number, a truth value."""
    if re.fullmatch(r"-?\d{1,18}", text):
        return [text, int(text)]
    if re.fullmatch(r"-?\d{1,18}\.\d{1,18}", text):
        return [text, float(text)]
    return [text, text == "true"] if text in {"true", "false"} else [text]


@exchange_rule("json-encoding")
def json_encoding(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """An answer that says it is JSON is JSON: UTF-8, no byte order mark, no NaN, no member twice (RFC 8259).

    So is each line of NDJSON, and where a success says that it is JSON there is something to read.
    """
    if seen.response is None or seen.response.truncated or seen.method == "HEAD" or seen.unread is not None:
        return None
    lines = seen.media_type == NDJSON
    if not (seen.is_json or lines):
        return None
    body = seen.response.body
    if not body:
        problem = "nothing" if knowledge.strict and not lines and not _may_be_bare(seen.response.status) else None
    elif lines:
        problem = _of_lines(body, seen, strict=knowledge.strict)
    else:
        problem = _fault_of_json(body, seen.body, strict=knowledge.strict)
    if problem is None:
        return True if body else None
    return Failure(
        "応答本文が正しいJSON(UTF-8)ではありません。",
        "The body of the answer is not proper JSON in UTF-8.",
        "JSON as RFC 8259 has it",
        f"{problem}: {shown(body[:200].decode('utf-8', 'replace'))}",
    )


def _may_be_bare(status: int) -> bool:
    """Whether an answer may be without content, whatever its Content-Type says (RFC 9110).

    A server error may come from something before the system, which is not what is tested.
    """
    return status in {204, 205, 304} or status >= 500


def _of_lines(body: bytes, seen: Seen, *, strict: bool) -> str | None:
    """What is wrong with NDJSON: with all of it as it was read, or with one of its lines."""
    if isinstance(seen.body, list) and b"\\u" not in body and not (strict and _may_hold_twice(body, seen.body)):
        return None
    for line in body.split(b"\n"):
        if line.strip() and (problem := _fault_of_json(line, parsed(line), strict=strict)):
            return problem
    return None


def _fault_of_json(body: bytes, value: object, *, strict: bool) -> str | None:
    """What is wrong with one JSON text; `value` is what was read of it, or `MISSING`."""
    if body.startswith(b"\xef\xbb\xbf"):
        return "a byte order mark"
    if value is MISSING and not _is_json(body):
        return "not JSON in UTF-8"
    if b"\\u" in body and _has_half_pair(body):
        return "an escape of half a surrogate pair"
    if strict and _may_hold_twice(body, value) and (name := duplicate_key(body)):
        return f"the member '{name}' twice in one object"
    return None


def _has_half_pair(body: bytes) -> bool:
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def _is_json(body: bytes) -> bool:
    """Whether a body is JSON although it was not read: a number out of range, nested too deeply to say."""
    try:
        json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_int=str)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _refuse(name: str) -> None:
    raise ValueError(name)


def _may_hold_twice(body: bytes, value: object) -> bool:
    """Whether a body may name a member twice: there are more names in it than the value that was read has members."""
    if len(body) >= 1_000_000:
        return False
    return _SPACED_NAME.search(body) is not None or body.count(b'":') > _members(value)


_SPACED_NAME = re.compile(rb'"[ \t\r\n]+:')


def _members(value: object) -> int:
    count, left = 0, [value]
    while left:
        item = left.pop()
        if type(item) is dict:
            count += len(item)
            left.extend(item.values())
        elif type(item) is list:
            left.extend(item)
    return count


@exchange_rule("cache-control", range(100, 500), of_operations=True)
def not_cached(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """Answers of secured operations say `Cache-Control: no-store` (RFC 9111, 5.2.2.5)."""
    if operation is None or not operation.secured or seen.status is None or seen.status >= 500:
        return None
    value = ",".join(seen.headers.get("cache-control", ()))
    directives = {part.strip().lower() for part in value.split(",")}
    if "no-store" in directives:
        return True
    return Failure(
        "保護された操作の応答に Cache-Control: no-store がありません。",
        "The answer of a secured operation lacks Cache-Control: no-store.",
        "Cache-Control: no-store",
        value or "no Cache-Control",
    )


@exchange_rule("nosniff", range(100, 500), of_operations=True)
def not_sniffed(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """Answers of secured operations say `X-Content-Type-Options: nosniff`."""
    if operation is None or not operation.secured or seen.response is None or seen.response.status >= 500:
        return None
    value = (seen.header("response", "X-Content-Type-Options") or "").strip().lower()
    if value == "nosniff":
        return True
    return Failure(
        "応答に X-Content-Type-Options: nosniff がありません。",
        "The answer lacks X-Content-Type-Options: nosniff.",
        "X-Content-Type-Options: nosniff",
        value or "not there",
    )


@exchange_rule("allow-header", range(405, 406))
def allow_header(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """A 405 names exactly the declared methods in Allow; HEAD and OPTIONS may be added (RFC 9110, 15.5.6)."""
    if seen.status != 405 or seen.step is None:
        return None
    declared = {o.method for o in knowledge.service.operations.values() if o.path == seen.step.path}
    if not declared:
        return None
    value = ",".join(seen.headers.get("allow", ()))
    named = {part.strip().upper() for part in value.split(",") if part.strip()}
    if not knowledge.strict and "allow" in seen.headers:
        return True  # RFC 9110, 10.2.1: what is allowed now, which a document need not tell
    if named and declared <= named and named <= declared | {"HEAD", "OPTIONS"}:
        return True
    return Failure(
        "405応答のAllowヘッダーが、宣言されたメソッドと一致しません。",
        "The Allow header of the 405 answer does not name the declared methods.",
        f"Allow: {', '.join(sorted(declared))}",
        f"Allow: {value}" if value else "no Allow header",
    )


@exchange_rule("www-authenticate", range(401, 402), of_operations=True)
def www_authenticate(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """A 401 carries a Bearer challenge (RFC 6750, 3; RFC 9110, 15.5.2)."""
    if seen.status != 401 or operation is None:
        return None
    values = seen.headers.get("www-authenticate", [])
    if any(_is_bearer(value) for value in values) or (not knowledge.strict and values):
        return True
    return Failure(
        "401応答にWWW-Authenticate: Bearerがありません。",
        "The 401 answer lacks a WWW-Authenticate: Bearer challenge.",
        "WWW-Authenticate: Bearer …",
        ", ".join(values) or "no WWW-Authenticate",
    )


def _is_bearer(value: str) -> bool:
    return re.search(r"(?:^|,)\s*bearer(?:\s|,|$)", value, re.IGNORECASE) is not None


@exchange_rule("etag-strong", SUCCESSES, of_operations=True, occasion=declares("etag", "2"))
def etag_strong(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """Where a success declares ETag, there is one strong entity tag (RFC 9110, 8.8.3)."""
    if operation is None or seen.status is None or not 200 <= seen.status < 300:
        return None
    answer = operation.answer(seen.status)
    if answer is None or not any(name.lower() == "etag" for name in answer.headers):
        return None
    value = seen.header("response", "ETag") or ""
    if re.fullmatch(r'"[\x21\x23-\x7e\x80-\xff]*"', value):
        return True
    return Failure(
        "応答に強いETagがありません。",
        "The answer lacks a strong ETag.",
        'ETag: "…" (strong)',
        f"ETag: {value}" if value else "no ETag",
    )


def not_judged_because_of(seen: Seen) -> Unclear | None:
    """Why a claim about an answer cannot be judged on this exchange: a server error or a refusal for load."""
    if seen.status is not None and seen.status >= 500:
        return Unclear(
            f"サーバーエラー{seen.status}のため判定できません(no-server-errorで判定)。",
            f"It could not be judged because of the server error {seen.status}, which has a requirement of its own.",
        )
    if seen.status == 429:
        return Unclear("要求数制限(429)のため判定できません。", "It could not be judged: too many requests (429).")
    return None


def unreadable(seen: Seen) -> Unclear | None:
    """Why a claim about the content of an answer cannot be judged: it says that it is JSON, and cannot be read."""
    if seen.is_json and seen.body is MISSING:
        return Unclear(
            "応答本文がJSONとして読めないため判定できません(json-encodingで判定)。",
            "The content cannot be read as JSON, which has a requirement of its own.",
        )
    return None
