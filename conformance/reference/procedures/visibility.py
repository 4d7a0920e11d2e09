"""Who sees which application, and what of it: section 11 of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from conformance.reference.calls import Call
from conformance.reference.problems import not_found
from conformance.reference.procedures.records import ONLINE, Application

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures

APPLY: Final = "procedures:apply"
"""Who has it sees applications as their applicants do."""
PRIVILEGE: Final = "protections:read"
"""Who has it sees the addresses of protected persons."""


class Visibility:
    """Decides by client, status and scope, and marks what was withheld for the audit trail."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def own(self, call: Call) -> None:
        """Puts the application that the path names into `call.target`, if this client made it. Raises 404."""
        self._show(call, lambda application: self.made(call, application))

    def received(self, call: Call) -> None:
        """Puts the application that the path names into `call.target`, once it was received. Raises 404."""
        self._show(call, self.was_received)

    def _show(self, call: Call, visible: Callable[[Application], bool]) -> None:
        application = self.service.store.applications.get(call.path["application_id"])
        if application is None:
            raise not_found()
        call.subjects[:] = self.service.subjects_of.of_application(application)
        if not visible(application):
            call.withheld = True
            raise not_found()
        call.target = application

    def made(self, call: Call, application: Application) -> bool:
        """Whether the caller made the draft."""
        return application.channel == ONLINE and application.entered_by == call.caller.client

    def was_received(self, application: Application) -> bool:
        """Whether the administration knows of an application."""
        return application.receipt_number is not None

    def hides_address(self, call: Call, persons: Iterable[str]) -> bool:
        """Whether the address has to be kept from the caller."""
        return PRIVILEGE not in call.caller.scopes and any(self.is_protected(person) for person in persons)

    def is_protected(self, resident_id: str) -> bool:
        """Whether somebody is protected in the present copy; who stands in none counts as protected."""
        known = self.service.store.known(resident_id)
        return known is None or bool(known.person["protected"])

    def hides_from_applicant(self, application: Application) -> bool:
        """Whether an applicant must not learn where the subject lives, who is another person."""
        if application.applicant_id == application.subject_id:
            return False
        return self.is_protected(application.subject_id) or not self.together(application)

    def together(self, application: Application) -> bool:
        """Whether applicant and subject stand in one copy now."""
        return self.share_a_copy(application.applicant_id, application.subject_id)

    def share_a_copy(self, applicant_id: str, subject_id: str) -> bool:
        """Whether two persons stand in one copy now."""
        where = [self.service.store.copy_with(person) for person in (applicant_id, subject_id)]
        return where[0] is not None and where[0] is where[1]

    def hides_kept(self, call: Call, persons: Sequence[str]) -> bool:
        """Whether an answer that is kept shows an address that its caller must not see any more."""
        if not persons:
            return False
        if APPLY not in (call.operation.scopes or ()):
            return self.hides_address(call, persons)
        return self.is_protected(persons[1]) or not self.share_a_copy(persons[0], persons[1])

    def concerned(self, application: Application) -> list[str]:
        """Whose protection matters for an application."""
        return [application.applicant_id, application.subject_id]
