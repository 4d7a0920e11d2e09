"""Shows that verdicts from the evidence are verdicts from the wire: each trace is judged as it came, and as it is kept.

The two are compared trace by trace and requirement by requirement, so that differences cannot make up for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from conformance.judge import Judge
from conformance.model import Observation, Script, Trace
from conformance.play import Recorder


class Difference(msgspec.Struct, frozen=True):
    """One requirement that was judged otherwise on the evidence of a trace than on the wire; `none`: not at all."""

    script: str
    requirement: str
    wire: str
    evidence: str


class Witness:
    """Stands where traces are redacted, and judges each as it came. Nothing of the wire is kept after that."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._came: dict[str, Trace] = {}
        self.traces = 0
        self.differences: list[Difference] = []

    def learn(self, number: str) -> None:
        """Hand a number on to what redacts."""
        self._recorder.learn(number)

    def trace(self, trace: Trace) -> Trace:
        """The trace as it may be kept; as it came it waits to be compared. Of a script the last attempt counts."""
        self._came[trace.script] = trace
        return self._recorder.trace(trace)

    def compare(self, judge: Judge, script: Script, observed: Iterable[Observation]) -> None:
        """Judge the trace of a script as it came; note how that differs from what was `observed` on what is kept."""
        came = self._came.pop(script.id)
        self.traces += 1
        wire, evidence = (
            {item.requirement: item.outcome.value for item in each} for each in (judge.judge(script, came), observed)
        )
        self.differences += _differences(script.id, wire, evidence)


def _differences(script: str, wire: Mapping[str, str], evidence: Mapping[str, str]) -> Iterable[Difference]:
    for name in sorted({*wire, *evidence}):
        one, other = wire.get(name, "none"), evidence.get(name, "none")
        if one != other:
            yield Difference(script, name, one, other)
