"""Faults of the resident registry: at the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.records import ACTIVE, Notification

if TYPE_CHECKING:
    from conformance.reference.application import Reference

import contextlib

from conformance.reference.resident_registry.faults.acting import _registry


def _at_once(reference: Reference, operation: str, passes: Any, part: Any, check: str) -> None:
    """Of requests of an operation at the same moment each is examined in the state in which it arrived."""
    import asyncio

    free: dict[int, bool] = {}

    def entering(enter: Method) -> Method:
        async def waits(call: Call) -> None:
            free[id(call)] = passes(call)
            await asyncio.sleep(0.05)
            await enter(call)

        return waits

    replace(reference.pipeline, "enter", entering, concerns=lambda call: call.operation.id == operation)

    carrying: list[bool] = []

    def carry(carry_out: Method) -> Method:
        def carried(service: Any, call: Call) -> Answer:
            carrying.append(free.pop(id(call), False))
            try:
                return carry_out(service, call)  # type: ignore[no-any-return]
            finally:
                carrying.pop()

        return carried

    replace(reference.pipeline, "carry_out", carry, concerns=lambda _, call: call.operation.id == operation)
    original = getattr(part, check)
    setattr(part, check, lambda *given: True if carrying and carrying[-1] and check.startswith("is_") else (
        None if carrying and carrying[-1] else original(*given)))  # fmt: skip


def _named(call: Call, member: str) -> Any:
    import json

    try:
        return json.loads(call.raw_body).get(member)
    except (ValueError, AttributeError, RecursionError):
        return None


@FAULTS.add("two-move-outs-at-once", "RR-MOU-013")
def two_move_outs_at_once(reference: Reference) -> None:
    """Of move-outs of one resident at the same moment all are carried out."""
    registry = _registry(reference)

    def passes(call: Call) -> bool:
        ids = _named(call, "resident_ids")
        known = [registry.register.current.get(i) for i in ids if isinstance(i, str)] if isinstance(ids, list) else []
        return all(e is not None and e.status == ACTIVE and not registry.register.leaves(e.id) for e in known) and bool(
            known
        )

    _at_once(reference, "registerMoveOut", passes, registry.named, "is_open")


@FAULTS.add("two-deaths-at-once", "RR-DTH-004")
def two_deaths_at_once(reference: Reference) -> None:
    """Of deaths of one resident that are notified at the same moment all are recorded."""
    registry = _registry(reference)

    def passes(call: Call) -> bool:
        entry = registry.register.current.get(str(_named(call, "resident_id")))
        return entry is not None and entry.status == ACTIVE and not registry.register.leaves(entry.id)

    _at_once(reference, "registerDeath", passes, registry.named, "is_open")


@FAULTS.add("two-cancellations-at-once", "RR-CAN-004")
def two_cancellations_at_once(reference: Reference) -> None:
    """Of cancellations of one notification at the same moment all are recorded."""
    registry = _registry(reference)

    def passes(call: Call) -> bool:
        found = registry.register.notifications.get(str(_named(call, "notification_id")))
        if found is None:
            return False
        try:
            registry.cancellations.check(found)
        except Problem:
            return False
        return not any(registry.visibility.hides(call, i) for i in found.resident_ids)

    def keep(original: Method) -> Method:
        def kept(notification: Notification) -> None:
            with contextlib.suppress(ValueError, KeyError):
                original(notification)

        return kept

    replace(registry.register, "keep", keep, concerns=lambda n: n.cancels in registry.register.cancelled)
    _at_once(reference, "cancelNotification", passes, registry.cancellations, "check")
