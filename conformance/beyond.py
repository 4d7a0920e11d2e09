"""What a run may play beyond its edition, and the ledger in which all of that is kept.

Whoever plays it hands every script to the ledger before it is played, and every trace after it: so the archive holds
all that was sent, and judging it again needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from conformance.evidence_writer import EvidenceWriter
from conformance.extras import ExtraWriter
from conformance.model import Extra, Observation, Trace
from conformance.play import Player
from conformance.run_lines import Bench
from conformance.sut.redaction import Redactor
from conformance.watch import Watch

MOST_SCRIPTS = 60_000
"""A little fewer than `bindings` has room for."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Extra).decode


class Beyond(Protocol):
    """Something that is played after the edition."""

    def told(self) -> Mapping[str, Any]:
        """What the header of the run says of it."""
        ...

    async def play(self, player: Player, ledger: Ledger) -> None:
        """Play it, and keep it in the ledger."""
        ...


class Ledger:
    """Keeps what is played beyond the edition, judged as it is kept."""

    def __init__(
        self,
        benches: Mapping[str, Bench],
        scripts: ExtraWriter,
        evidence: EvidenceWriter,
        redactor: Redactor,
        watch: Watch,
        tell: Callable[[], None],
    ) -> None:
        self.benches = benches
        self._scripts = scripts
        self._evidence = evidence
        self._redactor = redactor
        self._watch = watch
        self._tell = tell
        edition = max((b.plan.first + len(b.plan.edition.scripts) for b in benches.values()), default=0)
        self._next = edition + sum(len(bench.extras) for bench in benches.values())

    @property
    def full(self) -> bool:
        """Whether so many scripts were played that values drawn for more could meet those of others."""
        return self._next >= MOST_SCRIPTS

    def number(self) -> int:
        """A number for a script that none in the run has: what is drawn for scripts goes by it."""
        self._next += 1
        return self._next - 1

    def begin(self, extras: Iterable[Extra]) -> None:
        """Keep scripts that are about to be played; personal numbers in them are replaced as in the evidence."""
        kept = [self._clean(extra) for extra in extras]
        self._scripts.append(kept)
        for extra in kept:
            self.benches[extra.service].extras[extra.script.id] = extra

    async def keep(self, service: str, trace: Trace) -> list[Observation]:
        """Keep what happened, and say what was observed. Raises `StoppedError` where the system is gone."""
        self._evidence.append(service, trace)
        observed = self.benches[service].take(trace)
        await self._watch.saw(trace)
        self._tell()
        return observed

    def _clean(self, extra: Extra) -> Extra:
        data = _encode(extra)
        clean = self._redactor.bytes(data, json=True)
        return extra if clean is data else _decode(clean)
