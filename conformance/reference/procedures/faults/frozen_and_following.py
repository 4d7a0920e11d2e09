"""Faults of when the data of the register are taken, and of what is shown of them."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.faults.acting import _alter, _service
from conformance.reference.procedures.records import (
    DRAFT,
    EDITABLE,
    PAPER,
    PENDING,
    RECEIVED,
    RETURNED,
    REVIEWING,
    Application,
    Known,
    Procedure,
)
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _shown(reference: Reference, change: Any) -> None:
    _alter(_service(reference).prefilling, "shown", lambda found, of, known: change(dict(found)))


def _taken(service: Procedures, application_id: str) -> Application:
    """The application with what the register says now, kept."""
    now = service.store.applications[application_id]
    return service.store.keep(altered(now, known=service.store.known(now.subject_id) or now.known))


@FAULTS.add("withdrawal-in-review-takes-the-register", "PR-PRE-005")
def withdrawal_in_review_takes_the_register(reference: Reference) -> None:
    """The withdrawal of what is received or in review takes the data of the register once more."""
    service = _service(reference)

    def withdrawing(withdraw: Method) -> Method:
        def other(call: Call) -> Any:
            withdraw(call)
            return service.showing.to_applicant(200, _taken(service, call.target.id))

        return other

    replace(service.online, "withdraw", withdrawing, lambda call: call.target.status in (RECEIVED, REVIEWING))


@FAULTS.add("paper-follows-the-register", "PR-PRE-005")
def paper_follows_the_register(reference: Reference) -> None:
    """What came on paper shows the data of the present copy until it is decided."""
    _alter(
        _service(reference).prefilling,
        "follows",
        lambda found, a: found or (a.channel == PAPER and a.status in PENDING),
    )


@FAULTS.add("review-takes-the-register", "PR-PRE-005")
def review_takes_the_register(reference: Reference) -> None:
    """The start of the review takes the data of the register once more."""
    service = _service(reference)

    def make(start: Method) -> Method:
        def other(call: Call) -> Any:
            start(call)
            return service.showing.to_administration(call, _taken(service, call.target.id))

        return other

    replace(service.reviews, "start", make)


@FAULTS.add("returned-of-who-stands-nowhere-shows-the-first", "PR-PRE-012")
def returned_of_who_stands_nowhere_shows_the_first(reference: Reference) -> None:
    """A returned application whose subject stands in no copy shows the data of its begin, not of its submission."""
    service = _service(reference)
    first: dict[str, Known] = {}

    def keeping(keep: Method) -> Method:
        def other(application: Application) -> Application:
            first.setdefault(application.id, application.known)
            kept: Application = keep(application)
            return kept

        return other

    replace(service.store, "keep", keeping)

    def change(found: Known, application: Application) -> Known:
        nowhere = service.store.known(application.subject_id) is None
        return first.get(application.id, found) if nowhere and application.status == RETURNED else found

    _alter(service.prefilling, "known", change)


@FAULTS.add("draft-of-who-stands-nowhere-is-empty", "PR-PRE-012")
def draft_of_who_stands_nowhere_is_empty(reference: Reference) -> None:
    """A draft about somebody who stands in no copy any more shows nothing of the register."""
    service = _service(reference)

    def make(to_applicant: Method) -> Method:
        def other(status: int, application: Application, headers: Any = None) -> Answer:
            answer: Answer = to_applicant(status, application, headers)
            nowhere = service.store.known(application.subject_id) is None
            if nowhere and application.status in EDITABLE:
                return altered(answer, body={**answer.body, "prefilled": {}})
            return answer

        return other

    revise(service.showing, "to_applicant", make)


@FAULTS.add("relationship-of-the-begin", "PR-PRE-008")
def relationship_of_the_begin(reference: Reference) -> None:
    """Of what is prefilled in a draft the relationship stays that of the begin."""

    def change(found: Known, application: Application) -> Known:
        if application.status != DRAFT:
            return found
        return altered(found, person={**found.person, "relationship": application.known.person["relationship"]})

    _alter(_service(reference).prefilling, "known", change)


@FAULTS.add("prefilled-birth-date-without-notation", "PR-PRE-001", "COM-DAT-005")
def prefilled_birth_date_without_notation(reference: Reference) -> None:
    """The notation of an unknown birth date is not prefilled."""

    def change(found: Any) -> Any:
        if "birth_date" in found:
            found["birth_date"] = {n: v for n, v in found["birth_date"].items() if n != "notation"}
        return found

    _shown(reference, change)


@FAULTS.add("prefilled-address-without-building", "PR-PRE-001", "PR-PRE-008", "PR-PRE-010")
def prefilled_address_without_building(reference: Reference) -> None:
    """The building is not prefilled."""

    def change(found: Any) -> Any:
        if "address" in found:
            found["address"] = {n: v for n, v in found["address"].items() if n != "building"}
        return found

    _shown(reference, change)


@FAULTS.add("prefilled-name-without-alias", "PR-PRE-001")
def prefilled_name_without_alias(reference: Reference) -> None:
    """Alias and Roman letters of a name are not prefilled."""

    def change(found: Any) -> Any:
        if "name" in found:
            found["name"] = {n: v for n, v in found["name"].items() if n not in ("alias", "roman")}
        return found

    _shown(reference, change)


@FAULTS.add("empty-claim-of-who-stands-nowhere-refused", "PR-PRE-013")
def empty_claim_of_who_stands_nowhere_refused(reference: Reference) -> None:
    """A form with an empty `register` is refused where the subject stands in no copy."""
    service = _service(reference)
    _alter(
        service.prefilling,
        "agrees",
        lambda found, form, subject: found and not ("register" in form and service.store.known(subject) is None),
    )


@FAULTS.add("form-of-who-stands-nowhere-refused", "PR-PRE-013")
def form_of_who_stands_nowhere_refused(reference: Reference) -> None:
    """A form without `register` is refused where the subject stands in no copy."""
    service = _service(reference)
    _alter(
        service.prefilling, "agrees", lambda found, form, subject: found and service.store.known(subject) is not None
    )


@FAULTS.add("paper-prefilled-of-the-applicant", "PR-PRE-002")
def paper_prefilled_of_the_applicant(reference: Reference) -> None:
    """What came on paper has the data of the applicant and not of the subject."""
    service = _service(reference)

    def make(received: Method) -> Method:
        def other(call: Call, procedure: Procedure, subject_id: str) -> Application:
            made: Application = received(call, procedure, subject_id)
            return altered(made, known=service.online.known(call.body["applicant_id"]))

        return other

    replace(service.papers, "received", make)
