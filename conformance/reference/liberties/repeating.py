"""Repeated requests, where the documents leave a choice."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem
from conformance.reference.strict_json import decode, encode

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Answering = Callable[[Request, Any], Awaitable[Answer]]


@LIBERTIES.add("keys-kept-for-ever")
def keys_kept_for_ever(reference: Reference) -> None:
    """Idempotency keys are never forgotten."""

    def make(begin: Method) -> Method:
        def timeless(call: Call) -> Answer | None:
            found: Answer | None = begin(_at(call, 0))
            return found

        return timeless

    replace(reference.idempotency, "begin", make)


@LIBERTIES.add("keys-kept-for-a-day")
def keys_kept_for_a_day(reference: Reference) -> None:
    """Idempotency keys are forgotten after 24 hours, as early as may be."""
    day = 24 * 3600 * 1_000_000

    def make(begin: Method) -> Method:
        def daily(call: Call) -> Answer | None:
            store = reference.idempotency
            kept = store._kept.get(store.place(call))
            if kept is not None and abs(call.now - kept.since) > day:
                del store._kept[store.place(call)]
            found: Answer | None = begin(call)
            return found

        return daily

    replace(reference.idempotency, "begin", make)


@LIBERTIES.add("same-json-same-request")
def same_json_same_request(reference: Reference) -> None:
    """Contents that are equal as JSON values are the same request, whatever their bytes."""

    def make(digest: Method) -> Method:
        def of_value(call: Call) -> bytes:
            return blake2b(encode(_sorted(decode(call.raw_body))), digest_size=16).digest()

        return of_value

    replace(reference.idempotency, "digest", make)


@LIBERTIES.add("refusals-kept")
def refusals_kept(reference: Reference) -> None:
    """A refusal by a business rule is kept as a success is, and given again to the same request."""
    refused: dict[tuple[object, ...], Problem] = {}

    def performing(perform: Method) -> Method:
        def kept(handler: Any, call: Call) -> Answer:
            store = reference.idempotency
            place = (*store.place(call), *store.thing(call), store.digest(call)) if call.key is not None else ()
            if place in refused:
                store.abandon(call)
                raise refused[place]
            try:
                answer: Answer = perform(handler, call)
            except Problem as problem:
                if place and not call.withheld:
                    refused[place] = problem
                raise
            return answer

        return kept

    replace(reference.pipeline, "perform", performing)


@LIBERTIES.add("overtaking-refused")
def overtaking_refused(reference: Reference) -> None:
    """A request takes its time, and another one with its key is answered 409 idempotency_in_progress meanwhile."""
    under_way: set[tuple[str, str, str]] = set()

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            key, token = request.joined("idempotency-key"), request.joined("authorization")
            if request.method != "POST" or key is None or token is None:
                return await answering(request, receive)
            place = (request.path, token, key)
            if place in under_way:
                problem = Problem(409, "idempotency_in_progress")
                return reference.pipeline.finish(reference.pipeline.render(problem, request))
            under_way.add(place)
            try:
                await asyncio.sleep(0.005)
                return await answering(request, receive)
            finally:
                under_way.discard(place)

        return answer

    replace(reference.application, "answer", make)


@LIBERTIES.add("repetitions-audited")
def repetitions_audited(reference: Reference) -> None:
    """A repetition under one Idempotency-Key leaves an audit entry of its own."""

    def make(repeated: Method) -> Method:
        def audited(service: Any, call: Call) -> Answer | None:
            kept: Answer | None = repeated(service, call)
            if kept is not None:
                call.subjects[:] = dict.fromkeys([*call.subjects, *kept.names])
                reference.audit.record(call, kept.status, "success")
            return kept

        return audited

    replace(reference.pipeline, "repeated", make)


def _at(call: Call, now: int) -> Call:
    return dataclasses.replace(call, now=now)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
