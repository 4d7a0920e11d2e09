"""The list of statements that stand no more, signed by the same key, so that it too can be checked offline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from conformance.registry.dsse import EnvelopeError, canonical, open_, seal
from conformance.registry.keys import Signer
from conformance.registry.statement import moment

PAYLOAD: Final = "application/vnd.conformance.revocations+json"


class Ended(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A statement that was withdrawn or superseded, by its id. Those that have expired say so themselves."""

    id: str
    state: str
    since: str
    superseded_by: str | None = None


class Revocations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, as of a moment."""

    issued: str
    ended: tuple[Ended, ...]


def sign(ended: Iterable[Ended], at: dt.datetime, signer: Signer) -> str:
    """The file of the list."""
    told: Any = msgspec.to_builtins(Revocations(moment(at), tuple(ended)))
    return seal(PAYLOAD, canonical(told), signer)


def read(file: bytes, public: Ed25519PublicKey) -> Revocations:
    """The list in a file. Raises `EnvelopeError` where it is not as it was signed."""
    payload, right = open_(file, PAYLOAD, public)
    again = "take the list from the registry again"
    if not right:
        raise EnvelopeError("the list or its signature was changed", where="the list of revocations", next_step=again)
    try:
        return msgspec.json.decode(payload, type=Revocations)
    except msgspec.DecodeError as error:
        raise EnvelopeError(f"is of another form ({error})", where="the list of revocations", next_step=again) from None
