"""Applications on paper: enterPaperApplication. Sections 4 and 9 of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import rule
from conformance.reference.procedures.records import PAPER, RECEIVED, Application, Procedure
from conformance.reference.procedures.submissions import incomplete, outside_window

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures


class Papers:
    """What a clerk enters; it is received at once."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"enterPaperApplication": Handler(perform=lambda call: self.enter(call))}

    def enter(self, call: Call) -> Answer:
        """Enters an application after all checks, in the order of the document."""
        entitlement, online = self.service.entitlement, self.service.online
        procedure = entitlement.procedure(call.body["procedure_code"])
        subject_id = online.subject(call)
        entitlement.check(procedure, call.body["applicant_id"], subject_id)
        self.check_day(procedure, call.body["arrived_on"])
        self.service.forms.check_answers(procedure, call.body["answers"])
        if self.service.forms.lacks(procedure, call.body["answers"]):
            raise incomplete("必須の項目に記入がありません / A required field is not answered")
        entitlement.check_no_other(procedure, call.body["applicant_id"], subject_id, entitlement.paper())
        application = self.service.store.keep(self.received(call, procedure, subject_id))
        call.subjects[:] = self.service.subjects_of.of_application(application)
        location = f"{self.service.base}/applications/{application.id}"
        return self.service.showing.to_administration(call, application, 201, [("Location", location)])

    def check_day(self, procedure: Procedure, arrived_on: str) -> None:
        """It has arrived, and within the window. Raises 422."""
        if arrived_on > self.service.clock.today():
            raise rule("date_in_future", "到着日が未来です / The date is in the future", "/arrived_on")
        if not self.is_in_time(procedure, arrived_on):
            raise outside_window()

    def is_in_time(self, procedure: Procedure, arrived_on: str) -> bool:
        """Whether paper that arrived on a day is in time, whenever it is entered."""
        return self.service.catalogue.in_window(procedure, arrived_on)

    def received(self, call: Call, procedure: Procedure, subject_id: str) -> Application:
        """The application on paper, received."""
        made = Application(
            id=self.service.reference.ids.new(),
            procedure_code=procedure.code,
            channel=PAPER,
            status=RECEIVED,
            applicant_id=call.body["applicant_id"],
            subject_id=subject_id,
            entered_by=call.caller.client,
            known=self.service.online.known(subject_id),
            answers=tuple(call.body["answers"]),
            receipt_number=self.service.submissions.next_receipt(),
            received_at=call.now,
            arrived_on=call.body["arrived_on"],
        )
        return self.service.lifecycle.advance(call, made, RECEIVED, None)
