"""Faults of notifications: cancellation."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry.records import Event, Notification
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("cancellation-without-effect", "RR-CAN-001")
def cancellation_without_effect(reference: Reference) -> None:
    """The cancellation of a move-out is recorded and listed, and the resident stays moved out."""

    def make(event_of: Method) -> Method:
        def powerless(cancellation: Notification, resident_id: str) -> Event:
            event: Event = event_of(cancellation, resident_id)
            undone = reference.the(ResidentRegistry).register.notifications[cancellation.cancels or ""]
            return event if undone.type != "move_out" else dataclasses.replace(event, cancels=None)

        return powerless

    replace(reference.the(ResidentRegistry).cancellations, "event", make)
