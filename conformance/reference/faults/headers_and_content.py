"""Faults of what all services share: headers and content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, Violation
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


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


@FAULTS.add("members-in-canonical-order-only", "COM-TXT-016")
def members_in_canonical_order_only(reference: Reference) -> None:
    """Content is refused where its members do not stand in the order that RFC 8785 gives those that are signed."""

    def make(decode: Method) -> Method:
        def canonical(raw: bytes) -> Any:
            value = decode(raw)
            if isinstance(value, dict) and list(value) != sorted(value):
                raise Problem(400, "malformed_json", "受け付けません / Not accepted")
            return value

        return canonical

    revise(reference.pipeline, "decode", make)


@FAULTS.add("account-number-before-its-type", "COM-TXT-016")
def account_number_before_its_type(reference: Reference) -> None:
    """An online claim is read as it comes in: an account whose type stands before its number is read as none."""

    def make(content: Method) -> Method:
        def streamed(call: Call) -> Any:
            body = content(call)
            account = body.get("account") if isinstance(body, dict) else None
            if call.operation.id != "fileOnlineClaim" or not isinstance(account, dict):
                return body
            names = [name for name in account if name in {"number", "type"}]
            return {**body, "account": None} if names == ["type", "number"] else body

        return streamed

    revise(reference.pipeline, "content", make)


@FAULTS.add("exponents-refused", "COM-SCH-003")
def exponents_refused(reference: Reference) -> None:
    """An integer that is written with a fraction of zero or an exponent (1e4, 10000.0) is refused."""

    def floats(value: Any, pointer: str = "") -> Iterator[str]:
        if isinstance(value, dict | list):
            for name, item in value.items() if isinstance(value, dict) else enumerate(value):
                yield from floats(item, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")
        elif isinstance(value, float):
            yield pointer

    def make(violations: Method) -> Method:
        def strict(call: Call, body: Any) -> tuple[Violation, ...]:
            found = tuple(Violation("type", "型が違います / Wrong type", pointer=place) for place in floats(body))
            return found or violations(call, body)

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
            return [
                *check(call),
                *(Violation("unknown", "定義されていません / Unknown", parameter=name) for name in odd),
            ]

        return strict

    revise(reference.pipeline, "check_headers", make)


@FAULTS.add("hidden-with-vary", "RR-PRT-040")
def hidden_with_vary(reference: Reference) -> None:
    """The 404 of the registry for a hidden resident, and no other, has the field `Vary: Authorization`."""

    def make(refuse: Method) -> Method:
        def told(call: Call | None, request: Request, problem: Problem) -> Answer:
            answer: Answer = refuse(call, request, problem)
            if problem.status == 404:
                answer.headers.append(("Vary", "Authorization"))
            return answer

        return told

    def hidden(call: Call | None, *_: Any) -> bool:
        return call is not None and call.service == ResidentRegistry.name and bool(call.withheld)

    replace(reference.pipeline, "refuse", make, concerns=hidden)
