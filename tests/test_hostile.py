"""Whole runs against systems that do whatever they like: the run ends, its archive is valid, its verdicts are fair."""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Call
from hostile import Asked, Wire, answer, serving
from hostile_run import PROBLEM, RESIDENT, SECRET, Ended, Run, always, checked, runner, with_tokens
from loopback import Authority
from test_cli_errors import RUN_FILE

from conformance.archive import EVIDENCE, read_evidence
from conformance.launch import Published, prepare, start
from conformance.plan import Filters
from conformance.sut.run_file import load


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        answer() + answer(),
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_no_answer_is_no_verdict(raw: bytes, run: Run) -> None:
    """Claim: the network's trouble fails nothing. Stimulus: connections reset or closed before, in the middle of
    header fields and body; answers without a certain end; 1 MB of fields. Expected: inconclusive, nothing failed."""

    async def behave(asked: Asked, wire: Wire) -> None:
        if raw:
            await wire.send(raw)
        wire.reset() if len(server_count) % 2 and len(raw) < 1000 else wire.close()
        server_count.append(1)

    server_count: list[int] = []
    ended = run(behave, requests=3)
    assert (ended.code, ended.having("fail")) == (3, set())
    assert ended.troubles
    assert ended.result.footer["scripts"]["troubled"] == ended.result.footer["scripts"]["played"]


@pytest.mark.parametrize(
    "pieces", [(b"HTTP/1.1 200 OK\r\nA: ", b"a"), (answer(body=b"x" * 9999)[:-9999], b"b"), (b"", b"")]
)
def test_who_drips_is_given_up(pieces: tuple[bytes, bytes], run: Run) -> None:
    """Claim: every exchange is bounded. Stimulus: header fields or a body that drip in without end, or nothing at all.
    Expected: inconclusive, nothing failed."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(pieces[0])
        while True:
            await wire.send(pieces[1], pause=0.02)

    ended = run(behave, requests=2, timeout_seconds=0.1)
    assert (ended.code, ended.having("fail")) == (3, set())
    assert ended.troubles == {"no complete answer within 0.1 seconds"}


def test_redirects_lead_nowhere(run: Run) -> None:
    """Claim: only hosts of the run file are contacted. Stimulus: redirects, Location and Link fields and members with
    URLs that lead to another host. Expected: nothing arrives there; a redirect is not followed."""

    async def elsewhere(asked: Asked, wire: Wire) -> None:
        await wire.send(answer())

    with serving(elsewhere) as other:

        async def behave(asked: Asked, wire: Wire) -> None:
            body = json.dumps({name: f"{other.url}/{name}" for name in ("id", "household_id", "next")} | {
                "resident_ids": [f"{other.url}/r", "//x@" + other.url.removeprefix("http://")]
            }).encode()  # fmt: skip
            status = 307 if len(server_count) % 2 else 201
            server_count.append(1)
            await wire.send(answer(status, body, Location=f"{other.url}/new", Link=f'<{other.url}/n>; rel="next"'))

        server_count: list[int] = []
        ended = run(behave, requests=40)
    assert other.connections == 0
    assert all(one.target.startswith("/v1/") for one in ended.server.received)


@pytest.mark.parametrize(
    "when",
    [lambda: "1", lambda: email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1), usegmt=True)],
)
@pytest.mark.parametrize("status", [429, 503])
def test_who_is_busy_for_a_while_is_waited_for(when: Callable[[], str], status: int, run: Run) -> None:
    """Claim: 429 and 503 with Retry-After are obeyed. Stimulus: a refusal for load, once. Expected: no exchange of the
    evidence has that status, and the request came again not before it was asked to."""

    async def behave(asked: Asked, wire: Wire) -> None:
        busy = len([one for one in times if one[0] == asked.raw]) == 0
        times.append((asked.raw, asyncio.get_running_loop().time()))
        await wire.send(answer(status, Retry_After=when()) if busy else answer(404, b"{}", PROBLEM))

    times: list[tuple[bytes, float]] = []
    ended = run(behave, requests=1, wait_seconds=3)
    kept = [
        e.response.status for _, t in read_evidence(ended.result.folder / EVIDENCE) for e in t.exchanges if e.response
    ]
    assert kept == [404]
    assert len(times) == 2


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, b"<h1>later</h1>", "text/html"),
        (503, b"", PROBLEM),
        (429, b'{"type":"x","title":"x","status":429,"code":"too_many_requests"}', PROBLEM),
    ],
)
def test_who_is_busy_for_good_is_not_judged(status: int, body: bytes, kind: str, run: Run) -> None:
    """Claim: load is no failure. Stimulus: every request is refused for load, longer than is waited. Expected: nothing
    failed that is about what was asked; the run is incomplete."""
    ended = run(
        always(
            answer(status, body, kind, Retry_After="900", Cache_Control="no-store", X_Content_Type_Options="nosniff")
        )
    )
    assert (ended.code, ended.having("fail")) == (3, set())


def test_a_token_that_expires_is_renewed(run: Run) -> None:
    """Claim: tokens may expire in the middle of a run. Stimulus: each serves for eight requests, then 401. Expected:
    renewed, the script played again with the new token, hardly a 401 in the evidence, a token fetched once for each."""
    served: dict[str, int] = {}

    async def behave(asked: Asked, wire: Wire) -> None:
        token = asked.headers.get("Authorization", "")
        served[token] = served.get(token, 0) + 1
        await wire.send(answer(401 if served[token] > 8 else 201, json.dumps(RESIDENT).encode()))

    ended = run(behave, requests=40, connections=2, operations=("registerMoveIn",))
    kept = [
        e.response.status
        for _, t in read_evidence(ended.result.folder / EVIDENCE)
        for e in t.exchanges
        if e.response and e.role == "clerk" and any(v == "Bearer [dropped]" for _, v in e.request.headers)
    ]
    assert len(served) > 3
    assert kept.count(401) <= len(kept) // 10
    assert ended.tokens <= len(served) + 2


def test_a_token_that_is_good_again_at_once_had_not_ended(run: Run) -> None:
    """Claim: a refusal of a token that lasts is the system's answer. Stimulus: every tenth request 401, the same one
    once more 201. Expected: each 401 is judged, and no token is fetched for it."""
    refused: set[str] = set()
    asked_for = [0]

    async def behave(asked: Asked, wire: Wire) -> None:
        key = asked.headers.get("Idempotency-Key", "")
        asked_for[0] += key not in refused
        now = bool(key) and asked_for[0] % 10 == 0 and key not in refused
        if now:
            refused.add(key)
        await wire.send(answer(401 if now else 201, json.dumps(RESIDENT).encode()))

    ended = run(behave, requests=60, connections=1, operations=("registerMoveIn",))
    kept = [
        exchange.response.status
        for _, trace in read_evidence(ended.result.folder / EVIDENCE)
        for exchange in trace.exchanges
        if exchange.response and exchange.role == "clerk"
    ]
    assert refused
    assert kept.count(401) >= len(refused)
    assert ended.code == 1


def test_a_token_whose_time_is_over_is_renewed_before_it_is_sent(run: Run) -> None:
    """Claim: `expires_in` is obeyed. Stimulus: tokens that live for a moment. Expected: several, each accepted."""
    ended = run(always(answer(201, json.dumps(RESIDENT).encode())), requests=20, life=0.001, connections=1)
    assert ended.tokens > 5


def test_a_token_that_is_always_refused_is_not_renewed_for_ever(run: Run) -> None:
    """Claim: nothing is endless. Stimulus: an operation that answers 401 to tokens that serve elsewhere.
    Expected: a handful of tokens, no more; each 401 is judged."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(answer(401 if asked.method == "GET" else 201, json.dumps(RESIDENT).encode(), PROBLEM))

    partly = run(behave, requests=60)
    assert partly.tokens <= 8
    assert partly.code == 1


