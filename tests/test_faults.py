"""Each planted fault turns exactly the requirements that are about it to fail, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.reference.faults.registry import FAULTS
from tests.whole_run import run_reference, with_verdict

pytestmark = pytest.mark.slow

SAMPLE = frozenset(
    {
        "audit-read-missing",
        "cancellation-without-effect",
        "duplicate-move-in",
        "idempotency-keys-shared",
        "individual-number-unchecked",
        "late-a-day-early",
        "lost-update",
        "name-normalised",
        "page-item-skipped",
        "problem-as-plain-json",
        "protected-in-household",
        "undeclared-method-unknown",
    }
)
"""Played on every run of the tests; the others with `pytest -m proof`."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.proof) for name in sorted(FAULTS.complete())],
)
def test_a_fault_fails_what_it_breaks_and_nothing_else(name: str, tmp_path: Path) -> None:
    """Claim: the suite catches the fault, and blames nothing else for it. Stimulus: the whole edition against the
    reference with one behaviour changed. Expected: the requirements that the fault names fail, no other does."""
    result = run_reference(tmp_path / "run", "--fault", name)
    assert with_verdict(result, "fail") == set(FAULTS.complete()[name].breaks)


def test_the_sample_of_faults_is_of_faults_that_there_are() -> None:
    """Claim: no fault of the sample was renamed unnoticed. Expected: each is in the table of faults."""
    assert set(FAULTS.complete()) >= SAMPLE
