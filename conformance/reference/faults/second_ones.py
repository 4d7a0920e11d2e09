"""Faults that only a second one shows: a second line, a second page, a second item, a second purpose."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Violation
from conformance.reference.resident_registry.index import Place
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("equal-ones-turned-on-later-pages", "COM-PAG-012")
def equal_ones_turned_on_later_pages(reference: Reference) -> None:
    """On every page but the first of a sorted list of residents, those with equal values are turned round."""

    def make(find: Method) -> Method:
        def turned(call: Call, criteria: dict[str, Any], sort: str) -> list[Place]:
            found: list[Place] = find(call, criteria, sort)
            begin, end = call.query["offset"], call.query["offset"] + call.query["limit"]
            if sort == "id" or not begin:
                return found
            down = sort.startswith("-")
            by_id = sorted(found[begin:end], key=lambda place: place[1], reverse=not down)
            return [*found[:begin], *sorted(by_id, key=lambda place: place[0], reverse=down), *found[end:]]

        return turned

    revise(reference.the(ResidentRegistry).search, "find", make)


@FAULTS.add("later-item-told-as-the-first", "COM-ERR-005")
def later_item_told_as_the_first(reference: Reference) -> None:
    """A mistake in the second item of an array, or a later one, is told as one of the first item."""

    def make(violations: Method) -> Method:
        def first(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            return tuple(
                dataclasses.replace(v, pointer=v.pointer and re.sub(r"/[1-9][0-9]*(?=/|$)", "/0", v.pointer))
                for v in found
            )

        return first

    revise(reference.pipeline, "violations", make)


@FAULTS.add("second-purpose-written-as-the-first", "COM-AUD-005")
def second_purpose_written_as_the_first(reference: Reference) -> None:
    """When a client reads a person again for another purpose, the audit entry has the purpose of the first time."""
    first: dict[tuple[Any, ...], str | None] = {}

    def another(call: Call, status: int, outcome: str) -> bool:
        key = (call.service, call.caller.client, call.operation.id, tuple(call.subjects))
        return first.setdefault(key, call.purpose) != call.purpose

    def make(entry: Method) -> Method:
        def remembered(call: Call, status: int, outcome: str) -> AuditEntry:
            key = (call.service, call.caller.client, call.operation.id, tuple(call.subjects))
            found: AuditEntry = entry(call, status, outcome)
            return dataclasses.replace(found, purpose=first[key])

        return remembered

    replace(reference.audit, "entry", make, another)
