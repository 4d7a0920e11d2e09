"""The same edition on the same system gives the same verdicts, in whatever order, whatever is there already."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.determinism import compare
from conformance.plan import Filters

pytestmark = pytest.mark.slow


def test_a_second_run_in_another_order_gives_the_same_verdicts(tmp_path: Path) -> None:
    """Claim: neither order nor what an earlier run left changes a verdict. Stimulus: two runs on one system, the second
    shuffled. Expected: none differs."""
    told = compare(2, 200, 0, Filters(), tmp_path, services=("benefit-payments",))
    assert told["differing"] == {}
    assert told["shuffled"] == 1
    assert told["requirements"] >= 150
    assert {run["standing"] for run in told["each"]} == {"conforming"}
