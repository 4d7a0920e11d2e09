"""Servers that answer with whatever bytes a test wants, whenever it wants: the system under test is not trusted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import uvloop

from conformance.sut.client import Answer, Door, Sendable
from conformance.sut.run_file import Limits


@dataclass(frozen=True)
class Asked:
    """A request as it came in: `connection` counts connections, `number` the requests on it, from 0."""

    connection: int
    number: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    raw: bytes = b""


class Wire:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Send bytes, each piece as a segment of its own where there is a pause."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            if pause:
                await asyncio.sleep(pause)

    def reset(self) -> None:
        """Break the connection off (RST)."""
        plain: socket.socket = self.writer.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def close(self) -> None:
        """Close the connection in the proper way."""
        self.writer.close()


Behaviour = Callable[[Asked, Wire], Awaitable[None]]


@dataclass
class Hostile:
    """A running server: where it is, and what it received."""

    url: str
    received: list[Asked] = field(default_factory=list)
    connections: int = 0
    open_at_once: int = 0
    _open: int = 0


def answer(status: int = 200, body: bytes = b"{}", kind: str = "application/json", **headers: str) -> bytes:
    """A proper answer; `Retry_After="1"` becomes the field Retry-After."""
    fields = {"Content-Type": kind, "Content-Length": str(len(body)), **headers}
    lines = [f"HTTP/1.1 {status} X", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def always(*pieces: bytes, close: bool = False, pause: float = 0.0) -> Behaviour:
    """The same bytes to everybody."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(*pieces, pause=pause)
        if close:
            wire.close()

    return behave


async def _request(reader: asyncio.StreamReader, connection: int, number: int, *, whole: bool) -> Asked:
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    length = int(headers.get("Content-Length", "0"))
    body = await reader.readexactly(length) if whole else b""
    return Asked(connection, number, method, target, headers, body, raw)


@contextlib.contextmanager
def serving(behave: Behaviour, tls: ssl.SSLContext | None = None, *, whole: bool = True) -> Iterator[Hostile]:
    """A server with one behaviour, for as long as the block lasts. `whole`: requests are read to their end first."""
    value = Hostile("")
    started = threading.Event()
    end: list[Callable[[], object]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection, value.connections = value.connections, value.connections + 1
        value._open += 1
        value.open_at_once = max(value.open_at_once, value._open)
        wire = Wire(reader, writer)
        try:
            for number in range(1_000_000):
                asked = await _request(reader, connection, number, whole=whole)
                value.received.append(asked)
                await behave(asked, wire)
                if writer.is_closing():
                    break
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            value._open -= 1
            writer.close()

    async def serve() -> None:
        stop = asyncio.Event()
        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        value.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)  # broken connections are part of the tests
        end.append(lambda: loop.call_soon_threadsafe(stop.set))
        started.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield value
    finally:
        end[0]()
        thread.join(10)


def get(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Sendable:
    """A request."""
    return Sendable(method, url, tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


def asked(
    *requests: Sendable, tls: ssl.SSLContext | None = None, urls: list[str] | None = None,
    together: bool = False, between: float = 0.0, **limits: float,
) -> list[Answer]:  # fmt: skip
    """The answers to requests sent through one door, one after another or all `together`."""
    given = {"timeout_seconds": 1.0, "wait_seconds": 0.3, **limits}
    door = Door(Limits(**given), tls, urls=urls)  # type: ignore[arg-type]

    async def send() -> list[Answer]:
        async with door.open():
            if together:
                return list(await asyncio.gather(*(door.exchange(request) for request in requests)))
            found = []
            for request in requests:
                found.append(await door.exchange(request))
                await asyncio.sleep(between)
            return found

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(send())
