"""Faults of what is examined first, of conditions that hold, and of contents that are just small enough."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.conditional import tags
from conformance.reference.faults.audit import altered_trail
from conformance.reference.faults.entity_tags import matched_otherwise
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Violation, invalid
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("content-before-scope", "COM-SEC-017")
def content_before_scope(reference: Reference) -> None:
    """The content of a request for a certificate is examined before the scope, and told to who lacks it."""

    def make(missing: Method) -> Method:
        def examined(call: Call) -> frozenset[str]:
            lacking: frozenset[str] = missing(call)
            if lacking and call.operation.id == "issueCertificate" and _length(call) < 40:
                raise invalid((Violation("missing", "必須です / Required", pointer=""),))
            return lacking

        return examined

    revise(reference.pipeline, "missing_scopes", make)


def _length(call: Call) -> int:
    return int(call.request.joined("content-length") or 0)


@FAULTS.add("megabyte-too-large", "COM-TXT-014")
def megabyte_too_large(reference: Reference) -> None:
    """A content of exactly 1 MiB is too large already."""

    def concerns(call: Call) -> bool:
        return call.service == ResidentRegistry.name and _length(call) == 1 << 20

    replace(reference.pipeline, "body_limit", lambda limit: lambda call: limit(call) - 1, concerns)


@FAULTS.add("if-match-first-of-list", "COM-CND-011")
def if_match_first_of_list(reference: Reference) -> None:
    """Of the tags in If-Match only the first one counts."""

    def first(field: str, current: str | None, right: bool) -> bool:
        known = tags(field) or []
        return right and (field.strip() == "*" or known[:1] == [(False, current)])

    matched_otherwise(reference, strong=True, alter=first)


@FAULTS.add("if-match-any-creates", "COM-CND-012")
def if_match_any_creates(reference: Reference) -> None:
    """A PUT with If-Match: * creates what is not there yet."""
    _let_pass(
        reference,
        lambda call, current: (
            current is None
            and (call.request.joined("if-match") or "").strip() == "*"
            and call.request.joined("if-none-match") is None
        ),
    )


@FAULTS.add("if-match-outweighs-if-none-match", "COM-CND-013")
def if_match_outweighs_if_none_match(reference: Reference) -> None:
    """Where If-Match holds, If-None-Match is not looked at."""
    _let_pass(
        reference,
        lambda call, current: (
            current is not None
            and call.request.joined("if-none-match") is not None
            and reference.pipeline.preconditions.matches(call.request.joined("if-match") or "", current, strong=True)
        ),
    )


def _let_pass(reference: Reference, when: Any) -> None:
    def make(check: Method) -> Method:
        def lenient(call: Call, current: str | None) -> None:
            if call.operation.method != "PUT" or not when(call, current):
                check(call, current)

        return lenient

    revise(reference.pipeline.preconditions, "check_change", make)


@FAULTS.add("creation-races", "COM-CND-010")
def creation_races(reference: Reference) -> None:
    """Several creations at the same moment all find nothing there: each succeeds."""
    waiting = 0.02

    def enter(original: Method) -> Method:
        async def entered(call: Call) -> None:
            await original(call)
            if _creates(call):
                target = reference.the(ResidentRegistry).visibility.protections
                call.query["nothing-there"] = call.path["resident_id"] not in target
                await asyncio.sleep(waiting)

        return entered

    def check(original: Method) -> Method:
        def checked(call: Call, current: str | None) -> None:
            if not call.query.get("nothing-there"):
                original(call, current)

        return checked

    replace(reference.pipeline, "enter", enter, _creates)
    replace(reference.pipeline.preconditions, "check_change", check, lambda call, current: _creates(call))


def _creates(call: Call) -> bool:
    """Whether a call is to create a protection, on no other condition."""
    asked = call.request.joined("if-none-match"), call.request.joined("if-match")
    return call.operation.id == "putProtection" and asked == ("*", None)


@FAULTS.add("idempotency-key-cut", "COM-IDM-010")
def idempotency_key_cut(reference: Reference) -> None:
    """Keys are compared without their last character."""
    revise(reference.idempotency, "place", lambda place: lambda call: (*place(call)[:-1], (call.key or "")[:-1]))


@FAULTS.add("idempotency-key-without-case", "COM-IDM-010")
def idempotency_key_without_case(reference: Reference) -> None:
    """Keys are compared without letter case."""
    revise(reference.idempotency, "place", lambda place: lambda call: (*place(call)[:-1], (call.key or "").lower()))


@FAULTS.add("refused-change-not-audited", "COM-AUD-013")
def refused_change_not_audited(reference: Reference) -> None:
    """A correction that is refused for want of scope leaves no entry."""

    def kept(call: Call, trail: list[AuditEntry]) -> list[AuditEntry]:
        return [e for e in trail if not (e.operation == "correctResident" and e.status == 403)]

    altered_trail(reference, kept)


@FAULTS.add("second-item-named-as-first", "COM-ERR-005")
def second_item_named_as_first(reference: Reference) -> None:
    """What is wrong in the second item of an array is said to be in the first."""

    def make(violations: Method) -> Method:
        def misnamed(call: Call, body: Any) -> tuple[Violation, ...]:
            return tuple(
                Violation(v.code, v.detail, pointer=v.pointer.replace("/1/", "/0/", 1)) if v.pointer else v
                for v in violations(call, body)
            )

        return misnamed

    revise(reference.pipeline, "violations", make)
