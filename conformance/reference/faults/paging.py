"""Faults of pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference

T = TypeVar("T")


@FAULTS.add("page-item-skipped", "COM-PAG-008")
def page_item_skipped(reference: Reference) -> None:
    """Every page but the first leaves out its first item."""

    def cut(found: Sequence[T], offset: int, limit: int) -> Sequence[T]:
        return found[offset + (offset > 0) : offset + limit]

    replace(reference.pages, "cut", lambda _: cut)


@FAULTS.add("page-item-twice", "COM-PAG-007")
def page_item_twice(reference: Reference) -> None:
    """Every page but the first begins with the last item of the page before."""

    def cut(found: Sequence[T], offset: int, limit: int) -> Sequence[T]:
        repeated = found[max(offset - 1, 0) : offset]
        return [*repeated, *found[offset : offset + limit]][:limit] if offset < len(found) else []

    replace(reference.pages, "cut", lambda _: cut)
