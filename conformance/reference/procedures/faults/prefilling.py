"""Faults of the data of the register: other data are shown, or compared otherwise."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer
from conformance.reference.faults.offered import offer
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.procedures.faults.told import retell
from conformance.reference.procedures.records import (
    DECIDED,
    DRAFT,
    EDITABLE,
    PAPER,
    RETURNED,
    Application,
    Json,
    Known,
    Procedure,
)
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _shown(reference: Reference, change: Any) -> None:
    def make(shown: Method) -> Method:
        def otherwise(procedure: Procedure, known: Known) -> dict[str, Any]:
            found: dict[str, Any] = shown(procedure, known)
            return {**found, **change(procedure, known)}

        return otherwise

    revise(reference.the(Procedures).prefilling, "shown", make)


@FAULTS.add("sex-always-prefilled", "PR-PRE-001")
def sex_always_prefilled(reference: Reference) -> None:
    """The sex is shown although the procedure does not name it."""
    _shown(reference, lambda procedure, known: {"sex": known.person["sex"]})


@FAULTS.add("prefilled-name-reduced", "PR-PRE-001")
def prefilled_name_reduced(reference: Reference) -> None:
    """A name is shown in its reduced form, as a form of the counter would have it."""

    def change(procedure: Procedure, known: Known) -> dict[str, Any]:
        name = known.person["name"]
        differs = "name" in procedure.content["prefilled"] and "reduced" in name
        return {"name": {**name, "family": name["reduced"]["family"]}} if differs else {}

    _shown(reference, change)


@FAULTS.add("draft-prefilled-of-the-applicant", "PR-PRE-002", "PR-PRE-001", "PR-PRE-008")
def draft_prefilled_of_the_applicant(reference: Reference) -> None:
    """As long as it is a draft, an application is prefilled with the data of its applicant."""

    def make(person_of: Method) -> Method:
        return lambda application: application.applicant_id if application.status == DRAFT else person_of(application)

    revise(reference.the(Procedures).prefilling, "person_of", make)


@FAULTS.add("paper-register-as-of-the-receipt", "PR-PRE-003")
def paper_register_as_of_the_receipt(reference: Reference) -> None:
    """Paper has the day of its receipt as that of the copy."""

    def change(body: Any) -> None:
        if body.get("channel") == PAPER:
            body["register_as_of"] = body["received_at"][:10]

    retell(reference, "POST", "/applications", change)
    retell(reference, "GET", "/applications/*", change)


def _equal(reference: Reference, passes: Any) -> None:
    def make(equal: Method) -> Method:
        def lenient(said: Json, stands: Json) -> bool:
            return bool(equal({name: value for name, value in said.items() if not passes(name, value, stands)}, stands))

        return lenient

    revise(reference.the(Procedures).prefilling, "equal", make)


@FAULTS.add("sex-of-the-form-not-compared", "PR-PRE-004")
def sex_of_the_form_not_compared(reference: Reference) -> None:
    """The sex in a form is not compared with the copy."""
    _equal(reference, lambda name, value, stands: name == "sex")


@FAULTS.add("birth-date-compared-by-year", "PR-PRE-004")
def birth_date_compared_by_year(reference: Reference) -> None:
    """Of the birth date in a form only the year is compared."""
    _equal(reference, lambda name, value, stands: name == "birth_date" and value[:4] == stands[name][:4])


@FAULTS.add("variation-selector-not-compared", "PR-PRE-004")
def variation_selector_not_compared(reference: Reference) -> None:
    """A family name in a form is compared without variation selectors."""
    selectors = dict.fromkeys(range(917760, 918000))
    _equal(
        reference,
        lambda name, value, stands: (
            name == "family" and value.translate(selectors) == stands[name].translate(selectors)
        ),
    )


@FAULTS.add("given-name-of-nobody-accepted", "PR-PRE-004")
def given_name_of_nobody_accepted(reference: Reference) -> None:
    """A form may give somebody a given name who has none."""
    _equal(reference, lambda name, value, stands: name not in stands)


@FAULTS.add("prefilled-follows-after-decision", "PR-PRE-005")
def prefilled_follows_after_decision(reference: Reference) -> None:
    """The data of a decided application follow the copies of the register."""
    _follows(reference, lambda application: application.status in EDITABLE | DECIDED)


def _follows(reference: Reference, when: Any) -> None:
    revise(reference.the(Procedures).prefilling, "follows", lambda _: when)


@FAULTS.add("form-not-compared-at-submission", "PR-PRE-006")
def form_not_compared_at_submission(reference: Reference) -> None:
    """At the submission the form is not compared with the copy once more."""
    service = reference.the(Procedures)

    def make(check_register: Method) -> Method:
        return lambda procedure, application, form: check_register(procedure, application, {**form, "register": {}})

    revise(service.submissions, "check_register", make)


@FAULTS.add("change-of-prefilled-offered", "PR-PRE-007")
def change_of_prefilled_offered(reference: Reference) -> None:
    """An online application can be changed by PATCH."""
    offer(reference, "PATCH", "/online_applications/[^/]+", "procedures")


@FAULTS.add("prefilled-data-can-be-put", "PR-PRE-007")
def prefilled_data_can_be_put(reference: Reference) -> None:
    """The prefilled data of an application have a path of their own where they can be replaced."""
    offer(reference, "PUT", "/online_applications/[^/]+/prefilled", "procedures")


def _shown_as_begun(reference: Reference, status: str) -> None:
    """In this status the applicant sees the data that were taken last, not those of the present copy."""
    service = reference.the(Procedures)

    def make(to_applicant: Method) -> Method:
        def stale(code: int, application: Application, headers: Any = None) -> Answer:
            answer: Answer = to_applicant(code, application, headers)
            if application.status != status:
                return answer
            known, of = application.known, service.showing.procedure_of(application)
            hidden = service.visibility.hides_from_applicant(application)
            shown = service.showing.without_address(service.prefilling.shown(of, known), hidden=hidden)
            told = {"register_as_of": known.as_of, "prefilled": shown}
            return altered(answer, body={**answer.body, **told})

        return stale

    revise(service.showing, "to_applicant", make)


@FAULTS.add("draft-keeps-its-first-data", "PR-PRE-008", "XS-PRE-004")
def draft_keeps_its_first_data(reference: Reference) -> None:
    """A draft shows the data of the copy with which it was begun."""
    _shown_as_begun(reference, DRAFT)


@FAULTS.add("returned-keeps-its-data", "PR-PRE-008", "XS-PRE-006")
def returned_keeps_its_data(reference: Reference) -> None:
    """A returned application shows the data of its first submission."""
    _shown_as_begun(reference, RETURNED)


@FAULTS.add("register-of-the-form-needs-every-member", "PR-PRE-009", "XS-PRE-008")
def register_of_the_form_needs_every_member(reference: Reference) -> None:
    """A form with a given name is found to agree only when the kana of the name would."""

    def make(equal: Method) -> Method:
        return lambda said, stands: equal(said, {name: v for name, v in stands.items() if name != "given"})

    revise(reference.the(Procedures).prefilling, "equal", make)


@FAULTS.add("submission-keeps-the-first-data", "PR-PRE-010")
def submission_keeps_the_first_data(reference: Reference) -> None:
    """A submitted application has the data of the copy with which it was begun."""
    revise(reference.the(Procedures).submissions, "known", lambda _: lambda application: application.known)


@FAULTS.add("correction-keeps-the-day-of-the-copy", "PR-PRE-010")
def correction_keeps_the_day_of_the_copy(reference: Reference) -> None:
    """A corrected application has new data, and the day of the copy before."""

    def make(known: Method) -> Method:
        def half(application: Application) -> Known:
            found: Known = known(application)
            first = application.status == DRAFT
            return found if first else altered(found, as_of=application.known.as_of)

        return half

    revise(reference.the(Procedures).submissions, "known", make)
