"""Liberties: conforming ways to differ from the reference, to prove that the suite does not mind."""

from __future__ import annotations

from conformance.reference.liberties import answers, order
from conformance.reference.liberties.registry import LIBERTIES

MODULES = (answers, order)
"""One module for each kind of liberty; importing it registers its liberties."""

__all__ = ["LIBERTIES", "MODULES"]
