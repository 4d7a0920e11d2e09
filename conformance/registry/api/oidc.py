"""Bearer tokens of an OpenID provider (RFC 9068, RFC 7519): who somebody is. Which role he has, accounts say.

Keys are read from the provider (OpenID Connect Discovery 1.0), or from a file where it cannot be reached from here.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from conformance.errors import UsageError
from conformance.model import Text
from conformance.registry.refusals import AGAIN_LATER, UnauthenticatedError

_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
"""Signatures with a public key alone: with others whoever can check a token could make one."""
_LEEWAY: Final = 60
_KEPT_SECONDS: Final = 600.0
_LEAST_SECONDS: Final = 30.0
_TIMEOUT: Final = 10
_LONGEST: Final = 1 << 20


class Keys(Protocol):
    """Where keys come from; `fresh` asks for them anew, as after a token with an unknown key."""

    def __call__(self, *, fresh: bool) -> KeySet:
        """The keys. Raises `UnauthenticatedError` where there are none to be had."""
        ...


class Provider:
    """One provider; `audience` is the name that its tokens for this registry bear."""

    def __init__(self, issuer: str, audience: str, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self.issuer = issuer
        self._audience = audience
        self._keys = keys
        self._clock = clock

    def subject(self, token: str) -> str:
        """Whom a token names. Raises `UnauthenticatedError` for a token that is not right in every point."""
        claims = self._claims(token)
        wanted = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            wanted.validate(claims)
        except (JoseError, TypeError, ValueError) as error:
            raise _refused(type(error).__name__) from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not subject:
            raise _refused("sub")
        return subject

    def _claims(self, token: str) -> dict[str, Any]:
        for fresh in (False, True):
            try:
                return dict(jwt.decode(token, self._keys(fresh=fresh), algorithms=list(_ALGORITHMS)).claims)
            except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
                if fresh:
                    raise _refused(type(error).__name__) from None
        raise _refused("no key")


def _refused(why: str) -> UnauthenticatedError:
    return UnauthenticatedError(
        Text("このトークンは受け付けられません。", f"the token is not accepted ({why})"),
        next_step=Text("認証基盤から新しいトークンを取得してください。", "get a new one from the provider"),
    )


def keys_of_file(path: Path) -> Keys:
    """Keys of a file in the form of RFC 7517. Raises `UsageError`."""
    try:
        known = KeySet.import_key_set(json.loads(path.read_bytes()))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"is no set of keys ({type(error).__name__})", where=str(path), next_step="give the provider's JWKS"
        ) from None

    def keys(*, fresh: bool) -> KeySet:
        return known

    return keys


class DiscoveredKeys:
    """Keys that the provider publishes; they are kept for a while, and asked for anew no oftener than is decent."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer.rstrip("/")
        self._lock = threading.Lock()
        self._known: KeySet | None = None
        self._read = -_KEPT_SECONDS
        _secure(issuer)

    def __call__(self, *, fresh: bool) -> KeySet:
        """The keys. Raises `UnauthenticatedError` where the provider gives none."""
        with self._lock:
            age = time.monotonic() - self._read
            if self._known is None or age > _KEPT_SECONDS or (fresh and age > _LEAST_SECONDS):
                try:
                    self._known = self._fetch()
                except (requests.RequestException, JoseError, ValueError, KeyError, TypeError):
                    raise UnauthenticatedError(
                        Text("現在、認証基盤の鍵を取得できません。", "the provider's keys cannot be read now"),
                        next_step=AGAIN_LATER,
                    ) from None
                self._read = time.monotonic()
            return self._known

    def _fetch(self) -> KeySet:
        told = _json(f"{self._issuer}/.well-known/openid-configuration")
        if str(told["issuer"]).rstrip("/") != self._issuer:
            raise ValueError("the provider names another issuer")
        address = str(told["jwks_uri"])
        _secure(address)
        found: Any = _json(address)
        return KeySet.import_key_set(found)


def _json(url: str) -> Mapping[str, Any]:
    with requests.get(url, timeout=_TIMEOUT, allow_redirects=False, stream=True) as answer:
        answer.raise_for_status()
        found: Any = json.loads(answer.raw.read(_LONGEST, decode_content=True))
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


def _secure(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise UsageError("is not reached by https", where=url, next_step="give the provider's https address")
