"""RSASSA-PKCS1-v1_5 with SHA-256 and keys of 2048 bits (RFC 8017, 8.2.2): verification only, no secret anywhere."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

LENGTH: Final = 256
"""Bytes of a modulus and of a signature."""

_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""The DER encoding before a SHA-256 digest (RFC 8017, 9.2, note 1)."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key."""

    modulus: int
    exponent: int


def key(modulus: str, exponent: str) -> Key | None:
    """The key whose parts are in base64url without padding (RFC 7518, 6.3.1); None for what is none of 2048 bits."""
    try:
        found = Key(_number(modulus), _number(exponent))
    except binascii.Error:
        return None
    return found if found.modulus.bit_length() == LENGTH * 8 and found.exponent > 1 else None


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def encoded(content: bytes) -> bytes:
    """What a right signature opens to: EMSA-PKCS1-v1_5 of the content."""
    tail = _DIGEST_INFO + sha256(content).digest()
    return b"\x00\x01" + b"\xff" * (LENGTH - len(tail) - 3) + b"\x00" + tail


def is_right(public: Key, signature: bytes, content: bytes) -> bool:
    """Whether a signature over the content was made with the key; every byte that it opens to is compared."""
    number = int.from_bytes(signature, "big")
    if len(signature) != LENGTH or number >= public.modulus:
        return False
    return pow(number, public.exponent, public.modulus).to_bytes(LENGTH, "big") == encoded(content)
