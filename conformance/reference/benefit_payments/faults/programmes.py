"""Faults of programmes: what they are created with, and what may change."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any, Final

from conformance.reference import dates
from conformance.reference.benefit_payments.faults.lenience import alter, refuse, waive
from conformance.reference.benefit_payments.faults.offered import BASE
from conformance.reference.benefit_payments.records import PAID, Programme
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Violation, rule

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_PROGRAMME: Final = re.compile(BASE + "/programmes/[^/]+")


def _shown(reference: Reference, show: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """A programme is read otherwise than it is."""

    def read(request: Request, answer: Answer) -> Answer:
        if request.method == "GET" and answer.status == 200 and _PROGRAMME.fullmatch(request.path):
            answer.body = {**answer.body, **show(answer.body)}
        return answer

    rewrite(reference, read)


@FAULTS.add("programme-begins-a-day-late", "BP-PRG-001")
def programme_begins_a_day_late(reference: Reference) -> None:
    """A programme is read with a claim window that begins a day late."""
    _shown(reference, lambda body: {"claims_from": dates.add_days(body["claims_from"], 1)})


@FAULTS.add("programme-of-one-channel", "BP-PRG-001")
def programme_of_one_channel(reference: Reference) -> None:
    """A programme is read with the first of its channels only."""
    _shown(reference, lambda body: {"channels": list(body["channels"])[:1]})


@FAULTS.add("window-ends-before-it-begins", "BP-PRG-003")
def window_ends_before_it_begins(reference: Reference) -> None:
    """A programme is created or changed whose window ends before it begins."""
    programmes = reference.the(BenefitPayments).programmes
    waive(programmes, "check_days", lambda base_date, first, last: base_date <= first)


@FAULTS.add("window-shortened-at-will", "BP-PRG-003")
def window_shortened_at_will(reference: Reference) -> None:
    """The window is examined when a programme is created, not when it is changed."""
    waive(reference.the(BenefitPayments).programmes, "check_window")


@FAULTS.add("base-date-after-the-first-day", "BP-PRG-003")
def base_date_after_the_first_day(reference: Reference) -> None:
    """The base date may be the day after the window begins."""
    programmes = reference.the(BenefitPayments).programmes
    waive(programmes, "check_days", lambda base, first, last: first <= last and base == dates.add_days(first, 1))


def _taken(reference: Reference, member: str) -> None:
    """A change may give a member that cannot change."""

    def make(violations: Method) -> Method:
        def lenient(call: Call, body: Any) -> tuple[Violation, ...]:
            if call.operation.id == "changeProgramme" and isinstance(body, dict) and member in body:
                body = {"title": "x", **{name: value for name, value in body.items() if name != member}}
            found: tuple[Violation, ...] = violations(call, body)
            return found

        return lenient

    revise(reference.pipeline, "violations", make)


@FAULTS.add("change-of-amount-ignored", "BP-PRG-004")
def change_of_amount_ignored(reference: Reference) -> None:
    """A change that gives a unit amount is answered 200 and leaves it as it was."""
    _taken(reference, "unit_amount")


@FAULTS.add("base-date-changed", "BP-PRG-001", "BP-PRG-004")
def base_date_changed(reference: Reference) -> None:
    """A change may give another base date."""
    _taken(reference, "base_date")

    def moved(programme: Programme, _: Programme, patch: dict[str, Any]) -> Programme:
        return changed(programme, base_date=patch.get("base_date", programme.base_date))

    alter(reference.the(BenefitPayments).programmes, "changed", moved)


def _made_all_the_same(reference: Reference, member: str, kind: type) -> None:
    """A change that gives a member that cannot change is refused and made."""
    service = reference.the(BenefitPayments)

    def make(violations: Method) -> Method:
        def careless(call: Call, body: Any) -> tuple[Violation, ...]:
            programme = service.books.programmes.get(call.path["programme_id"])
            if programme is not None and isinstance(body[member], kind):
                service.books.keep_programme(changed(programme, **{member: body[member]}))
            found: tuple[Violation, ...] = violations(call, body)
            return found

        return careless

    def concerned(call: Call, body: Any) -> bool:
        return call.operation.id == "changeProgramme" and isinstance(body, dict) and member in body

    replace(reference.pipeline, "violations", make, concerns=concerned)


@FAULTS.add("amount-changed-despite-400", "BP-PRG-001", "BP-PRG-004")
def amount_changed_despite_400(reference: Reference) -> None:
    """A change that gives a unit amount is refused with 400 and made all the same."""
    _made_all_the_same(reference, "unit_amount", int)


@FAULTS.add("base-date-changed-despite-400", "BP-PRG-001", "BP-PRG-004")
def base_date_changed_despite_400(reference: Reference) -> None:
    """A change that gives a base date is refused with 400 and made all the same."""
    _made_all_the_same(reference, "base_date", str)


@FAULTS.add("change-resets-the-title", "BP-PRG-005")
def change_resets_the_title(reference: Reference) -> None:
    """A change that gives no title resets it."""

    def reset(programme: Programme, _: Programme, patch: dict[str, Any]) -> Programme:
        return programme if "title" in patch else changed(programme, title="給付金")

    alter(reference.the(BenefitPayments).programmes, "changed", reset)


@FAULTS.add("change-drops-a-channel", "BP-PRG-005")
def change_drops_a_channel(reference: Reference) -> None:
    """A change leaves a programme the first of its channels only."""

    def dropped(programme: Programme, *_: Any) -> Programme:
        return changed(programme, channels=programme.channels[:1])

    alter(reference.the(BenefitPayments).programmes, "changed", dropped)


@FAULTS.add("new-title-resets-the-budget", "BP-PRG-005")
def new_title_resets_the_budget(reference: Reference) -> None:
    """A change that gives the title alone sets the budget ceiling to the greatest there is."""

    def reset(programme: Programme, _: Programme, patch: dict[str, Any]) -> Programme:
        return changed(programme, budget_ceiling=999_999_999_999) if set(patch) == {"title"} else programme

    alter(reference.the(BenefitPayments).programmes, "changed", reset)


@FAULTS.add("ceiling-below-what-is-approved", "BP-PRG-006")
def ceiling_below_what_is_approved(reference: Reference) -> None:
    """The budget ceiling may go below what is approved."""
    waive(reference.the(BenefitPayments).programmes, "check_ceiling")


@FAULTS.add("ceiling-below-what-is-not-paid", "BP-PRG-006")
def ceiling_below_what_is_not_paid(reference: Reference) -> None:
    """The budget ceiling may go below what is approved, as long as it is not below what is paid."""
    service = reference.the(BenefitPayments)

    def paid(programme: Programme) -> bool:
        return programme.budget_ceiling >= service.ledger.total(programme.id, frozenset({PAID}))

    waive(service.programmes, "check_ceiling", paid)


@FAULTS.add("ceiling-a-yen-below", "BP-PRG-006")
def ceiling_a_yen_below(reference: Reference) -> None:
    """The budget ceiling may go a yen below what is approved."""
    service = reference.the(BenefitPayments)
    waive(
        service.programmes,
        "check_ceiling",
        lambda programme: programme.budget_ceiling + 1 == service.ledger.approved(programme.id),
    )


@FAULTS.add("ceiling-at-what-is-approved-refused", "BP-PRG-007")
def ceiling_at_what_is_approved_refused(reference: Reference) -> None:
    """The budget ceiling has to stay above what is approved."""
    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        return lambda programme: check(
            changed(programme, budget_ceiling=programme.budget_ceiling - 1)
            if service.ledger.approved(programme.id)
            else programme
        )

    revise(service.programmes, "check_ceiling", make)


@FAULTS.add("window-of-one-day-refused", "BP-PRG-008")
def window_of_one_day_refused(reference: Reference) -> None:
    """The last day has to come after the first."""
    problem = rule("window_invalid", "受付期間が短すぎます / The window is too short", "/claims_until")
    refuse(reference.the(BenefitPayments).programmes, "check_days", problem, lambda base, first, last: first == last)


@FAULTS.add("base-date-on-the-first-day-refused", "BP-PRG-008")
def base_date_on_the_first_day_refused(reference: Reference) -> None:
    """The base date has to come before the first day."""
    problem = rule("window_invalid", "基準日が受付開始日より前ではありません / Not before the first day", "/base_date")
    refuse(reference.the(BenefitPayments).programmes, "check_days", problem, lambda base, first, last: base == first)
