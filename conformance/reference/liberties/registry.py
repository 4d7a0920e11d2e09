"""Where the liberties are registered."""

from __future__ import annotations

from typing import Final

from conformance.reference.planting import Registry

LIBERTIES: Final = Registry("liberties")
"""All of them, once `LIBERTIES.complete()` has imported the modules."""
