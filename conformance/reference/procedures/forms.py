"""Forms of online applications, byte for byte: getForm, putForm. Section 6 of the document."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import not_found, rule
from conformance.reference.procedures import views
from conformance.reference.procedures.lifecycle import EDIT
from conformance.reference.procedures.records import Application, Document, Json, Procedure

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures

JSON: Final = "application/json"


class Forms:
    """What the applicant's client writes. The bytes are what is signed: nothing is written anew."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "getForm": Handler(perform=lambda call: self.read(call), locate=lambda call: self.own(call)),
            "putForm": Handler(
                perform=lambda call: self.put(call),
                locate=lambda call: self.own(call),
                tag=lambda call: self.tag(call.target.form),
            ),
        }

    def own(self, call: Call) -> None:
        """The application that the path names, if it is the caller's. Raises 404."""
        self.service.visibility.own(call)

    def tag(self, form: Document | None) -> str | None:
        """The entity tag of a form; None where there is none yet."""
        return None if form is None else self.service.tag_of_bytes(form.content, JSON)

    def read(self, call: Call) -> Answer:
        """The stored bytes. Raises 404 where there is no form."""
        form: Document | None = call.target.form
        if form is None:
            raise not_found()
        return Answer(200, self.bytes_of(form), media_type=JSON)

    def bytes_of(self, form: Document) -> bytes:
        """What is given back of a form."""
        return form.content

    def bytes_to_keep(self, raw: bytes) -> bytes:
        """What is kept of the content of a request."""
        return raw

    def put(self, call: Call) -> Answer:
        """Stores the form of a draft or of a returned application."""
        application: Application = call.target
        self.service.lifecycle.check(application, EDIT)
        self.check(application, call.body)
        form = Document.of(self.bytes_to_keep(call.raw_body), JSON, call.body)
        self.service.store.keep(replace(application, form=form))
        headers = [("ETag", self.tag(form) or "")]
        if application.form is None:
            headers.append(("Location", f"{self.service.base}/online_applications/{application.id}/form"))
        status = 201 if application.form is None else 200
        return Answer(status, views.stored_form(application.id, form), headers)

    def check(self, application: Application, form: Json) -> None:
        """What holds of every form. Raises 422."""
        if form["procedure_code"] != application.procedure_code:
            raise rule("other_procedure", "別の手続の申請書です / The form is of another procedure", "/procedure_code")
        self.check_answers(self.service.showing.procedure_of(application), form["answers"])
        if not self.service.prefilling.agrees(form, application.subject_id):
            raise rule("contradicts_register", "住民記録と一致しません / It contradicts the register", "/register")

    def check_answers(self, procedure: Procedure, answers: list[Json]) -> None:
        """Each field is one of the procedure, none is answered twice. Raises 422."""
        fields = [answer["field"] for answer in answers]
        unknown = self.unknown(fields, procedure.names("fields"))
        if unknown is not None:
            raise rule("unknown_field", "手続にない項目です / No field of the procedure", f"/answers/{unknown}/field")
        repeated = self.repeated(fields)
        if repeated is not None:
            raise rule("repeated_field", "同じ項目が2度あります / Answered twice", f"/answers/{repeated}/field")

    def unknown(self, fields: list[str], known: list[str]) -> int | None:
        """The place of the first answer to a field that is none of the procedure's."""
        return next((place for place, name in enumerate(fields) if name not in known), None)

    def repeated(self, fields: list[str]) -> int | None:
        """The place of the first answer to a field that was answered before."""
        return next((place for place, name in enumerate(fields) if name in fields[:place]), None)

    def lacks(self, procedure: Procedure, answers: list[Json]) -> set[str]:
        """The required fields that are not answered."""
        return procedure.required("fields") - {answer["field"] for answer in answers}
