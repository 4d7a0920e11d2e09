"""What was seen when failures were looked at more closely: do they come again, and how small can they be?

All of it is read out of the evidence, in whatever order it comes, so that judging an archive again tells the same. It
changes how a verdict is told, never the verdict: a failure that does not come again was still seen once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from conformance.model import (
    Example,
    Exchange,
    Extra,
    Finding,
    Flaky,
    Observation,
    Outcome,
    Trace,
    Verdict,
    VerdictKind,
)
from conformance.tally import EXAMPLES, example

Size = tuple[int, int, int, bytes]


def size(trace: Trace, finding: Finding) -> Size:
    """How much there is to read up to the failing answer: exchanges, then characters of the request, then of all."""
    last = next(i for i, e in enumerate(trace.exchanges) if e.step == finding.step)
    sent = [_sent(exchange) for exchange in trace.exchanges[: last + 1]]
    return len(sent), len(sent[-1]), sum(map(len, sent)), sent[-1]


def _sent(exchange: Exchange) -> bytes:
    request = exchange.request
    head = [request.method, request.url, *(part for header in request.headers for part in header)]
    return "\n".join(head).encode() + request.body


@dataclass
class _Tries:
    plays: int = 0
    size: Size | None = None
    example: Example | None = None


@dataclass
class _Replays:
    outcomes: dict[str, dict[str, Outcome]] = field(default_factory=dict)
    """Name of the replay to requirement to outcome."""
    sizes: dict[str, Size] = field(default_factory=dict)
    """The size of the script by the requirement that failed again in it."""

    def of(self, requirement: str) -> dict[str, Outcome]:
        """What replays said of a requirement; those that could not say anything left out."""
        found = {name: said.get(requirement) for name, said in self.outcomes.items()}
        return {n: o for n, o in found.items() if o is Outcome.PASS or o is Outcome.FAIL}


class Closer:
    """Replays and smaller scripts of one service, by the scripts that they belong to."""

    def __init__(self, replay: Callable[[str], str]) -> None:
        self._replay = replay
        self._replays: dict[str, _Replays] = {}
        self._tries: dict[tuple[str, str], _Tries] = {}

    def take(self, extra: Extra, trace: Trace, observations: Iterable[Observation]) -> None:
        """Take what was observed when `extra` was played."""
        if extra.use == "again":
            self._replayed(extra, trace, list(observations))
            return
        tries = self._tries.setdefault((extra.requirement, extra.of), _Tries())
        tries.plays += 1
        finding = next((o.finding for o in observations if fails(o, extra.requirement, extra.rule)), None)
        if finding is None:
            return
        reached = size(trace, finding)
        if tries.size is None or reached < tries.size:
            tries.size = reached
            tries.example = example(finding, trace, reached[0] - 1, self._replay(extra.script.id))

    def _replayed(self, extra: Extra, trace: Trace, observations: list[Observation]) -> None:
        replays = self._replays.setdefault(extra.of, _Replays())
        replays.outcomes[extra.script.id] = {item.requirement: item.outcome for item in observations}
        for item in observations:
            if item.outcome is Outcome.FAIL and item.finding is not None:
                reached = size(trace, item.finding)
                replays.sizes[item.requirement] = min(reached, replays.sizes.get(item.requirement, reached))

    def again(self, script: str, requirement: str) -> tuple[int, int]:
        """How often a script was played again with a clear outcome, and how often the requirement failed then."""
        said = self._replays.get(script, _Replays()).of(requirement)
        return len(said), sum(outcome is Outcome.FAIL for outcome in said.values())

    def told(self, verdict: Verdict) -> Verdict:
        """The verdict with its smallest example first, and with its failures marked that did not come again."""
        if verdict.verdict is not VerdictKind.FAIL:
            return verdict
        name = verdict.requirement
        kept = [self._with_again(item, name) for item in verdict.examples]
        kept.sort(key=lambda item: item.again[0] > 0 and item.again[1] == 0)
        smaller = [self._smaller(name, item) for item in kept]
        examples = tuple([*(item for item in smaller if item), *kept][:EXAMPLES])
        gone = bool(kept) and all(plays and not failed for plays, failed in (item.again for item in kept))
        flaky = tuple(self._flaky(name, item.finding.script) for item in kept) if gone else ()
        return msgspec.structs.replace(verdict, examples=examples, flaky=flaky)

    def _with_again(self, item: Example, requirement: str) -> Example:
        again = self.again(item.finding.script, requirement)
        return msgspec.structs.replace(item, again=again) if again[0] else item

    def _smaller(self, requirement: str, item: Example) -> Example | None:
        script = item.finding.script
        tries = self._tries.get((requirement, script))
        replays = self._replays.get(script, _Replays())
        if tries is None or tries.example is None or tries.size is None:
            return None
        if requirement in replays.sizes and tries.size >= replays.sizes[requirement]:
            return None
        return msgspec.structs.replace(tries.example, shrunk_from=script, plays=tries.plays, again=item.again)

    def _flaky(self, requirement: str, script: str) -> Flaky:
        return Flaky(script, tuple(sorted(self._replays[script].of(requirement))))


def fails(observation: Observation, requirement: str, rule: str) -> bool:
    """Whether an observation says that a requirement failed by one and the same rule."""
    finding = observation.finding
    same = observation.requirement == requirement and observation.outcome is Outcome.FAIL
    return same and finding is not None and finding.rule == rule
