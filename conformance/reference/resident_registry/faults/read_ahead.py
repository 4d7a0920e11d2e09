"""Faults of reads at the edges of valid time and of transaction time, and of corrections that change nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import ACTIVE, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _as_of(reference: Reference, other: Callable[[Call, Entry | None, Method], Entry | None]) -> None:
    def make(as_of: Method) -> Method:
        return lambda call: other(call, as_of(call), as_of)

    revise(reference.the(ResidentRegistry).residents, "as_of", make)


@FAULTS.add("ceased-on-ahead", "RR-HIS-017", "RR-HIS-018")
def ceased_on_ahead(reference: Reference) -> None:
    """A resident whose move-out is recorded for a day to come has its day as ceased_on at once."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def shown(entry: Entry) -> dict[str, Any]:
            found: dict[str, Any] = body(entry)
            later = registry.register.fold(registry.register.histories.get(entry.id, ()), "9999-12-31")
            ahead = later is not None and entry.status == ACTIVE and later.status == "moved_out"
            return {**found, "ceased_on": later.ceased_on} if ahead and later is not None else found

        return shown

    revise(registry.residents, "body", make)


@FAULTS.add("recorded-as-of-to-come-unknown", "RR-HIS-019")
def recorded_as_of_to_come_unknown(reference: Reference) -> None:
    """A read as recorded at a moment to come is a 404."""

    def unknown(call: Call, entry: Entry | None, _: Method) -> Entry | None:
        moment = call.query.get("recorded_as_of")
        recorded = None if moment is None else dates.to_micros(moment)
        return None if recorded is not None and recorded > call.now else entry

    _as_of(reference, unknown)


@FAULTS.add("recorded-at-latest", "RR-HIS-020")
def recorded_at_latest(reference: Reference) -> None:
    """A read as recorded at a moment shows the recorded_at of the latest recording of all."""

    def stamped(call: Call, entry: Entry | None, _: Method) -> Entry | None:
        if entry is None or "recorded_as_of" not in call.query or "as_of" in call.query:
            return entry
        latest = reference.the(ResidentRegistry).register.histories[entry.id][-1].recorded_at
        return dataclasses.replace(entry, recorded_at=latest)

    _as_of(reference, stamped)


@FAULTS.add("recorded-before-the-first-shown", "RR-HIS-022")
def recorded_before_the_first_shown(reference: Reference) -> None:
    """A read as recorded before the first recording shows what is recorded now."""

    def present(call: Call, entry: Entry | None, as_of: Method) -> Entry | None:
        if entry is not None or "recorded_as_of" not in call.query:
            return entry
        query = {name: value for name, value in call.query.items() if name != "recorded_as_of"}
        found: Entry | None = as_of(dataclasses.replace(call, query=query))
        return found

    _as_of(reference, present)


@FAULTS.add("correction-of-nothing-forgotten", "RR-HIS-021")
def correction_of_nothing_forgotten(reference: Reference) -> None:
    """A correction that changes no value is answered, and not recorded."""
    registry = reference.the(ResidentRegistry)

    def unchanged(call: Call) -> bool:
        changes = registry.corrections.changes(call.target, call.body)
        return all(getattr(call.target, name) == value for name, value in changes.items())

    def forgotten(call: Call) -> Answer:
        body = registry.residents.body(call.target)
        return Answer(200, body, [("ETag", registry.entity_tag(body))])

    replace(registry.corrections, "correct", lambda _: forgotten, unchanged)
