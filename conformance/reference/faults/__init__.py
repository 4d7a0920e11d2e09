"""Planted faults: the reference with one behaviour changed, to prove that the suite notices, and what it notices.

Each is a function registered under a name with the requirements that it breaks; its docstring says what is different.
"""

from __future__ import annotations

from conformance.reference.faults import (
    audit,
    conditional,
    dates,
    errors,
    idempotency,
    identifiers,
    methods,
    notifications,
    paging,
    protection,
    text,
)
from conformance.reference.faults.registry import FAULTS

MODULES = (
    *(audit, conditional, dates, errors, idempotency, identifiers),
    *(methods, notifications, paging, protection, text),
)
"""One module for each concern; importing it registers its faults."""

__all__ = ["FAULTS", "MODULES"]
