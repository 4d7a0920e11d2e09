"""Faults of move-ins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("duplicate-move-in", "RR-MIN-011", "RR-MIN-012", "RR-MIN-014")
def duplicate_move_in(reference: Reference) -> None:
    """A person who is registered and active may move in once more."""

    def make(check: Method) -> Method:
        def within_request(numbers: Iterable[tuple[str, str]], active: Mapping[str, str]) -> None:
            check(numbers, {})

        return within_request

    replace(reference.the(ResidentRegistry).rules, "check_once", make)
