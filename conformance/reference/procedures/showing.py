"""Applications as answers: to their applicants, and to the administration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.procedures import views
from conformance.reference.procedures.records import Application, Procedure

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures

Headers = list[tuple[str, str]]


class Showing:
    """Puts together what each side sees of an application."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def procedure_of(self, application: Application) -> Procedure:
        """The procedure that was applied for."""
        return self.service.store.procedures[application.procedure_code]

    def to_applicant(self, status: int, application: Application, headers: Headers | None = None) -> Answer:
        """The application as its applicant sees it."""
        known = self.service.prefilling.known(application)
        of = self.procedure_of(application)
        hidden = self.service.visibility.hides_from_applicant(application)
        prefilled = self.without_address(self.service.prefilling.shown(of, known), hidden=hidden)
        told = self.service.lifecycle.notifications(application)
        body = views.online(of, application, known.as_of, prefilled, told)
        persons = self.service.visibility.concerned(application)
        # An applicant's own address is never kept from the applicant.
        shows_another = "address" in prefilled and application.applicant_id != application.subject_id
        return Answer(status, body, headers or [], names=tuple(persons) if shows_another else ())

    def to_administration(
        self, call: Call, application: Application, status: int = 200, headers: Headers | None = None
    ) -> Answer:
        """The application as the administration sees it, without an address that is to be withheld."""
        known = self.service.prefilling.known(application)
        of = self.procedure_of(application)
        persons = self.service.visibility.concerned(application)
        hidden = self.service.visibility.hides_address(call, persons)
        prefilled = self.without_address(self.service.prefilling.shown(of, known), hidden=hidden)
        body = views.administered(of, application, known.as_of, prefilled)
        return Answer(status, body, headers or [], names=tuple(persons) if "address" in prefilled else ())

    def without_address(self, prefilled: dict[str, Any], *, hidden: bool) -> dict[str, Any]:
        """Data of the register, without the address where it is hidden."""
        return {name: value for name, value in prefilled.items() if not hidden or name != "address"}
