"""Applications as the administration reads them: lists, single ones, forms, attachments, events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.procedures import views
from conformance.reference.procedures.records import Application, Event

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures

FILTERS: Final = ("procedure_code", "status", "subject_id")


class Applications:
    """What was received; a draft stands in nothing here."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "listApplications": Handler(perform=lambda call: self.list_page(call)),
            "getApplication": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
            "getApplicationForm": Handler(
                perform=lambda call: self.service.forms.read(call), locate=lambda call: self.locate(call)
            ),
            "getAttachment": Handler(
                perform=lambda call: self.service.attachments.read(call),
                locate=lambda call: self.locate_attachment(call),
            ),
            "listEvents": Handler(perform=lambda call: self.events_page(call), locate=lambda call: self.locate(call)),
        }

    def locate(self, call: Call) -> None:
        """The application that the path names, once it was received. Raises 404."""
        self.service.visibility.received(call)

    def locate_attachment(self, call: Call) -> None:
        """The application that the path names, if its procedure has the name. Raises 404."""
        self.locate(call)
        self.service.attachments.check_name(call)

    def read(self, call: Call) -> Answer:
        """The application as it is now."""
        return self.service.showing.to_administration(call, call.target)

    def list_page(self, call: Call) -> Answer:
        """One page of the applications that match, by receipt number."""
        wanted: dict[str, Any] = {name: call.query[name] for name in FILTERS if name in call.query}
        found = [application for application in self.listed() if self.matches(application, wanted)]
        shown = self.service.reference.pages.cut(found, call.query["offset"], call.query["limit"])
        call.subjects[:] = self.service.subjects_of.of_applications(shown)
        return Answer(200, self.service.reference.pages.page(call, found, views.summary))

    def listed(self) -> list[Application]:
        """All that can be listed, in their order."""
        return self.service.store.received()

    def matches(self, application: Application, wanted: dict[str, Any]) -> bool:
        """Whether an application has all that is wanted."""
        return all(getattr(application, name) == value for name, value in wanted.items())

    def events_page(self, call: Call) -> Answer:
        """One page of the events, by sequence."""
        return Answer(200, self.service.reference.pages.page(call, self.events(call.target), views.event))

    def events(self, application: Application) -> list[Event]:
        """All events of an application, those of the time as a draft too."""
        return list(application.events)
