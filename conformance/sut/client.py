"""The one door to the system under test: sends requests within the limits, and never lets more in than it should.

It follows no redirect, reads no more than `max_body_bytes`, waits where the system says so (429, 503 with
Retry-After), and turns every trouble of the network into words instead of a verdict.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from typing import NamedTuple

import aiohttp
from yarl import URL

from conformance.model import Response
from conformance.sut.run_file import Limits

USER_AGENT = "conformance-suite"
_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)


class Sendable(NamedTuple):
    """A request, ready for the wire."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


class Answer(NamedTuple):
    """What came back: a response, or the trouble that kept it away. `refused` says that nothing was processed."""

    response: Response | None
    trouble: str | None
    started: float
    elapsed: float


class _Pace:
    """Lets requests through at no more than a given rate."""

    def __init__(self, rate: float) -> None:
        self._gap = 1.0 / rate if rate > 0 else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        if not self._gap:
            return
        now = time.monotonic()
        self._next = max(self._next + self._gap, now)
        if self._next > now:
            await asyncio.sleep(self._next - now)


class Door:
    """An HTTP client for one run; use as `async with door.open():`."""

    def __init__(self, limits: Limits, tls: ssl.SSLContext | None = None) -> None:
        self.limits = limits
        self._tls = tls
        self._pace = _Pace(limits.requests_per_second)
        self._session: aiohttp.ClientSession | None = None
        self.sent = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Door]:
        """Keep connections for as long as the run goes on."""
        connector = aiohttp.TCPConnector(
            limit=self.limits.connections,
            ssl=self._tls if self._tls is not None else True,
            keepalive_timeout=2.0,
            ttl_dns_cache=600,
        )
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self.limits.timeout_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
        ) as session:
            self._session = session
            try:
                yield self
            finally:
                self._session = None

    async def exchange(self, request: Sendable) -> Answer:
        """Send one request; where the system asks to wait, wait within `wait_seconds`, then take its word."""
        waited = 0.0
        for pause in (*_WAITS, None):
            await self._pace.turn()
            answer = await self._once(request)
            wait = _asked_to_wait(answer, pause)
            if wait is None or waited + wait > self.limits.wait_seconds:
                return answer
            waited += wait
            await asyncio.sleep(wait)
        raise AssertionError("the loop returns")

    async def _once(self, request: Sendable) -> Answer:
        assert self._session is not None, "open() comes first"  # noqa: S101  a mistake of ours only
        self.sent += 1
        started, clock = time.time(), time.perf_counter()
        try:
            async with self._session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
            ) as reply:
                body, truncated = await self._read(reply)
                headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.raw_headers)
                response = Response(reply.status, headers, body, truncated)
            return Answer(response, None, started, time.perf_counter() - clock)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, _told(error, self.limits), started, time.perf_counter() - clock)

    async def _read(self, reply: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        bound = self.limits.max_body_bytes
        if reply.content_length is not None and reply.content_length <= bound:
            return await reply.read(), False
        parts, size = [], 0
        async for chunk in reply.content.iter_any():
            parts.append(chunk)
            size += len(chunk)
            if size > bound:
                reply.close()
                return b"".join(parts)[:bound], True
        return b"".join(parts), False


def _asked_to_wait(answer: Answer, pause: float | None) -> float | None:
    if pause is None or answer.response is None or answer.response.status not in {429, 503}:
        return None
    said = answer.response.header("Retry-After") or ""
    return max(float(said), 0.05) if said.isdecimal() else pause


def _told(error: Exception, limits: Limits) -> str:
    if isinstance(error, TimeoutError):
        return f"no complete answer within {limits.timeout_seconds:g} seconds"
    name = type(error).__name__
    detail = str(error).splitlines()[0][:200] if str(error) else ""
    return f"{name}: {detail}" if detail else name
