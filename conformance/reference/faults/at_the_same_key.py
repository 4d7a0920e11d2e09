"""Faults of repeated requests that meet something else: another client, another clock, another header."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.reference.calls import Call, Caller
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("key-of-two-clients-at-once", "COM-IDM-006")
def key_of_two_clients_at_once(reference: Reference) -> None:
    """A move-out that arrives while another client's with the same key is in progress is taken for that client's."""
    under_way: dict[tuple[str, ...], Caller] = {}

    def make(enter: Method) -> Method:
        async def confused(call: Call) -> None:
            await enter(call)
            place = (call.service, call.operation.id, call.key or "")
            first = under_way.get(place)
            if first is not None and first.client != call.caller.client:
                await asyncio.sleep(0.05)
                call.caller = first
                return
            under_way[place] = call.caller
            await asyncio.sleep(0.03)
            under_way.pop(place, None)

        return confused

    replace(reference.pipeline, "enter", make, lambda call: call.operation.id == "registerMoveOut")


@FAULTS.add("kept-answer-lost-as-the-clock-goes-back", "COM-IDM-003", "COM-IDM-007")
def kept_answer_lost_as_the_clock_goes_back(reference: Reference) -> None:
    """A request that is repeated after the clock was set back behind the first one is carried out once more."""
    revise(
        reference.idempotency,
        "in_time",
        lambda in_time: lambda now, since: since <= now and in_time(now, since),
    )
