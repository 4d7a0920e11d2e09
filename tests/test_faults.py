"""Each planted fault turns exactly the requirements that are about it to fail, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.reference.faults import FAULTS
from tests.whole_run import run_reference, with_verdict

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_fails_what_it_breaks_and_nothing_else(name: str, tmp_path: Path) -> None:
    """Claim: the suite catches the fault, and blames nothing else for it. Stimulus: the whole edition against the
    reference with one behaviour changed. Expected: the requirements that the fault names fail, no other does."""
    result = run_reference(tmp_path / "run", "--fault", name)
    assert with_verdict(result, "fail") == set(FAULTS[name].breaks)
