"""Shows that verdicts from the evidence are verdicts from the wire: each trace is judged as it came, and as it is kept.

The two are compared trace by trace and requirement by requirement, so that differences cannot make up for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from conformance.judge import Judge
from conformance.model import Trace
from conformance.plan import Plan
from conformance.play import Recorder


class Difference(msgspec.Struct, frozen=True):
    """One requirement that was judged otherwise on the evidence of a trace than on the wire; `none`: not at all."""

    script: str
    requirement: str
    wire: str
    evidence: str


class Witness:
    """Stands where traces are redacted, and judges each before and after. Nothing of the wire is kept."""

    def __init__(self, recorder: Recorder, plans: Iterable[Plan]) -> None:
        self._recorder = recorder
        self._benches = [(plan, Judge(plan.service, plan.applicable)) for plan in plans]
        self.traces = 0
        self.differences: list[Difference] = []

    def learn(self, number: str) -> None:
        """Hand a number on to what redacts."""
        self._recorder.learn(number)

    def trace(self, trace: Trace) -> Trace:
        """The trace as it may be kept; how its verdicts differ is noted."""
        kept = self._recorder.trace(trace)
        self.traces += 1
        for plan, judge in self._benches:
            script = plan.script(trace.script)
            if script is not None:
                wire, evidence = (
                    {item.requirement: item.outcome.value for item in judge.judge(script, each)}
                    for each in (trace, kept)
                )
                self.differences += _differences(trace.script, wire, evidence)
        return kept


def _differences(script: str, wire: Mapping[str, str], evidence: Mapping[str, str]) -> Iterable[Difference]:
    for name in sorted({*wire, *evidence}):
        one, other = wire.get(name, "none"), evidence.get(name, "none")
        if one != other:
            yield Difference(script, name, one, other)
