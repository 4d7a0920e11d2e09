"""What several faults of what all services share need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Call

if TYPE_CHECKING:
    pass


def _token(call: Call) -> str:
    return call.request.joined("authorization") or ""
