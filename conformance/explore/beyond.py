"""What a run plays after its edition: the live search, then the closer look at all that failed."""

from __future__ import annotations

from typing import Any

from conformance.beyond import Ledger
from conformance.explore.bounds import Bounds
from conformance.plan import Filters
from conformance.play import Player


class Exploration:
    """Search and closer look within bounds. What it needs is imported when there is something to do."""

    def __init__(self, bounds: Bounds, filters: Filters) -> None:
        self.bounds = bounds
        self._filters = filters

    def told(self) -> dict[str, Any]:
        """What the header of the run says of it."""
        return self.bounds.told()

    async def play(self, player: Player, ledger: Ledger) -> None:
        """Search, then look closer."""
        if self.bounds.searches:
            from conformance.explore.search import search

            await search(player, ledger, self.bounds, self._filters)
        if self.bounds.shrink_plays and any(bench.tally.failing() for bench in ledger.benches.values()):
            from conformance.explore.shrink import CloserLook

            await CloserLook(player, ledger, self.bounds).look()
