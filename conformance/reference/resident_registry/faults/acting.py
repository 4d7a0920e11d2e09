"""What several faults of the resident registry need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _registry(reference: Reference) -> ResidentRegistry:
    return reference.the(ResidentRegistry)
