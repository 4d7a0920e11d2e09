"""Where the faults are registered."""

from __future__ import annotations

from typing import Final

from conformance.reference.planting import Registry

FAULTS: Final = Registry()
