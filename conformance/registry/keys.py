"""Keys: one small seam behind which a file, a PKCS#11 token or a key management service can stand.

Ed25519 (RFC 8032). A key is named by the SHA-256 of its public half (SubjectPublicKeyInfo in DER), in hexadecimal.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from conformance.errors import UsageError

PASSPHRASE: Final = "CONFORMANCE_KEY_PASSPHRASE"  # noqa: S105  the name of the variable, not what is in it
_LONGEST: Final = 16 * 1024


class Signer(Protocol):
    """Signs, and says by which key. A token or a service has these two and keeps the private key for itself."""

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half."""
        ...

    def sign(self, content: bytes) -> bytes:
        """64 bytes of signature. Raises `SuiteError` where the key cannot be reached."""
        ...


class FileSigner:
    """A private key in a PEM file that only its owner may read."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half."""
        return self._key.public_key()

    def sign(self, content: bytes) -> bytes:
        """64 bytes of signature."""
        return self._key.sign(content)


def key_id(public: Ed25519PublicKey) -> str:
    """The name of a key."""
    told = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(told).hexdigest()


def verifies(public: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    """Whether the signature is that of the key over the content."""
    try:
        public.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def public_pem(public: Ed25519PublicKey) -> bytes:
    """The public half as PEM."""
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def make(path: Path) -> FileSigner:
    """Make a key, write its private half to `path` and its public half beside it (`.pub`).

    The private half is encrypted where a passphrase is in the environment. Raises `UsageError` where the file exists.
    """
    key = Ed25519PrivateKey.generate()
    passphrase = os.environ.get(PASSPHRASE, "").encode()
    hidden = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    told = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(
            "is there already", where=str(path), next_step="name another file; keys are not replaced"
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(told)
    path.with_name(path.name + ".pub").write_bytes(public_pem(key.public_key()))
    return FileSigner(key)


def load(path: Path) -> FileSigner:
    """The key of a PEM file. Raises `UsageError`, also where others may read it."""
    if path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError("may be read by others than its owner", where=str(path), next_step=f"chmod 600 {path}")
    passphrase = os.environ.get(PASSPHRASE, "").encode() or None
    try:
        key = serialization.load_pem_private_key(_read(path), passphrase)
    except (ValueError, TypeError):
        raise UsageError(
            "is no private key that can be opened",
            where=str(path),
            next_step=f"make one with 'conformance registry key', or set {PASSPHRASE} where it is encrypted",
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError("is no Ed25519 key", where=str(path), next_step="make one with 'conformance registry key'")
    return FileSigner(key)


def load_public(path: Path) -> Ed25519PublicKey:
    """A public key of a PEM file. Raises `UsageError`."""
    try:
        key = serialization.load_pem_public_key(_read(path))
    except ValueError:
        raise UsageError(
            "is no public key", where=str(path), next_step="give the PEM file that the agency publishes"
        ) from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError("is no Ed25519 key", where=str(path), next_step="give the PEM file that the agency publishes")
    return key


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LONGEST)
