"""The one door to the system under test: sends requests within the limits, and never lets more in than it should.

It goes to no other hosts than those it was opened for, follows no redirect, reads no more than `max_body_bytes`, waits
where the system says so (429, 503 with Retry-After), and turns every trouble of the network into words instead of a
verdict.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import email.utils
import re
import ssl
import time
from collections.abc import AsyncIterator, Iterable
from typing import Final, NamedTuple

from conformance.model import Response

from .connection import Broken
from .not_ready import of_network
from .pool import Origin, Pool, origin_of
from .run_file import Limits

USER_AGENT = "conformance-suite"
_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_WITHOUT_LENGTH: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "CONNECT"})
"""Methods of which nobody expects content, so that its absence need not be told (RFC 9110, 8.6)."""
_OURS: Final = frozenset({"content-length", "transfer-encoding", "connection", "upgrade", "te"})
"""Fields that say how a message is sent: the door's own affair, whatever a script says."""
_METHOD: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET: Final = re.compile(r"[!-~]*")
_TICKS: Final = 20


class Sendable(NamedTuple):
    """A request, ready for the wire."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


class Answer(NamedTuple):
    """What came back: a response, or the trouble that kept it away."""

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
    """An HTTP client for one run; use as `async with door.open():`. `urls`: it goes to their hosts and no others."""

    def __init__(self, limits: Limits, tls: ssl.SSLContext | None = None, *, urls: Iterable[str] | None = None) -> None:
        self.limits = limits
        self._tls = tls
        self._allowed = None if urls is None else frozenset(_split(url)[0] for url in urls)
        self._pace = _Pace(limits.requests_per_second)
        self._pool: Pool | None = None
        self._origins: dict[str, Origin] = {}
        self.sent = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Door]:
        """Keep connections for as long as the run goes on."""
        self._pool = pool = Pool(self.limits.connections, self.limits.max_body_bytes, self._tls)
        watch = asyncio.create_task(self._watch(pool))
        try:
            yield self
        finally:
            self._pool = None
            watch.cancel()
            pool.close()
            await asyncio.gather(watch, return_exceptions=True)

    async def _watch(self, pool: Pool) -> None:
        """Give up exchanges whose time is over. Time in which we ourselves did not get to look is not the system's."""
        loop = asyncio.get_running_loop()
        step = min(0.25, self.limits.timeout_seconds / _TICKS)
        late = 0.0
        while True:
            due = loop.time() + step
            await asyncio.sleep(step)
            now = loop.time()
            late = now - due if now - due > step else 0.0
            for connection in list(pool.open):
                if late:
                    connection.deadline += late
                elif connection.deadline < now:
                    connection.expire(self._too_slow)

    @property
    def _too_slow(self) -> str:
        return f"no complete answer within {self.limits.timeout_seconds:g} seconds"

    async def exchange(self, request: Sendable) -> Answer:
        """Send one request; where the system asks to wait, wait within `wait_seconds`, then take its word."""
        waited = 0.0
        for pause in (*_WAITS, None):
            await self._pace.turn()
            answer = await self._once(request)
            asked = _asked_to_wait(answer)
            left = self.limits.wait_seconds - waited
            if pause is None or asked is None or asked > left or left <= 0:
                return answer
            wait = max(asked, min(pause, left))
            waited += wait
            await asyncio.sleep(wait)
        raise AssertionError("the loop returns")

    async def _once(self, request: Sendable) -> Answer:
        pool = self._pool
        assert pool is not None, "open() comes first"  # noqa: S101  a mistake of ours only
        self.sent += 1
        started, clock = time.time(), time.perf_counter()
        try:
            origin, head = self._ready(request)
            response = await self._asked(pool, origin, request, head)
        except Broken as broken:
            return Answer(None, str(broken), started, time.perf_counter() - clock)
        except (OSError, ValueError) as error:
            return Answer(None, self._told(error), started, time.perf_counter() - clock)
        return Answer(response, None, started, time.perf_counter() - clock)

    async def _asked(self, pool: Pool, origin: Origin, request: Sendable, head: bytes) -> Response:
        """The answer. A request that met a connection just closed is sent once more, if that can do no harm.

        Where a request that changes something stays without a byte of an answer, nobody knows whether it was carried
        out: that is told as it is, and the script is played again with fresh values.
        """
        deadline = asyncio.get_running_loop().time() + self.limits.timeout_seconds
        headless = request.method in {"HEAD", "CONNECT"}
        while True:
            connection = pool.take_idle(origin)
            if connection is None:
                async with asyncio.timeout_at(deadline):
                    connection = await pool.take(origin)
            was_used = connection.used
            try:
                return await connection.ask(head, request.body or b"", deadline, headless=headless)
            except Broken as broken:
                if not (broken.silent and was_used):
                    raise
                pool.forget_idle(origin)
                if request.method not in _SAFE:
                    raise
            except BaseException:
                connection.close()
                raise
            finally:
                pool.give_back(origin, connection)

    def _ready(self, request: Sendable) -> tuple[Origin, bytes]:
        """Where a request goes, and its head. Raises ValueError for what cannot be sent."""
        place, target = _split(request.url)
        origin = self._origins.get(place)
        if origin is None:
            if self._allowed is not None and place not in self._allowed:
                raise ValueError("the URL is on a host that the run file does not name; nothing was sent")
            origin = self._origins[place] = origin_of(place)
        lines = [f"{request.method} {target} HTTP/1.1"]
        names = {name.lower() for name, _ in request.headers}
        if "host" not in names:
            lines.append(f"Host: {origin.authority}")
        if names.isdisjoint(_OURS):
            lines += [f"{name}: {value}" for name, value in request.headers]
        else:
            lines += [f"{name}: {value}" for name, value in request.headers if name.lower() not in _OURS]
        if request.body or request.method not in _WITHOUT_LENGTH:
            lines.append(f"Content-Length: {len(request.body or b'')}")
        head = "\r\n".join(lines)
        breaks = len(lines) - 1
        if head.count("\r") != breaks or head.count("\n") != breaks or "\0" in head:
            raise ValueError("a line break or a zero stands where none can be sent")
        if not _METHOD.fullmatch(request.method) or not _TARGET.fullmatch(target):
            raise ValueError("the method or the URL holds characters that cannot be sent")
        return origin, f"{head}\r\n\r\n".encode()

    def _told(self, error: Exception) -> str:
        """A trouble in words, the same for the same trouble."""
        if isinstance(error, TimeoutError):
            return self._too_slow
        if isinstance(error, OSError):
            return f"no connection: {of_network(error, '', self.limits.timeout_seconds).detail.en}"
        return str(error)


def _split(url: str) -> tuple[str, str]:
    """A URL's scheme and authority, and what is asked for there (RFC 9112, 3.2.1)."""
    slash = url.find("/", 8)
    if slash < 0:
        return url, "/"
    return url[:slash], url[slash:].partition("#")[0]


def _asked_to_wait(answer: Answer) -> float | None:
    """Seconds that 429 or 503 asks to wait (RFC 9110, 10.2.3), 0 where it does not say; None of any other answer."""
    if answer.response is None or answer.response.status not in {429, 503}:
        return None
    said = (answer.response.header("Retry-After") or "").strip()
    if said.isascii() and said.isdecimal():
        return float(said[:12])
    until = _date(said)
    return 0.0 if until is None else max((until - dt.datetime.now(dt.UTC)).total_seconds(), 0.0)


def _date(said: str) -> dt.datetime | None:
    """An HTTP date (RFC 9110, 5.6.7), or None."""
    try:
        found = email.utils.parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
