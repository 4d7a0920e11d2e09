"""Whether a host can be reached at all: its name, a connection, TLS."""

from __future__ import annotations

import socket
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

from .not_ready import of_network


class Origin(NamedTuple):
    """Scheme, host and port of a URL (RFC 6454)."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        return self.host == "localhost" or self.host == "::1" or self.host.startswith("127.")


def origin(url: str) -> Origin:
    """The origin of an absolute URL."""
    parts = urlsplit(url)
    return Origin(parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))


def resolve_name(to: Origin, seconds: float) -> str:
    """The addresses of the host, as text. Raises NotReadyError."""
    try:
        found = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        # UnicodeError: a label of more than 63 characters.
        raise of_network(error if isinstance(error, OSError) else socket.gaierror(), to.host, seconds) from None
    return ", ".join(sorted({str(address[4][0]) for address in found}))


def connect(to: Origin, seconds: float) -> None:
    """Open a connection and close it. Raises NotReadyError."""
    try:
        socket.create_connection((to.host, to.port), timeout=seconds).close()
    except OSError as error:
        raise of_network(error, str(to), seconds) from None


def shake_hands(to: Origin, context: ssl.SSLContext, seconds: float) -> str:
    """Open a TLS connection with the certificate verified for the host; its version. Raises NotReadyError."""
    try:
        with (
            socket.create_connection((to.host, to.port), timeout=seconds) as plain,
            context.wrap_socket(plain, server_hostname=to.host) as secured,
        ):
            return secured.version() or "TLS"
    except OSError as error:
        raise of_network(error, str(to), seconds) from None
