"""Faults of the register: who stands where since an application began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.faults.acting import _alter, _service
from conformance.reference.procedures.records import ACTIVE, DECIDED, RECEIVED, REVIEWING, Application, Copy, Procedure

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("applicant-who-is-gone-submits", "PR-PRE-006")
def applicant_who_is_gone_submits(reference: Reference) -> None:
    """At the submission it is not looked at whether the applicant still has the status active."""
    service = _service(reference)

    def make(still_stands: Method) -> Method:
        def other(procedure: Procedure, application: Application) -> bool:
            known = service.store.known(application.applicant_id)
            if application.applicant_id == application.subject_id:
                return known is not None
            return bool(still_stands(procedure, application))

        return other

    revise(service.entitlement, "still_stands", make)


@FAULTS.add("applicant-for-another-who-is-gone-submits", "PR-PRE-006")
def applicant_for_another_who_is_gone_submits(reference: Reference) -> None:
    """An applicant for somebody else may submit after a move out or a death, as far as the subject stays."""
    service = _service(reference)

    def make(still_stands: Method) -> Method:
        def other(procedure: Procedure, application: Application) -> bool:
            known = service.store.known(application.applicant_id)
            if known is None or known.person["status"] == ACTIVE or application.applicant_id == application.subject_id:
                return bool(still_stands(procedure, application))
            copy = service.store.copy_with(application.applicant_id)
            return copy is not None and service.entitlement.is_subject(copy.person(application.subject_id))

        return other

    revise(service.entitlement, "still_stands", make)


@FAULTS.add("submission-for-who-lives-elsewhere", "PR-SUB-014")
def submission_for_who_lives_elsewhere(reference: Reference) -> None:
    """At the submission the subject may stand in another copy than the applicant."""
    service = _service(reference)

    def make(still_stands: Method) -> Method:
        def other(procedure: Procedure, application: Application) -> bool:
            copy = service.store.copy_with(application.subject_id)
            applicant = service.entitlement.copy_of_applicant(application.applicant_id)
            if applicant is None or copy is None or copy is applicant:
                return bool(still_stands(procedure, application))
            return service.entitlement.is_subject(copy.person(application.subject_id))

        return other

    revise(service.entitlement, "still_stands", make)


@FAULTS.add("who-left-a-copy-leaves-the-next-one", "PR-PRE-008")
def who_left_a_copy_leaves_the_next_one(reference: Reference) -> None:
    """Whoever has left a household stands in no copy any more when that household is copied once more."""
    store = _service(reference).store
    former: dict[str, set[str]] = {}

    def make(keep_copy: Method) -> Method:
        def other(copy: Copy) -> None:
            before = store.copies.get(copy.household_id)
            left = former.setdefault(copy.household_id, set())
            gone = set(left)
            left.update(person["resident_id"] for person in (before.members if before else ()))
            keep_copy(copy)
            for resident_id in gone - {person["resident_id"] for person in copy.members}:
                store.household_of.pop(resident_id, None)

        return other

    def concerns(copy: Copy) -> bool:
        before = store.copies.get(copy.household_id)
        members = {person["resident_id"] for person in copy.members}
        return before is not None and (
            copy.household_id in former or any(person["resident_id"] not in members for person in before.members)
        )

    replace(store, "keep_copy", make, concerns)


@FAULTS.add("protection-that-ended-goes-on", "PR-PRE-001")
def protection_that_ended_goes_on(reference: Reference) -> None:
    """The address of who was protected once stays withheld from the administration, also when the protection ended."""
    service = _service(reference)
    once: set[str] = set()

    def keeping(keep_copy: Method) -> Method:
        def other(copy: Copy) -> None:
            once.update(person["resident_id"] for person in copy.members if person["protected"])
            keep_copy(copy)

        return other

    replace(
        service.store,
        "keep_copy",
        keeping,
        lambda copy: any(person["protected"] for person in copy.members),
    )
    replace(
        service.visibility,
        "hides_address",
        lambda _: lambda call, persons: True,
        lambda call, persons: "protections:read" not in call.caller.scopes and any(p in once for p in persons),
    )


def _shown_in(reference: Reference, statuses: Any) -> None:
    _alter(
        _service(reference).visibility,
        "hides_from_applicant",
        lambda found, application: found and application.status not in statuses,
    )


@FAULTS.add("decided-shows-where-a-subject-went", "PR-VIS-009", "PR-VIS-011")
def decided_shows_where_a_subject_went(reference: Reference) -> None:
    """Once an application is decided, the applicant is shown the address of a subject who has become protected."""
    _shown_in(reference, DECIDED)


@FAULTS.add("received-shows-the-address-of-who-left", "PR-VIS-009", "PR-VIS-011")
def received_shows_the_address_of_who_left(reference: Reference) -> None:
    """While an application is received or in review, the applicant is shown the address of whatever subject."""
    _shown_in(reference, (RECEIVED, REVIEWING))


@FAULTS.add("withdrawal-shows-where-a-subject-went", "PR-VIS-009", "PR-VIS-011")
def withdrawal_shows_where_a_subject_went(reference: Reference) -> None:
    """The answer to a withdrawal shows the applicant the address of whatever subject; reading shows it rightly."""
    service = _service(reference)

    def make(withdraw: Method) -> Method:
        def other(call: Call) -> Answer:
            answer: Answer = withdraw(call)
            found = service.store.applications[call.target.id]
            of = service.showing.procedure_of(found)
            answer.body = {**answer.body, "prefilled": service.prefilling.shown(of, found.known)}
            return answer

        return other

    replace(service.online, "withdraw", make, lambda call: service.visibility.hides_from_applicant(call.target))


@FAULTS.add("card-without-its-birth-date", "PR-SIG-004")
def card_without_its_birth_date(reference: Reference) -> None:
    """The birth date of a certificate is not compared with the register."""
    _alter(
        _service(reference).signatures,
        "is_of",
        lambda found, holder, person: {**holder, "birth_date": 0} == {**person, "birth_date": 0},
    )


@FAULTS.add("card-without-its-sex", "PR-SIG-004")
def card_without_its_sex(reference: Reference) -> None:
    """The sex of a certificate is not compared with the register."""
    _alter(
        _service(reference).signatures,
        "is_of",
        lambda found, holder, person: {**holder, "sex": 0} == {**person, "sex": 0},
    )


@FAULTS.add("card-with-a-given-name-too-many", "PR-SIG-004")
def card_with_a_given_name_too_many(reference: Reference) -> None:
    """The given name of a certificate is compared only where the register has one."""
    _alter(
        _service(reference).signatures,
        "is_of",
        lambda found, holder, person: (
            found or ("given" not in person and {n: v for n, v in holder.items() if n != "given"} == dict(person))
        ),
    )
