"""Client assertions: a signed JWT that says who the client is (RFC 7523; OpenID Connect Core, 9)."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
import warnings
from collections.abc import Iterator
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey, import_key

from conformance.errors import RunFileError
from conformance.model import Text

from .run_file import Role
from .secrets import SecretReference, resolve
from .texts import both

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_LIFE: Final = 120
_CURVES: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
Claims = dict[str, object]

_PrivateKey = RSAKey | ECKey | OKPKey


def assertion(role: Role, token_url: str) -> str:
    """A fresh assertion: HS256 for `client_secret_jwt`, by the key for `private_key_jwt`. Raises RunFileError."""
    now = int(time.time())
    claims: Claims = {
        "iss": role.client_id,
        "sub": role.client_id,
        "aud": role.audience or token_url,
        "jti": uuid.uuid4().hex,
        "iat": now,
        "exp": now + _LIFE,
    }
    kid = {"kid": role.key_id} if role.key_id else {}
    if role.method == "client_secret_jwt":
        return _by_secret(role.secret or SecretReference(), kid, claims)
    reference = role.key or SecretReference()
    key = _private_key(reference)
    algorithm = role.algorithm or _algorithm(key)
    reason = Text(ja=f"この鍵では {algorithm} で署名できません", en=f"it cannot sign with {algorithm}")
    return _signed(claims, key, algorithm, kid, reference, reason)


def _by_secret(reference: SecretReference, kid: dict[str, str], claims: Claims) -> str:
    reason = Text(ja="HS256の鍵として使えません", en="it cannot be used with HS256")
    with _no_advice():
        try:
            key = OctKey.import_key(resolve(reference).reveal())
        except (JoseError, ValueError):
            raise _refused(reference, reason) from None
    return _signed(claims, key, "HS256", kid, reference, reason)


def _signed(
    claims: Claims,
    key: _PrivateKey | OctKey,
    algorithm: str,
    kid: dict[str, str],
    reference: SecretReference,
    reason: Text,
) -> str:
    with _no_advice():
        try:
            return jwt.encode({"alg": algorithm, "typ": "JWT", **kid}, claims, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            raise _refused(reference, reason) from None


@contextlib.contextmanager
def _no_advice() -> Iterator[None]:
    """The library warns of short secrets and of EdDSA (RFC 9864); both are as the client was registered."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield


def _private_key(reference: SecretReference) -> _PrivateKey:
    text = resolve(reference).reveal()
    try:
        with _no_advice():
            key = import_key(json.loads(text)) if text.lstrip().startswith("{") else import_key(text)
    except (JoseError, ValueError, TypeError, KeyError):
        raise _refused(reference, Text(ja="PEM又はJWKとして読めません", en="it is neither PEM nor JWK")) from None
    if isinstance(key, OctKey) or not key.is_private:
        raise _refused(reference, Text(ja="秘密鍵ではありません", en="it is not a private key"))
    return key


def _algorithm(key: _PrivateKey) -> str:
    """What a key signs with, where the run file leaves it to the key."""
    if isinstance(key, RSAKey):
        return "RS256"
    return "EdDSA" if isinstance(key, OKPKey) else _CURVES.get(key.curve_name, "ES256")


def _refused(reference: SecretReference, reason: Text) -> RunFileError:
    return RunFileError(
        both(Text(ja=f"鍵を使えません: {reason.ja}", en=f"the key cannot be used: {reason.en}")),
        where=reference.where,
        next_step=both(
            Text(
                ja="暗号化されていないRSA、EC又はEd25519の秘密鍵(PEM又はJWK)を指定してください",
                en="give a private key (RSA, EC or Ed25519; PEM or JWK) that is not encrypted",
            )
        ),
    )
