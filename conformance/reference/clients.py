"""The registered clients: one per published role, and one clerk more, with how each proves who it is."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

SECRET_METHODS: Final = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
METHODS: Final = (*SECRET_METHODS, "private_key_jwt", "tls_client_auth")
SECOND_CLERK: Final = "clerk-2"

_PEM: Final = serialization.Encoding.PEM
_SPKI: Final = serialization.PublicFormat.SubjectPublicKeyInfo

PublicKey = ECKey | RSAKey | OKPKey


@dataclass(frozen=True)
class Client:
    """A registered client. A method is open to it only where it is listed in `methods`."""

    id: str
    role: str
    scopes: frozenset[str]
    secret: str
    methods: frozenset[str] = frozenset(SECRET_METHODS)
    key: PublicKey | None = None
    tls_subject: str | None = None


@dataclass(frozen=True)
class Registration:
    """How a client named by the caller of `register` proves who it is, in place of a secret."""

    key: PublicKey | None = None
    tls_subject: str | None = None
    method: str | None = None


@dataclass(frozen=True)
class Clients:
    """All registered clients by id."""

    by_id: dict[str, Client] = field(default_factory=dict)

    def credentials(self) -> dict[str, dict[str, str]]:
        """What a client needs to know, by role (and `clerk-2`): method, client_id and secret."""
        return {
            client.id.replace("-", "_") if client.id != SECOND_CLERK else SECOND_CLERK: _credentials(client)
            for client in self.by_id.values()
        }


def register(roles: Mapping[str, Any], others: Mapping[str, Registration], usual: Registration) -> Clients:
    """A client for each of the published `x-roles`, with fresh secrets; `others` by client id, all else as `usual`.

    Raises ValueError for a client id that no role gives.
    """
    clients = Clients()
    for name, role in roles.items():
        for client in (name.replace("_", "-"), *((SECOND_CLERK,) if name == "clerk" else ())):
            _add(clients, client, name, role["scopes"], others.get(client, usual))
    unknown = sorted(others.keys() - clients.by_id.keys())
    if unknown:
        raise ValueError(f"no such client: {', '.join(unknown)}; there are {', '.join(clients.by_id)}")
    return clients


def _add(clients: Clients, client: str, role: str, scopes: list[str], other: Registration) -> None:
    methods = frozenset(SECRET_METHODS) if other.method is None else frozenset({other.method})
    secret = secrets.token_urlsafe(36)
    clients.by_id[client] = Client(client, role, frozenset(scopes), secret, methods, other.key, other.tls_subject)


def public_key(pem: bytes) -> PublicKey:
    """The key of a PEM file: EC, RSA or Ed25519. Raises ValueError."""
    try:
        key = import_key(serialization.load_pem_public_key(pem).public_bytes(_PEM, _SPKI), _kind(pem))
    except (JoseError, UnsupportedAlgorithm) as error:
        raise ValueError("not the PEM file of a public key that can sign") from error
    assert isinstance(key, ECKey | RSAKey | OKPKey)  # noqa: S101  `_kind` gives no other
    return key


def _kind(pem: bytes) -> Literal["EC", "RSA", "OKP"]:
    key = serialization.load_pem_public_key(pem)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC"
    return "RSA" if isinstance(key, rsa.RSAPublicKey) else "OKP"


def _credentials(client: Client) -> dict[str, str]:
    method = next(name for name in METHODS if name in client.methods)
    return {"method": method, "client_id": client.id, "secret": client.secret}
