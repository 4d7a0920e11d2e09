"""Time: slower answers, another clock, coarser moments."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace, rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Answering = Callable[[Request, Any], Awaitable[Answer]]
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+09:00")


@LIBERTIES.add("slow")
def slow(reference: Reference) -> None:
    """Every answer takes up to ten milliseconds more, some less and some more, so that others overtake it."""

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            found = await answering(request, receive)
            token = f"{request.path}{request.joined('idempotency-key')}{request.query!r}"
            await asyncio.sleep(blake2b(token.encode(), digest_size=1).digest()[0] / 25_600)
            return found

        return answer

    replace(reference.application, "answer", make)


@LIBERTIES.add("slow-to-begin")
def slow_to_begin(reference: Reference) -> None:
    """Every request waits up to ten milliseconds before it is looked at, so that others overtake it."""

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            token = f"{request.path}{request.joined('idempotency-key')}{request.query!r}"
            await asyncio.sleep(blake2b(token.encode(), digest_size=1).digest()[0] / 25_600)
            return await answering(request, receive)

        return answer

    replace(reference.application, "answer", make)


@LIBERTIES.add("clock-ahead")
def clock_ahead(reference: Reference) -> None:
    """The system's clock is four seconds ahead of the real time."""
    reference.clock.go_before(4)
    reference.reset()


@LIBERTIES.add("clock-behind")
def clock_behind(reference: Reference) -> None:
    """The system's clock is four seconds behind the real time."""
    reference.clock.go_before(-4)
    reference.reset()


@LIBERTIES.add("short-moments")
def short_moments(reference: Reference) -> None:
    """Moments are written without the zeros at their end, a whole second without a fraction."""

    def short(text: str) -> str:
        return text[:-6].rstrip("0").rstrip(".") + text[-6:]

    def changed(request: Request, answer: Answer) -> Answer:
        if answer.media_type == "application/json":
            answer.body = _moments(answer.body, short)
        return answer

    rewrite(reference, changed)


@LIBERTIES.add("milliseconds")
def milliseconds(reference: Reference) -> None:
    """The system counts milliseconds, so that much happens at the same moment."""
    replace(reference.clock, "micros", lambda micros: lambda: micros() // 1000 * 1000)
    reference.reset()


def _moments(value: Any, change: Method) -> Any:
    """A JSON value with every moment in it as the function writes it."""
    if isinstance(value, dict):
        return {name: _moments(item, change) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_moments(item, change) for item in value]
    return change(value) if isinstance(value, str) and _MOMENT.fullmatch(value) else value
