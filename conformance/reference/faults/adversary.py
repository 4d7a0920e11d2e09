"""Faults of what all services share, planted to find what no script notices: tokens, sizes, headers, repetitions."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference import conditional
from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Answer, Call, Caller, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, Violation
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _is(*operations: str) -> Any:
    return lambda call, *_: call.operation.id in operations


def _token(call: Call) -> str:
    return call.request.joined("authorization") or ""


# --- the second token -------------------------------------------------------------------------------------------------


@FAULTS.add("key-of-the-token", "COM-IDM-003")
def key_of_the_token(reference: Reference) -> None:
    """An Idempotency-Key belongs to the access token: with a new token of the same client it is a new request."""
    replace(reference.idempotency, "place", lambda place: lambda call: (*place(call), _token(call)))


@FAULTS.add("audit-actor-of-the-token", "COM-AUD-004")
def audit_actor_of_the_token(reference: Reference) -> None:
    """The actor of an audit entry is the access token: each new token of a client is another actor."""
    seen: dict[str, int] = {}

    def make(entry: Method) -> Method:
        def made(call: Call, status: int, outcome: str) -> AuditEntry:
            number = seen.setdefault(_token(call), len(seen))
            return changed(entry(call, status, outcome), actor=f"{call.caller.client}-{number}")

        return made

    replace(reference.audit, "entry", make)


@FAULTS.add("scopes-of-the-client", "COM-SEC-004")
def scopes_of_the_client(reference: Reference) -> None:
    """A token of narrowed scope opens all that its client may do."""
    most: dict[str, frozenset[str]] = {}

    def make(caller: Method) -> Method:
        def told(request: Request) -> Caller:
            found: Caller = caller(request)
            most[found.client] = most.get(found.client, frozenset()) | found.scopes
            return changed(found, scopes=most[found.client])

        return told

    replace(reference.tokens, "caller", make)


@FAULTS.add("one-token-for-a-client", "COM-SEC-005")
def one_token_for_a_client(reference: Reference) -> None:
    """A new token of a client ends the ones issued to it before."""

    def make(issue: Method) -> Method:
        def issued(client: Any, scopes: frozenset[str]) -> str:
            grants = reference.tokens._grants
            for text in [text for text, grant in grants.items() if grant.caller.client == client.id]:
                del grants[text]
            return str(issue(client, scopes))

        return issued

    replace(reference.tokens, "issue", make)


# --- idempotency ------------------------------------------------------------------------------------------------------


@FAULTS.add("keys-of-the-last-hundred", "COM-IDM-003")
def keys_of_the_last_hundred(reference: Reference) -> None:
    """Of each client the last hundred keys are kept, however short ago the others were used."""
    used: dict[str, OrderedDict[Any, None]] = {}

    def make(begin: Method) -> Method:
        def begun(call: Call) -> Answer | None:
            place = reference.idempotency.place(call)
            keys = used.setdefault(call.caller.client, OrderedDict())
            keys[place] = None
            if len(keys) > 100:
                oldest, _ = keys.popitem(last=False)
                reference.idempotency._kept.pop(oldest, None)
            return begin(call)  # type: ignore[no-any-return]

        return begun

    replace(reference.idempotency, "begin", make)


@FAULTS.add("long-keys-cut", "COM-IDM-010")
def long_keys_cut(reference: Reference) -> None:
    """Of an Idempotency-Key the first 40 characters are kept and compared."""

    def make(place: Method) -> Method:
        def cut(call: Call) -> tuple[str, ...]:
            *of, key = place(call)
            return (*of, key[:40])

        return cut

    replace(reference.idempotency, "place", make)


@FAULTS.add("keys-elsewhere-for-an-hour", "COM-IDM-008")
def keys_elsewhere_for_an_hour(reference: Reference) -> None:
    """The keys of operations below a path with an id are kept for an hour."""

    def make(kept: Method) -> Method:
        def found(call: Call) -> Any:
            it = kept(call)
            return None if it is not None and call.path and call.now - it.since > 3_600_000_000 else it

        return found

    replace(reference.idempotency, "kept", make, concerns=lambda call: bool(call.path))


@FAULTS.add("large-answers-not-kept", "COM-IDM-003")
def large_answers_not_kept(reference: Reference) -> None:
    """An answer of more than 2,000 bytes is too large to be kept: its repetition is a request of its own."""
    from conformance.reference.strict_json import encode

    def make(finish: Method) -> Method:
        def finished(call: Call, answer: Answer) -> None:
            if len(encode(answer.body)) > 2000:
                reference.idempotency.abandon(call)
            else:
                finish(call, answer)

        return finished

    replace(reference.idempotency, "finish", make)


@FAULTS.add("third-repetition-is-new", "COM-IDM-007", "COM-IDM-003")
def third_repetition_is_new(reference: Reference) -> None:
    """A kept answer is given twice again; the third repetition is carried out."""
    given: dict[Any, int] = {}

    def make(begin: Method) -> Method:
        def begun(call: Call) -> Answer | None:
            found: Answer | None = begin(call)
            place = reference.idempotency.place(call)
            if found is not None:
                given[place] = given.get(place, 0) + 1
                if given[place] > 2:
                    del reference.idempotency._kept[place]
                    return begin(call)  # type: ignore[no-any-return]
            return found

        return begun

    replace(reference.idempotency, "begin", make)


# --- conditional requests ---------------------------------------------------------------------------------------------


def _matches(reference: Reference, alter: Any) -> None:
    """`matches` with another outcome."""
    revise(
        reference.pipeline.preconditions,
        "matches",
        lambda matches: lambda field, current, *, strong: alter(field, current, strong, matches(field, current, strong=strong)),
    )


@FAULTS.add("tags-without-case", "COM-CND-005", "COM-CND-007")
def tags_without_case(reference: Reference) -> None:
    """Entity tags are compared without regard to letter case."""
    _matches(
        reference,
        lambda field, current, strong, right: right
        or (current is not None and any(opaque.lower() == current.lower() for _, opaque in conditional.tags(field) or ())
            and not (strong and "W/" in field)),
    )  # fmt: skip


@FAULTS.add("tags-without-quotes", "COM-CND-007")
def tags_without_quotes(reference: Reference) -> None:
    """The current tag in If-Match matches without its quotation marks too."""
    _matches(
        reference,
        lambda field, current, strong, right: right or (strong and current is not None and f'"{field.strip()}"' == current),
    )


@FAULTS.add("tags-in-any-junk", "COM-CND-007")
def tags_in_any_junk(reference: Reference) -> None:
    """An If-Match that is no list of tags matches where the current tag stands somewhere in it."""
    _matches(
        reference,
        lambda field, current, strong, right: right
        or (strong and current is not None and conditional.tags(field) is None and current in field),
    )


@FAULTS.add("star-within-a-list", "COM-CND-007")
def star_within_a_list(reference: Reference) -> None:
    """An asterisk among the tags of If-Match matches all."""
    _matches(
        reference,
        lambda field, current, strong, right: right
        or (strong and current is not None and "*" in [part.strip() for part in field.split(",")]),
    )


@FAULTS.add("first-line-of-if-none-match", "COM-CND-004")
def first_line_of_if_none_match(reference: Reference) -> None:
    """Of several lines of If-None-Match the first one counts."""

    def make(apply: Method) -> Method:
        def applied(call: Call, answer: Answer) -> Answer:
            lines = call.request.all("if-none-match")
            if len(lines) < 2:
                return apply(call, answer)  # type: ignore[no-any-return]
            others = tuple(h for h in call.request.headers if h[0] != "if-none-match")
            request = changed(call.request, headers=(*others, ("if-none-match", lines[0])))
            return apply(changed(call, request=request), answer)  # type: ignore[no-any-return]

        return applied

    replace(
        reference.pipeline.preconditions,
        "apply_to_read",
        make,
        concerns=lambda call, _: len(call.request.all("if-none-match")) > 1,
    )


@FAULTS.add("long-tag-lists-cut", "COM-CND-004")
def long_tag_lists_cut(reference: Reference) -> None:
    """Of the tags in If-None-Match the first five are looked at."""

    def cut(field: str, current: str | None, strong: bool, right: bool) -> bool:
        listed = conditional.tags(field) or []
        return right and (strong or len(listed) <= 5 or any(opaque == current for _, opaque in listed[:5]))

    _matches(reference, cut)


@FAULTS.add("tag-as-of-the-last-recording", "COM-CND-003")
def tag_as_of_the_last_recording(reference: Reference) -> None:
    """The tag of a resident changes with what is recorded, not when a day comes on which it takes effect."""
    registry = reference.the(ResidentRegistry)

    def make(tag: Method) -> Method:
        def blind(body: Any) -> str:
            history = registry.register.histories.get(body.get("id")) if isinstance(body, dict) else None
            if history is None or "became_resident_on" not in body:
                return str(tag(body))
            last = registry.register.fold(history, "9999-12-31")
            return str(tag({**body, "status": last.status, "ceased_on": last.ceased_on}))  # type: ignore[union-attr]

        return blind

    revise(reference.pipeline.preconditions, "tag", make)


@FAULTS.add("tag-of-household-of-the-last-recording", "COM-CND-003")
def tag_of_household_of_the_last_recording(reference: Reference) -> None:
    """The tag of a household does not change when a move-out takes effect that was recorded before."""
    registry = reference.the(ResidentRegistry)

    def make(tag: Method) -> Method:
        def blind(body: Any) -> str:
            if not isinstance(body, dict) or "head_id" not in body or "members" not in body:
                return str(tag(body))
            register = registry.register
            if len(register.members(body["id"])) != len(body["members"]):
                return str(tag(body))  # somebody is hidden
            last = register.members(body["id"], "9999-12-31")
            shown = [(e.id, e.relationship, e.name) for e in last]
            return str(tag({"id": body["id"], "address": body["address"], "members": shown}))

        return blind

    revise(reference.pipeline.preconditions, "tag", make)


@FAULTS.add("tag-of-protection-without-moment", "COM-CND-003")
def tag_of_protection_without_moment(reference: Reference) -> None:
    """A protection that is replaced by one with the same days and category keeps its tag; only recorded_at differs."""

    def make(tag: Method) -> Method:
        def blind(body: Any) -> str:
            if isinstance(body, dict) and "category" in body and "recorded_at" in body:
                body = {name: value for name, value in body.items() if name != "recorded_at"}
            return str(tag(body))

        return blind

    revise(reference.pipeline.preconditions, "tag", make)


@FAULTS.add("tag-of-protection-without-active", "COM-CND-003")
def tag_of_protection_without_active(reference: Reference) -> None:
    """The tag of a protection stays when the protection begins or ends by the date."""

    def make(tag: Method) -> Method:
        def blind(body: Any) -> str:
            if isinstance(body, dict) and "category" in body and "active" in body:
                body = {name: value for name, value in body.items() if name != "active"}
            return str(tag(body))

        return blind

    revise(reference.pipeline.preconditions, "tag", make)


# --- headers and content ----------------------------------------------------------------------------------------------


@FAULTS.add("excluding-range-outweighs", "COM-HTTP-017")
def excluding_range_outweighs(reference: Reference) -> None:
    """A range with the weight 0 in Accept excludes the media type too that a more precise range allows."""

    def make(check: Method) -> Method:
        def strict(call: Call) -> None:
            accept = (call.request.joined("accept") or "").lower().replace(" ", "")
            if "*/*;q=0," in f"{accept}," or "application/*;q=0," in f"{accept},":
                raise Problem(406, "not_acceptable", "応答できません / Not acceptable")
            check(call)

        return strict

    revise(reference.pipeline, "check_accept", make)


@FAULTS.add("accept-compared-with-case", "COM-HTTP-017")
def accept_compared_with_case(reference: Reference) -> None:
    """A media type in Accept is compared with regard to letter case."""

    def make(check: Method) -> Method:
        def strict(call: Call) -> None:
            accept = call.request.joined("accept")
            if accept is not None and accept != accept.lower():
                raise Problem(406, "not_acceptable", "応答できません / Not acceptable")
            check(call)

        return strict

    revise(reference.pipeline, "check_accept", make)


@FAULTS.add("quoted-charset-refused", "COM-HTTP-017")
def quoted_charset_refused(reference: Reference) -> None:
    """A charset in quotation marks, or in capitals, is answered 415."""

    def make(check: Method) -> Method:
        def strict(call: Call) -> None:
            given = call.request.joined("content-type") or ""
            if 'charset="' in given.lower() or "UTF-8" in given:
                raise Problem(415, "unsupported_media_type", "受け付けません / Not accepted")
            check(call)

        return strict

    revise(reference.pipeline, "check_content", make)


@FAULTS.add("bearer-in-one-spelling", "COM-SEC-005")
def bearer_in_one_spelling(reference: Reference) -> None:
    """The scheme in Authorization has to be written Bearer."""
    from conformance.reference.tokens import unauthenticated

    def make(text: Method) -> Method:
        def strict(request: Request) -> str:
            if not (request.joined("authorization") or "").startswith("Bearer "):
                raise unauthenticated("Bearer")
            return str(text(request))

        return strict

    revise(reference.tokens, "text", make)


@FAULTS.add("escaped-supplementary-lost", "COM-TXT-015")
def escaped_supplementary_lost(reference: Reference) -> None:
    """A character that is sent as an escaped surrogate pair becomes the geta mark."""
    import re

    pair = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
    revise(reference.pipeline, "decode", lambda decode: lambda raw: decode(pair.sub("〓".encode(), raw)))


@FAULTS.add("escapes-refused", "COM-TXT-015", "COM-ERR-005")
def escapes_refused(reference: Reference) -> None:
    """Content with an escape of the form \\uXXXX is refused, as a firewall does."""
    import re

    def make(decode: Method) -> Method:
        def strict(raw: bytes) -> Any:
            if b"\\u" in raw and not re.search(rb"\\\\u00[01789]", raw):
                raise Problem(400, "malformed_json", "受け付けません / Not accepted")
            return decode(raw)

        return strict

    revise(reference.pipeline, "decode", make)


@FAULTS.add("exponents-refused", "COM-SCH-003")
def exponents_refused(reference: Reference) -> None:
    """An integer that is written with a fraction of zero or an exponent (1e4, 10000.0) is refused."""

    def floats(value: Any) -> bool:
        if isinstance(value, dict):
            return any(floats(item) for item in value.values())
        return any(map(floats, value)) if isinstance(value, list) else isinstance(value, float)

    def make(violations: Method) -> Method:
        def strict(call: Call, body: Any) -> tuple[Violation, ...]:
            if floats(body):
                return (Violation("type", "型が違います / Wrong type", pointer=""),)
            return violations(call, body)  # type: ignore[no-any-return]

        return strict

    revise(reference.pipeline, "violations", make)


@FAULTS.add("kind-stands-first", "COM-SCH-003")
def kind_stands_first(reference: Reference) -> None:
    """The member `kind` of a household change has to be the first one of the content."""

    def make(violations: Method) -> Method:
        def strict(call: Call, body: Any) -> tuple[Violation, ...]:
            if call.operation.id == "registerHouseholdChange" and isinstance(body, dict) and next(iter(body), "") != "kind":
                return (Violation("type", "種別がありません / Unknown kind", pointer="/kind"),)
            return violations(call, body)  # type: ignore[no-any-return]

        return strict

    revise(reference.pipeline, "violations", make)


@FAULTS.add("content-above-64-kib", "COM-TXT-014")
def content_above_64_kib(reference: Reference) -> None:
    """Content whose values come to more than 64 KiB is too large; white space does not count."""
    from conformance.reference.negotiation import too_large
    from conformance.reference.strict_json import encode

    def make(violations: Method) -> Method:
        def strict(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            if not found and not isinstance(body, bytes) and len(encode(body)) > 65536:
                raise too_large()
            return found

        return strict

    replace(reference.pipeline, "violations", make, concerns=lambda call, _: len(call.raw_body) > 65536)


@FAULTS.add("unknown-headers-refused", "COM-HTTP-018")
def unknown_headers_refused(reference: Reference) -> None:
    """A request header of the form X-… is refused."""

    def make(check: Method) -> Method:
        def strict(call: Call) -> list[Violation]:
            odd = [name for name, _ in call.request.headers if name.startswith("x-")]
            return [*check(call), *(Violation("unknown", "定義されていません / Unknown", parameter=name) for name in odd)]

        return strict

    revise(reference.pipeline, "check_headers", make)


@FAULTS.add("hidden-with-vary", "RR-PRT-040")
def hidden_with_vary(reference: Reference) -> None:
    """The 404 for a hidden resident, and no other, has the field `Vary: Authorization`."""

    def make(refuse: Method) -> Method:
        def told(call: Call | None, request: Request, problem: Problem) -> Answer:
            answer: Answer = refuse(call, request, problem)
            if call is not None and call.withheld and problem.status == 404:
                answer.headers.append(("Vary", "Authorization"))
            return answer

        return told

    replace(reference.pipeline, "refuse", make, concerns=lambda call, *_: call is not None and call.withheld)


# --- audit ------------------------------------------------------------------------------------------------------------


def _record(reference: Reference, alter: Any) -> None:
    """`alter(call, status, outcome)` says whether an entry is left."""

    def make(record: Method) -> Method:
        return lambda call, status, outcome: record(call, status, outcome) if alter(call, status, outcome) else None

    replace(reference.audit, "record", make, concerns=lambda call, status, outcome: not alter(call, status, outcome))


@FAULTS.add("audit-read-of-the-past-missing", "COM-AUD-001")
def audit_read_of_the_past_missing(reference: Reference) -> None:
    """A read with as_of leaves no audit entry."""
    _record(reference, lambda call, *_: "as_of" not in call.query)


@FAULTS.add("audit-read-of-a-former-recording-missing", "COM-AUD-001")
def audit_read_of_a_former_recording_missing(reference: Reference) -> None:
    """A read with recorded_as_of leaves no audit entry."""
    _record(reference, lambda call, *_: "recorded_as_of" not in call.query)


@FAULTS.add("audit-of-viewers-missing", "COM-AUD-001")
def audit_of_viewers_missing(reference: Reference) -> None:
    """What the role viewer reads leaves no audit entry."""
    _record(reference, lambda call, status, outcome: call.caller.role != "viewer" or outcome != "success")


@FAULTS.add("audit-of-officers-missing", "COM-AUD-001")
def audit_of_officers_missing(reference: Reference) -> None:
    """What the protection officer reads leaves no audit entry."""
    _record(
        reference,
        lambda call, status, outcome: call.caller.role != "protection_officer" or call.operation.method != "GET",
    )


@FAULTS.add("audit-read-once-a-minute", "COM-AUD-001")
def audit_read_once_a_minute(reference: Reference) -> None:
    """A read that the same client has made within the same minute, with the same subjects, leaves no further entry."""
    last: dict[Any, int] = {}

    def make(record: Method) -> Method:
        def once(call: Call, status: int, outcome: str) -> None:
            key = (call.caller.client, call.operation.id, tuple(call.subjects), outcome)
            if call.operation.method == "GET" and call.subjects and call.now - last.get(key, 0) < 60_000_000:
                return
            last[key] = call.now
            record(call, status, outcome)

        return once

    replace(reference.audit, "record", make)


@FAULTS.add("audit-twenty-subjects", "COM-AUD-001", "RR-AUD-001")
def audit_twenty_subjects(reference: Reference) -> None:
    """An audit entry has at most twenty subjects."""

    def make(entry: Method) -> Method:
        def cut(call: Call, status: int, outcome: str) -> AuditEntry:
            made: AuditEntry = entry(call, status, outcome)
            return changed(made, subject_ids=made.subject_ids[:20])

        return cut

    replace(reference.audit, "entry", make, concerns=lambda call, *_: len(call.subjects) > 20)


@FAULTS.add("audit-purpose-of-24", "COM-AUD-005")
def audit_purpose_of_24(reference: Reference) -> None:
    """The purpose is kept in a column of 24 characters."""

    def make(entry: Method) -> Method:
        def cut(call: Call, status: int, outcome: str) -> AuditEntry:
            made: AuditEntry = entry(call, status, outcome)
            return changed(made, purpose=made.purpose and made.purpose[:24])

        return cut

    replace(reference.audit, "entry", make, concerns=lambda call, *_: len(call.purpose or "") > 24)


@FAULTS.add("audit-from-excluded", "COM-AUD-009")
def audit_from_excluded(reference: Reference) -> None:
    """The filter `from` leaves out what occurred at that very moment."""
    from conformance.reference.dates import to_micros

    for service in reference.services.values():
        part = getattr(service, "audit_entries", None)
        if part is not None:
            revise(
                part,
                "narrow",
                lambda narrow: lambda entries, query: [
                    e for e in narrow(entries, query) if e.occurred_at != to_micros(query.get("from") or "")
                ],
            )


@FAULTS.add("audit-from-in-whole-seconds", "COM-AUD-009")
def audit_from_in_whole_seconds(reference: Reference) -> None:
    """The fraction of a second in the filter `from` is dropped."""
    import re

    for service in reference.services.values():
        part = getattr(service, "audit_entries", None)
        if part is not None:

            def make(narrow: Method) -> Method:
                def whole(entries: Any, query: dict[str, Any]) -> Any:
                    if "from" in query:
                        query = {**query, "from": re.sub(r"\.[0-9]+", "", query["from"])}
                    return narrow(entries, query)

                return whole

            revise(part, "narrow", make)


# --- paging -----------------------------------------------------------------------------------------------------------


@FAULTS.add("count-capped-at-a-hundred", "COM-PAG-009")
def count_capped_at_a_hundred(reference: Reference) -> None:
    """The count of a list is 100 at most, apart from the audit trail."""

    def make(page: Method) -> Method:
        def capped(call: Call, found: Any, show: Any) -> dict[str, Any]:
            body: dict[str, Any] = page(call, found, show)
            if call.operation.id != "listAuditEntries":
                body["resultset"]["count"] = max(min(len(found), 100), call.query["offset"] + len(body["results"]))
            return body

        return capped

    replace(reference.pages, "page", make, concerns=lambda call, found, _: len(found) > 100)


@FAULTS.add("pages-end-at-a-hundred", "COM-PAG-008")
def pages_end_at_a_hundred(reference: Reference) -> None:
    """What stands behind the hundredth item of a list is on no page, the audit trail aside; the count is right."""

    def make(page: Method) -> Method:
        def capped(call: Call, found: Any, show: Any) -> dict[str, Any]:
            body: dict[str, Any] = page(call, found, show)
            if call.operation.id != "listAuditEntries":
                body["results"] = body["results"][: max(0, 100 - call.query["offset"])]
            return body

        return capped

    replace(reference.pages, "page", make, concerns=lambda call, found, _: len(found) > 100)


@FAULTS.add("audit-pages-skip-meanwhile", "COM-PAG-008")
def audit_pages_skip_meanwhile(reference: Reference) -> None:
    """Where limit does not divide offset, a page of the audit trail begins at the multiple of limit below it."""

    def make(page: Method) -> Method:
        def aligned(call: Call, found: Any, show: Any) -> dict[str, Any]:
            offset, limit = call.query["offset"], call.query["limit"]
            if offset % limit == 0 or offset >= len(found):
                return page(call, found, show)  # type: ignore[no-any-return]
            body: dict[str, Any] = page(call, found, show)
            start = offset - offset % limit
            count = len(body["results"])
            body["results"] = [show(item) for item in found[start : start + count]]
            return body

        return aligned

    replace(reference.pages, "page", make, concerns=lambda call, *_: call.query["offset"] % call.query["limit"] != 0)
