"""Signers beside a file: a key on a PKCS#11 token, and a program that signs, such as a client of a key service.

Whatever signs, its signature is verified before it is used: a token that were mistaken is noticed here, and not by
those who verify a statement years later.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from conformance.errors import SuiteError, UsageError
from conformance.registry import pkcs11_uri
from conformance.registry.keys import Signer, load, verifies

PIN: Final = "CONFORMANCE_KEY_PIN"
MODULE: Final = "CONFORMANCE_PKCS11_MODULE"
COMMAND: Final = "command:"
_SECONDS: Final = 30
_LONGEST: Final = 16 * 1024
_POINT: Final = 32
_DER: Final = b"\x04\x20"
"""How an octet string of 32 bytes begins; some tokens give the point without it (PKCS#11 3.1, 6.3.5)."""


def signer(where: str) -> Signer:
    """The signer of a file, a `pkcs11:` URI, or `command:PROGRAM`. Raises `UsageError`."""
    if where.startswith(pkcs11_uri.SCHEME):
        return TokenSigner(pkcs11_uri.parse(where))
    if where.startswith(COMMAND):
        return CommandSigner(tuple(shlex.split(where.removeprefix(COMMAND))))
    return load(Path(where))


class TokenSigner:
    """An Ed25519 key on a PKCS#11 token (mechanism CKM_EDDSA). A session is opened for each signature.

    So a token that was taken out or restarted does no more than fail what is signed meanwhile.
    """

    def __init__(self, uri: pkcs11_uri.KeyUri) -> None:
        try:
            import pkcs11
        except ImportError:
            raise UsageError(
                "a key on a token needs python-pkcs11", next_step="pip install 'conformance[pkcs11]'"
            ) from None
        self._pkcs11 = pkcs11
        self._uri = uri
        self._lock = threading.Lock()
        module = uri.module or os.environ.get(MODULE, "")
        if not module:
            raise UsageError("no PKCS#11 module is named", next_step=f"give module-path in the URI, or set {MODULE}")
        self._library = self._loaded(module)
        self._pin = _pin(uri.pin_source)
        with self._session() as session:
            self._public = self._read_public(session)

    def __repr__(self) -> str:
        return f"TokenSigner({self._uri.token or self._uri.serial.decode(errors='replace')})"

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half."""
        return self._public

    def sign(self, content: bytes) -> bytes:
        """64 bytes of signature. Raises `SuiteError` where the token cannot be reached, or signs with another key."""
        with self._session() as session:
            key = session.get_key(object_class=self._pkcs11.ObjectClass.PRIVATE_KEY, **self._named())
            made = bytes(key.sign(content, mechanism=self._pkcs11.Mechanism.EDDSA))
        return _verified(self._public, made, content)

    def _loaded(self, module: str) -> Any:
        try:
            return self._pkcs11.lib(module)
        except (self._pkcs11.PKCS11Error, RuntimeError) as error:
            raise UsageError(
                f"cannot be loaded as a PKCS#11 module ({type(error).__name__})",
                where=module,
                next_step="name the library that the maker of the token provides",
            ) from None

    @contextmanager
    def _session(self) -> Iterator[Any]:
        named = {"token_label": self._uri.token or None, "token_serial": self._uri.serial or None}
        try:
            with self._lock:
                token = self._library.get_token(**{name: value for name, value in named.items() if value})
                with token.open(user_pin=self._pin) as session:
                    yield session
        except self._pkcs11.PKCS11Error as error:
            raise SuiteError(
                f"the token did not do it ({type(error).__name__})",
                next_step="see whether it is there, the PIN is right, and it has the Ed25519 key that the URI names",
            ) from None

    def _named(self) -> dict[str, Any]:
        named = {"label": self._uri.object, "id": self._uri.id}
        return {name: value for name, value in named.items() if value}

    def _read_public(self, session: Any) -> Ed25519PublicKey:
        kinds = self._pkcs11
        session.get_key(object_class=kinds.ObjectClass.PRIVATE_KEY, **self._named())
        key = session.get_key(object_class=kinds.ObjectClass.PUBLIC_KEY, **self._named())
        point = bytes(key[kinds.Attribute.EC_POINT]) if key.key_type == kinds.KeyType.EC_EDWARDS else b""
        if len(point) == _POINT + len(_DER) and point.startswith(_DER):
            point = point.removeprefix(_DER)
        if len(point) != _POINT:
            raise UsageError("the key on the token is no Ed25519 key", next_step="make one on it, or name another")
        return Ed25519PublicKey.from_public_bytes(point)


def _pin(source: str) -> str:
    """The PIN of a file that only its owner may read, or of the environment. Raises `UsageError`."""
    if not source:
        pin = os.environ.get(PIN, "")
        if not pin:
            raise UsageError("there is no PIN", next_step=f"give pin-source=file:FILE in the URI, or set {PIN}")
        return pin
    path = Path(source)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError("may be read by others than its owner", where=source, next_step=f"chmod 600 {source}")
        with path.open(encoding="utf-8") as file:
            return file.read(_LONGEST).rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageError("is no text", where=source, next_step="write the PIN into it, and nothing else") from None


class CommandSigner:
    """A program that has the key: `PROGRAM public` writes the public half as PEM, `PROGRAM sign` signs what it reads.

    It is how a key management service is asked: by whatever client its provider has, with that client's own login.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        if not command:
            raise UsageError("no program is named", next_step="give command:PROGRAM")
        self._command = command
        try:
            key = serialization.load_pem_public_key(self._asked("public"))
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise UsageError(
                "does not write an Ed25519 public key (PEM)", where=command[0], next_step="try 'PROGRAM public'"
            )
        self._public = key

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half."""
        return self._public

    def sign(self, content: bytes) -> bytes:
        """64 bytes of signature. Raises `SuiteError` where the program fails, is silent, or signs with another key."""
        return _verified(self._public, self._asked("sign", content), content)

    def _asked(self, act: str, content: bytes = b"") -> bytes:
        try:
            done = subprocess.run(  # noqa: S603  the operator names the program
                [*self._command, act], input=content, capture_output=True, check=True, timeout=_SECONDS
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise SuiteError(
                f"the program that signs did not do '{act}' ({type(error).__name__})",
                where=self._command[0],
                next_step="see whether it can be started, and what it says",
            ) from None
        return done.stdout[:_LONGEST]


def _verified(public: Ed25519PublicKey, signature: bytes, content: bytes) -> bytes:
    if not verifies(public, signature, content):
        raise SuiteError(
            "what has signed used another key than it tells of",
            next_step="see which key it has, and start the registry again",
        )
    return signature
