"""Faults of what all services share: repetitions that are found too early, contents compared in part, tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.operations import Parameter
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Problem, Violation

if TYPE_CHECKING:
    from conformance.reference.application import Reference
    from conformance.reference.service import Service


def _without(reference: Reference, part: str, service: str = "") -> None:
    """Two bodies under one key (of one service) are the same where they differ in some part only."""
    from hashlib import blake2b

    def make(_: Method) -> Method:
        return lambda call: blake2b(re.sub(part, "", _text(call)).encode(), digest_size=16).digest()

    def concerns(call: Call) -> bool:
        return call.service == (service or call.service) and re.search(part, _text(call)) is not None

    replace(reference.idempotency, "digest", make, concerns=concerns)


def _text(call: Call) -> str:
    return call.raw_body.decode("utf-8", "replace")


@FAULTS.add("ids-not-compared", "COM-IDM-004")
def ids_not_compared(reference: Reference) -> None:
    """Two bodies of the registry under one key are the same where they differ in ids only, of residents or others."""
    _without(reference, r'"[a-z_]*_ids?":("[^"]*"|\[[^\]]*\])', "resident-registry")


@FAULTS.add("numbers-not-compared", "COM-IDM-004")
def numbers_not_compared(reference: Reference) -> None:
    """Two bodies under one key are the same where they differ in amounts and other numbers only."""
    _without(reference, r":-?[0-9][0-9.eE+]*")


@FAULTS.add("kana-not-compared", "COM-IDM-004")
def kana_not_compared(reference: Reference) -> None:
    """Two bodies under one key are the same where they differ in kana only."""
    _without(reference, "[ァ-ヶー]")


@FAULTS.add("postal-codes-not-compared", "COM-IDM-004")
def postal_codes_not_compared(reference: Reference) -> None:
    """Two bodies under one key are the same where they differ in postal codes only."""
    _without(reference, r'"postal_code":"[0-9]*"')


def _known(reference: Reference, call: Call) -> bool:
    """Whether there is an answer to a request of the same client with the same key."""
    if call.key is None:
        return False
    kept = reference.idempotency.kept(call)
    return kept is not None and kept.answer is not None


@FAULTS.add("kept-answer-before-the-scope", "COM-SEC-004")
def kept_answer_before_the_scope(reference: Reference) -> None:
    """A kept answer is given again before it is looked at whether the token has the scope."""

    def make(missing: Method) -> Method:
        return lambda call: frozenset() if _known(reference, call) else missing(call)

    revise(reference.pipeline, "missing_scopes", make)


@FAULTS.add("kept-answer-without-a-purpose", "COM-VAL-010")
def kept_answer_without_a_purpose(reference: Reference) -> None:
    """A repetition is answered though it states no purpose."""

    def make(check: Method) -> Method:
        def lenient(call: Call, parameter: Parameter) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = check(call, parameter)
            stated = call.request.joined("access-purpose") is not None
            return () if not stated and parameter.name == "Access-Purpose" and _known(reference, call) else found

        return lenient

    revise(reference.pipeline, "check_header", make)


@FAULTS.add("nothing-is-not-modified", "COM-IDN-005")
def nothing_is_not_modified(reference: Reference) -> None:
    """A read of the registry with If-None-Match: * is a 304 before it is looked at whether there is anything."""

    def make(carry_out: Method) -> Method:
        return lambda service, call: Answer(304, None, [("ETag", '"any"')])

    def concerns(service: Service, call: Call) -> bool:
        if call.service != "resident-registry":
            return False
        asked = call.operation.method == "GET" and call.operation.declares("if-none-match")
        handler = service.handlers[call.operation.id]
        if not asked or call.request.joined("if-none-match") != "*" or handler.locate is None:
            return False
        try:
            handler.locate(call)
        except Problem:
            return not call.withheld
        return False

    replace(reference.pipeline, "carry_out", make, concerns=concerns)


@FAULTS.add("tag-of-the-token", "COM-CND-002")
def tag_of_the_token(reference: Reference) -> None:
    """The entity tag of a read depends on the access token: with another token of the same client it is another."""
    from zlib import crc32

    def marked(request: Request, answer: Answer) -> Answer:
        mark = crc32((request.joined("authorization") or "").encode()) % 9000 + 1000
        answer.headers = [(n, f'"{mark}~{v[1:]}' if n == "ETag" else v) for n, v in answer.headers]
        return answer

    def make(matches: Method) -> Method:
        def unmarked(field: str, current: str | None, *, strong: bool) -> bool:
            return bool(matches(re.sub('"[0-9]{4}~', '"', field), current, strong=strong))

        return unmarked

    rewrite(reference, marked)
    revise(reference.pipeline.preconditions, "matches", make)
