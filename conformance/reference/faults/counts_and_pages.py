"""Faults of what all services share: paging."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _capped(reference: Reference, concerned: Callable[[Call, Any], bool]) -> None:
    """A count is 100 at most, or what the pages so far have shown; that of the audit trail is right."""

    def make(page: Method) -> Method:
        def capped(call: Call, found: Any, show: Any) -> dict[str, Any]:
            body: dict[str, Any] = page(call, found, show)
            if call.operation.id != "listAuditEntries":
                body["resultset"]["count"] = max(min(len(found), 100), call.query["offset"] + len(body["results"]))
            return body

        return capped

    replace(reference.pages, "page", make, concerns=lambda call, found, _: len(found) > 100 and concerned(call, found))


@FAULTS.add("count-capped-at-a-hundred", "COM-PAG-009")
def count_capped_at_a_hundred(reference: Reference) -> None:
    """A list asked for by pages of 100 is counted up to the end of the page, but for the audit trail."""
    _capped(reference, lambda call, _: bool(call.query["limit"] == 100))


@FAULTS.add("every-count-capped-at-a-hundred", "COM-PAG-009")
def every_count_capped_at_a_hundred(reference: Reference) -> None:
    """The count of a list is 100 at most, by pages of any size, apart from the audit trail."""
    _capped(reference, lambda *_: True)


@FAULTS.add("pages-end-at-a-hundred", "COM-PAG-008")
def pages_end_at_a_hundred(reference: Reference) -> None:
    """What stands behind the hundredth item of a list is on no page, the audit trail aside; the count is right."""

    def make(page: Method) -> Method:
        def capped(call: Call, found: Any, show: Any) -> dict[str, Any]:
            body: dict[str, Any] = page(call, found, show)
            if call.operation.id != "listAuditEntries":
                body["results"] = body["results"][: max(0, 100 - call.query["offset"])]
            return body

        return capped

    replace(reference.pages, "page", make, concerns=lambda call, found, _: len(found) > 100)


@FAULTS.add("audit-pages-skip-meanwhile", "COM-PAG-012")
def audit_pages_skip_meanwhile(reference: Reference) -> None:
    """Where limit does not divide offset, a page begins at the multiple of limit below it."""

    def make(page: Method) -> Method:
        def aligned(call: Call, found: Any, show: Any) -> dict[str, Any]:
            offset, limit = call.query["offset"], call.query["limit"]
            if offset % limit == 0 or offset >= len(found):
                return page(call, found, show)  # type: ignore[no-any-return]
            body: dict[str, Any] = page(call, found, show)
            start = offset - offset % limit
            count = len(body["results"])
            body["results"] = [show(item) for item in found[start : start + count]]
            return body

        return aligned

    replace(reference.pages, "page", make, concerns=lambda call, *_: call.query["offset"] % call.query["limit"] != 0)
