"""Values that are drawn when a script is played: unique to the run, derived from its seed, to be had again from it."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any, Protocol

from conformance import identifiers
from conformance.errors import UsageError
from conformance.numbering import MOST_ATTEMPTS, PERSONAL, Numbering

_KANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ"

_NO_NUMBERING = Numbering()


UNTOLD_LIFETIME = 172_800
"""Seconds that a token lasts at most whose endpoint tells no lifetime: common part, section 6."""


class Tokens(Protocol):
    """Bearer tokens by role, and how long they last, where that is told."""

    def token(self, role: str) -> str: ...
    def lifetime(self, role: str) -> int | None: ...


class PlayBindings:
    """Fresh values, dates and settings of one script in one run. What was used is kept for the evidence."""

    def __init__(
        self,
        seed: bytes,
        ordinal: int,
        now: dt.datetime,
        config: Mapping[str, Any],
        tokens: Tokens,
        *,
        attempt: int = 0,
        sitting: int = 0,
        numbering: Numbering = _NO_NUMBERING,
    ) -> None:
        self.now = now
        self.today = now.date()
        self._key = hashlib.sha256(b"%s/%d/%d" % (seed, ordinal, sitting * MOST_ATTEMPTS + attempt)).digest()
        self._seed = seed
        self._place = partial(numbering.place, ordinal, sitting, attempt)
        self._config = config
        self._tokens = tokens
        self._first_tokens: dict[str, str] = {}
        self._lifetimes: dict[str, int] = {}
        self._personal: dict[str, dict[str, int]] = {}
        self.used: dict[str, str] = {}
        self.used_config: dict[str, Any] = {}

    def config(self, name: str) -> Any:
        """A setting that documents may name: `body_code` and others of the run file."""
        if name not in self._config:
            raise UsageError(f"the documents ask for '{name}', which the run file does not give", next_step="add it")
        self.used_config[name] = self._config[name]
        return self._config[name]

    def token(self, role: str, *, old: bool = False) -> str:
        """The bearer token of a role; with `old`, the first one that this script used, though it may have expired."""
        current = self._tokens.token(role)
        first = self._first_tokens.setdefault(role, current)
        return first if old else current

    def lifetime(self, role: str) -> int:
        """How many seconds an access token of a role lasts: as its endpoint told, otherwise as long as one may."""
        if role not in self._lifetimes:
            told = self._tokens.lifetime(role)
            self._lifetimes[role] = UNTOLD_LIFETIME if told is None else told
        return self._lifetimes[role]

    def fresh(self, kind: str, key: str, wrong: str | None) -> str:
        """A value unique to this script: the same for the same kind and key."""
        name = f"{kind} {key} {wrong or ''}"
        if name not in self.used:
            value = self._made(kind, key)
            if wrong == "check-digit":
                value = identifiers.with_wrong_check_digit(kind.partition(":")[0], value)
            self.used[name] = value
        return self.used[name]

    def _number(self, kind: str, key: str) -> int:
        return int.from_bytes(hmac.digest(self._key, f"{kind}/{key}".encode(), "sha256")[:16], "big")

    def _made(self, kind: str, key: str) -> str:
        base, _, argument = kind.partition(":")
        if base in PERSONAL:
            # Fresh numbers begin with 9 unless a prefix is asked for: see specs/README.md.
            return self._personal_number(base, key, argument or "9")
        number = self._number(kind, key)
        if base in identifiers.KINDS:
            return identifiers.make(base, number)
        if base == "uuid":
            return str(uuid.UUID(int=number, version=4))
        if base == "idempotency-key":
            return f"run-{number:032x}"[:40]
        if base == "kana-name":
            return "".join(_KANA[(number >> (6 * i)) % len(_KANA)] for i in range(int(argument or "10")))
        if base == "digits":
            return str(number)[-int(argument or "8") :]
        if base == "text":
            return f"{number:x}"[: int(argument or "12")]
        raise UsageError(f"the documents ask for a fresh '{kind}', which is not known", next_step="see specs/README.md")

    def _personal_number(self, kind: str, key: str, prefix: str) -> str:
        """Numbers of one run never meet: an affine map of their places in it, which is one to one in its range."""
        digits = PERSONAL[kind] + 1 - len(prefix)
        drawn = self._personal.setdefault(kind, {})
        place = self._place(drawn.setdefault(f"{key} {prefix}", len(drawn)))
        number = (_start(self._seed, kind) + place * 7_654_321) % 10**digits
        return identifiers.make(kind, int(prefix + f"{number:0{digits}d}"))

    def recorded(self) -> dict[str, Any]:
        """What the judge needs to see the same values again."""
        bound: dict[str, Any] = {"now": self.now.isoformat(timespec="seconds")}
        if self.used:
            bound["fresh"] = self.used
        if self.used_config:
            bound["config"] = self.used_config
        if self._lifetimes:
            bound["lifetimes"] = self._lifetimes
        return bound


@lru_cache(maxsize=64)
def _start(seed: bytes, kind: str) -> int:
    """Where a run's numbers of a kind begin."""
    return int.from_bytes(hashlib.sha256(seed + kind.encode()).digest()[:8], "big")
