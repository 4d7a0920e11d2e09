"""Faults of what a page states: count, limit, offset, and the limit where none is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.reference.calls import Call
from conformance.reference.faults.paging import altered_page
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

T = TypeVar("T")
Page = dict[str, Any]


def _stating(reference: Reference, states: Callable[[Call, Sequence[Any], Page], Page]) -> None:
    """The resultset states something else."""
    altered_page(
        reference,
        lambda call, found, page: {**page, "resultset": {**page["resultset"], **states(call, found, page)}},
    )


@FAULTS.add("resultset-offset-zero", "COM-PAG-002")
def resultset_offset_zero(reference: Reference) -> None:
    """The resultset states the offset 0 on every page."""
    _stating(reference, lambda call, found, page: {"offset": 0})


@FAULTS.add("resultset-limit-as-returned", "COM-PAG-002")
def resultset_limit_as_returned(reference: Reference) -> None:
    """The resultset of the last page states as limit how many items it has."""
    _stating(
        reference,
        lambda call, found, page: (
            {"limit": len(page["results"]) or call.query["limit"]} if call.query["offset"] else {}
        ),
    )


def _accepted(reference: Reference, accepts: Callable[[Call], str | None]) -> None:
    """A value of limit or offset is not refused, but replaced: `accepts` names the parameter that it takes."""

    def make(check: Method) -> Method:
        def lenient(call: Call) -> list[Any]:
            found = check(call)
            name = accepts(call)
            if name is not None:
                call.query[name] = min(max(call.query[name], 0), 100) or {"limit": 20, "offset": 0}[name]
            return [violation for violation in found if violation.parameter != name or name is None]

        return lenient

    revise(reference.pipeline, "check_query", make)


@FAULTS.add("limit-above-100-accepted", "COM-PAG-004")
def limit_above_100_accepted(reference: Reference) -> None:
    """A limit of 101 is accepted where the audit trail is read."""
    _accepted(
        reference,
        lambda call: "limit" if call.operation.id == "listAuditEntries" and call.query.get("limit") == 101 else None,
    )


@FAULTS.add("limit-zero-accepted", "COM-PAG-004")
def limit_zero_accepted(reference: Reference) -> None:
    """A limit of 0 stands for the default."""
    _accepted(reference, lambda call: "limit" if call.query.get("limit") == 0 else None)


@FAULTS.add("offset-negative-accepted", "COM-PAG-004")
def offset_negative_accepted(reference: Reference) -> None:
    """An offset of -1 stands for the beginning."""
    _accepted(reference, lambda call: "offset" if call.query.get("offset") == -1 else None)


@FAULTS.add("count-of-page", "COM-PAG-002", "COM-PAG-009")
def count_of_page(reference: Reference) -> None:
    """From the second page of a history on the count is the number of items on the page."""
    _stating(
        reference,
        lambda call, found, page: (
            {"count": len(page["results"])}
            if call.query["offset"] and call.operation.id == "listResidentHistory"
            else {}
        ),
    )


@FAULTS.add("count-of-rest", "COM-PAG-002", "COM-PAG-009")
def count_of_rest(reference: Reference) -> None:
    """The count of audit entries and of a history is the number of items from the offset on."""
    _stating(
        reference,
        lambda call, found, page: (
            {"count": max(len(found) - call.query["offset"], 0)} if call.operation.id != "searchResidents" else {}
        ),
    )


@FAULTS.add("count-as-far-as-looked", "COM-PAG-009")
def count_as_far_as_looked(reference: Reference) -> None:
    """The registry counts the items looked at so far, and one more where there is one."""
    _stating(
        reference,
        lambda call, found, page: (
            {"count": min(len(found), call.query["offset"] + len(page["results"]) + 1)}
            if call.service == ResidentRegistry.name
            else {}
        ),
    )


@FAULTS.add("count-capped-in-history", "COM-PAG-009")
def count_capped_in_history(reference: Reference) -> None:
    """The count of a history is that of one page where several are needed."""
    _stating(
        reference,
        lambda call, found, page: (
            {"count": min(len(found), 3)}
            if call.operation.id == "listResidentHistory" and call.query["offset"] + len(page["results"]) <= 3
            else {}
        ),
    )


def _default(reference: Reference, limit: int, *operations: str) -> None:
    """Where no limit is asked for, another one is applied."""

    def make(page: Method) -> Method:
        def defaulted(call: Call, found: Sequence[Any], show: Any) -> Page:
            call.query["limit"] = limit
            answer: Page = page(call, found, show)
            return answer

        return defaulted

    replace(
        reference.pages,
        "page",
        make,
        concerns=lambda call, found, show: (
            b"limit=" not in call.request.query and (not operations or call.operation.id in operations)
        ),
    )


@FAULTS.add("default-limit-100", "COM-PAG-010")
def default_limit_100(reference: Reference) -> None:
    """A list comes by hundreds where no limit is named."""
    _default(reference, 100)


@FAULTS.add("default-limit-10-of-audit", "COM-PAG-010")
def default_limit_10_of_audit(reference: Reference) -> None:
    """The audit trail comes by tens where no limit is named."""
    _default(reference, 10, "listAuditEntries")
