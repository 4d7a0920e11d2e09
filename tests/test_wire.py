"""Verdicts from the evidence are verdicts from the wire: the witness that compares them notices a difference."""

from __future__ import annotations

import msgspec
import pytest

from conformance.demonstration import reference
from conformance.launch import preflight, prepare, start
from conformance.model import Trace
from conformance.plan import Filters
from conformance.play import Recorder
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
def test_the_witness_notices_what_redaction_changes(tmp_path_factory: pytest.TempPathFactory, spoilt: bool) -> None:
    """Claim: redaction changes no verdict, and it would be noticed. Stimulus: some scripts of the edition, with the
    redactor and with one that loses header fields. Expected: no difference; many."""
    with reference("--people", "50") as run_file:
        prepared = prepare(load(run_file), Filters(max_requests=300))
        preflight(prepared).raise_for_failures()
        recorder = Spoiling(prepared.redactor) if spoilt else prepared.redactor
        witness = Witness(recorder, prepared.plans)
        result = start(prepared, tmp_path_factory.mktemp("wire") / "run", recorder=witness)
    assert witness.traces == result.footer["scripts"]["played"] > 50
    assert bool(witness.differences) is spoilt
