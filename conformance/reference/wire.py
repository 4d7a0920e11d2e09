"""What leaves the server, byte by byte: where a liberty of HTTP/1.1 itself is taken."""

from __future__ import annotations

import asyncio
from typing import Any


class Wire:
    """Decides how what the server has written goes out. `altered` says whether it has to be asked at all."""

    altered = False
    idle_seconds: float = 30
    """How long a connection without a request is kept."""

    def pieces(self, data: bytes) -> list[bytes]:
        """What the server wrote at once (a head, or content), in the pieces in which it goes out."""
        return [data]

    def head(self, head: bytes) -> bytes:
        """The status line and the header fields of an answer, as they go out."""
        return head


class WiredTransport:
    """A connection to whose writing the wire is asked; all else is the connection's own."""

    def __init__(self, transport: asyncio.Transport, wire: Wire) -> None:
        self._transport = transport
        self._wire = wire

    def write(self, data: bytes) -> None:
        """Writes as the wire says; a status line tells a head from content."""
        if data.startswith(b"HTTP/1."):
            data = self._wire.head(data)
        for piece in self._wire.pieces(data):
            self._transport.write(piece)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
