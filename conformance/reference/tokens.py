"""Access tokens: issued for an hour by the system's clock, opaque or as a JWT (RFC 9068), looked up by their text."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final

from joserfc import jwt
from joserfc.jwk import OctKey

from conformance.reference.calls import Caller, Request
from conformance.reference.clients import Client
from conformance.reference.clock import Clock
from conformance.reference.problems import Problem

LIFETIME: Final = 3600
_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for; times in seconds of the system's clock."""

    caller: Caller
    expires: int


class Tokens:
    """Issues tokens and tells whose a request's is."""

    def __init__(self, clock: Clock, form: str = "opaque", lifetime: int = LIFETIME) -> None:
        self.clock = clock
        self.form = form
        self.lifetime = lifetime
        self._grants: dict[str, Grant] = {}
        self._key = OctKey.generate_key(256)

    def issue(self, client: Client, scopes: frozenset[str]) -> str:
        """A new token for the client."""
        now = self.clock.micros() // 1_000_000
        expires = now + self.lifetime
        token = secrets.token_urlsafe(32) if self.form == "opaque" else self._signed(client, scopes, now, expires)
        if len(self._grants) > 10_000:
            self._grants = {text: grant for text, grant in self._grants.items() if not self.expired(grant)}
        self._grants[token] = Grant(Caller(client.id, client.role, scopes), expires)
        return token

    def _signed(self, client: Client, scopes: frozenset[str], now: int, expires: int) -> str:
        claims = {
            "iss": "conformance-reference",
            "aud": "conformance-reference",
            "sub": client.id,
            "client_id": client.id,
            "scope": " ".join(sorted(scopes)),
            "iat": now,
            "exp": expires,
            "jti": secrets.token_urlsafe(12),
        }
        return jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, self._key, algorithms=["HS256"])

    def expired(self, grant: Grant) -> bool:
        """Whether the grant's time is over, by the system's clock."""
        return self.clock.micros() // 1_000_000 >= grant.expires

    def text(self, request: Request) -> str:
        """The token of the request's Authorization header, the only place where one counts. Raises 401."""
        fields = request.all("authorization")
        match = _BEARER.fullmatch(fields[0]) if len(fields) == 1 else None
        if match is None:
            raise unauthenticated("Bearer")
        return match.group(1)

    def caller(self, request: Request) -> Caller:
        """Who calls. Raises 401 where there is no token, or none that was issued here and is still in force."""
        grant = self._grants.get(self.text(request))
        if grant is None or self.expired(grant):
            raise unauthenticated('Bearer error="invalid_token"')
        return grant.caller


def unauthenticated(challenge: str) -> Problem:
    """401 with its challenge (RFC 6750, 3)."""
    detail = "有効なアクセストークンがありません / There is no valid access token"
    return Problem(401, "unauthenticated", detail, (), (("WWW-Authenticate", challenge),))
