"""Pages: `limit` and `offset` of the call applied to a whole list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from conformance.reference.calls import Call

T = TypeVar("T")


class Pages:
    """Cuts pages out of whole lists."""

    def page(self, call: Call, found: Sequence[T], show: Callable[[T], Any]) -> dict[str, Any]:
        """The page that the call asks for, as the published documents have it."""
        limit, offset = call.query["limit"], call.query["offset"]
        return {
            "resultset": {"count": len(found), "offset": offset, "limit": limit},
            "results": [show(item) for item in self.cut(found, offset, limit)],
        }

    def cut(self, found: Sequence[T], offset: int, limit: int) -> Sequence[T]:
        """The items of the page."""
        return found[offset : offset + limit]
