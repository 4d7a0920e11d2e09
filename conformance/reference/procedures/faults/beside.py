"""Faults about persons whom a rule names beside the obvious one: the applicant beside the subject, who left a copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.records import PAPER, Application, Copy
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("protected-applicant-overlooked", "PR-VIS-003")
def protected_applicant_overlooked(reference: Reference) -> None:
    """The address in an application about somebody else is kept from the administration for the subject's sake only."""

    def make(hides_address: Method) -> Method:
        return lambda call, persons: hides_address(call, list(persons)[-1:])

    revise(reference.the(Procedures).visibility, "hides_address", make)


@FAULTS.add("address-of-who-stands-nowhere-shown", "PR-VIS-003")
def address_of_who_stands_nowhere_shown(reference: Reference) -> None:
    """Who stands in no copy any more counts as somebody who is not protected."""
    service = reference.the(Procedures)

    def make(is_protected: Method) -> Method:
        return lambda resident_id: service.store.known(resident_id) is not None and is_protected(resident_id)

    revise(service.visibility, "is_protected", make)


@FAULTS.add("kept-answer-with-an-address-repeated", "PR-VIS-003", "PR-VIS-009", "PR-VIS-011", "XS-PRO-010")
def kept_answer_with_an_address_repeated(reference: Reference) -> None:
    """A kept answer is repeated, whoever in it has become protected meanwhile."""

    def make(_: Method) -> Method:
        return lambda call, names: False

    revise(reference.the(Procedures), "hides", make)


@FAULTS.add("who-left-a-copy-not-audited", "COM-AUD-002")
def who_left_a_copy_not_audited(reference: Reference) -> None:
    """The entry of a change of a copy is about those who stand in it afterwards."""

    def make(of_change: Method) -> Method:
        def after_only(before: Copy | None, after: Copy) -> list[str]:
            found: list[str] = of_change(None, after)
            return found

        return after_only

    revise(reference.the(Procedures).subjects_of, "of_change", make)


@FAULTS.add("list-audited-of-the-subjects-only", "PR-AUD-002")
def list_audited_of_the_subjects_only(reference: Reference) -> None:
    """The entry of a list is about the subjects of the applications, whoever applied."""

    def make(_: Method) -> Method:
        def subjects_only(applications: Iterable[Application]) -> list[str]:
            return list(dict.fromkeys(application.subject_id for application in applications))

        return subjects_only

    revise(reference.the(Procedures).subjects_of, "of_applications", make)


def _hidden(reference: Reference, make: Any, hidden: Any) -> None:
    """What the trail is told of requests that are refused because an application is hidden from the caller."""
    service = reference.the(Procedures)

    def concerns(call: Call, status: int, outcome: str) -> bool:
        application = service.store.applications.get(call.path.get("application_id", ""))
        known = call.service == "procedures" and call.withheld and application is not None
        return known and hidden(call, application)

    replace(reference.audit, "record", make, concerns)


def _is_read(call: Call) -> bool:
    return bool(call.operation.method == "GET")


def _of_the_applicant_alone(record: Method) -> Method:
    def alone(call: Call, status: int, outcome: str) -> None:
        del call.subjects[1:]
        record(call, status, outcome)

    return alone


def _untold(_: Method) -> Method:
    return lambda call, status, outcome: None


@FAULTS.add("hidden-application-audited-of-the-applicant-only", "PR-AUD-003")
def hidden_application_audited_of_the_applicant_only(reference: Reference) -> None:
    """A refused look at the application of another client is told of its applicant, and not of its subject."""
    _hidden(
        reference,
        _of_the_applicant_alone,
        lambda call, application: _is_read(call) and application.channel != PAPER and len(call.subjects) > 1,
    )


@FAULTS.add("hidden-paper-not-audited", "PR-AUD-005")
def hidden_paper_not_audited(reference: Reference) -> None:
    """That paper was asked for as if it had come online leaves no entry."""
    _hidden(reference, _untold, lambda call, application: _is_read(call) and application.channel == PAPER)


@FAULTS.add("change-of-a-hidden-application-not-audited", "PR-AUD-006")
def change_of_a_hidden_application_not_audited(reference: Reference) -> None:
    """Only refused looks at a hidden application leave an entry, no refused changes."""
    _hidden(reference, _untold, lambda call, application: not _is_read(call))


@FAULTS.add("change-of-a-hidden-application-audited-of-the-applicant-only", "PR-AUD-006")
def change_of_a_hidden_application_audited_of_the_applicant_only(reference: Reference) -> None:
    """A refused change of a hidden application is told of its applicant, and not of its subject."""
    _hidden(
        reference,
        _of_the_applicant_alone,
        lambda call, application: not _is_read(call) and len(call.subjects) > 1,
    )


@FAULTS.add("forbidden-online-view-not-audited", "COM-AUD-006", "PR-AUD-007")
def forbidden_online_view_not_audited(reference: Reference) -> None:
    """A read under `/online_applications` that is refused for want of scope leaves no entry."""

    def concerns(call: Call, status: int, outcome: str) -> bool:
        online = call.service == "procedures" and "/online_applications/" in call.request.path
        return online and status == 403 and _is_read(call)

    replace(reference.audit, "record", _untold, concerns)
