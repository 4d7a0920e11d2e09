"""A closer look at what failed, against the live system: does it fail again, and what is the smallest that does?

A failure that does not come again stays one: there is evidence of it. It is marked, with the traces that passed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from conformance.beyond import Ledger
from conformance.closer import fails
from conformance.explore.bounds import REPLAYS, Bounds
from conformance.explore.smaller import Shrinkable
from conformance.explore.standing import Documents
from conformance.model import Extra, Finding, Level, Observation, Script
from conformance.play import Player
from conformance.run_lines import Bench

_LEAST_PLAYS = 5


@dataclass(frozen=True)
class Failed:
    """A requirement that failed, with the findings that are kept of it, the smallest first."""

    bench: Bench
    requirement: str
    findings: tuple[Finding, ...]


class CloserLook:
    """Plays what failed again, then smaller and smaller scripts, within bounds."""

    def __init__(self, player: Player, ledger: Ledger, bounds: Bounds) -> None:
        self._player = player
        self._ledger = ledger
        self._plays = bounds.shrink_plays
        self._end = time.monotonic() + bounds.shrink_seconds
        self._names = Counter(name.rpartition("-")[0] for bench in ledger.benches.values() for name in bench.extras)
        self._plays -= sum(bench.played["shrink"] for bench in ledger.benches.values())

    async def look(self) -> None:
        """Look at every requirement that failed, those that bind first."""
        failed = list(_failed(list(self._ledger.benches.values())))
        lasting = [(item, finding) for item in failed if (finding := await self._failing_again(item)) is not None]
        for place, (item, finding) in enumerate(lasting):
            share = max(_LEAST_PLAYS, self._plays // (len(lasting) - place))
            await self._shrink(item, finding, min(share, self._plays))

    @property
    def _over(self) -> bool:
        return self._ledger.full or time.monotonic() >= self._end

    async def _failing_again(self, failed: Failed) -> Finding | None:
        """The first finding that is seen again when its script is played again."""
        closer = failed.bench.closer
        for finding in failed.findings:
            for _ in range(REPLAYS):
                if closer.again(finding.script, failed.requirement)[0] >= REPLAYS or self._over:
                    break
                if closer.again(finding.script, failed.requirement)[1]:
                    return finding
                script = failed.bench.script(finding.script)
                if script is not None:
                    await self._play(failed.bench, script, Extra("", "again", script, of=finding.script))
            if closer.again(finding.script, failed.requirement)[1]:
                return finding
        return None

    async def _shrink(self, failed: Failed, finding: Finding, most: int) -> None:
        """Go from each script to the first smaller one that still fails, until none does or the share is used up."""
        script = failed.bench.script(finding.script)
        if script is None or self._over:
            return
        shrinkable = Shrinkable(Documents(failed.bench.plan.service), script, finding)
        about = Extra("", "shrink", script, finding.script, failed.requirement, finding.rule)
        end = self._plays - most
        if _content(shrinkable.first) != _content(script) and not await self._still(failed, shrinkable.first, about):
            return
        candidates = shrinkable.candidates(shrinkable.first)
        while self._plays > end and not self._over:
            candidate = next(candidates, None)
            if candidate is None:
                return
            if await self._still(failed, candidate, about):
                candidates = shrinkable.candidates(candidate)

    async def _still(self, failed: Failed, script: Script, about: Extra) -> bool:
        """Whether a smaller script fails the same requirement by the same rule."""
        self._plays -= 1
        observed = await self._play(failed.bench, script, about)
        return any(fails(item, about.requirement, about.rule) for item in observed)

    async def _play(self, bench: Bench, script: Script, about: Extra) -> list[Observation]:
        service = bench.plan.service.name
        word = f"{about.of}~{'again' if about.use == 'again' else 'small'}"
        self._names[word] += 1
        named = msgspec.structs.replace(script, id=f"{word}-{self._names[word]}")
        self._ledger.begin([msgspec.structs.replace(about, service=service, script=named)])
        trace = await self._player.alone(self._ledger.number(), named)
        return await self._ledger.keep(service, trace)


def _failed(benches: list[Bench]) -> Iterator[Failed]:
    found = []
    for bench in benches:
        for requirement in sorted(bench.tally.failing()):
            entry = bench.plan.service.requirement_ids.get(requirement)
            observation = entry is not None and entry.level is Level.RECOMMENDED
            found.append((observation, Failed(bench, requirement, bench.tally.findings(requirement))))
    found.sort(key=lambda item: item[0])
    yield from (item for _, item in found)


def _content(script: Script) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(script, id="", title="", purpose=None))
