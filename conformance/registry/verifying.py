"""Verifies a statement of conformity with nothing but the file and a public key: no network, no registry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from conformance.registry.dsse import EnvelopeError, canonical, open_
from conformance.registry.revocations import Ended, Revocations
from conformance.registry.statement import OWN, PARTS, PAYLOAD, STATEMENT, TEST_RESULT, parts

_AGAIN = "take the file from its source again, byte for byte"


@dataclass(frozen=True)
class Verified:
    """A statement whose every byte is as it was signed. `stands` is false where it has ended; `ended` where it was."""

    statement: Mapping[str, Any]
    stands: bool
    expired: bool
    ended: Ended | None

    @property
    def own(self) -> Mapping[str, Any]:
        """Our part of it."""
        found: Mapping[str, Any] = self.statement["predicate"][OWN]
        return found


def verify(file: bytes, public: Ed25519PublicKey, now: dt.datetime, revocations: Revocations | None = None) -> Verified:
    """Verify a statement. Raises `EnvelopeError`, whose `where` is the part that is not as it was signed."""
    payload, right = open_(file, PAYLOAD, public)
    if not right:
        raise EnvelopeError(_changed(payload), where=_part(payload), next_step=_AGAIN)
    try:
        statement = msgspec.json.decode(payload, type=dict[str, Any])
        own = statement["predicate"][OWN]
        until = dt.datetime.fromisoformat(own["validity"]["until"])
        named = own["id"]
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise EnvelopeError(
            f"is signed, but is no statement of conformity ({type(error).__name__})", where="payload", next_step=_AGAIN
        ) from None
    if statement.get("_type") != STATEMENT or statement.get("predicateType") != TEST_RESULT:
        raise EnvelopeError("is signed, but is a statement of another kind", where="payload", next_step=_AGAIN)
    ended = next((entry for entry in revocations.ended if entry.id == named), None) if revocations else None
    expired = now >= until
    return Verified(statement, not expired and ended is None, expired, ended)


def _changed(payload: bytes) -> str:
    if _part(payload).startswith("signatures"):
        return "is not the signature of this statement: it was changed, or the whole statement was made anew"
    return "was changed after it was signed"


def _part(payload: bytes) -> str:
    """Where the change is, as far as the digests in the statement tell it; the signature has said that there is one."""
    try:
        statement = msgspec.json.decode(payload, type=dict[str, Any])
        told: Mapping[str, Any] = statement["predicate"][OWN][PARTS]
        found = parts(statement)
        if canonical(statement) != payload:
            return "payload (its form)"
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError, RecursionError):
        return "payload"
    other = sorted(name for name in found.keys() | told.keys() if found.get(name) != told.get(name))
    if not other:
        return "signatures[0].sig"
    return f"payload, {', '.join(other[:5])}"
