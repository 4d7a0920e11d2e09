"""Live search: scripts that nobody has seen are drawn, played and judged until a bound is reached."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Iterator

from conformance.beyond import Ledger
from conformance.explore.bounds import Bounds
from conformance.explore.sources import Source, Sources
from conformance.model import Extra
from conformance.plan import Filters, suits
from conformance.play import Player
from conformance.run_lines import Bench

BATCH = 24


async def search(player: Player, ledger: Ledger, bounds: Bounds, filters: Filters) -> None:
    """Play drawn scripts until there are as many as the bounds allow, or their time is over."""
    end = time.monotonic() + bounds.seconds if bounds.seconds else None
    left = bounds.examples - _played(ledger) if bounds.examples else None
    found = itertools.chain(_begun(ledger), extras(list(ledger.benches.values()), bounds.seed, filters))
    while (left is None or left > 0) and (end is None or time.monotonic() < end) and not ledger.full:
        batch = _batch(found, BATCH if left is None else min(BATCH, left), end)
        if not batch:
            return
        left = None if left is None else left - len(batch)
        await play(player, ledger, batch)


def _played(ledger: Ledger) -> int:
    return sum(bench.played["search"] for bench in ledger.benches.values())


def _begun(ledger: Ledger) -> Iterator[Extra]:
    """What an earlier sitting of the run had drawn, but not played to its end."""
    for bench in ledger.benches.values():
        yield from (extra for extra in list(bench.extras.values()) if extra.use == "search" and bench.left(extra))


def _batch(found: Iterator[Extra], most: int, end: float | None) -> list[Extra]:
    """The next scripts; fewer where the time is over, because drawing takes most of it."""
    batch: list[Extra] = []
    for extra in found:
        batch.append(extra)
        if len(batch) >= most or (end is not None and time.monotonic() >= end):
            break
    return batch


async def play(player: Player, ledger: Ledger, batch: list[Extra]) -> None:
    """Play scripts side by side, those that must be alone after the others, and keep what happened."""
    ledger.begin([extra for extra in batch if extra.script.id not in ledger.benches[extra.service].extras])
    numbered = [(ledger.number(), extra) for extra in batch]
    service = {extra.script.id: extra.service for extra in batch}
    shared = ((n, extra.script) for n, extra in numbered if not extra.script.exclusive)
    alone = ((n, extra.script) for n, extra in numbered if extra.script.exclusive)
    async for trace in player.play(shared, alone):
        await ledger.keep(service[trace.script], trace)


def extras(benches: list[Bench], seed: str, filters: Filters) -> Iterator[Extra]:
    """Drawn scripts without end, one service in turn after the other; the same for the same seed and documents.

    It ends where a whole round over all sources gave nothing that was not there before.
    """
    sources = [(bench, Sources(bench.plan.service, number(seed, bench.plan.service.name))) for bench in benches]
    known = {name for bench in benches for name in bench.extras}
    for turn in itertools.count():
        before = len(known)
        drawn = [_suiting(bench, source, number(seed, f"{turn}"), filters) for bench, source in sources]
        for group in itertools.zip_longest(*drawn):
            for extra in group:
                if extra is not None and extra.script.id not in known:
                    known.add(extra.script.id)
                    yield extra
        if len(known) == before:
            return


def _suiting(bench: Bench, sources: Sources, seed: int, filters: Filters) -> Iterator[Extra]:
    plan = bench.plan
    ways = [way for name in filters.requirements for way in plan.service.requirement_ids[name].verified_by]
    watched = any(way.rule for way in ways)

    def worth_asking(source: Source) -> bool:
        """So that nothing is drawn in vain where the run is narrowed; `suits` has the last word on each script."""
        if filters.operations and source.operation not in filters.operations:
            return False
        if watched or not filters.requirements or not source.requirements:
            return not filters.requirements or watched or source.requirements is None
        return not source.requirements.isdisjoint(plan.applicable)

    for script in sources.drawn(seed, worth_asking):
        if suits(script, plan, filters) and plan.script(script.id) is None:
            yield Extra(plan.service.name, "search", script)


def number(seed: str, label: str) -> int:
    """A number of a seed in words, its own for each label."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{label}".encode()).digest()[:8], "big")
