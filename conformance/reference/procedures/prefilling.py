"""Data of the register, asked once only: section 5 of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.procedures.records import EDITABLE, Application, Json, Known, Procedure

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures


class Prefilling:
    """What an application shows of its subject, and whether a form says the same."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def known(self, application: Application) -> Known:
        """The data of an application: those of the present copy while it can be edited, later those that were taken."""
        if not self.follows(application):
            return application.known
        return self.service.store.known(self.person_of(application)) or application.known

    def follows(self, application: Application) -> bool:
        """Whether an application shows what the register says now."""
        return application.status in EDITABLE

    def person_of(self, application: Application) -> str:
        """Whose data are shown."""
        return application.subject_id

    def shown(self, procedure: Procedure, known: Known) -> dict[str, Any]:
        """The members that the procedure names."""
        members = {**known.person, "address": known.address}
        return {name: members[name] for name in procedure.content["prefilled"]}

    def agrees(self, form: Json, subject_id: str) -> bool:
        """Whether what a form says of its subject stands in the copy; somebody in no copy agrees with nothing."""
        said = form.get("register", {})
        known = self.service.store.known(subject_id)
        return not said or (known is not None and self.equal(said, self.comparable(known.person)))

    def comparable(self, person: Json) -> dict[str, Any]:
        """A person as a form may repeat them."""
        given = {"given": person["name"]["given"]} if "given" in person["name"] else {}
        return {
            "family": person["name"]["family"],
            **given,
            "birth_date": person["birth_date"]["value"],
            "sex": person["sex"],
        }

    def equal(self, said: Json, stands: Json) -> bool:
        """Whether each member that is said is there and the same, code point by code point."""
        return all(name in stands and stands[name] == value for name, value in said.items())
