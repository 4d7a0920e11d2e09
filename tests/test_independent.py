"""The second implementations, made from the documents alone: the suite lets them pass, and finds faults in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from independent import failed, faults, run_on

from conformance.catalogue.service import published_service

SERVICES = ("benefit-payments", "procedures", "resident-registry")
WITH_LIBERTIES = ("benefit-payments", "procedures")
ALL_LIBERTIES = ("--liberties",)
SAMPLE = {
    "benefit-payments": (
        "BP-ACC-003",
        "BP-AUD-002",
        "BP-AUD-023",
        "BP-DEC-007",
        "BP-ELI-005",
        "BP-FRM-006",
        "BP-INT-003",
        "BP-INT-004",
        "BP-INT-013",
        "BP-LED-001",
        "BP-PAY-007",
        "BP-RTR-002",
        "BP-SEP-005",
        "BP-SEP-012",
        "COM-AUD-002",
        "COM-DAT-007",
        "COM-IDM-003",
        "COM-PAG-008",
    ),
    "procedures": (
        "COM-AUD-001",
        "COM-IDM-003",
        "COM-IDN-005",
        "COM-PAG-008",
        "PR-ATT-001",
        "PR-DLN-001",
        "PR-DUP-004",
        "PR-EVT-001",
        "PR-FIL-007",
        "PR-PRE-008",
        "PR-SIG-003",
        "PR-STA-012",
        "PR-SUB-007",
        "PR-SUB-012",
        "PR-VIS-003",
    ),
    "resident-registry": ("COM-AUD-001", "COM-CND-003", "COM-IDM-003", "COM-PAG-008"),
}
"""Few enough for a test; `conformance run` plays all of them."""
CAUGHT = {
    "benefit-payments": (
        "audit-apart-alone",
        "claimed-before-hidden",
        "closes-a-minute-late",
        "overpaid-stays",
        "retry-after-second-batch",
    ),
    "procedures": ("named-twice", "notice-per-procedure", "receipt-by-channel", "shielded-at-receipt"),
}


@pytest.mark.parametrize(
    ("service", "planted"), [*((name, ()) for name in SERVICES), *((name, ALL_LIBERTIES) for name in WITH_LIBERTIES)]
)
def test_an_independent_implementation_conforms(service: str, planted: tuple[str, ...], tmp_path: Path) -> None:
    """Claim: who has nothing but the documents can build what the suite lets pass, however uncommon the choices are
    where they leave one. Stimulus: an implementation in another language, as it is and with all its liberties.
    Expected: each requirement of the sample is judged, and passes."""
    result = run_on(service, tmp_path, SAMPLE[service], *planted)
    verdicts = {v.requirement: v.verdict.value for v in result.verdicts}
    assert {name: verdicts[name] for name in SAMPLE[service]} == dict.fromkeys(SAMPLE[service], "pass")


@pytest.mark.parametrize(("service", "name"), [(service, name) for service in CAUGHT for name in CAUGHT[service]])
def test_a_fault_in_an_independent_implementation_is_caught(service: str, name: str, tmp_path: Path) -> None:
    """Claim: the suite finds a fault also where the code has nothing in common with the reference. Stimulus: an
    independent service with one fault. Expected: a requirement that the fault breaks fails."""
    breaks = faults(service)[name]
    assert failed(run_on(service, tmp_path, tuple(sorted(breaks)), name)) & breaks


@pytest.mark.parametrize("service", SERVICES)
def test_every_fault_can_be_planted(service: str) -> None:
    """Claim: a fault does not become untrue when its implementation or the catalogue changes. Stimulus: the texts of
    all faults, and what each is said to break. Expected: each text stands exactly once in its file; the requirements
    are published ones."""
    planted = faults(service)
    assert len(planted) > 30
    assert frozenset().union(*planted.values()) <= published_service(service).requirement_ids.keys()
