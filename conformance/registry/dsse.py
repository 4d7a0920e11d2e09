"""DSSE envelopes (Dead Simple Signing Envelope, v1.0.2), in one form only, so that every byte of a file counts.

An envelope is written as JSON of one fixed form. What is in another form is not read, even where it means the same:
whoever compares two files can then compare their bytes.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from conformance.errors import SuiteError
from conformance.registry.keys import Signer, key_id, verifies

LONGEST: Final = 16 * 1024 * 1024


class EnvelopeError(SuiteError):
    """A signed file is not as it was signed. `where` says which part of it."""


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: tuple[_Signature, ...]


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """PAE of the DSSE protocol: what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def canonical(content: Any) -> bytes:
    """JSON in one form: keys in order, no blanks, UTF-8."""
    return msgspec.json.encode(content, order="sorted")


def seal(payload_type: str, payload: bytes, signer: Signer) -> str:
    """The file: one line of JSON with payload and signature."""
    signature = _Signature(key_id(signer.public), _base64(signer.sign(pre_authentication(payload_type, payload))))
    return _written(_Envelope(_base64(payload), payload_type, (signature,)))


def open_(file: bytes, payload_type: str, public: Ed25519PublicKey) -> tuple[bytes, bool]:
    """Payload, and whether its signature is right. Raises `EnvelopeError` for anything that is not of our form.

    That a payload is given back where the signature is wrong is for telling which part of it was changed, and for
    nothing else.
    """
    if len(file) > LONGEST:
        raise _broken("the file", f"is longer than {LONGEST} bytes")
    try:
        envelope = msgspec.json.decode(file, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _broken("the envelope", f"is no DSSE envelope ({error})") from None
    if len(envelope.signatures) != 1:
        raise _broken("signatures", "has not just one signature")
    signature = envelope.signatures[0]
    payload, signed = _bytes(envelope.payload, "payload"), _bytes(signature.sig, "signatures[0].sig")
    if _written(envelope).encode() != file:
        raise _broken("the envelope", "is not in the form in which it was written: something was put in or moved")
    if envelope.payload_type != payload_type:
        raise _broken("payloadType", f"is not {payload_type}")
    if signature.keyid != key_id(public):
        raise EnvelopeError(
            "names another key than the one given",
            where="signatures[0].keyid",
            next_step="take the key that the agency publishes; if that is the one given, the file was changed",
        )
    return payload, verifies(public, signed, pre_authentication(payload_type, payload))


def _written(envelope: _Envelope) -> str:
    return msgspec.json.encode(envelope).decode() + "\n"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(text: str, where: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _broken(where, "is no base64") from None
    if _base64(found) != text:
        raise _broken(where, "is no base64 of the usual form")
    return found


def _broken(where: str, what: str) -> EnvelopeError:
    return EnvelopeError(what, where=where, next_step="take the file from its source again, byte for byte")
