"""Faults of benefit payments: windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.records import (
    Programme,
)
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


@FAULTS.add("window-as-created", "BP-INT-006")
def window_as_created(reference: Reference) -> None:
    """Claims are held against the last day with which the programme was created, whatever it was changed to."""
    service = _service(reference)
    first: dict[str, str] = {}

    def keeping(keep: Method) -> Method:
        def kept(programme: Programme) -> None:
            first.setdefault(programme.id, programme.claims_until)
            keep(programme)

        return kept

    replace(service.books, "keep_programme", keeping)
    revise(
        service.intake,
        "is_open",
        lambda _: lambda p, day: p.claims_from <= day <= first.get(p.id, p.claims_until),
    )
