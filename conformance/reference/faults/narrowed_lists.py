"""Faults of the parameters of lists: letter case, moments, offsets."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _queried(reference: Reference, alter: Callable[[dict[str, list[str]]], dict[str, list[str]]]) -> None:
    revise(
        reference.pipeline,
        "query_texts",
        lambda texts: lambda request, errors: alter(texts(request, errors)),
    )


@FAULTS.add("empty-limit-as-default", "COM-PAG-011")
def empty_limit_as_default(reference: Reference) -> None:
    """A limit or an offset without a value counts as not given."""
    _queried(reference, lambda texts: {n: v for n, v in texts.items() if v != [""] or n not in ("limit", "offset")})


@FAULTS.add("offset-with-fraction-of-zero", "COM-PAG-011")
def offset_with_fraction_of_zero(reference: Reference) -> None:
    """An offset may be written with a fraction of zero or an exponent."""

    def whole(text: str) -> str:
        if re.fullmatch(r"[0-9]+\.0+|[0-9]e[0-9]", text):
            return str(int(float(text)))
        return text

    _queried(reference, lambda texts: {n: [whole(t) for t in v] if n == "offset" else v for n, v in texts.items()})


@FAULTS.add("audit-subject-filter-in-any-case", "COM-AUD-009")
def audit_subject_filter_in_any_case(reference: Reference) -> None:
    """The filter subject_id is compared without regard to letter case."""

    def make(find: Method) -> Method:
        def found(call: Call) -> Sequence[AuditEntry]:
            subject = call.query.get("subject_id")
            return find(  # type: ignore[no-any-return]
                call if subject is None else changed(call, query={**call.query, "subject_id": subject.lower()})
            )

        return found

    revise(reference.the(ResidentRegistry).audit_entries, "find", make)


def _days(reference: Reference, alter: Callable[[str, str], str]) -> None:
    _queried(reference, lambda texts: {n: [alter(n, t) for t in v] for n, v in texts.items()})


@FAULTS.add("moments-in-utc-read", "COM-VAL-011", "COM-ERR-007")
def moments_in_utc_read(reference: Reference) -> None:
    """A moment in a query may be written in UTC, with Z."""

    def local(name: str, text: str) -> str:
        if (
            name not in ("recorded_as_of", "from", "to")
            or re.fullmatch(r"[-0-9]{10}T[:0-9]{8}(\.[0-9]+)?Z", text) is None
        ):
            return text
        try:
            there = dt.datetime.fromisoformat(text).astimezone(dt.timezone(dt.timedelta(hours=9)))
        except ValueError:
            return text
        return there.isoformat()

    _days(reference, local)


@FAULTS.add("nanoseconds-read", "COM-VAL-011", "COM-ERR-007")
def nanoseconds_read(reference: Reference) -> None:
    """A moment in a query may have nine digits behind the point; six of them count."""
    _days(
        reference,
        lambda name, text: (
            re.sub(r"(\.[0-9]{6})[0-9]{1,3}(?=\+09:00$)", r"\1", text)
            if name in ("recorded_as_of", "from", "to")
            else text
        ),
    )


@FAULTS.add("cache-buster-ignored", "COM-VAL-012")
def cache_buster_ignored(reference: Reference) -> None:
    """The undeclared parameter `_`, by which some libraries keep answers from being cached, is ignored."""
    _queried(reference, lambda texts: {n: v for n, v in texts.items() if n != "_"})


@FAULTS.add("schema-of-content-ignored", "COM-VAL-008")
def schema_of_content_ignored(reference: Reference) -> None:
    """The undeclared member `$schema` of a content is ignored."""

    def make(content: Method) -> Method:
        def without(call: Call) -> Any:
            body = content(call)
            return {n: v for n, v in body.items() if n != "$schema"} if isinstance(body, dict) else body

        return without

    revise(reference.pipeline, "content", make)


@FAULTS.add("household-tag-of-all-members", "COM-CND-003", "RR-PRT-004")
def household_tag_of_all_members(reference: Reference) -> None:
    """The tag of a household is the same for who sees all its members and for who does not."""
    registry = reference.the(ResidentRegistry)

    def make(tag: Method) -> Method:
        def whole(body: Any) -> str:
            if isinstance(body, dict) and "head_id" in body and "members" in body:
                today = registry.register.today
                body = registry.households.body(body["id"], today, registry.register.members(body["id"], today))
            return str(tag(body))

        return whole

    revise(reference.pipeline.preconditions, "tag", make)
