"""Client assertions (RFC 7521, RFC 7523; OpenID Connect Core 9): `client_secret_jwt` and `private_key_jwt`."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from conformance.reference.clients import Client

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS: Final = {
    "client_secret_jwt": ["HS256"],
    "private_key_jwt": ["ES256", "RS256", "PS256", "EdDSA", "Ed25519"],
}
LONGEST_LIFE: Final = 3600
LEEWAY: Final = 60


class Refused(Exception):  # noqa: N818  a decision, not a fault
    """The assertion does not prove who the client is."""


class Assertions:
    """Checks assertions and remembers their ids: each may be used once."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], int] = {}

    def claimed_client(self, assertion: str) -> str:
        """The client that the assertion speaks of, not verified yet. Raises Refused."""
        try:
            claims = json.loads(jws.extract_compact(assertion.encode("ascii")).payload)
            return str(claims["iss"])
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise Refused from None

    def check(self, client: Client, assertion: str, audiences: frozenset[str], now: int) -> str:
        """The method that the assertion proved. `now` in seconds. Raises Refused."""
        method, claims = self._verified(client, assertion)
        audience = claims.get("aud")
        named = {audience} if isinstance(audience, str) else set(audience if isinstance(audience, list) else ())
        expires, starts, identifier = _number(claims.get("exp")), _number(claims.get("nbf", now)), claims.get("jti")
        if claims.get("iss") != client.id or claims.get("sub") != client.id or not named & audiences:
            raise Refused
        if expires is None or not now - LEEWAY < expires <= now + LONGEST_LIFE + LEEWAY:
            raise Refused
        if starts is None or starts > now + LEEWAY or not isinstance(identifier, str) or not identifier:
            raise Refused
        self._use(client.id, identifier, int(expires), now)
        return method

    def _verified(self, client: Client, assertion: str) -> tuple[str, dict[str, Any]]:
        for method, algorithms in ALGORITHMS.items():
            key = OctKey.import_key(client.secret) if method == "client_secret_jwt" else client.key
            if method in client.methods and key is not None:
                try:
                    return method, dict(jwt.decode(assertion, key, algorithms=algorithms).claims)
                except (JoseError, ValueError, TypeError):
                    continue
        raise Refused

    def _use(self, client: str, identifier: str, expires: int, now: int) -> None:
        if (client, identifier) in self._used:
            raise Refused
        self._used[client, identifier] = expires
        if len(self._used) > 10_000:
            self._used = {key: end for key, end in self._used.items() if end > now - LEEWAY}


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) else None
