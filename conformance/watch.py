"""Notices that the system cannot be reached any more, so that a run stops instead of failing on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.interruption import StoppedError
from conformance.model import Trace
from conformance.sut.client import USER_AGENT, Door, Sendable

MOST_IN_A_ROW: Final = 12
"""Scripts in a row without an answer, each tried several times, before it is looked whether the system is there."""


def untroubled(trace: Trace) -> bool:
    """Whether nothing kept the answers of a trace away; a script with trouble is played again by a resumed run."""
    return not any(exchange.trouble for exchange in trace.exchanges)


class Watch:
    """Counts scripts whose connection broke. A system that breaks some connections by itself is not taken for lost."""

    def __init__(self, door: Door, base_urls: Mapping[str, str]) -> None:
        self._door = door
        self._base_urls = base_urls
        self._in_a_row = 0
        self.troubled = 0

    async def saw(self, trace: Trace) -> None:
        """Take note of one trace. Raises `StoppedError` where many in a row got no answer, nor does a plain request."""
        if untroubled(trace):
            self._in_a_row = 0
            return
        self.troubled += 1
        self._in_a_row += 1
        if self._in_a_row < MOST_IN_A_ROW:
            return
        trouble = next(exchange.trouble for exchange in trace.exchanges if exchange.trouble)
        if not await self._answers():
            raise StoppedError(
                f"the system cannot be reached any more: {self._in_a_row} scripts in a row got no answer ({trouble})",
                next_step="see to it that the system and the network work again",
                ours=False,
            )
        self._in_a_row = 0

    async def _answers(self) -> bool:
        """Whether any service answers a plain request, whatever it says."""
        for url in self._base_urls.values():
            headers = (("Accept", "*/*"), ("User-Agent", USER_AGENT))
            answer = await self._door.exchange(Sendable("GET", url, headers, None))
            if answer.response is not None:
                return True
        return False
