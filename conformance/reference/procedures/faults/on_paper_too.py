"""Faults of rules that are kept for one channel, one person or one round only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem
from conformance.reference.procedures.faults.acting import _alter, _service
from conformance.reference.procedures.records import DRAFT, RETURNED, Application, Document, Known, Procedure

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _forgiven(reference: Reference, *codes: str, also: Callable[[str, str], bool] = lambda a, s: True) -> None:
    """Of paper the rules about who may apply are not examined whose codes are these."""
    service = _service(reference)
    entitlement = service.entitlement
    original = entitlement.check

    def refusal(procedure: Procedure, applicant_id: str, subject_id: str) -> str | None:
        try:
            original(procedure, applicant_id, subject_id)
        except Problem as problem:
            return problem.code
        return None

    def concerns(call: Call) -> bool:
        procedure = service.store.procedures.get(call.body["procedure_code"])
        if procedure is None:
            return False
        applicant_id, subject_id = call.body["applicant_id"], service.online.subject(call)
        # What is prefilled on paper is taken from a copy: who stands in none is refused as before.
        return (
            all(service.store.known(person) is not None for person in (applicant_id, subject_id))
            and refusal(procedure, applicant_id, subject_id) in codes
            and also(applicant_id, subject_id)
        )

    def make(enter: Method) -> Method:
        def other(call: Call) -> Answer:
            entitlement.check = lambda *given: None  # type: ignore[method-assign]
            try:
                return enter(call)  # type: ignore[no-any-return]
            finally:
                entitlement.check = original  # type: ignore[method-assign]

        return other

    replace(service.papers, "enter", make, concerns)


@FAULTS.add("paper-for-a-protected-person", "PR-VIS-005")
def paper_for_a_protected_person(reference: Reference) -> None:
    """On paper others of the household may apply for a protected person."""
    service = _service(reference)

    def also(applicant_id: str, subject_id: str) -> bool:
        copy = service.store.copy_with(applicant_id)
        person = None if copy is None else copy.person(subject_id)
        return person is not None and bool(person["protected"])

    _forgiven(reference, "unknown_subject", also=also)


@FAULTS.add("paper-for-another-household", "PR-FIL-005")
def paper_for_another_household(reference: Reference) -> None:
    """On paper the subject may stand in the copy of another household."""
    service = _service(reference)
    _forgiven(
        reference,
        "unknown_subject",
        also=lambda applicant_id, subject_id: (
            service.store.copy_with(applicant_id) is not service.store.copy_with(subject_id)
        ),
    )


@FAULTS.add("paper-of-whoever-brings-it", "PR-FIL-004")
def paper_of_whoever_brings_it(reference: Reference) -> None:
    """On paper others of the household may apply for a procedure for which only the person concerned may apply."""
    _forgiven(reference, "not_entitled")


@FAULTS.add("paper-of-who-has-moved-out", "PR-FIL-003")
def paper_of_who_has_moved_out(reference: Reference) -> None:
    """On paper whoever stands in a copy may apply, whatever the status."""
    _forgiven(reference, "unknown_applicant")


@FAULTS.add("nothing-prefilled-means-all", "PR-PRE-001")
def nothing_prefilled_means_all(reference: Reference) -> None:
    """Where a procedure names nothing of the register, everything is prefilled."""

    def change(found: dict[str, Any], procedure: Procedure, known: Known) -> dict[str, Any]:
        members = {**known.person, "address": known.address}
        names = ("name", "birth_date", "sex", "relationship", "address")
        return found if procedure.content["prefilled"] else {name: members[name] for name in names}

    _alter(_service(reference).prefilling, "shown", change)


@FAULTS.add("own-address-kept-from-a-protected-applicant", "PR-PRE-001", "PR-PRE-012")
def own_address_kept_from_a_protected_applicant(reference: Reference) -> None:
    """Who is protected does not see the own address in the own online application."""
    visibility = _service(reference).visibility
    _alter(
        visibility,
        "hides_from_applicant",
        lambda found, application: found or visibility.is_protected(application.subject_id),
    )


@FAULTS.add("withdrawn-of-who-stands-nowhere-shows-its-begin", "PR-PRE-012")
def withdrawn_of_who_stands_nowhere_shows_its_begin(reference: Reference) -> None:
    """The withdrawal of a returned application whose subject stands in no copy gives it the data of its begin."""
    service = _service(reference)
    begun: dict[str, Known] = {}

    def beginning(submit: Method) -> Method:
        def other(call: Call) -> Answer:
            begun[call.target.id] = call.target.known
            return submit(call)  # type: ignore[no-any-return]

        return other

    def make(withdraw: Method) -> Method:
        def other(call: Call) -> Answer:
            call.target = altered(call.target, known=begun.get(call.target.id, call.target.known))
            return withdraw(call)  # type: ignore[no-any-return]

        return other

    def moved(call: Call) -> bool:
        application: Application = call.target
        return application.status == DRAFT and application.known != service.store.known(application.subject_id)

    replace(service.submissions, "submit", beginning, moved)
    replace(
        service.online,
        "withdraw",
        make,
        lambda call: call.target.status == RETURNED and service.store.known(call.target.subject_id) is None,
    )


@FAULTS.add("unasked-signature-of-a-correction-not-examined", "PR-SIG-002")
def unasked_signature_of_a_correction_not_examined(reference: Reference) -> None:
    """A signature that the procedure does not require is not examined at a correction."""
    submissions = _service(reference).submissions

    def make(check_signature: Method) -> Method:
        def other(call: Call, procedure: Procedure, application: Application, form: Document) -> None:
            if application.status != RETURNED or submissions.needs_signature(procedure):
                check_signature(call, procedure, application, form)

        return other

    revise(submissions, "check_signature", make)
