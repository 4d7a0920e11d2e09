"""Faults of what must go on, or must be noticed, in each state and in each operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.records import ONLINE, PAPER, RETURNED, Application

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("returned-holds-back-no-paper", "PR-DUP-002")
def returned_holds_back_no_paper(reference: Reference) -> None:
    """What came online and is returned for correction does not hold back paper."""
    entitlement = _service(reference).entitlement

    def make(holds_back: Method) -> Method:
        def other(application: Application, statuses: frozenset[str]) -> bool:
            if application.channel == ONLINE and application.status == RETURNED and statuses == entitlement.paper():
                return False
            return bool(holds_back(application, statuses))

        return other

    revise(entitlement, "holds_back", make)


@FAULTS.add("corrected-listed-at-the-end", "PR-VIS-008")
def corrected_listed_at_the_end(reference: Reference) -> None:
    """What was corrected stands at the end of a list, behind what was received meanwhile."""

    def corrected(application: Application) -> bool:
        return any(event.kind == "resubmitted" for event in application.events)

    revise(_service(reference).applications, "listed", lambda listed: lambda: sorted(listed(), key=corrected))


def _unaudited(reference: Reference, which: Callable[[Call, Application], bool]) -> None:
    """A 404 for something hidden leaves no entry, for these requests."""
    service = _service(reference)

    def concerns(call: Call, status: int, outcome: str) -> bool:
        found = service.store.applications.get(call.path.get("application_id", ""))
        return call.service == "procedures" and status == 404 and found is not None and which(call, found)

    replace(reference.audit, "record", lambda _: lambda call, status, outcome: None, concerns)


@FAULTS.add("hidden-papers-asked-for-not-audited", "PR-AUD-003")
def hidden_papers_asked_for_not_audited(reference: Reference) -> None:
    """That another client asked for the form or an attachment of an application leaves no entry."""
    _unaudited(
        reference,
        lambda call, found: call.operation.id in ("getForm", "getOwnAttachment") and found.channel == ONLINE,
    )


@FAULTS.add("hidden-papers-stored-not-audited", "PR-AUD-006")
def hidden_papers_stored_not_audited(reference: Reference) -> None:
    """That another client tried to store a form or an attachment of an application leaves no entry."""
    _unaudited(reference, lambda call, found: call.operation.id in ("putForm", "putAttachment"))


@FAULTS.add("papers-of-a-draft-asked-for-not-audited", "PR-AUD-004")
def papers_of_a_draft_asked_for_not_audited(reference: Reference) -> None:
    """That the administration asked for form, attachments or events of a draft leaves no entry."""
    _unaudited(
        reference,
        lambda call, found: call.operation.id in ("getApplicationForm", "getAttachment", "listEvents"),
    )


@FAULTS.add("paper-changed-online-not-audited", "PR-AUD-006")
def paper_changed_online_not_audited(reference: Reference) -> None:
    """That somebody tried to submit or withdraw paper as if it had come online leaves no entry."""
    _unaudited(
        reference,
        lambda call, found: (
            call.operation.id in ("submitApplication", "withdrawApplication") and found.channel == PAPER
        ),
    )


def _refused_where_gone(reference: Reference, part: object, method: str, gone: Callable[[Call], str | None]) -> None:
    """A change is refused where the person whom `gone` names stands in no copy."""
    service = _service(reference)

    def make(_: Method) -> Method:
        def other(call: Call) -> Answer:
            raise conflict("wrong_status", "副本に記載がありません / Stands in no copy")

        return other

    def concerns(call: Call) -> bool:
        person = gone(call)
        return person is not None and service.store.known(person) is None

    replace(part, method, make, concerns)


@FAULTS.add("no-withdrawal-by-who-stands-nowhere", "PR-WDR-001")
def no_withdrawal_by_who_stands_nowhere(reference: Reference) -> None:
    """An applicant who stands in no copy any more cannot withdraw an application."""
    _refused_where_gone(reference, _service(reference).online, "withdraw", lambda call: call.target.applicant_id)


@FAULTS.add("no-approval-of-who-stands-nowhere", "PR-DEC-001")
def no_approval_of_who_stands_nowhere(reference: Reference) -> None:
    """There is no approval of an application whose subject stands in no copy any more."""
    _refused_where_gone(
        reference,
        _service(reference).reviews,
        "decide",
        lambda call: call.target.subject_id if call.body["decision"] == "approved" else None,
    )
