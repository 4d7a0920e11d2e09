"""The token endpoint (RFC 6749, 4.4): client credentials, five ways to prove who the client is."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from cryptography import x509

from conformance.reference.assertions import TYPE, Assertions, Refused
from conformance.reference.calls import Answer, Request
from conformance.reference.clients import Client, Clients
from conformance.reference.tokens import Tokens

PATH: Final = "/oauth/token"
_FORM: Final = "application/x-www-form-urlencoded"
_LIMIT: Final = 64 * 1024

Form = dict[str, str]


class OAuthError(Exception):
    """An error of RFC 6749, 5.2."""

    def __init__(self, code: str, status: int = 400, challenge: str | None = None) -> None:
        super().__init__(code)
        self.code, self.status, self.challenge = code, status, challenge


class TokenEndpoint:
    """Answers `POST /oauth/token`, also where the documents' relative `tokenUrl` leads from a base URL."""

    def __init__(self, clients: Clients, tokens: Tokens, services: Iterable[str]) -> None:
        self.clients = clients
        self.tokens = tokens
        self.assertions = Assertions()
        self.paths = frozenset({PATH, *(f"/{service}{PATH}" for service in services)})

    async def answer(self, request: Request, read_body: Callable[[int], Awaitable[bytes | None]]) -> Answer:
        """The answer to a request at the token endpoint."""
        headers = [("Cache-Control", "no-store"), ("Pragma", "no-cache")]
        if request.method != "POST":
            return Answer(405, {"error": "invalid_request"}, [*headers, ("Allow", "POST")])
        try:
            raw = await read_body(_LIMIT)
            return Answer(200, self.grant(request, _form(request, raw)), headers)
        except OAuthError as error:
            if error.challenge is not None:
                headers.append(("WWW-Authenticate", error.challenge))
            return Answer(error.status, {"error": error.code}, headers)

    def grant(self, request: Request, form: Form) -> dict[str, str | int]:
        """The token answer (RFC 6749, 5.1). Raises OAuthError."""
        client = self.client(request, form)
        if form.get("grant_type") != "client_credentials":
            raise OAuthError("unsupported_grant_type" if form.get("grant_type") else "invalid_request")
        asked = frozenset(form.get("scope", "").split())
        if not asked <= client.scopes:
            raise OAuthError("invalid_scope")
        scopes = asked or client.scopes
        return {
            "access_token": self.tokens.issue(client, scopes),
            "token_type": "Bearer",
            "expires_in": self.tokens.lifetime,
            "scope": " ".join(sorted(scopes)),
        }

    def client(self, request: Request, form: Form) -> Client:
        """The client, proved by exactly one method. Raises OAuthError `invalid_client`."""
        basic = request.joined("authorization")
        used = [basic is not None, "client_secret" in form, "client_assertion" in form]
        if sum(used) > 1:
            raise OAuthError("invalid_request")
        if basic is not None:
            return self._by_basic(basic)
        if "client_assertion" in form:
            return self._by_assertion(request, form)
        client = self.clients.by_id.get(form.get("client_id", ""))
        if client is None:
            raise OAuthError("invalid_client", 401, 'Basic realm="token"')
        if "client_secret" in form:
            return _proved(client, "client_secret_post", form["client_secret"])
        return _by_certificate(client, request.certificate)

    def _by_basic(self, field: str) -> Client:
        scheme, _, encoded = field.partition(" ")
        try:
            text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8", "strict")
        except (binascii.Error, ValueError):
            text = ""
        name, _, secret = text.partition(":")
        client = self.clients.by_id.get(unquote_plus(name))
        if scheme.lower() != "basic" or client is None:
            raise OAuthError("invalid_client", 401, 'Basic realm="token"')
        return _proved(client, "client_secret_basic", unquote_plus(secret))

    def _by_assertion(self, request: Request, form: Form) -> Client:
        try:
            if form.get("client_assertion_type") != TYPE:
                raise Refused
            assertion = form["client_assertion"]
            client = self.clients.by_id.get(self.assertions.claimed_client(assertion))
            if client is None or form.get("client_id", client.id) != client.id:
                raise Refused
            # Real time: an assertion proves who is there now, and the client knows nothing of a clock under test.
            self.assertions.check(client, assertion, self.audiences(request), int(time.time()))
        except Refused:
            raise OAuthError("invalid_client", 401, 'Basic realm="token"') from None
        return client

    def audiences(self, request: Request) -> frozenset[str]:
        """What an assertion may name as its audience: the URL of the token endpoint, as the client reached it."""
        host = request.joined("host") or ""
        return frozenset(f"{scheme}://{host}{path}" for scheme in ("http", "https") for path in self.paths)


def _form(request: Request, raw: bytes | None) -> Form:
    kind = (request.joined("content-type") or "").partition(";")[0].strip().lower()
    if raw is None or kind != _FORM:
        raise OAuthError("invalid_request")
    try:
        pairs = parse_qsl(raw.decode("utf-8", "strict"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise OAuthError("invalid_request") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request")
    return {name: value for name, value in form.items() if value}


def _proved(client: Client, method: str, secret: str) -> Client:
    right = hmac.compare_digest(client.secret.encode(), secret.encode("utf-8", "surrogatepass"))
    if method not in client.methods or not right:
        raise OAuthError("invalid_client", 401, 'Basic realm="token"')
    return client


def _by_certificate(client: Client, certificate: bytes | None) -> Client:
    """RFC 8705, 2.1: the TLS server has verified the chain; the subject has to be the registered one."""
    if certificate is not None and client.tls_subject is not None and "tls_client_auth" in client.methods:
        subject = x509.load_der_x509_certificate(certificate).subject.rfc4514_string()
        if hmac.compare_digest(subject.encode(), client.tls_subject.encode()):
            return client
    raise OAuthError("invalid_client", 401, 'Basic realm="token"')
