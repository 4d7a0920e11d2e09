"""Faults of procedures: copies."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.procedures.records import (
    Copy,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.procedures.faults.acting import _service


@FAULTS.add("later-date-of-the-same-copy-ignored", "PR-REG-002", "COM-CND-007", "COM-CND-008", "XS-PRE-002")
def later_date_of_the_same_copy_ignored(reference: Reference) -> None:
    """A copy with a later as_of and an equal household is answered, and the former as_of is kept."""
    service = _service(reference)

    def make(keep: Method) -> Method:
        def kept(copy: Copy) -> None:
            before = service.store.copies.get(copy.household_id)
            keep(before if before is not None and before.household == copy.household else copy)

        return kept

    replace(service.store, "keep_copy", make)


@FAULTS.add("copy-of-the-same-day-keeps-the-protection", "PR-REG-001", "PR-VIS-009", "XS-PRO-010")
def copy_of_the_same_day_keeps_the_protection(reference: Reference) -> None:
    """A copy with the as_of of the stored one is stored, but who is protected stays as it was."""
    service = _service(reference)

    def make(keep: Method) -> Method:
        def kept(copy: Copy) -> None:
            before = service.store.copies.get(copy.household_id)
            if before is not None and before.as_of == copy.as_of:
                was = {p["resident_id"]: p["protected"] for p in before.members}
                members = [{**p, "protected": was.get(p["resident_id"], p["protected"])} for p in copy.members]
                copy = changed(copy, household={**copy.household, "members": members})
            keep(copy)

        return kept

    replace(service.store, "keep_copy", make)
