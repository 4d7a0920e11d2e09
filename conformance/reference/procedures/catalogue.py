"""The catalogue: getProcedure, putProcedure, listOfferedProcedures. Section 3 of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import conflict, not_found, rule
from conformance.reference.procedures import views
from conformance.reference.procedures.records import Json, Procedure

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures

CHANGEABLE: Final = frozenset({"title", "opens_on", "closes_on"})
"""What may be changed although there are applications."""


class Catalogue:
    """What can be applied for, and when."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "getProcedure": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
            "putProcedure": Handler(
                perform=lambda call: self.put(call),
                locate=lambda call: self.locate_new(call),
                tag=lambda call: self.tag(call),
            ),
            "listOfferedProcedures": Handler(perform=lambda call: self.list_page(call)),
        }

    def locate(self, call: Call) -> None:
        """The procedure that the path names, or 404."""
        call.target = self.service.store.procedures.get(call.path["procedure_code"])
        if call.target is None:
            raise not_found()

    def locate_new(self, call: Call) -> None:
        """The procedure that the path names, if there is one; 404 for a code that none can have."""
        if any(not parameter.checker.is_valid(call.path[parameter.name]) for parameter in call.operation.path):
            raise not_found()
        call.target = self.service.store.procedures.get(call.path["procedure_code"])

    def tag(self, call: Call) -> str | None:
        """The entity tag of the procedure; None where there is none yet."""
        return None if call.target is None else self.service.entity_tag(views.procedure(call.target))

    def read(self, call: Call) -> Answer:
        """The procedure as it is now."""
        return Answer(200, views.procedure(call.target))

    def put(self, call: Call) -> Answer:
        """Creates or changes the procedure."""
        before: Procedure | None = call.target
        procedure = Procedure(call.path["procedure_code"], call.body)
        self.check_window(procedure)
        self.check_names(procedure)
        if before is not None:
            self.check_use(before, procedure)
        self.service.store.keep_procedure(procedure)
        body = views.procedure(procedure)
        headers = [("ETag", self.service.entity_tag(body))]
        if before is None:
            headers.append(("Location", f"{self.service.base}/procedures/{procedure.code}"))
        return Answer(201 if before is None else 200, body, headers)

    def check_window(self, procedure: Procedure) -> None:
        """The window does not close before it opens. Raises 422."""
        if not self.is_window(procedure.opens_on, procedure.closes_on):
            raise rule("window_invalid", "終了日が開始日より前です / It closes before it opens", "/closes_on")

    def is_window(self, first: str, last: str | None) -> bool:
        """Whether days can be the first and the last of a window; equal days can."""
        return last is None or first <= last

    def check_names(self, procedure: Procedure) -> None:
        """No name stands twice among the fields, none twice among the attachments. Raises 422."""
        for kind in ("fields", "attachments"):
            place = self.repeated(procedure.names(kind))
            if place is not None:
                raise rule("repeated_name", "同じ名前が2度あります / A name stands twice", f"/{kind}/{place}/name")

    def repeated(self, names: list[str]) -> int | None:
        """The place of the first name that stood before."""
        return next((place for place, name in enumerate(names) if name in names[:place]), None)

    def check_use(self, before: Procedure, after: Procedure) -> None:
        """Where there are applications only title and window change. Raises 409."""
        changed = self.changed(before.content, after.content)
        if changed and self.service.store.in_use(before.code):
            detail = "申請があるため変更できません / There are applications of the procedure"
            raise conflict("procedure_in_use", detail, f"/{min(changed)}")

    def changed(self, before: Json, after: Json) -> set[str]:
        """The members that differ, of those that are fixed once there are applications."""
        return {name for name in after if name not in CHANGEABLE and before[name] != after[name]}

    def in_window(self, procedure: Procedure, day: str) -> bool:
        """Whether a day lies in the window: both ends do."""
        return procedure.opens_on <= day and (procedure.closes_on is None or day <= procedure.closes_on)

    def offered(self, day: str) -> list[Procedure]:
        """The procedures that are offered on a day, in the order in which they were created."""
        return [found for found in self.service.store.procedures.values() if self.in_window(found, day)]

    def list_page(self, call: Call) -> Answer:
        """One page of what is offered today."""
        found = self.offered(self.service.clock.today())
        return Answer(200, self.service.reference.pages.page(call, found, views.procedure))
