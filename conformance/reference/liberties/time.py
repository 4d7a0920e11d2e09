"""Time: slower answers, another clock, coarser moments."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace, rewrite
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.service import ResidentRegistry

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


@LIBERTIES.add("now-and-then-very-slow")
def now_and_then_very_slow(reference: Reference) -> None:
    """Every five hundredth answer takes a second and a half."""
    asked = count(1)

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            await asyncio.sleep(0 if next(asked) % 500 else 1.5)
            return await answering(request, receive)

        return answer

    replace(reference.application, "answer", make)


@LIBERTIES.add("now-and-then-busy")
def now_and_then_busy(reference: Reference) -> None:
    """Every sixtieth request to a service is answered 503 or 429, with or without a word when to come back."""
    asked = count(1)
    answers = (
        Problem(503, "service_unavailable", headers=(("Retry-After", "0"),)),
        Problem(429, "too_many_requests", headers=(("Retry-After", "0"),)),
        Problem(503, "service_unavailable"),
    )

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            turn, rest = divmod(next(asked), 60)
            if rest or request.path in reference.token_endpoint.paths:
                return await answering(request, receive)
            return reference.pipeline.finish(reference.pipeline.render(answers[turn % 3], request))

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


@LIBERTIES.add("midnight-passes", start=("--time-of-day", "23:59:53"))
def midnight_passes(reference: Reference) -> None:
    """A day ends in Japan while the run goes on; Date tells the time of the system's clock."""

    def dated(head: bytes) -> bytes:
        now = formatdate(reference.clock.micros() / 1e6, usegmt=True)
        return re.sub(rb"(?m)^date: [^\r]*", b"date: " + now.encode("ascii"), head)

    reference.wire.altered = True
    replace(reference.wire, "head", lambda head: lambda data: dated(head(data)))


@LIBERTIES.add("short-moments")
def short_moments(reference: Reference) -> None:
    """Moments are written without the zeros at their end, a whole second without a fraction."""

    def short(text: str) -> str:
        return text[:-6].rstrip("0").rstrip(".") + text[-6:]

    def changed(request: Request, answer: Answer) -> Answer:
        if answer.media_type.lower().startswith("application/json"):
            answer.body = _moments(answer.body, short)
        return answer

    def in_exports(lines: Method) -> Method:
        return lambda entries: [_moments(line, short) for line in lines(entries)]

    rewrite(reference, changed)
    replace(reference.the(ResidentRegistry).exports, "lines", in_exports)


@LIBERTIES.add("milliseconds")
def milliseconds(reference: Reference) -> None:
    """The system counts milliseconds, so that much happens at the same moment."""
    replace(reference.clock, "micros", lambda micros: lambda: micros() // 1000 * 1000)
    reference.reset()


@LIBERTIES.add("moments-written-in-two-ways")
def moments_written_in_two_ways(reference: Reference) -> None:
    """Milliseconds are written with three digits in the answer to a change, and with six in a read: one moment."""

    def short(text: str) -> str:
        return f"{text[:-9]}{text[-6:]}" if text[-9:-6] == "000" else text

    def changed(request: Request, answer: Answer) -> Answer:
        if request.method != "GET" and answer.media_type.lower().startswith("application/json"):
            answer.body = _moments(answer.body, short)
        return answer

    replace(reference.clock, "micros", lambda micros: lambda: micros() // 1000 * 1000)
    reference.reset()
    rewrite(reference, changed)


def _moments(value: Any, change: Method) -> Any:
    """A JSON value with every moment in it as the function writes it."""
    if isinstance(value, dict):
        return {name: _moments(item, change) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_moments(item, change) for item in value]
    return change(value) if isinstance(value, str) and _MOMENT.fullmatch(value) else value
