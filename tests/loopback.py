"""Servers on loopback for tests of the door to the system under test: any HTTP behaviour, any certificate."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Received:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]
    peer: tuple[tuple[tuple[str, str], ...], ...] = ()


@dataclass
class Server:
    """A running server: where it is, and what it received."""

    url: str
    received: list[Received] = field(default_factory=list)


Answer = Callable[["Handler", Received], None]


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the behaviour that the test gave."""

    protocol_version = "HTTP/1.1"
    answer: Answer
    server_value: Server

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        subject = peer.get("subject", ()) if peer else ()
        received = Received(self.command, self.path, dict(self.headers.items()), form, subject)  # type: ignore[arg-type]  typeshed's certificate is wider
        self.server_value.received.append(received)
        with contextlib.suppress(OSError):
            type(self).answer(self, received)

    do_GET = do_POST = _any  # noqa: N815  the names that http.server calls

    def send(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        """One whole answer; `Retry_After="1"` becomes the header Retry-After."""
        self.send_response_only(status)
        if "Date" not in headers:
            self.send_header("Date", self.date_time_string())
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the standard library
        """Say nothing."""


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Broken connections are part of the tests."""


@contextlib.contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server with one behaviour, for as long as the block lasts."""
    value = Server("")
    handler = type("_Handler", (Handler,), {"answer": staticmethod(answer), "server_value": value})
    server = _QuietServer(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    value.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield value
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Authority:
    """A certificate authority for one test; files are written into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        certificate = self._builder(self._name, self._key.public_key(), 1).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        signed = certificate.sign(self._key, hashes.SHA256())
        self.file = folder / "ca.pem"
        self.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=10))
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )

    def issue(self, name: str, host: str = "127.0.0.1", days: int = 1) -> tuple[Path, Path]:
        """Files of a certificate for a host (address or name) and of its key; negative days: expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            alternative = x509.DNSName(host)
        builder = self._builder(subject, key.public_key(), days)
        signed = builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False).sign(
            self._key, hashes.SHA256()
        )
        certificate_file, key_file = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate_file, key_file

    def server_context(self, host: str = "127.0.0.1", days: int = 1, *, asks: bool = False) -> ssl.SSLContext:
        """TLS for a server with a certificate for `host`; `asks`: clients must come with one of this authority."""
        certificate, key = self.issue("server", host, days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.file)
        return context
