"""Applications of a client of its own: createApplication, getOnlineApplication, withdrawApplication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.procedures.lifecycle import WITHDRAW
from conformance.reference.procedures.records import DRAFT, ONLINE, Application, Known

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures


class Online:
    """The begin of an application, what its applicant sees of it, and its withdrawal."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "createApplication": Handler(perform=lambda call: self.create(call)),
            "getOnlineApplication": Handler(perform=lambda call: self.read(call), locate=lambda call: self.own(call)),
            "withdrawApplication": Handler(
                perform=lambda call: self.withdraw(call), locate=lambda call: self.own(call)
            ),
        }

    def own(self, call: Call) -> None:
        """The application that the path names, if it is the caller's. Raises 404."""
        self.service.visibility.own(call)

    def subject(self, call: Call) -> str:
        """The person whom an application is about: the applicant where nobody else is named."""
        return str(call.body.get("subject_id", call.body["applicant_id"]))

    def create(self, call: Call) -> Answer:
        """Begins a draft."""
        entitlement = self.service.entitlement
        procedure = entitlement.procedure(call.body["procedure_code"])
        subject_id = self.subject(call)
        entitlement.check(procedure, call.body["applicant_id"], subject_id)
        entitlement.check_no_other(procedure, call.body["applicant_id"], subject_id, entitlement.online())
        made = Application(
            id=self.service.reference.ids.new(),
            procedure_code=procedure.code,
            channel=ONLINE,
            status=DRAFT,
            applicant_id=call.body["applicant_id"],
            subject_id=subject_id,
            entered_by=call.caller.client,
            known=self.known(subject_id),
        )
        draft = self.service.store.keep(self.service.lifecycle.advance(call, made, DRAFT, None))
        call.subjects[:] = self.service.subjects_of.of_application(draft)
        location = f"{self.service.base}/online_applications/{draft.id}"
        return self.service.showing.to_applicant(201, draft, [("Location", location)])

    def known(self, subject_id: str) -> Known:
        """What the register knows of somebody who was found in it."""
        known = self.service.store.known(subject_id)
        assert known is not None  # noqa: S101  the rules about the subject hold
        return known

    def read(self, call: Call) -> Answer:
        """The application as it is now."""
        return self.service.showing.to_applicant(200, call.target)

    def withdraw(self, call: Call) -> Answer:
        """Withdraws an open application; what it shows of the register stays as it is then."""
        application: Application = call.target
        status = self.service.lifecycle.check(application, WITHDRAW)
        known = self.service.prefilling.known(application)
        withdrawn = self.service.lifecycle.advance(
            call, application, status, call.body.get("reason"), known=known, return_reason=None
        )
        return self.service.showing.to_applicant(200, self.service.store.keep(withdrawn))
