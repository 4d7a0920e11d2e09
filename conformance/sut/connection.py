"""One connection to the system under test, HTTP/1.1 (RFC 9112), one exchange at a time. What comes in is not trusted.

An answer is taken only where its end is beyond doubt: two lengths, a length beside a transfer coding, bytes after the
end, a connection or a TLS session that is broken off are troubles, and no byte of an answer can get into another.
Header fields are kept as they came, in their order. Nothing is decompressed. Trailer fields are not kept.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Final

import httptools

from conformance.model import Response

LONG: Final = 256 * 1024
"""Bytes from which on a body is a long one."""
HEADER_BOUND: Final = 128 * 1024
"""Bytes that all header fields of an answer, and of the interim answers before it, may take together."""
_PIECE: Final = 64 * 1024
_PATIENCE: Final = 0.05
"""Seconds that the head of a long request is given to be refused before its content follows: who refuses it may close
the connection at once, and what is still being sent then can destroy the answer (RFC 9112, 9.6)."""
_OVERHEAD: Final = 8
"""Bytes of framing (chunk sizes and their extensions) that each byte of a body may come with."""


class Broken(Exception):  # noqa: N818  what a system did, not an error of ours
    """There is no answer. `silent`: not one byte came."""

    def __init__(self, why: str, *, silent: bool = False) -> None:
        super().__init__(why)
        self.silent = silent


class Volume:
    """How much of long bodies a run takes in: `bound` bytes of each, some of them all in all, then only the beginning.

    Else a system all of whose answers are endless would keep a run busy for days, and fill the memory.
    """

    ANSWERS: Final = 8

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._left = self.ANSWERS * bound

    def taken(self, size: int, more: int) -> int | None:
        """Told of a body of `size` bytes so far, the last `more` of them new: where to cut it, or None to read on."""
        if size > LONG:
            self._left -= more if size - more > LONG else size
            if self._left < 0:
                return min(LONG, self._bound)
        return self._bound if size > self._bound else None


class Connection(asyncio.Protocol):
    """Sends one request after another. `lost` hears when the connection has ended, whoever ended it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lost: Callable[[Connection], None], volume: Volume) -> None:
        self._loop = loop
        self._lost = lost
        self._volume = volume
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Response] | None = None
        self._rest = memoryview(b"")
        self._paused = False
        self.deadline = 0.0
        self.idle_since = 0.0
        self.reusable = False
        self.used = False
        self._begin(headless=False)

    def _begin(self, *, headless: bool) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._body_size = self._fed = 0
        self._headless = headless
        self._head_read = self._done = self._truncated = self._chunked = self._stays = False
        self._failure: str | None = None

    def ask(self, head: bytes, body: bytes, deadline: float, *, headless: bool) -> asyncio.Future[Response]:
        """Send a request; its answer, or `Broken`, comes by the future. `headless`: the answer has no body (HEAD)."""
        self._begin(headless=headless)
        self._waiter = waiter = self._loop.create_future()
        self.deadline = deadline
        self.reusable = False
        if self._transport is None or self._transport.is_closing():
            self._fail("the connection was closed before the request was sent")
        elif len(body) <= _PIECE:
            self._transport.write(head + body if body else head)
        else:
            self._transport.write(head)
            self._rest = memoryview(body)
            self._loop.call_later(_PATIENCE, self._pump)
        return waiter

    def _pump(self) -> None:
        """Send on, piece by piece, for as long as the kernel takes it and there is no answer yet."""
        while self._rest and not self._paused and self._waiter is not None and self._transport is not None:
            piece, self._rest = self._rest[:_PIECE], self._rest[_PIECE:]
            self._transport.write(piece)

    def close(self) -> None:
        """End it, without ado."""
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    @property
    def is_open(self) -> bool:
        """Whether it can be written to, as far as anybody knows."""
        return self._transport is not None and not self._transport.is_closing()

    def expire(self, why: str) -> None:
        """Give up the exchange that is going on, if there is one."""
        if self._waiter is not None:
            self._fail(why)

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # create_connection gives one that reads and writes

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._pump()

    def data_received(self, data: bytes) -> None:
        if self._waiter is None:
            self.close()  # nobody asked: whatever it is, it is the answer to nothing
            return
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._failure = self._failure or self._told(error)
        if self._failure is not None:
            self._fail(self._failure)
        elif self._done:
            self._deliver()
        elif self._fed - self._body_size > HEADER_BOUND + _OVERHEAD * self._body_size:
            self._fail("the header fields (or the framing) of the answer are longer than is read")

    def _told(self, error: Exception) -> str:
        if self._done:
            return "more came than one answer: it is not certain where the answer ends"
        reason = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        return f"the answer is no proper HTTP/1.1 message: {reason}"

    def eof_received(self) -> None:
        self._ended(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(exc)
        self._transport = None
        self._lost(self)

    def _ended(self, error: Exception | None) -> None:
        if self._waiter is None:
            return
        if not self._fed:
            self._fail("the connection was closed before an answer came", silent=True)
        elif not self._head_read:
            self._fail("the connection was closed in the middle of the header fields")
        elif error is not None or self._has_length():
            self._fail("the connection was closed in the middle of the body")
        elif not self._tls_ended_properly():
            self._fail("the TLS session was broken off, and it is not certain that the body is complete")
        else:
            self._deliver()

    def _has_length(self) -> bool:
        """Whether the end of the body is told by the header fields, so that the end of the connection is none."""
        return any(name.lower() in {b"content-length", b"transfer-encoding"} for name, _ in self._headers)

    def _tls_ended_properly(self) -> bool:
        """Whether the other side said that it has no more to say (RFC 9112, 9.8); true where there is no TLS."""
        session = self._transport.get_extra_info("ssl_object") if self._transport is not None else None
        if session is None:
            return True
        try:
            return session.read(1) == b""  # type: ignore[no-any-return]
        except ssl.SSLZeroReturnError:
            return True
        except (ssl.SSLError, OSError, ValueError):
            return False

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._done:
            self._failure = "more came than one answer: it is not certain where the answer ends"

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_read:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200 and status != 101:
            self._headers.clear()  # an interim answer: the real one follows (RFC 9110, 15.2)
            return
        self._head_read = True
        if status == 101:
            self._failure = "the answer switches protocols (101), which nobody asked for"
        if self._fed > HEADER_BOUND and sum(len(n) + len(v) + 4 for n, v in self._headers) > HEADER_BOUND:
            self._failure = "the header fields (or the framing) of the answer are longer than is read"
        if self._headless:
            self._done = True

    def on_chunk_header(self) -> None:
        if not self._chunked:
            self._chunked = True
            codings = [value for name, value in self._headers if name.lower() == b"transfer-encoding"]
            if b",".join(codings).strip().lower() != b"chunked":
                self._failure = "the answer has a transfer coding that nobody asked for"

    def on_body(self, body: bytes) -> None:
        if self._done:
            return
        self._body.append(body)
        self._body_size += len(body)
        cut = self._volume.taken(self._body_size, len(body))
        if cut is not None:
            self._done = self._truncated = True
            self._body = [b"".join(self._body)[:cut]]

    def on_message_complete(self) -> None:
        if self._head_read:
            self._stays = not self._done and self._parser.should_keep_alive()  # the parser forgets it afterwards
            self._done = True

    # How an exchange ends.

    def _deliver(self) -> None:
        waiter, self._waiter = self._waiter, None
        parser, body = self._parser, self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self.reusable = self._stays and not self._rest and not self._paused and self.is_open
        self._rest = memoryview(b"")
        if not self.reusable:
            self.close()
        if waiter is None or waiter.done():
            return
        headers = tuple(
            [(name.decode("latin-1"), value.decode("latin-1").rstrip(" \t")) for name, value in self._headers]
        )
        version = f"HTTP/{parser.get_http_version()}"
        waiter.set_result(Response(parser.get_status_code(), headers, body, self._truncated, version))

    def _fail(self, why: str, *, silent: bool = False) -> None:
        waiter, self._waiter = self._waiter, None
        self._rest = memoryview(b"")
        self._body = []
        self.close()
        if waiter is not None and not waiter.done():
            waiter.set_exception(Broken(why, silent=silent))
