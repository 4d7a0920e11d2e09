"""More faults of what all services share: other conditions, other places of a token, limits that are none, ranges."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Caller, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Violation

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("range-answered-with-206", "COM-HTTP-001", "COM-HTTP-004")
def range_answered_with_206(reference: Reference) -> None:
    """A GET of stored bytes with the field Range is answered with status 206 and a part of them."""

    def partial(request: Request, answer: Answer) -> Answer:
        if (
            request.method == "GET"
            and request.joined("range")
            and answer.status == 200
            and isinstance(answer.body, bytes)
        ):
            return changed(answer, status=206, body=answer.body[:10])
        return answer

    rewrite(reference, partial)


@FAULTS.add("unmodified-since-suffices", "COM-CND-006")
def unmodified_since_suffices(reference: Reference) -> None:
    """A change without If-Match is carried out where If-Unmodified-Since is given."""
    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: lambda call, current: None,
        concerns=lambda call, _: (
            call.request.joined("if-match") is None and call.request.joined("if-unmodified-since") is not None
        ),
    )


@FAULTS.add("modified-since-confirms", "COM-CND-005")
def modified_since_confirms(reference: Reference) -> None:
    """A read with If-Modified-Since is answered 304, whatever If-None-Match says."""

    def make(apply: Method) -> Method:
        def confirmed(call: Call, answer: Answer) -> Answer:
            found: Answer = apply(call, answer)
            tag = [h for h in found.headers if h[0] == "ETag"]
            return Answer(304, None, tag) if tag else found

        return confirmed

    replace(
        reference.pipeline.preconditions,
        "apply_to_read",
        make,
        concerns=lambda call, _: call.request.joined("if-modified-since") is not None,
    )


def _token_from(reference: Reference, find: Any) -> None:
    def make(caller: Method) -> Method:
        def told(request: Request) -> Caller:
            if request.joined("authorization") is None:
                token = find(request)
                if token:
                    headers = (*request.headers, ("authorization", f"Bearer {token}"))
                    request = changed(request, headers=headers)
            found: Caller = caller(request)
            return found

        return told

    revise(reference.tokens, "caller", make)


@FAULTS.add("token-in-cookie-accepted", "COM-SEC-018")
def token_in_cookie_accepted(reference: Reference) -> None:
    """An access token in a cookie counts."""

    def find(request: Request) -> str | None:
        match = re.search(r"(?:access_token|token)=([^; ]+)", request.joined("cookie") or "")
        return match.group(1) if match else None

    _token_from(reference, find)


@FAULTS.add("token-in-another-field-accepted", "COM-SEC-018")
def token_in_another_field_accepted(reference: Reference) -> None:
    """An access token in X-Access-Token or X-Authorization counts."""
    _token_from(
        reference,
        lambda request: (request.joined("x-access-token") or request.joined("x-authorization") or "").removeprefix(
            "Bearer "
        ),
    )


@FAULTS.add("method-overridden", "COM-HTTP-008", "COM-HTTP-015", "COM-HTTP-018", "COM-ERR-004")
def method_overridden(reference: Reference) -> None:
    """X-HTTP-Method-Override makes a POST another method."""

    def make(route: Method) -> Method:
        def routed(service: Any, request: Request) -> Any:
            other = request.joined("x-http-method-override")
            return route(
                service, changed(request, method=other.upper()) if other and request.method == "POST" else request
            )

        return routed

    revise(reference.pipeline, "route", make)


@FAULTS.add("limit-of-any-text", "COM-PAG-011")
def limit_of_any_text(reference: Reference) -> None:
    """A limit that is no number stands for the default."""

    def make(value: Method) -> Method:
        def lenient(operation: Any, parameter: Any, texts: list[str]) -> Any:
            if parameter.name in ("limit", "offset") and not re.fullmatch(r"-?[0-9]+", texts[0]):
                return parameter.default, ()
            return value(operation, parameter, texts)

        return lenient

    revise(reference.pipeline, "query_value", make)


@FAULTS.add("limit-in-any-digits", "COM-PAG-011")
def limit_in_any_digits(reference: Reference) -> None:
    """A limit may be written in full-width digits, with a sign or with an underscore."""

    def make(value: Method) -> Method:
        def lenient(operation: Any, parameter: Any, texts: list[str]) -> Any:
            if parameter.name in ("limit", "offset"):
                with contextlib.suppress(ValueError):
                    texts = [str(int(text)) for text in texts]
            return value(operation, parameter, texts)

        return lenient

    revise(reference.pipeline, "query_value", make)


@FAULTS.add("deep-problem-pointer-cut", "COM-ERR-005")
def tenth_item_named_as_first_digit(reference: Reference) -> None:
    """What is wrong in an item behind the tenth of an array is said to be in the item of its first digit."""

    def make(violations: Method) -> Method:
        def cut(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            return tuple(
                changed(v, pointer=re.sub(r"/([0-9])[0-9]+", r"/\1", v.pointer)) if v.pointer else v for v in found
            )

        return cut

    revise(reference.pipeline, "violations", make)


@FAULTS.add("answers-cut-at-64-kib", "COM-HTTP-004")
def answers_cut_at_64_kib(reference: Reference) -> None:
    """A page of more than 64 KiB is cut there."""
    from conformance.reference.strict_json import encode

    def cut(request: Request, answer: Answer) -> Answer:
        if isinstance(answer.body, dict) and "results" in answer.body:
            raw = encode(answer.body)
            if len(raw) > 65536:
                return changed(answer, body=raw[:65536])
        return answer

    rewrite(reference, cut)


@FAULTS.add("audit-of-the-second-moment-missing", "COM-AUD-002", "PR-AUD-012")
def audit_of_two_at_once(reference: Reference) -> None:
    """Two PUTs of one operation about one resident within a second leave one audit entry, as if sent twice."""
    last: dict[tuple[str, str, str], int] = {}

    def make(record: Method) -> Method:
        def once(call: Call, status: int, outcome: str) -> None:
            if call.operation.method == "PUT" and outcome == "success":
                named = {i: (call.service, call.operation.id, i) for i in call.subjects}
                fresh = [i for i, place in named.items() if call.now - last.get(place, 0) > 1_000_000]
                last.update(dict.fromkeys(named.values(), call.now))
                call.subjects[:] = fresh
            record(call, status, outcome)

        return once

    replace(reference.audit, "record", make, concerns=lambda call, *_: call.operation.method == "PUT")


@FAULTS.add("audit-of-several-changes-purpose", "COM-AUD-004")
def audit_role_for_actor(reference: Reference) -> None:
    """Changes are audited under the role of the client, reads under the client."""

    def make(entry: Method) -> Method:
        def other(call: Call, status: int, outcome: str) -> Any:
            made = entry(call, status, outcome)
            return changed(made, actor=f"role-{call.caller.role}") if call.operation.method != "GET" else made

        return other

    replace(reference.audit, "entry", make, concerns=lambda call, *_: call.operation.method != "GET")


@FAULTS.add("refused-reads-under-no-actor", "COM-AUD-004")
def refused_reads_under_no_actor(reference: Reference) -> None:
    """The actor of every refused access is the same word."""

    def make(entry: Method) -> Method:
        return lambda call, status, outcome: changed(entry(call, status, outcome), actor="refused")

    replace(reference.audit, "entry", make, concerns=lambda call, status, outcome: outcome == "refused")


@FAULTS.add("refused-reads-without-purpose", "COM-AUD-005")
def refused_reads_without_purpose(reference: Reference) -> None:
    """The purpose of a refused read is not kept."""

    def make(entry: Method) -> Method:
        return lambda call, status, outcome: changed(entry(call, status, outcome), purpose=None)

    replace(reference.audit, "entry", make, concerns=lambda call, status, outcome: outcome == "refused")


@FAULTS.add("operation-filter-by-beginning", "COM-AUD-009")
def operation_filter_by_beginning(reference: Reference) -> None:
    """The filter operation finds operations that begin with what is asked for."""
    for service in reference.services.values():
        part = getattr(service, "audit_entries", None)
        if part is not None:

            def make(narrow: Method) -> Method:
                def wide(entries: Any, query: dict[str, Any]) -> Any:
                    entries = list(entries)
                    rest = {n: v for n, v in query.items() if n != "operation"}
                    asked = query.get("operation")
                    return [e for e in narrow(entries, rest) if asked is None or e.operation.startswith(asked)]

                return wide

            replace(part, "narrow", make, concerns=lambda entries, query: "operation" in query)


@FAULTS.add("expired-token-repeats", "COM-SEC-011")
def expired_token_repeats(reference: Reference) -> None:
    """An expired token is still good for five minutes."""

    def make(expired: Method) -> Method:
        return lambda grant: expired(grant) and reference.clock.micros() // 1_000_000 >= grant.expires + 300

    revise(reference.tokens, "expired", make)


@FAULTS.add("key-of-a-refusal-burnt", "COM-IDM-003")
def success_after_refusal_not_kept(reference: Reference) -> None:
    """The success of a request whose key was refused before is not kept: its repetition is carried out again."""
    refused: set[Any] = set()
    idempotency = reference.idempotency

    def abandoning(abandon: Method) -> Method:
        def noted(call: Call) -> None:
            refused.add(idempotency.place(call))
            abandon(call)

        return noted

    def finishing(finish: Method) -> Method:
        def kept(call: Call, answer: Answer) -> None:
            finish(call, answer)
            if idempotency.place(call) in refused:
                idempotency._kept.pop(idempotency.place(call), None)

        return kept

    replace(idempotency, "abandon", abandoning)
    replace(idempotency, "finish", finishing, concerns=lambda call, _: idempotency.place(call) in refused)


@FAULTS.add("json-of-the-same-length", "COM-IDM-004")
def number_text_alike(reference: Reference) -> None:
    """Two bodies under one key are the same where they differ in letter case only."""
    from hashlib import blake2b

    replace(
        reference.idempotency,
        "digest",
        lambda _: lambda call: blake2b(call.raw_body.lower(), digest_size=16).digest(),
        concerns=lambda call: True,
    )


@FAULTS.add("bodies-told-by-their-first-kib", "COM-IDM-004")
def bodies_told_by_their_first_kib(reference: Reference) -> None:
    """Of two bodies under one key the first KiB is compared."""
    from hashlib import blake2b

    replace(
        reference.idempotency,
        "digest",
        lambda _: lambda call: blake2b(call.raw_body[:1024], digest_size=16).digest(),
        concerns=lambda call: len(call.raw_body) > 1024,
    )


@FAULTS.add("keys-until-the-end-of-the-day", "COM-IDM-008")
def keys_until_the_end_of_the_day(reference: Reference) -> None:
    """A repetition that comes a day later than the first request on the calendar is carried out anew."""
    from conformance.reference.clock import timestamp

    revise(
        reference.idempotency,
        "in_time",
        lambda in_time: lambda now, since: in_time(now, since) and timestamp(now)[:10] == timestamp(since)[:10],
    )


@FAULTS.add("conditional-read-by-head-of-tag-list", "COM-CND-005")
def not_modified_for_prefix_of_list(reference: Reference) -> None:
    """A tag in If-None-Match that is the current one and more matches."""
    from conformance.reference import conditional

    revise(
        reference.pipeline.preconditions,
        "matches",
        lambda matches: (
            lambda field, current, *, strong: (
                matches(field, current, strong=strong)
                or (
                    not strong
                    and current is not None
                    and any(opaque[:-1].startswith(current[:-1]) for _, opaque in conditional.tags(field) or ())
                )
            )
        ),
    )
