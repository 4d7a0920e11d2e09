"""Faults of procedures: at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.procedures.records import (
    DECIDED,
    DRAFT,
    RECEIVED,
    RETURNED,
    REVIEWING,
)
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.procedures.faults.acting import _service


@FAULTS.add("form-put-while-submitted", "PR-FRM-010")
def form_put_while_submitted(reference: Reference) -> None:
    """A form that is put while the application is submitted replaces the one that was submitted."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "putForm", "edit", DRAFT)


@FAULTS.add("withdrawal-while-submitted", "PR-STA-020", "PR-SUB-009")
def withdrawal_while_submitted(reference: Reference) -> None:
    """A submission that arrived before the withdrawal is carried out after it, and received."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "submitApplication", "submit", DRAFT)


@FAULTS.add("two-reviews-at-once", "PR-STA-017")
def two_reviews_at_once(reference: Reference) -> None:
    """Of starts of a review at the same moment all are carried out, each with its event."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "startReview", "review", RECEIVED)


@FAULTS.add("two-returns-at-once", "PR-STA-018")
def two_returns_at_once(reference: Reference) -> None:
    """Of returns at the same moment all are carried out, each with its event."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "returnApplication", "return", REVIEWING, {RETURNED})


@FAULTS.add("return-undoes-a-decision-at-once", "PR-STA-019")
def return_undoes_a_decision_at_once(reference: Reference) -> None:
    """A return that arrived before a decision is carried out after it, and leaves nothing of it but its event."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "returnApplication", "return", REVIEWING, DECIDED)

    def keeping(keep: Method) -> Method:
        return lambda application: keep(changed(application, decision=None))

    replace(service.store, "keep", keeping, concerns=lambda application: application.status == RETURNED)


@FAULTS.add("two-withdrawals-at-once", "PR-WDR-004")
def two_withdrawals_at_once(reference: Reference) -> None:
    """Of withdrawals at the same moment all are carried out, each with its event."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "withdrawApplication", "withdraw", DRAFT)


def _status_as_it_arrived(
    reference: Reference,
    service: Procedures,
    operation: str,
    action: str,
    status: str,
    overlooked: Container[str] | None = None,
) -> None:
    """The action is held against the status that was there when it arrived, where it was `status`.

    With `overlooked` only those statuses of the meantime are not seen.
    """
    seen: dict[int, str] = {}
    carrying: list[str] = []

    def entering(enter: Method) -> Method:
        async def waits(call: Call) -> None:
            found = service.store.applications.get(call.path.get("application_id", ""))
            seen[id(call)] = found.status if found is not None else ""
            await asyncio.sleep(0.05)
            await enter(call)

        return waits

    def carry(carry_out: Method) -> Method:
        def carried(of: Any, call: Call) -> Answer:
            carrying.append(seen.pop(id(call), ""))
            try:
                return carry_out(of, call)  # type: ignore[no-any-return]
            finally:
                carrying.pop()

        return carried

    def after(original: Method) -> Method:
        def as_seen(now: str, wanted: str) -> str | None:
            unseen = overlooked is None or now in overlooked
            if carrying and wanted == action and carrying[-1] == status and unseen:
                now = status
            found: str | None = original(now, wanted)
            return found

        return as_seen

    replace(reference.pipeline, "enter", entering, concerns=lambda call: call.operation.id == operation)
    replace(reference.pipeline, "carry_out", carry, concerns=lambda _, call: call.operation.id == operation)
    replace(service.lifecycle, "after", after, concerns=lambda _, wanted: wanted == action)