def test_a_token_endpoint_that_breaks_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: no token, no verdict. Stimulus: a token endpoint that gives one token of a short life and then errors, or
    redirects to another host. Expected: the run ends, nothing failed for it, no secret goes elsewhere."""
    monkeypatch.setenv(*next(iter(SECRET.items())))
    with serving(always(answer())) as other:

        async def behave(asked: Asked, wire: Wire) -> None:
            if asked.target != "/token":
                await wire.send(answer(404, b"{}", PROBLEM))
            else:
                given.append(1)
                token = {"access_token": "access-token-0000", "token_type": "Bearer", "expires_in": 0}
                fine = answer(body=json.dumps(token).encode())
                await wire.send(fine if len(given) == 1 else answer(307, b"", Location=other.url))

        given: list[int] = []
        with serving(behave) as server:
            path = tmp_path / "conformance.toml"
            path.write_text(RUN_FILE.replace("http://127.0.0.1:9", server.url), "utf-8")
            prepared = prepare(load(path, Published()), Filters(operations=("registerMoveIn",), max_requests=6), "seed")
            ended = checked(prepared, Ended(start(prepared, tmp_path / "run"), server, len(given)))
    assert other.connections == 0
    assert len(ended.having("inconclusive")) >= 3


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_tls_that_is_wrong_or_broken_off(
    host: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claim: nobody is talked to who is not who he should be. Stimulus: a certificate for another host; TLS sessions
    that are broken off in the middle of the answer. Expected: exit code 3, nothing failed, strangers hear nothing."""
    monkeypatch.setenv(*next(iter(SECRET.items())))
    authority = Authority(tmp_path)

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(answer(body=b"x" * 5000)[:-4000], pause=0.01)
        wire.writer.transport.abort()

    with serving(with_tokens(always(answer()))) as tokens, serving(behave, authority.server_context(host)) as server:
        text = RUN_FILE.replace("http://127.0.0.1:9/v1", server.url + "/v1").replace("http://127.0.0.1:9", tokens.url)
        (tmp_path / "c.toml").write_text(text + f'[tls]\nca_file = "{authority.file}"\n', "utf-8")
        code, out, _ = call("run", "-f", str(tmp_path / "c.toml"), "--no-preflight", "--max-requests", "4", "-o", "run")
    assert code == 3
    assert "network trouble" in out
    assert bool(server.received) is (host == "127.0.0.1")
