"""States, windows, entitlement and agreement with the register: rules without a server."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from conformance.reference.problems import Problem
from conformance.reference.procedures.records import OPEN, Document, Procedure
from conformance.reference.procedures.service import Procedures

from ..conftest import reference
from .office import person, procedure

Json = dict[str, Any]
TODAY = "2026-06-10"


@pytest.fixture(scope="module")
def service() -> Procedures:
    """The service without a server."""
    return reference(people=20).the(Procedures)


def test_there_is_no_other_way_from_one_status_to_another(service: Procedures) -> None:
    """Claim: section 9. Stimulus: every action in every status. Answer: the status of the table, or none."""
    statuses = ("draft", "received", "reviewing", "returned", "approved", "rejected", "withdrawn")
    actions = ("submit", "withdraw", "review", "return", "approve", "reject")
    ways = {
        pair: service.lifecycle.after(*pair)
        for pair in product(statuses, actions)
        if service.lifecycle.after(*pair) is not None
    }
    assert ways == {
        ("draft", "submit"): "received",
        ("returned", "submit"): "received",
        **{(status, "withdraw"): "withdrawn" for status in OPEN},
        ("received", "review"): "reviewing",
        ("reviewing", "return"): "returned",
        ("reviewing", "approve"): "approved",
        ("reviewing", "reject"): "rejected",
    }


def test_moments_of_events_rise_whatever_the_clock_says(service: Procedures) -> None:
    """Claim: section 10. Stimulus: a clock that stands still, and one that goes back. Answer: later each time."""
    assert service.lifecycle.moment(100, None) == 100
    assert service.lifecycle.moment(100, 100) == 101
    assert service.lifecycle.moment(50, 100) == 101


@pytest.mark.parametrize(
    ("opens_on", "closes_on", "offered"),
    [
        (TODAY, TODAY, True),
        (TODAY, None, True),
        ("2026-06-11", None, False),
        ("2026-01-01", "2026-06-09", False),
    ],
)
def test_both_ends_belong_to_the_window(
    service: Procedures, opens_on: str, closes_on: str | None, offered: bool
) -> None:
    """Claim: section 3. Stimulus: windows that begin or end on a day or beside it. Answer: offered or not."""
    made = Procedure("p", procedure(TODAY, opens_on=opens_on, closes_on=closes_on))
    assert service.catalogue.in_window(made, TODAY) is offered


@pytest.mark.parametrize(
    ("said", "agrees"),
    [
        ({}, True),
        ({"family": "佐藤"}, True),
        ({"family": "佐藤\U000e0100"}, False),
        ({"given": "花子", "birth_date": "1980-04-01", "sex": "2"}, True),
        ({"sex": "1"}, False),
    ],
)
def test_what_a_form_repeats_is_compared_code_point_by_code_point(
    service: Procedures, said: Json, agrees: bool
) -> None:
    """Claim: section 5. Stimulus: right, wrong and lookalike data. Answer: whether they agree."""
    assert service.prefilling.equal(said, service.prefilling.comparable(person())) is agrees


def test_a_given_name_of_somebody_without_one_differs(service: Procedures) -> None:
    """Claim: section 5. Stimulus: a given name for somebody who has none. Answer: no agreement."""
    single = person(name={"family": "RAHMAN"})
    assert not service.prefilling.equal({"given": "RAHMAN"}, service.prefilling.comparable(single))


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [({}, True), ({"status": "deceased"}, False), ({"protected": True}, False)],
)
def test_nobody_applies_for_who_is_protected_or_gone(service: Procedures, changes: Json, accepted: bool) -> None:
    """Claim: section 4. Stimulus: persons of the same copy. Answer: whether others may apply for them."""
    assert service.entitlement.is_subject(person(**changes)) is accepted
    assert not service.entitlement.is_subject(None)


def test_attachments_are_named_each_once_in_any_order(service: Procedures) -> None:
    """Claim: section 7. Stimulus: another order, one missing, one twice, another digest. Answer: the first fits."""
    one, two = Document.of(b"1", "image/png"), Document.of(b"2", "image/png")
    stored, fits = {"a": one, "b": two}, service.submissions.names_attachments
    a, b = {"name": "a", "sha256": one.sha256}, {"name": "b", "sha256": two.sha256}
    assert fits([b, a], stored)
    assert not fits([a], stored)
    assert not fits([a, b, b], stored)
    assert not fits([a, {"name": "b", "sha256": one.sha256}], stored)


def test_what_is_there_at_the_start_keeps_the_rules(service: Procedures) -> None:
    """Claim: the synthetic data keep the rules. Stimulus: all of them. Answer: copies and applications that fit."""
    assert service.store.copies
    assert service.store.received()
    for copy in service.store.copies.values():
        service.copies.check(copy)
    for number, application in enumerate(service.store.received(), 1):
        made = service.store.procedures[application.procedure_code]
        service.entitlement.check(made, application.applicant_id, application.subject_id)
        service.forms.check_answers(made, list(application.answers))
        assert application.receipt_number == number


@pytest.mark.parametrize(("status", "code"), [("approved", "already_decided"), ("withdrawn", "wrong_status")])
def test_the_status_says_how_an_action_is_refused(service: Procedures, status: str, code: str) -> None:
    """Claim: section 9. Stimulus: a status in which nothing is possible. Answer: the code of the table."""
    refusal = service.lifecycle.refusal(status)
    assert isinstance(refusal, Problem)
    assert (refusal.status, refusal.code) == (409, code)
