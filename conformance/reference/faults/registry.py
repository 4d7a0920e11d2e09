"""Where the faults are registered."""

from __future__ import annotations

from typing import Final

from conformance.reference.planting import Registry

FAULTS: Final = Registry("faults")
"""All of them, once `FAULTS.complete()` has imported the modules."""
