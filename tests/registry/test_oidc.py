"""Tokens of an OpenID provider: who somebody is, and never which role he has."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from conformance.registry.accounts import Wanted, add_account
from conformance.registry.actors import Role
from conformance.registry.api.application import application
from conformance.registry.api.oidc import Provider
from conformance.registry.office import Office
from conformance.registry.refusals import UnauthenticatedError
from registry.asking import Asking
from registry.people import World
from tests.serving import served

ISSUER, AUDIENCE = "https://login.example.jp", "registry"
KEY = ECKey.generate_key("P-256", {"kid": "1"})


def token(claims: dict[str, Any] | None = None, key: Any = KEY) -> str:
    now = int(time.time())
    told = {"iss": ISSUER, "aud": AUDIENCE, "sub": "person-1", "exp": now + 300, "iat": now, **(claims or {})}
    kept = {name: value for name, value in told.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "1"}, kept, key, ["ES256"])


def provider() -> Provider:
    known = KeySet.import_key_set({"keys": [KEY.as_dict(private=False)]})
    return Provider(ISSUER, AUDIENCE, lambda *, fresh: known)


def test_a_providers_token_says_who_and_never_which_role(office: Office, world: World) -> None:
    """Claim: the role is the account's. Stimulus: a right token of an enrolled person that claims to be administrator;
    of one who is not enrolled. Expected: the role of the account; 401."""
    wanted = Wanted("person", Role.ASSESSOR, issuer=ISSUER, subject="person-1")
    assert add_account(office, world["administrator"], wanted)[1] is None
    with served(application(office, provider())) as url:
        me = Asking(url, token({"role": "administrator", "roles": ["administrator"]}))("GET", "/me")
        assert me.json()["role"] == "assessor"
        assert Asking(url, token({"sub": "person-2"}))("GET", "/me").status_code == 401
        assert Asking(url, world.tokens["vendor"])("GET", "/me").json()["role"] == "vendor"


def test_tokens_that_are_not_right_are_refused() -> None:
    """Claim: a token is right in every point or of no use. Stimulus: another issuer, audience, key, algorithm, no
    signature, expired, not yet valid, without subject or end, changed. Expected: refused, every one."""
    now = int(time.time())
    other = ECKey.generate_key("P-256", {"kid": "1"})
    public = KEY.as_pem(private=False)
    none = ".".join([_b64(b'{"alg":"none"}'), token().split(".")[1], ""])
    wrong = [
        token({"iss": "https://evil.example"}), token({"aud": "other"}), token({"aud": None}),
        token({"exp": now - 120}),
        token({"exp": None}), token({"nbf": now + 600}), token({"sub": None}), token({"sub": ""}), token(key=other),
        _signed_with(public), none, token()[:-4] + "AAAA", "a.b.c", "..", token() + ".x",
    ]  # fmt: skip
    assert provider().subject(token()) == "person-1"
    for each in wrong:
        with pytest.raises(UnauthenticatedError):
            provider().subject(each)


def _signed_with(public: bytes) -> str:
    """A token signed by HMAC with the public key as its secret, as somebody tries who knows no other key."""
    import hmac

    content = f"{_b64(json.dumps({'alg': 'HS256', 'kid': '1'}).encode())}.{token().split('.')[1]}"
    return f"{content}.{_b64(hmac.digest(public, content.encode(), 'sha256'))}"


def _b64(content: bytes) -> str:
    import base64

    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
