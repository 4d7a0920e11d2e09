"""Which faults stock Schemathesis and the suite are compared by."""

from __future__ import annotations

import pytest

from benchmarks.catching import breaking
from conformance.prove.changes import Change

_PLACE = "conformance.reference"


@pytest.mark.parametrize(
    ("kind", "breaks", "concern", "is_drawn"),
    [
        ("fault", ("RR-HIS-001",), f"{_PLACE}.resident_registry.faults.as_of", True),
        ("fault", ("COM-VAL-005",), f"{_PLACE}.faults.validation", True),
        ("fault", ("COM-VAL-005",), f"{_PLACE}.benefit_payments.faults.ledger", False),
        ("fault", ("BP-LED-001",), f"{_PLACE}.benefit_payments.faults.ledger", False),
        ("fault", ("XS-IDM-001",), f"{_PLACE}.faults.several_services", False),
        ("fault", ("XS-IDM-001", "COM-IDM-001"), f"{_PLACE}.faults.several_services", True),
        ("liberty", (), f"{_PLACE}.resident_registry.liberties", False),
    ],
)
def test_only_what_breaks_a_requirement_of_the_measured_service_is_drawn(
    kind: str, breaks: tuple[str, ...], concern: str, is_drawn: bool
) -> None:
    """Claim: neither tester is blamed for a fault of what its documents do not require. Stimulus: a change of the
    reference. Expected: it is drawn from where a requirement of the registry is broken, and in no other service."""
    change = Change("a", "fault" if kind == "fault" else "liberty", breaks, "", concern)
    assert bool(breaking("resident-registry", [change])) is is_drawn
