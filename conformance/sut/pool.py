"""The connections of one run: no more at a time than the run file allows, kept open for a while, one asker on each."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from .connection import Connection, Volume

IDLE_SECONDS: Final = 2.0
"""How long an unused connection is kept: less than servers usually do, so that few close one just as it is used."""
_NAME_SECONDS: Final = 600.0
_ADDRESS_SECONDS: Final = 3.0
"""How long one address of a name may keep the others waiting."""
_FORBIDDEN: Final = frozenset("@?#\\ ")


class Origin(NamedTuple):
    """Where connections go to."""

    host: str
    port: int
    secured: bool
    authority: str
    """As the Host field has it."""


def origin_of(text: str) -> Origin:
    """The origin that the beginning of a URL, up to its path, names. Raises ValueError."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _FORBIDDEN.isdisjoint(text):
        raise ValueError("the URL names no host to send it to")
    host = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
    secured = parts.scheme == "https"
    port = parts.port or (443 if secured else 80)
    shown = f"[{host}]" if ":" in host else host
    return Origin(host, port, secured, shown if port == (443 if secured else 80) else f"{shown}:{port}")


class Pool:
    """Lends connections. Whoever took one gives it back, whatever happened to it."""

    def __init__(self, limit: int, bound: int, tls: ssl.SSLContext | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._volume = Volume(bound)
        self._tls = tls
        self._limit = self._free = max(1, limit)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idle: dict[Origin, list[Connection]] = {}
        self._addresses: dict[Origin, tuple[float, list[str]]] = {}
        self.open: set[Connection] = set()

    def take_idle(self, origin: Origin) -> Connection | None:
        """An open connection that nobody uses, if there is one and it is this asker's turn."""
        connection = self._unused(origin) if self._free > 0 else None
        if connection is not None:
            self._free -= 1
        return connection

    async def take(self, origin: Origin) -> Connection:
        """A connection, when it is this asker's turn. Raises OSError (TLS and names included)."""
        await self._turn()
        try:
            return self._unused(origin) or await self._connected(origin)
        except BaseException:
            self._next()
            raise

    def _unused(self, origin: Origin) -> Connection | None:
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.is_open and self._loop.time() - connection.idle_since < IDLE_SECONDS:
                return connection
            connection.close()
        return None

    async def _turn(self) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn = self._loop.create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next()
            raise

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection for the next asker, if it can be used again."""
        if connection.reusable and connection.is_open:
            connection.idle_since = self._loop.time()
            connection.used = True
            self._idle.setdefault(origin, []).append(connection)
        else:
            connection.close()
        self._next()

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def forget_idle(self, origin: Origin) -> None:
        """Close what is unused: the server seems to have closed its ends."""
        for connection in self._idle.pop(origin, ()):
            connection.close()

    def close(self) -> None:
        """End everything."""
        for connection in list(self.open):
            connection.close()
        self._idle.clear()

    def _lost(self, connection: Connection) -> None:
        self.open.discard(connection)
        for idle in self._idle.values():
            if connection in idle:
                idle.remove(connection)

    async def _connected(self, origin: Origin) -> Connection:
        if len(self.open) >= self._limit:
            for other in [*self._idle]:
                self.forget_idle(other)
        addresses = await self._resolved(origin)
        for place, address in enumerate(addresses):
            last = place == len(addresses) - 1
            try:
                async with asyncio.timeout(None if last else _ADDRESS_SECONDS):
                    connection = await self._opened(origin, address)
            except ssl.SSLError:
                raise
            except OSError:  # TimeoutError is one
                if last:
                    raise
                continue
            if place:
                addresses.insert(0, addresses.pop(place))
            return connection
        raise OSError("the name has no address")

    async def _opened(self, origin: Origin, address: str) -> Connection:
        _, connection = await self._loop.create_connection(
            lambda: Connection(self._loop, self._lost, self._volume),
            address,
            origin.port,
            ssl=self._context() if origin.secured else None,
            server_hostname=origin.host if origin.secured else None,
        )
        self.open.add(connection)
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    async def _resolved(self, origin: Origin) -> list[str]:
        until, addresses = self._addresses.get(origin, (0.0, []))
        if self._loop.time() >= until:
            found = await self._loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(address[4][0]) for address in found))
            self._addresses[origin] = (self._loop.time() + _NAME_SECONDS, addresses)
        return addresses
