"""Verdicts from the evidence are verdicts from the wire: the witness that compares them notices a difference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from conformance.demonstration import reference
from conformance.launch import preflight, prepare, start
from conformance.model import Trace, VerdictKind
from conformance.plan import Filters
from conformance.play import Recorder
from conformance.prove.light import play
from conformance.prove.wire import Witness
from conformance.sut.run_file import load

pytestmark = pytest.mark.slow


class Spoiling:
    """A recorder that keeps no header field of any answer."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def learn(self, number: str) -> None:
        """As the recorder does."""
        self.recorder.learn(number)

    def trace(self, trace: Trace) -> Trace:
        """The trace without what the rules look at."""
        kept = self.recorder.trace(trace)
        bare = [
            msgspec.structs.replace(e, response=e.response and msgspec.structs.replace(e.response, headers=()))
            for e in kept.exchanges
        ]
        return msgspec.structs.replace(kept, exchanges=tuple(bare))


@pytest.mark.parametrize("spoilt", [False, True])
def test_the_witness_notices_what_redaction_changes(monkeypatch: pytest.MonkeyPatch, spoilt: bool) -> None:
    """Claim: redaction changes no verdict, and it would be noticed. Stimulus: some scripts of the edition, with the
    redactor and with one that loses header fields. Expected: every trace is compared; no difference; many."""
    witnesses: list[Witness] = []

    class Known(Witness):
        def __init__(self, recorder: Recorder) -> None:
            super().__init__(recorder)
            witnesses.append(self)

    monkeypatch.setattr("conformance.prove.light.Witness", Known)
    with reference("--people", "50") as run_file:
        prepared = prepare(load(run_file), Filters(max_requests=300))
        preflight(prepared).raise_for_failures()
        if spoilt:
            prepared = replace(prepared, redactor=Spoiling(prepared.redactor))  # type: ignore[arg-type]  stands for it
        played = play(prepared, wire=True)
    assert [witness.traces for witness in witnesses] == [played.scripts]
    assert played.scripts > 50
    assert bool(played.differences) is spoilt


def test_a_trial_comes_to_the_verdicts_of_a_run(tmp_path: Path) -> None:
    """Claim: what is tried without an archive is judged as a run judges it. Stimulus: the same scripts of a reference
    with a fault, as a run and as a trial. Expected: the same requirements fail, in as many traces; the same stay open;
    as many scripts and exchanges."""
    with reference("--people", "50", "--fault", "lost-update") as run_file:
        prepared = prepare(load(run_file), Filters(operations=("putProtection",)), seed="same")
        preflight(prepared).raise_for_failures()
        played = play(prepared, wire=False)
        again = prepare(load(run_file), Filters(operations=("putProtection",)), seed="other")
        preflight(again).raise_for_failures()
        run = start(again, tmp_path / "run")
    failed = {v.requirement: (v.failed, v.judged) for v in run.verdicts if v.verdict is VerdictKind.FAIL}
    assert {v.requirement: (v.failed, v.judged) for v in played.failed} == failed != {}
    opened = [v.requirement for v in run.verdicts if v.verdict is VerdictKind.INCONCLUSIVE and v.inconclusive]
    assert list(played.inconclusive) == opened
    assert (played.scripts, played.exchanges) == (run.footer["scripts"]["played"], run.footer["exchanges"])
    assert played.differences is None
