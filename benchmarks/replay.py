"""The bare replay: the requests of an archive again, with the suite's HTTP client and nothing else.

`python -m benchmarks.replay CLIENT RUN_FILE ARCHIVE`, where CLIENT is `aiohttp` (a plain session with the settings of
the suite's door) or `door` (the door itself). Values are bound already and tokens fetched before; no template is
filled in, nothing is kept, made unreadable, written or judged. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import uvloop
from yarl import URL

from conformance.archive import EVIDENCE, read_evidence
from conformance.launch import Published
from conformance.model import Exchange
from conformance.sut.client import Door, Sendable
from conformance.sut.redaction import DROPPED
from conformance.sut.run_file import Limits, RunFile, load
from conformance.sut.tokens import TokenSource

Sent = tuple[Sendable, int]
"""A request, and the status that it was answered with when the evidence was made."""
Send = Callable[[Sendable], Awaitable[int]]


def requests_of(archive: Path, run_file: RunFile) -> list[list[Sent]]:
    """The requests of an archive by script, for the server of a run file, with tokens of that server."""
    service = next(iter(run_file.services.values()))
    parts = urlsplit(service.base_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    tokens = TokenSource(run_file)
    return [
        [_again(exchange, origin, run_file, tokens) for exchange in trace.exchanges]
        for _, trace in read_evidence(archive / EVIDENCE)
    ]


def _again(exchange: Exchange, origin: str, run_file: RunFile, tokens: TokenSource) -> Sent:
    request = exchange.request
    url = origin + "/" + request.url.split("/", 3)[3]
    headers = request.headers
    if exchange.role in run_file.auth.roles:
        bearer = f"Bearer {tokens.token(exchange.role)}"
        headers = tuple((name, bearer if value == f"Bearer {DROPPED}" else value) for name, value in headers)
    status = exchange.response.status if exchange.response else 0
    return Sendable(request.method, url, headers, request.body or None), status


def plain(session: aiohttp.ClientSession) -> Send:
    """Sends through a plain session and reads the answer."""

    async def send(request: Sendable) -> int:
        async with session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
        ) as reply:
            await reply.read()
            return reply.status

    return send


def through(door: Door) -> Send:
    """Sends through the suite's door."""

    async def send(request: Sendable) -> int:
        answer = await door.exchange(request)
        return answer.response.status if answer.response else 0

    return send


def session_of(limits: Limits) -> aiohttp.ClientSession:
    """A session with the settings that the suite's door has."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=limits.connections, keepalive_timeout=2.0, ttl_dns_cache=600),
        timeout=aiohttp.ClientTimeout(total=limits.timeout_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        max_line_size=64 * 1024,
        max_field_size=64 * 1024,
    )


async def _work(send: Send, scripts: Iterator[list[Sent]]) -> tuple[int, int]:
    """Scripts one after another, as each worker of the player does: requests sent, and those answered as before."""
    sent = same = 0
    for script in scripts:
        for request, status in script:
            try:
                same += await send(request) == status
            except aiohttp.ClientError:
                continue
            finally:
                sent += 1
    return sent, same


async def replay(client: str, scripts: list[list[Sent]], limits: Limits) -> dict[str, Any]:
    """Send all; wall and CPU seconds count from the first request to the last answer."""
    queue = iter(scripts)
    clock, cpu = time.perf_counter(), time.process_time()
    if client == "door":
        async with Door(limits).open() as door:
            done = await asyncio.gather(*(_work(through(door), queue) for _ in range(limits.connections)))
    else:
        async with session_of(limits) as session:
            done = await asyncio.gather(*(_work(plain(session), queue) for _ in range(limits.connections)))
    return {
        "exchanges": sum(sent for sent, _ in done),
        "same_status": sum(same for _, same in done),
        "wall_seconds": round(time.perf_counter() - clock, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def main(client: str, run_file: str, archive: str) -> int:
    """Read, send, tell."""
    loaded = load(Path(run_file), Published())
    scripts = requests_of(Path(archive), loaded)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told = runner.run(replay(client, scripts, loaded.limits))
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
