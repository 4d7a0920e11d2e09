"""Faults of answers that are kept and given again, although something has changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.submissions import outside_window
from conformance.reference.procedures.visibility import APPLY

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("kept-answer-to-an-applicant-repeated", "PR-VIS-009", "PR-VIS-011")
def kept_answer_to_an_applicant_repeated(reference: Reference) -> None:
    """A kept answer is repeated to an applicant, wherever the subject or the applicant has gone since."""
    visibility = _service(reference).visibility

    def make(hides_kept: Method) -> Method:
        return lambda call, persons: APPLY not in (call.operation.scopes or ()) and hides_kept(call, persons)

    revise(visibility, "hides_kept", make)


@FAULTS.add("kept-answer-shows-where-a-subject-went", "PR-VIS-009", "PR-VIS-011")
def kept_answer_shows_where_a_subject_went(reference: Reference) -> None:
    """A kept answer is repeated to an applicant unless the subject has become protected: who moved is not looked at."""
    visibility = _service(reference).visibility

    def make(hides_kept: Method) -> Method:
        def other(call: Call, persons: Any) -> bool:
            if APPLY in (call.operation.scopes or ()) and persons:
                known = visibility.service.store.known(persons[1])
                return known is not None and bool(known.person["protected"])
            return bool(hides_kept(call, persons))

        return other

    revise(visibility, "hides_kept", make)


def _repeated(reference: Reference, *operations: str) -> None:
    visibility = _service(reference).visibility

    def make(hides_kept: Method) -> Method:
        return lambda call, persons: call.operation.id not in operations and hides_kept(call, persons)

    revise(visibility, "hides_kept", make)


@FAULTS.add("kept-entry-of-paper-with-an-address-repeated", "PR-VIS-003", "XS-PRO-010")
def kept_entry_of_paper_with_an_address_repeated(reference: Reference) -> None:
    """The kept answer to the entry of paper is repeated, whoever in it has become protected meanwhile."""
    _repeated(reference, "enterPaperApplication")


@FAULTS.add("kept-decision-with-an-address-repeated", "PR-VIS-003")
def kept_decision_with_an_address_repeated(reference: Reference) -> None:
    """The kept answer to a decision or a return is repeated, whoever in it has become protected meanwhile."""
    _repeated(reference, "decideApplication", "returnApplication")


def _examined_first(reference: Reference, operation: str, examine: Any) -> None:
    """Something is examined before it is looked whether a request is a repetition."""

    def make(kept: Method) -> Method:
        def other(call: Call) -> Any:
            found = kept(call)
            if found is not None and call.operation.id == operation:
                examine(call)
            return found

        return other

    revise(reference.idempotency, "kept", make)


@FAULTS.add("submission-repeated-after-the-window", "COM-IDM-003")
def submission_repeated_after_the_window(reference: Reference) -> None:
    """A submission that is repeated after the window has closed is outside the window, though the first was in time."""
    service = _service(reference)

    def examine(call: Call) -> None:
        found = call.target
        if found.status == "received" and not service.catalogue.in_window(
            service.showing.procedure_of(found), service.submissions.day(call)
        ):
            raise outside_window()

    _examined_first(reference, "submitApplication", examine)


@FAULTS.add("begin-repeated-after-the-register-changed", "COM-IDM-003", "COM-IDM-004")
def begin_repeated_after_the_register_changed(reference: Reference) -> None:
    """A begin that is repeated is refused once the applicant does not meet the rules any more."""
    service = _service(reference)

    def examine(call: Call) -> None:
        procedure = service.entitlement.procedure(call.body["procedure_code"])
        service.entitlement.check(procedure, call.body["applicant_id"], service.online.subject(call))

    _examined_first(reference, "createApplication", examine)
