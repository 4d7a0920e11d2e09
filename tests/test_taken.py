"""A value that a script drew is taken in the system: the script is played again, and nothing is hidden by that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.model import Check, OtherToken, Script, Step, Trace
from conformance.play import Player
from conformance.stage import Stage
from conformance.sut.client import Door
from conformance.sut.run_file import Limits
from tests.loopback import Handler, Received, Server, serving

CREATED = {"condition": "$statusCode == 201"}
PREPARING = (Check("first", "criterion", CREATED), Check("second", "answer", {"allowed": [200]}, "COM-REQ-001"))


class _Untouched:
    """Leaves traces as they are."""

    def trace(self, trace: Trace) -> Trace:
        return trace

    def learn(self, number: str) -> None:
        """Nobody is to be protected here."""


class _NoTokens:
    def token(self, role: str, other: OtherToken | None = None) -> str:
        return ""

    def lifetime(self, role: str) -> int | None:
        return None

    def renew_all(self) -> None:
        """There are none."""

    def renewed(self, role: str, stale: str) -> bool:
        return False


def script(name: str = "script", checks: tuple[Check, ...] = PREPARING, drawn: Any = None) -> Script:
    """A person is registered, which prepares; then something is read, which is what the script is for."""
    body = {"code": drawn if drawn is not None else {"$fresh": "resident-code", "key": "a"}}
    steps = (
        Step("first", "POST", "/people", body=body, media_type="application/json"),
        Step("second", "GET", "/people"),
    )
    return Script(name, "people", "family", "title", steps, checks)


def answering(status: Callable[[int], int]) -> Iterator[Server]:
    """A server that answers its nth registration (from 0) with `status(n)`, and everything else with 200."""
    count = iter(range(10_000))

    def answer(handler: Handler, received: Received) -> None:
        handler.send(status(next(count)) if received.method == "POST" else 200, b"{}")

    with serving(answer) as server:
        yield server


def played(url: str, scripts: list[Script]) -> list[Trace]:
    """The traces of scripts, played one after the other by one player."""

    async def play() -> list[Trace]:
        door = Door(Limits(), urls=[url])
        async with door.open():
            player = Player(door, Stage({"people": url}, _NoTokens(), b"seed", {}), _Untouched())
            return [await player.script(number, each) for number, each in enumerate(scripts)]

    return asyncio.run(play())


def codes(traces: list[Trace]) -> list[str]:
    return [json.loads(trace.exchanges[0].request.body)["code"] for trace in traces]


def test_a_script_that_could_not_be_prepared_because_a_number_is_taken_is_played_again() -> None:
    """Claim: a number that somebody in the system has leaves nothing open. Stimulus: the first registration of all is
    answered 409. Expected: the script is played again with another number, to its end."""
    for server in answering(lambda nth: 409 if nth == 0 else 201):
        (trace,) = played(server.url, [script()])
        assert [exchange.response.status for exchange in trace.exchanges if exchange.response] == [201, 200]
        assert trace.stopped is None
        assert [exchange.response.status for exchange in trace.earlier if exchange.response] == [409]
        assert [received.method for received in server.received] == ["POST", "POST", "GET"]


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
def test_no_other_answer_is_asked_for_again(status: int) -> None:
    """Claim: only what is in conflict with the state of the system is played again. Stimulus: other refusals.
    Expected: one attempt."""
    for server in answering(lambda _: status):
        (trace,) = played(server.url, [script()])
        assert trace.stopped is not None
        assert len(server.received) == 1


@pytest.mark.parametrize(
    "checks",
    [
        (Check("first", "criterion", CREATED, "COM-REQ-001"),),
        (Check("first", "criterion", CREATED), Check("first", "answer", {"allowed": [201]}, "COM-REQ-001")),
    ],
)
def test_what_is_judged_is_never_asked_for_again(checks: tuple[Check, ...]) -> None:
    """Claim: a system that refuses now and then what it must take is found out. Stimulus: a 409 where a requirement is
    judged on that answer, by the criterion itself or by another check. Expected: one attempt."""
    for server in answering(lambda nth: 409 if nth == 0 else 201):
        (trace,) = played(server.url, [script(checks=checks)])
        assert [exchange.response.status for exchange in trace.exchanges if exchange.response][:1] == [409]
        assert len(server.received) == len(trace.exchanges)


def test_a_script_that_draws_nothing_is_not_played_again() -> None:
    """Claim: what would be the same again is not sent again. Stimulus: a 409 to a number that the documents give.
    Expected: one attempt."""
    for server in answering(lambda _: 409):
        played(server.url, [script(drawn="12345678901")])
        assert len(server.received) == 1


def test_a_system_that_always_refuses_is_not_asked_without_end() -> None:
    """Claim: load is bounded. Stimulus: forty scripts, all registrations answered 409. Expected: three attempts of a
    script at most, each with another number, and twenty repetitions in all."""
    for server in answering(lambda _: 409):
        traces = played(server.url, [script(f"script {number}") for number in range(40)])
        assert all(trace.stopped for trace in traces)
        assert len(server.received) == 40 + 20
        assert len(set(codes(traces))) == 40
