"""Programmes: listProgrammes, createProgramme, getProgramme, changeProgramme."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from conformance.reference.benefit_payments import views
from conformance.reference.benefit_payments.records import Programme
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import conflict, not_found, rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments

CHANGEABLE: Final = ("title", "budget_ceiling", "claims_until")


class Programmes:
    """What is paid to whom, and within which limits."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "listProgrammes": Handler(perform=lambda call: self.list_page(call)),
            "createProgramme": Handler(perform=lambda call: self.create(call)),
            "getProgramme": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
            "changeProgramme": Handler(
                perform=lambda call: self.change(call),
                locate=lambda call: self.locate(call),
                tag=lambda call: self.service.entity_tag(views.programme(call.target)),
            ),
        }

    def locate(self, call: Call) -> None:
        """The programme that the path names."""
        call.target = self.service.books.programmes.get(call.path["programme_id"])
        if call.target is None:
            raise not_found()

    def list_page(self, call: Call) -> Answer:
        """One page of all programmes, in the order in which they were created."""
        found = list(self.service.books.programmes.values())
        return Answer(200, self.service.reference.pages.page(call, found, views.programme))

    def create(self, call: Call) -> Answer:
        """Creates a programme."""
        body: dict[str, Any] = call.body
        self.check_days(body["base_date"], body["claims_from"], body["claims_until"])
        programme = Programme(
            id=self.service.reference.ids.new(),
            title=body["title"],
            base_date=body["base_date"],
            unit_amount=int(body["unit_amount"]),
            budget_ceiling=int(body["budget_ceiling"]),
            claims_from=body["claims_from"],
            claims_until=body["claims_until"],
            channels=tuple(body["channels"]),
        )
        self.service.books.keep_programme(programme)
        location = f"{self.service.base}/programmes/{programme.id}"
        return Answer(201, views.programme(programme), [("Location", location)])

    def check_days(self, base_date: str, first: str, last: str) -> None:
        """The base date is not after the window begins, and the window does not end before. Raises 422."""
        if base_date > first:
            detail = "基準日が受付開始日より後です / The base date is after the first day"
            raise rule("window_invalid", detail, "/base_date")
        if first > last:
            detail = "受付終了日が受付開始日より前です / The last day is before the first"
            raise rule("window_invalid", detail, "/claims_until")

    def read(self, call: Call) -> Answer:
        """The programme as it is now."""
        return Answer(200, views.programme(call.target))

    def change(self, call: Call) -> Answer:
        """Changes the members that the patch gives."""
        programme = self.changed(call.target, call.body)
        self.check_window(programme)
        self.check_ceiling(programme)
        self.service.books.keep_programme(programme)
        body = views.programme(programme)
        return Answer(200, body, [("ETag", self.service.entity_tag(body))])

    def changed(self, programme: Programme, patch: dict[str, Any]) -> Programme:
        """The programme with the members of the patch in place of its own."""
        given = {name: patch[name] for name in CHANGEABLE if name in patch}
        if "budget_ceiling" in given:
            given["budget_ceiling"] = int(given["budget_ceiling"])
        return replace(programme, **given)

    def check_window(self, programme: Programme) -> None:
        """The days of a changed programme still fit together. Raises 422."""
        self.check_days(programme.base_date, programme.claims_from, programme.claims_until)

    def check_ceiling(self, programme: Programme) -> None:
        """No ceiling lies below what is approved already. Raises 409."""
        if programme.budget_ceiling < self.service.ledger.approved(programme.id):
            detail = "支給決定済みの額を下回ります / Less than is approved already"
            raise conflict("budget_exceeded", detail, "/budget_ceiling")
