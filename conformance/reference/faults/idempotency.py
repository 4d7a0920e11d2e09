"""Faults of repeated requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("idempotency-key-ignored", "COM-IDM-003", "COM-IDM-004", "COM-IDM-005", "COM-IDM-007", "COM-IDM-008")
def idempotency_key_ignored(reference: Reference) -> None:
    """Idempotency-Key has to be there, and means nothing: every request is carried out."""
    replace(reference.idempotency, "begin", lambda _: lambda call: None)
    replace(reference.idempotency, "finish", lambda _: lambda call, answer: None)


@FAULTS.add("idempotency-keys-shared", "COM-IDM-006")
def idempotency_keys_shared(reference: Reference) -> None:
    """A key belongs to the operation alone: one client gets the answer to another client's request."""

    def place(call: Call) -> tuple[str, ...]:
        return (call.operation.id, call.key or "")

    replace(reference.idempotency, "place", lambda _: place)
