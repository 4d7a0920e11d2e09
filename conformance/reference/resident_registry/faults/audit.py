"""Faults of the audit trail that are about searches and about protected persons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, rewrite
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _searched(reference: Reference, tell: Callable[[Call, Answer], None]) -> None:
    """After each search `tell` says anew whom it was about."""

    def make(search: Method) -> Method:
        def telling(call: Call) -> Answer:
            answer: Answer = search(call)
            tell(call, answer)
            return answer

        return telling

    replace(reference.the(ResidentRegistry).search, "search", make)


@FAULTS.add("audit-search-all-found", "RR-AUD-001")
def audit_search_all_found(reference: Reference) -> None:
    """The audit entry of a search names all residents found, on whatever page they are."""

    def tell(call: Call, answer: Answer) -> None:
        criteria = {name: value for name, value in call.query.items() if name == "household_id"}
        if criteria:
            call.subjects[:] = [place[1] for place in reference.the(ResidentRegistry).search.find(call, criteria, "id")]

    _searched(reference, tell)


@FAULTS.add("audit-search-later-pages", "RR-AUD-001")
def audit_search_later_pages(reference: Reference) -> None:
    """Only the first page of a search is audited."""

    def tell(call: Call, answer: Answer) -> None:
        if call.query["offset"]:
            call.subjects.clear()

    _searched(reference, tell)


@FAULTS.add("audit-search-one-by-one", "RR-AUD-001")
def audit_search_one_by_one(reference: Reference) -> None:
    """A search leaves one audit entry for each resident that it shows."""

    def tell(call: Call, answer: Answer) -> None:
        subjects = list(call.subjects)
        for subject in subjects[1:]:
            call.subjects[:] = [subject]
            reference.audit.record(call, 200, "success")
        call.subjects[:] = subjects[:1]

    _searched(reference, tell)


def _withheld(reference: Reference, operation: str, instead: Callable[[Call], None]) -> None:
    """What is refused to a call of the operation because somebody is hidden, is audited by `instead`."""

    def make(withhold: Method) -> Method:
        def marking(call: Call, resident_ids: Iterable[str]) -> None:
            withhold(call, resident_ids)
            if call.operation.id == operation:
                instead(call)

        return marking

    replace(reference.the(ResidentRegistry).visibility, "withhold", make)


def _unmarked(call: Call) -> None:
    call.withheld = False


@FAULTS.add("audit-protected-read-missing", "RR-AUD-002")
def audit_protected_read_missing(reference: Reference) -> None:
    """A read of a hidden resident leaves no audit entry."""
    _withheld(reference, "getResident", _unmarked)


@FAULTS.add("audit-protected-read-as-success", "RR-AUD-002")
def audit_protected_read_as_success(reference: Reference) -> None:
    """The audit entry about the read of a hidden resident says that it succeeded."""

    def successfully(call: Call) -> None:
        reference.audit.record(call, 404, "success")
        call.withheld = False

    _withheld(reference, "getResident", successfully)


@FAULTS.add("audit-protected-read-twice", "RR-AUD-002")
def audit_protected_read_twice(reference: Reference) -> None:
    """A read of a hidden resident leaves two audit entries."""
    _withheld(reference, "getResident", lambda call: reference.audit.record(call, 404, "refused"))


@FAULTS.add("audit-protected-move-out-missing", "RR-AUD-004", "RR-AUD-007")
def audit_protected_move_out_missing(reference: Reference) -> None:
    """A refused move-out of a hidden resident leaves no audit entry."""
    _withheld(reference, "registerMoveOut", _unmarked)


@FAULTS.add("audit-protected-certificate-missing", "RR-AUD-005")
def audit_protected_certificate_missing(reference: Reference) -> None:
    """A refused read of a certificate that shows a hidden resident leaves no audit entry."""
    _withheld(reference, "getCertificate", _unmarked)


@FAULTS.add("audit-protected-inquiry-missing", "RR-AUD-005")
def audit_protected_inquiry_missing(reference: Reference) -> None:
    """A refused inquiry for the Individual Number of a hidden resident leaves no audit entry."""
    _withheld(reference, "readIndividualNumber", _unmarked)


@FAULTS.add("audit-entry-deleted", "RR-AUD-003")
def audit_entry_deleted(reference: Reference) -> None:
    """There is an operation that deletes an audit entry."""
    _offered(reference, "DELETE", "/audit_entries/", Answer(204))


@FAULTS.add("audit-entry-created", "RR-AUD-003")
def audit_entry_created(reference: Reference) -> None:
    """There is an undocumented operation that adds an audit entry."""
    _offered(reference, "POST", "/audit_entries", Answer(201, {}))


def _offered(reference: Reference, method: str, path: str, answer: Answer) -> None:
    base = reference.the(ResidentRegistry).base

    def offered(request: Request, given: Answer) -> Answer:
        there = request.path == base + path or (path.endswith("/") and request.path.startswith(base + path))
        asked = request.method == method and there and given.status in (404, 405)
        return Answer(answer.status, answer.body, given.headers, given.media_type) if asked else given

    rewrite(reference, offered)
