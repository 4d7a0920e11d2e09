"""Planted faults that the suite is known to miss, or to catch otherwise than it should, each with what it would take.

They are tried like all others: one that is caught after all may not stand here any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "misses.txt"


@cache
def misses() -> Mapping[str, str]:
    """What it would take to catch a fault precisely, by the name of the fault."""
    lines = (line for line in _FILE.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return {name.strip(): why.strip() for name, _, why in (line.partition("|") for line in lines)}
