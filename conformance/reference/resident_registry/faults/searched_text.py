"""Faults of the resident registry: numbers, text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import Notification

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.resident_registry.faults.acting import _registry


@FAULTS.add("search-without-trailing-marks", "RR-RES-001")
def search_without_trailing_marks(reference: Reference) -> None:
    """A search overlooks a long vowel mark at the end of a reading."""
    registry = _registry(reference)

    def make(find: Method) -> Method:
        def folded(call: Call, criteria: dict[str, Any], sort: str) -> Any:
            found = list(find(call, criteria, sort))
            kana = criteria.get("family_kana")
            if kana is not None and kana.endswith("ー"):
                found += find(call, {**criteria, "family_kana": kana.rstrip("ー") or kana}, sort)
            return list(dict.fromkeys(found))

        return folded

    revise(registry.search, "find", make)


@FAULTS.add("search-by-given-kana-finds-nameless", "RR-RES-006")
def search_by_given_kana_finds_nameless(reference: Reference) -> None:
    """A search by a given reading and something else finds who has no given reading, too."""
    registry = _registry(reference)

    def make(find: Method) -> Method:
        def wide(call: Call, criteria: dict[str, Any], sort: str) -> Any:
            found = list(find(call, criteria, sort))
            if "given_kana" in criteria:
                rest = {name: value for name, value in criteria.items() if name != "given_kana"}
                current = registry.register.current
                found += [p for p in find(call, rest, sort) if "given_kana" not in current[p[1]].name]
            return list(dict.fromkeys(found))

        return wide

    revise(registry.search, "find", make)


@FAULTS.add("audit-of-restored-head-missing", "COM-AUD-002")
def audit_of_restored_head_missing(reference: Reference) -> None:
    """The cancellation of a move-out is audited about those whom it names, not about who ceases to be head by it."""
    registry = _registry(reference)

    def make(record: Method) -> Method:
        def named(call: Call, undone: Notification) -> Notification:
            made: Notification = record(call, undone)
            call.subjects[:] = made.resident_ids
            return made

        return named

    replace(registry.cancellations, "record", make)


@FAULTS.add("audit-of-remaining-head-missing", "COM-AUD-002")
def audit_of_remaining_head_missing(reference: Reference) -> None:
    """An address change or a split is audited about those who leave, not about who becomes head of those who stay."""

    def make(created: Method) -> Method:
        def named(call: Call, notification: Notification) -> Answer:
            if call.operation.id in ("registerAddressChange", "registerHouseholdChange"):
                call.subjects[:] = notification.resident_ids
            return created(call, notification)  # type: ignore[no-any-return]

        return named

    replace(
        _registry(reference).notifications,
        "created",
        make,
        concerns=lambda call, _: call.operation.id in ("registerAddressChange", "registerHouseholdChange"),
    )
