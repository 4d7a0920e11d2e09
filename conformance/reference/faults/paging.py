"""Faults of pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import not_found
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

T = TypeVar("T")
Page = dict[str, Any]


def _cut(reference: Reference, cut: Callable[[Sequence[Any], int, int], Sequence[Any]]) -> None:
    """Pages hold other items."""
    revise(reference.pages, "cut", lambda _: cut)


def altered_page(reference: Reference, alter: Callable[[Call, Sequence[Any], Page], Page]) -> None:
    """Pages are altered as a whole."""

    def make(page: Method) -> Method:
        return lambda call, found, show: alter(call, found, page(call, found, show))

    revise(reference.pages, "page", make)


@FAULTS.add("page-one-item-more", "COM-PAG-001")
def page_one_item_more(reference: Reference) -> None:
    """A page holds one item more than limit, to show that there are more."""

    def cut(found: Sequence[T], offset: int, limit: int) -> Sequence[T]:
        return found[offset : offset + limit + (limit == 1)]

    _cut(reference, cut)


@FAULTS.add("page-limit-ignored-in-history", "COM-PAG-001", "COM-PAG-007")
def page_limit_ignored_in_history(reference: Reference) -> None:
    """The history of a resident comes whole, whatever limit is."""

    def whole(call: Call, found: Sequence[Any], page: Page) -> Page:
        if call.operation.id != "listResidentHistory" or call.query["offset"]:
            return page
        history = reference.the(ResidentRegistry).residents.history_line
        return {**page, "results": [history(event) for event in found]}

    altered_page(reference, whole)


@FAULTS.add("sorted-by-reading-order", "COM-PAG-003")
def sorted_by_reading_order(reference: Reference) -> None:
    """Kana are sorted as a dictionary does, voiced marks last, and not by code points."""
    unvoiced = str.maketrans(
        "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポ", "カキクケコサシスセソタチツテトハヒフヘホハヒフヘホ"
    )

    def make(find: Method) -> Method:
        def found(call: Call, criteria: dict[str, Any], sort: str) -> list[tuple[str, str]]:
            places: list[tuple[str, str]] = find(call, criteria, sort)
            if sort.lstrip("-") != "family_kana":
                return places
            return sorted(places, key=lambda place: (place[0].translate(unvoiced), place), reverse=sort[0] == "-")

        return found

    revise(reference.the(ResidentRegistry).search, "find", make)


@FAULTS.add("sorted-ascending-only", "COM-PAG-003")
def sorted_ascending_only(reference: Reference) -> None:
    """A descending order is answered in ascending order."""

    def make(find: Method) -> Method:
        return lambda call, criteria, sort: find(call, criteria, sort.lstrip("-"))

    revise(reference.the(ResidentRegistry).search, "find", make)


@FAULTS.add("beyond-end-unknown", "COM-PAG-005")
def beyond_end_unknown(reference: Reference) -> None:
    """A page beyond the end is answered with 404."""

    def refuse(call: Call, found: Sequence[Any], page: Page) -> Page:
        if call.query["offset"] > len(found) and call.operation.id == "listResidentHistory":
            raise not_found()
        return page

    altered_page(reference, refuse)


@FAULTS.add("beyond-end-last-page", "COM-PAG-002", "COM-PAG-005", "COM-PAG-012")
def beyond_end_last_page(reference: Reference) -> None:
    """A page beyond the end holds the last item; at the very end it is empty."""

    def cut(found: Sequence[T], offset: int, limit: int) -> Sequence[T]:
        return found[offset : offset + limit] if offset <= len(found) else found[-1:]

    _cut(reference, cut)


@FAULTS.add("end-begins-anew", "COM-PAG-002", "COM-PAG-005", "COM-PAG-012")
def end_begins_anew(reference: Reference) -> None:
    """An offset that is just the count of a history gives its last item once more."""

    def anew(call: Call, found: Sequence[Any], page: Page) -> Page:
        if call.operation.id != "listResidentHistory" or call.query["offset"] != len(found):
            return page
        history = reference.the(ResidentRegistry).residents.history_line
        return {**page, "results": [history(event) for event in found[-1:]]}

    altered_page(reference, anew)


@FAULTS.add("page-order-by-turns", "COM-PAG-006")
def page_order_by_turns(reference: Reference) -> None:
    """A search that is repeated gives the same items the other way round."""
    asked: set[tuple[str, bytes]] = set()

    def make(page: Method) -> Method:
        def turned(call: Call, found: Sequence[Any], show: Any) -> Page:
            answer: Page = page(call, found, show)
            question = (call.request.path, call.request.query)
            if question in asked:
                answer["results"] = answer["results"][::-1]
            asked.add(question)
            return answer

        return turned

    replace(
        reference.pages,
        "page",
        make,
        concerns=lambda call, found, show: call.operation.id == "searchResidents" and "sort" not in call.query,
    )


@FAULTS.add("page-item-skipped", "COM-PAG-008", "COM-PAG-012")
def page_item_skipped(reference: Reference) -> None:
    """Every page but the first leaves out its first item."""

    def cut(found: Sequence[T], offset: int, limit: int) -> Sequence[T]:
        return found[offset + (offset > 0) : offset + limit]

    _cut(reference, cut)


@FAULTS.add("page-item-skipped-far-behind", "COM-PAG-008")
def page_item_skipped_far_behind(reference: Reference) -> None:
    """The ninth page leaves out its last item."""

    def cut(found: Sequence[T], offset: int, limit: int) -> Sequence[T]:
        return found[offset : offset + limit - (offset == 8 * limit and limit > 1)]

    _cut(reference, cut)


@FAULTS.add("last-item-on-no-page", "COM-PAG-008", "COM-PAG-012")
def last_item_on_no_page(reference: Reference) -> None:
    """The last item of a list of several pages is counted, and stands on no page but the first."""

    def cut(found: Sequence[T], offset: int, limit: int) -> Sequence[T]:
        return found[offset : min(offset + limit, len(found) - (offset > 0))]

    _cut(reference, cut)


@FAULTS.add("page-item-twice", "COM-PAG-002", "COM-PAG-007", "COM-PAG-008", "COM-PAG-012")
def page_item_twice(reference: Reference) -> None:
    """Every page but the first begins with the last item of the page before."""

    def cut(found: Sequence[T], offset: int, limit: int) -> Sequence[T]:
        repeated = found[max(offset - 1, 0) : offset]
        return [*repeated, *found[offset : offset + limit]][:limit] if offset < len(found) else []

    _cut(reference, cut)


@FAULTS.add(
    "page-item-twice-at-end", "COM-PAG-002", "COM-PAG-007", "COM-PAG-012", "PR-EVT-001", "PR-VIS-008", "BP-LED-004"
)
def page_item_twice_at_end(reference: Reference) -> None:
    """The last page is filled up with items of the page before."""

    def cut(found: Sequence[T], offset: int, limit: int) -> Sequence[T]:
        page = found[offset : offset + limit]
        missing = limit - len(page)
        return [*page, *found[max(offset - missing, 0) : offset]] if page and offset and missing else page

    _cut(reference, cut)
