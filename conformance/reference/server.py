"""Serves a reference on a port: uvicorn with httptools, TLS with client certificates where it is asked for."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from conformance.reference.problems import Problem
from conformance.reference.strict_json import encode
from conformance.reference.wire import WiredTransport

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@dataclass(frozen=True)
class Tls:
    """Certificate and key of the server, and the authority whose client certificates it accepts."""

    certificate: Path
    key: Path
    client_authority: Path | None = None


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 that hands the client's certificate to the application, and answers broken HTTP with a problem."""

    _certificate: bytes | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the parent
        wire = self.config.app.reference.wire  # type: ignore[union-attr]  # the application given in _config
        super().connection_made(WiredTransport(transport, wire) if wire.altered else transport)  # type: ignore[arg-type]
        tls = transport.get_extra_info("ssl_object")
        self._certificate = None if tls is None else tls.getpeercert(binary_form=True)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._certificate is not None:
            extensions: dict[str, Any] = {"tls": {"client_certificate": self._certificate}}
            self.scope["extensions"] = extensions

    def send_400_response(self, msg: str) -> None:
        """Answers a request that is not HTTP."""
        problem = Problem(400, "invalid_request", "HTTPの要求として読めません / Not an HTTP request")
        body = encode(problem.json({"invalid_request": "要求が仕様に合わない / The request does not fit"}))
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n"
            f"x-content-type-options: nosniff\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()


class RunningServer:
    """A server in a thread of this process. Use as a context manager, or call `stop`."""

    def __init__(self, reference: Reference, host: str = "127.0.0.1", port: int = 0, tls: Tls | None = None) -> None:
        self.reference = reference
        self._socket = listen(host, port)
        self._server = uvicorn.Server(_config(reference, tls))
        self.scheme = "http" if tls is None else "https"
        self.origin = f"{self.scheme}://{host}:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, name="reference", daemon=True)
        started = threading.Event()
        self._announce_to(started.set)
        self._thread.start()
        if not started.wait(30):
            raise TimeoutError("the reference did not start within 30 seconds")

    def url(self, service: str) -> str:
        """The base URL of a service."""
        return f"{self.origin}/{service}/v1"

    @property
    def token_url(self) -> str:
        """The URL of the token endpoint."""
        return f"{self.origin}/oauth/token"

    def end(self) -> None:
        """Asks the server to stop, and does not wait."""
        self._server.should_exit = True

    def stop(self) -> None:
        """Stops the server and waits until it has ended."""
        self.end()
        self._thread.join(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        with self._socket:
            self._server.run(sockets=[self._socket])

    def _announce_to(self, tell: Callable[[], None]) -> None:
        _on_startup(self._server, tell)


def serve(
    reference: Reference,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: Tls | None = None,
    announce: Callable[[str], None] = lambda origin: None,
) -> None:
    """Serves in this thread until a signal ends it. `announce` gets the origin once connections are accepted."""
    with listen(host, port) as listening:
        server = uvicorn.Server(_config(reference, tls))
        scheme = "http" if tls is None else "https"
        origin = f"{scheme}://{host}:{listening.getsockname()[1]}"
        _on_startup(server, lambda: announce(origin))
        server.run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(512)
    return listening


def _config(reference: Reference, tls: Tls | None) -> uvicorn.Config:
    options: dict[str, Any] = {}
    if tls is not None:
        options = {"ssl_certfile": str(tls.certificate), "ssl_keyfile": str(tls.key)}
        if tls.client_authority is not None:
            options |= {"ssl_ca_certs": str(tls.client_authority), "ssl_cert_reqs": ssl.CERT_OPTIONAL}
    return uvicorn.Config(
        reference.application,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=reference.wire.idle_seconds,  # type: ignore[arg-type]  # it is only handed to call_later
        timeout_graceful_shutdown=1,
        **options,
    )


def _on_startup(server: uvicorn.Server, tell: Callable[[], None]) -> None:
    original = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await original(sockets)
        tell()

    server.startup = startup  # type: ignore[method-assign]  # uvicorn has no hook of its own
