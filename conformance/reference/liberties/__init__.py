"""Liberties: conforming ways to differ from the reference, to prove that the suite does not mind."""

from __future__ import annotations

from conformance.reference.planting import Change

LIBERTIES: dict[str, Change] = {}
