"""Whose data a request shows or changes, for the audit trail: section 12 of the document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.procedures.records import Application, Copy

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures


class Subjects:
    """Persons by `resident_id`, each once."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def of_copy(self, copy: Copy) -> list[str]:
        """All persons in a copy."""
        return [person["resident_id"] for person in copy.members]

    def of_change(self, before: Copy | None, after: Copy) -> list[str]:
        """All persons in a copy before and after a change."""
        return list(dict.fromkeys([*(self.of_copy(before) if before else ()), *self.of_copy(after)]))

    def of_application(self, application: Application) -> list[str]:
        """Applicant and subject."""
        return list(dict.fromkeys([application.applicant_id, application.subject_id]))

    def of_applications(self, applications: Iterable[Application]) -> list[str]:
        """Those of several applications."""
        return list(dict.fromkeys(person for found in applications for person in self.of_application(found)))

    def of_path(self, call: Call) -> list[str]:
        """Those whom a call names in its path, as far as they exist."""
        store, path = self.service.store, call.path
        copy = store.copies.get(path.get("household_id", ""))
        application = store.applications.get(path.get("application_id", ""))
        if copy is not None:
            return self.of_copy(copy)
        return [] if application is None else self.of_application(application)
