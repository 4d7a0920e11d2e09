"""Faults of what all services share: keys of repeated requests, and the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _places_elsewhere(reference: Reference, call: Call) -> Iterator[tuple[str, ...]]:
    """Where a request of the same client and key to an operation of another service would be kept."""
    if not call.key:
        return
    for service in reference.services.values():
        if service.name != call.service:
            for operation in service.router.declared:
                yield (call.caller.client, service.name, operation, call.key)


def _kept_elsewhere(reference: Reference, call: Call, *, of_one_name: bool) -> Any:
    """What is kept of a request of the same client and key to another service."""
    for place in _places_elsewhere(reference, call):
        kept = reference.idempotency._kept.get(place)
        if kept is not None and (not of_one_name or place[2] == call.operation.id):
            return kept
    return None


def _also_kept_elsewhere(reference: Reference, *, of_one_name: bool) -> None:
    def make(kept: Method) -> Method:
        return lambda call: kept(call) or _kept_elsewhere(reference, call, of_one_name=of_one_name)

    revise(reference.idempotency, "kept", make)


@FAULTS.add("keys-of-all-services", "XS-IDM-001", "XS-IDM-003")
def keys_of_all_services(reference: Reference) -> None:
    """A key that was used with one service is found by the others: one store, without the service."""
    _also_kept_elsewhere(reference, of_one_name=False)


@FAULTS.add("keys-of-operations-of-one-name", "XS-IDM-003")
def keys_of_operations_of_one_name(reference: Reference) -> None:
    """A key belongs to client and name of the operation, whichever service has it."""
    _also_kept_elsewhere(reference, of_one_name=True)


@FAULTS.add("keys-forgotten-by-use-elsewhere", "XS-IDM-002")
def keys_forgotten_by_use_elsewhere(reference: Reference) -> None:
    """A key is kept for the service that it was used with last."""
    store = reference.idempotency

    def make(begin: Method) -> Method:
        def moved(call: Call) -> Answer | None:
            for place in _places_elsewhere(reference, call):
                store._kept.pop(place, None)
            answer: Answer | None = begin(call)
            return answer

        return moved

    replace(store, "begin", make, concerns=lambda call: _kept_elsewhere(reference, call, of_one_name=False) is not None)


@FAULTS.add("trail-by-names-of-operations", "XS-AUD-003")
def trail_by_names_of_operations(reference: Reference) -> None:
    """A service lists all entries of operations that have a name of its own, those of other services too."""
    for service in reference.services.values():
        part = getattr(service, "audit_entries", None)
        if part is None:
            continue

        def make(_: Method, declared: frozenset[str] = frozenset(service.router.declared)) -> Method:
            return lambda entries: [entry for entry in entries if entry.operation in declared]

        revise(part, "own", make)
