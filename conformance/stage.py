"""What scripts are played on: where the services are, tokens, the clock and the settings of the run file."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from conformance.expression import JST
from conformance.model import OtherToken
from conformance.numbering import Numbering
from conformance.sut.client import Door, Sendable

UNSURE = dt.timedelta(seconds=2)
"""How far the time that is taken for the system's may be from it."""

_encode = msgspec.json.Encoder().encode


class Tokens(Protocol):
    """Bearer tokens by role, how long they last, and how to get a new one when an old one has expired."""

    def token(self, role: str, other: OtherToken | None = None) -> str: ...
    def lifetime(self, role: str) -> int | None: ...
    def renew_all(self) -> None: ...
    def renewed(self, role: str, stale: str) -> bool: ...


class SystemClock:
    """The clock of the system under test, as far as its Date header told. Japan time."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta(0)

    def now(self) -> dt.datetime:
        """The time there."""
        return dt.datetime.now(JST) + self.ahead

    def turned(self, since: dt.datetime) -> bool:
        """Whether another day may have begun there since a moment, as exactly as its time is known."""
        return (self.now() + UNSURE).date() != (since - UNSURE).date()

    async def settled(self) -> None:
        """Wait until the day there is beyond doubt."""
        for _ in range(20):
            if not self.turned(self.now()):
                return
            await asyncio.sleep(UNSURE.total_seconds() / 8)


@dataclass(frozen=True)
class Stage:
    """What scripts are played on: base URLs by service, tokens, the clock and the settings of the run file."""

    base_urls: Mapping[str, str]
    tokens: Tokens
    seed: bytes
    config: Mapping[str, Any]
    clock: SystemClock = field(default_factory=SystemClock)
    clock_reset: Sendable | None = None
    sitting: int = 0
    """How often the run was resumed before: a script that was cut off is played with other fresh values."""
    numbering: Numbering = field(default_factory=Numbering)
    """Where each script draws its Individual Numbers and resident codes."""
    traced: bool = False
    """Whether each request tells its script in a `traceparent` header (W3C Trace Context)."""

    async def restore_clock(self, door: Door) -> None:
        """Set the system's clock back to the real time, so that the next script finds it as it should be."""
        self.tokens.renew_all()
        if self.clock_reset is None:
            return
        headers = (*self.clock_reset.headers, ("Authorization", f"Bearer {self.tokens.token('tester')}"))
        body = _encode({"now": self.clock.now().isoformat(timespec="seconds")})
        await door.exchange(self.clock_reset._replace(headers=headers, body=body))
        self.tokens.renew_all()
