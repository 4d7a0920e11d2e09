"""A further token of one client, fresh or of narrower scope; what is not issued is not judged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from loopback import Answer, Handler, Received, Server, serving
from test_tokens import by_secret, issue, run_file

from conformance.catalogue.service import published_service
from conformance.errors import PreflightError
from conformance.judge import Judge
from conformance.launch import RunTokens
from conformance.model import Check, OtherToken, Outcome, Script, Step, Trace
from conformance.play import Player
from conformance.stage import Stage
from conformance.sut.client import Door
from conformance.sut.not_ready import NotIssuedError
from conformance.sut.run_file import Limits, Role
from conformance.sut.secrets import SecretReference
from conformance.sut.tokens import TokenSource

NARROW = ("registry:read",)
AGAIN = {"access_token": "same", "scope": NARROW[0]}
"""What a token endpoint tells that issues one token again and again, and calls it narrower all the same."""


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_SECRET", "a secret of these tests that is long enough")


def narrowing(told: Any = ...) -> Answer:
    """A token endpoint that numbers its tokens and tells the scope that was asked for, or `told`."""
    count = iter(range(1, 1000))

    def behave(handler: Handler, received: Received) -> None:
        scope = received.form.get("scope") if told is ... else told
        answer = {"access_token": f"token-{next(count)}", "token_type": "Bearer", "expires_in": 3600, "scope": scope}
        handler.send(200, json.dumps({name: value for name, value in answer.items() if value is not None}).encode())

    return behave


def refusing(status: int, **body: str) -> Answer:
    """A token endpoint that gives one token, and then refuses."""
    given: list[Received] = []

    def behave(handler: Handler, received: Received) -> None:
        given.append(received)
        first = {"access_token": "token-1", "token_type": "Bearer"}
        handler.send(200 if len(given) == 1 else status, json.dumps(first if len(given) == 1 else body).encode())

    return behave


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(narrowing()) as found:
        yield found


def test_a_fresh_token_is_another_one_and_is_kept(server: Server) -> None:
    """Claim: a client's second token is one more of the same client, and few are asked for. Stimulus: the usual and the
    fresh token of a role, each twice. Expected: two tokens, two requests that are alike; both are told to whoever
    conceals them."""
    heard: list[str] = []
    tokens = TokenSource(run_file(server.url, by_secret(scopes=("a", "b"))), on_token=heard.append)
    assert [tokens.token("clerk", other) for other in (None, "fresh", None, "fresh")] == ["token-1", "token-2"] * 2
    assert heard == ["token-1", "token-2"]
    assert server.received[0].form == server.received[1].form


def test_the_usual_token_is_known_before_a_fresh_one_is_asked_for(server: Server) -> None:
    """Claim: fresh is what differs from the usual one, in any order. Stimulus: the fresh token first. Expected: the
    usual one has been fetched before it."""
    tokens = TokenSource(run_file(server.url, by_secret()))
    assert (tokens.token("clerk", "fresh"), tokens.token("clerk")) == ("token-2", "token-1")


def test_a_narrower_token_is_asked_for_with_its_scopes(server: Server) -> None:
    """Claim: narrower scope is asked for by RFC 6749, 3.3. Stimulus: a role with scopes of its own, one of them asked
    for. Expected: `scope` names this one alone, and the token is kept."""
    tokens = TokenSource(run_file(server.url, by_secret(scopes=("registry:read", "registry:write"))))
    assert [tokens.token("clerk", NARROW) for _ in range(2)] == ["token-2"] * 2
    assert [received.form["scope"] for received in server.received] == ["registry:read registry:write", NARROW[0]]


@pytest.mark.parametrize("told", [None, "registry:read registry:write", "", "another", 7, ["registry:read"]])
def test_a_token_that_is_not_said_to_be_narrower_is_none(told: Any) -> None:
    """Claim: nothing is concluded from a token whose scope is not known. Stimulus: an answer without `scope`, with
    more, less, another, or of another type. Expected: NotIssuedError, and no second request for it."""
    with serving(narrowing(told)) as server:
        tokens = TokenSource(run_file(server.url, by_secret()))
        for _ in range(2):
            with pytest.raises(NotIssuedError):
                tokens.token("clerk", NARROW)
        assert len(server.received) == 2


@pytest.mark.parametrize("other", ["fresh", NARROW])
@pytest.mark.parametrize(
    "behave",
    [lambda: refusing(400, error="invalid_scope"), lambda: refusing(403), lambda: issue(**AGAIN)],
    ids=["invalid_scope", "403", "the same token"],
)
def test_what_is_not_issued_is_told_and_not_asked_for_again(behave: Callable[[], Answer], other: OtherToken) -> None:
    """Claim: who gives a client one token only is in its right, and is not asked without end. Stimulus: refusals of a
    further token, the same token again. Expected: NotIssuedError both times, one request for it, and the usual token
    serves on."""
    with serving(behave()) as server:
        tokens = TokenSource(run_file(server.url, by_secret()))
        for _ in range(2):
            with pytest.raises(NotIssuedError):
                tokens.token("clerk", other)
        assert tokens.token("clerk")
        assert len(server.received) == 2


def test_a_token_endpoint_that_is_out_of_order_is_no_refusal() -> None:
    """Claim: trouble is not taken for an answer. Stimulus: 500 for the second token. Expected: a PreflightError that is
    no NotIssuedError, and it is asked for again."""
    with serving(refusing(500)) as server:
        tokens = TokenSource(run_file(server.url, by_secret()))
        for _ in range(2):
            with pytest.raises(PreflightError) as caught:
                tokens.token("clerk", "fresh")
            assert not isinstance(caught.value, NotIssuedError)
        assert len(server.received) == 3


@pytest.mark.parametrize("other", ["fresh", NARROW])
def test_a_token_of_the_run_file_has_no_other(other: OtherToken) -> None:
    """Claim: a role with a fixed token has one. Stimulus: another asked for. Expected: NotIssuedError, no request."""
    role = Role(method="bearer", secret=SecretReference(env="SUITE_SECRET"))
    with pytest.raises(NotIssuedError):
        TokenSource(run_file("http://127.0.0.1:9", role)).token("clerk", other)


def test_other_tokens_are_renewed_as_the_usual_one_is(server: Server) -> None:
    """Claim: a token that is over by the system's clock is no reason to fail. Stimulus: the clock is moved; then the
    fresh token is refused. Expected: after the first both are fetched anew, after the second the fresh one alone."""
    tokens = RunTokens(TokenSource(run_file(server.url, by_secret())), {})
    before = tokens.token("clerk"), tokens.token("clerk", "fresh")
    tokens.renew_all()
    moved = tokens.token("clerk"), tokens.token("clerk", "fresh")
    assert len({*before, *moved}) == 4
    assert tokens.renewed("clerk", moved[1])
    assert tokens.token("clerk") == moved[0]
    assert tokens.token("clerk", "fresh") not in {*before, *moved}


class _Kept:
    def trace(self, trace: Trace) -> Trace:
        return trace

    def learn(self, number: str) -> None:
        """Nobody is to be protected here."""


def script(other: OtherToken) -> Script:
    """A step with the usual token, then one with another, which a requirement is judged on."""
    steps = (
        Step("first", "GET", "/", role="clerk", service="resident-registry"),
        Step("second", "GET", "/", role="clerk", service="resident-registry", token=other),
    )
    holds = {"condition": "$statusCode == 200"}
    checks = (Check("first", "criterion", holds, "COM-SEC-005"), Check("second", "criterion", holds, "COM-SEC-004"))
    return Script("s", "resident-registry", "family", "title", steps, checks)


def played(server: Server, other: OtherToken) -> Trace:
    async def play() -> Trace:
        door = Door(Limits(), urls=[server.url])
        async with door.open():
            tokens = RunTokens(TokenSource(run_file(server.url, by_secret())), {})
            player = Player(door, Stage({"resident-registry": server.url}, tokens, b"seed", {}), _Kept())
            return await player.script(0, script(other))

    return asyncio.run(play())


def outcomes(other: OtherToken, trace: Trace) -> dict[str, Outcome]:
    judge = Judge(published_service("resident-registry", "1.0"), frozenset({"COM-SEC-004", "COM-SEC-005"}))
    return {each.requirement: each.outcome for each in judge.judge(script(other), trace)}


@pytest.mark.parametrize("other", ["fresh", NARROW])
def test_a_step_is_sent_with_the_token_that_it_asks_for(server: Server, other: OtherToken) -> None:
    """Claim: `token` of a step changes its token and nothing else. Stimulus: the same request with the usual token and
    with another. Expected: both arrive, with two tokens, and both are judged."""
    trace = played(server, other)
    sent = [received.headers["Authorization"] for received in server.received if received.method == "GET"]
    assert len(set(sent)) == len(sent) == 2
    assert not trace.not_issued
    assert outcomes(other, trace) == dict.fromkeys(("COM-SEC-004", "COM-SEC-005"), Outcome.PASS)


def test_what_needs_a_token_that_is_not_issued_is_not_judged() -> None:
    """Claim: nothing is said of a system with a token that there is none of. Stimulus: a token endpoint that issues one
    token. Expected: what was sent before is judged, what needs the other is neither failed nor open."""
    with serving(issue(**AGAIN)) as server:
        trace = played(server, "fresh")
    assert trace.not_issued
    assert "same token" in str(trace.stopped)
    assert outcomes("fresh", trace) == {"COM-SEC-005": Outcome.PASS}


def test_a_token_endpoint_out_of_order_leaves_it_open() -> None:
    """Claim: trouble on the way is not taken for what a system may do. Stimulus: the token endpoint breaks. Expected:
    what needs the other token is open."""
    count = iter(range(1000))

    def behave(handler: Handler, received: Received) -> None:
        if received.method == "GET":
            handler.send(200, b"{}")
        else:
            told = {"access_token": "token-1", "token_type": "Bearer"}
            handler.send(500 if next(count) else 200, json.dumps(told).encode())

    with serving(behave) as server:
        trace = played(server, "fresh")
    assert not trace.not_issued
    assert outcomes("fresh", trace) == {"COM-SEC-005": Outcome.PASS, "COM-SEC-004": Outcome.INCONCLUSIVE}
