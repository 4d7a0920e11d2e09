"""Planted faults: the reference with one behaviour changed, to prove that the suite notices."""

from __future__ import annotations

from conformance.reference.planting import Change

FAULTS: dict[str, Change] = {}
