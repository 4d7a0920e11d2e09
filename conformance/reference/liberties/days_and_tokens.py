"""What a conforming system may do with its clock and its tokens."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from itertools import count
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.dates import to_micros
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.tokens import unauthenticated
from conformance.reference.upper_tester import UpperTester

if TYPE_CHECKING:
    from conformance.reference.application import Reference


Answering = Callable[[Request, Any], Awaitable[Answer]]


def _heads(reference: Reference, change: Method) -> None:
    reference.wire.altered = True
    replace(reference.wire, "head", lambda head: lambda data: change(head(data)))


def _dated(reference: Reference) -> None:
    """Has Date tell the time of the system's clock."""

    def dated(head: bytes) -> bytes:
        now = formatdate(reference.clock.micros() / 1e6, usegmt=True)
        return re.sub(rb"(?m)^date: [^\r]*", b"date: " + now.encode("ascii"), head)

    _heads(reference, dated)


def _begins(name: str, day: str, told: str) -> None:
    @LIBERTIES.add(name)
    def on_that_day(reference: Reference) -> None:
        moment = to_micros(f"{day}+09:00") or 0
        reference.clock.go_before((moment - reference.clock.micros()) // 1_000_000)
        reference.reset()
        _dated(reference)

    LIBERTIES[name] = dataclasses.replace(LIBERTIES[name], description=told)


_begins("on-a-leap-day", "2028-02-29T10:00:00", "The clock begins on 29 February 2028.")


@LIBERTIES.add("whole-seconds")
def whole_seconds(reference: Reference) -> None:
    """The system's clock counts whole seconds; what has to differ is told apart by a microsecond."""
    replace(reference.clock, "micros", lambda micros: lambda: micros() // 1_000_000 * 1_000_000)
    reference.reset()


@LIBERTIES.add("no-upper-tester-at-midnight", start=("--no-upper-tester", "--time-of-day", "23:59:50"))
def no_upper_tester_at_midnight(reference: Reference) -> None:
    """There is no test control interface, and a day ends in Japan while the run goes on, as Date tells."""
    _dated(reference)


@LIBERTIES.add("tokens-ended-early")
def tokens_ended_early(reference: Reference) -> None:
    """A token is good for two hundred requests, and then ended before its time."""
    used: dict[str, int] = {}

    def make(caller: Method) -> Method:
        def counted(request: Request) -> Any:
            found = caller(request)
            token = reference.tokens.text(request)
            used[token] = used.get(token, 0) + 1
            if used[token] > 200:
                reference.tokens._grants.pop(token)
                raise unauthenticated('Bearer error="invalid_token"')
            return found

        return counted

    replace(reference.tokens, "caller", make)


@LIBERTIES.add("tokens-end-when-the-clock-is-moved")
def tokens_end_when_the_clock_is_moved(reference: Reference) -> None:
    """All tokens end when the test control interface moves the clock, but that which moves it."""
    tester = reference.the(UpperTester)

    def make(moving: Method) -> Method:
        def ending(call: Call) -> Answer:
            answer: Answer = moving(call)
            grants = reference.tokens._grants
            kept = {text: grant for text, grant in grants.items() if grant.caller.role == "tester"}
            grants.clear()
            grants.update(kept)
            return answer

        return ending

    replace(tester, "set", make)
    replace(tester, "advance", make)


@LIBERTIES.add("token-endpoint-now-and-then-busy")
def token_endpoint_now_and_then_busy(reference: Reference) -> None:
    """Every second request for a token is answered 503 or 429."""
    asked = count(1)

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            if request.path in reference.token_endpoint.paths and (turn := next(asked)) % 2 == 1:
                return Answer(
                    429 if turn % 4 == 1 else 503, {"error": "temporarily_unavailable"}, [("Retry-After", "0")]
                )
            return await answering(request, receive)

        return answer

    replace(reference.application, "answer", make)
