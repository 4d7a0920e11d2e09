"""All that the service holds, with the ways in which it is found again. Nothing here judges."""

from __future__ import annotations

from conformance.reference.procedures.records import Application, Copy, Known, Procedure


class Store:
    """Procedures, copies of households, applications, and the last receipt number."""

    def __init__(self) -> None:
        self.procedures: dict[str, Procedure] = {}
        self.copies: dict[str, Copy] = {}
        self.household_of: dict[str, str] = {}
        """The household in whose copy a person stands."""
        self.applications: dict[str, Application] = {}
        self.receipts = 0
        self._received: list[str] = []
        self._of_procedure: dict[str, dict[str, list[str]]] = {}

    def keep_procedure(self, procedure: Procedure) -> None:
        """Adds a procedure, or puts it in the place of what it was."""
        self.procedures[procedure.code] = procedure

    def keep_copy(self, copy: Copy) -> None:
        """Adds a copy, or puts it in the place of what it was."""
        before = self.copies.get(copy.household_id)
        for person in before.members if before else ():
            self.household_of.pop(person["resident_id"], None)
        for person in copy.members:
            self.household_of[person["resident_id"]] = copy.household_id
        self.copies[copy.household_id] = copy

    def keep(self, application: Application) -> Application:
        """Adds an application, or puts it in the place of what it was."""
        before = self.applications.get(application.id)
        if before is None:
            of_subject = self._of_procedure.setdefault(application.procedure_code, {})
            of_subject.setdefault(application.subject_id, []).append(application.id)
        if application.receipt_number is not None and (before is None or before.receipt_number is None):
            self._received.append(application.id)
        self.applications[application.id] = application
        return application

    def next_receipt(self) -> int:
        """A receipt number that is greater than all before."""
        self.receipts += 1
        return self.receipts

    def received(self) -> list[Application]:
        """All applications that were received, by receipt number."""
        return [self.applications[application_id] for application_id in self._received]

    def in_use(self, procedure_code: str) -> bool:
        """Whether any application of a procedure exists."""
        return procedure_code in self._of_procedure

    def about(self, procedure_code: str, subject_id: str) -> list[Application]:
        """All applications of a procedure about a person."""
        found = self._of_procedure.get(procedure_code, {}).get(subject_id, ())
        return [self.applications[application_id] for application_id in found]

    def copy_with(self, resident_id: str) -> Copy | None:
        """The copy in which a person stands."""
        household_id = self.household_of.get(resident_id)
        return None if household_id is None else self.copies[household_id]

    def known(self, resident_id: str) -> Known | None:
        """What the register knows of a person now; None for one who stands in no copy."""
        copy = self.copy_with(resident_id)
        person = None if copy is None else copy.person(resident_id)
        return None if copy is None or person is None else Known(copy.as_of, person, copy.household["address"])
