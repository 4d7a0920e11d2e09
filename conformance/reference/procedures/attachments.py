"""Attachments of online applications, byte for byte: getOwnAttachment, putAttachment. Section 6 of the document."""

from __future__ import annotations

import base64
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from conformance.reference import negotiation
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import Violation, invalid, not_found, rule
from conformance.reference.procedures import views
from conformance.reference.procedures.lifecycle import ATTACH
from conformance.reference.procedures.records import Application, Document

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures

_PREFIX, _END = "sha-256=:", ":"


class Attachments:
    """Documents that are added to a form, each under a name of the procedure."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "getOwnAttachment": Handler(perform=lambda call: self.read(call), locate=lambda call: self.own(call)),
            "putAttachment": Handler(
                perform=lambda call: self.put(call),
                locate=lambda call: self.own(call),
                tag=lambda call: self.tag(self.named(call)),
            ),
        }

    def own(self, call: Call) -> None:
        """The application that the path names, if it is the caller's and its procedure has the name. Raises 404."""
        self.service.visibility.own(call)
        self.check_name(call)

    def check_name(self, call: Call) -> None:
        """The procedure has an attachment with the name. Raises 404."""
        names = self.service.showing.procedure_of(call.target).names("attachments")
        if not self.is_name(call.path["attachment_name"], names):
            raise not_found()

    def is_name(self, name: str, names: list[str]) -> bool:
        """Whether a name is one of the procedure's, compared exactly."""
        return name in names

    def named(self, call: Call) -> Document | None:
        """The attachment that the path names, if it is stored."""
        application: Application = call.target
        return application.attachments.get(call.path["attachment_name"])

    def tag(self, document: Document | None) -> str | None:
        """The entity tag of an attachment; None where there is none yet."""
        return None if document is None else self.service.tag_of_bytes(document.content, document.media_type)

    def read(self, call: Call) -> Answer:
        """The stored bytes with their media type. Raises 404 where it is not stored, and 406."""
        document = self.named(call)
        if document is None:
            raise not_found()
        negotiation.check_accept(call.request, (document.media_type,))
        return Answer(200, self.bytes_of(document), media_type=self.media_type_of(document))

    def bytes_of(self, document: Document) -> bytes:
        """What is given back of an attachment."""
        return document.content

    def media_type_of(self, document: Document) -> str:
        """The media type with which an attachment is given back."""
        return document.media_type

    def bytes_to_keep(self, raw: bytes) -> bytes:
        """What is kept of the content of a request."""
        return raw

    def put(self, call: Call) -> Answer:
        """Stores an attachment of a draft or of a returned application."""
        application: Application = call.target
        self.service.lifecycle.check(application, ATTACH)
        self.check_digest(call)
        name, before = call.path["attachment_name"], self.named(call)
        document = Document.of(self.bytes_to_keep(call.raw_body), negotiation.media_type(call.request))
        self.service.store.keep(replace(application, attachments={**application.attachments, name: document}))
        headers = [("ETag", self.tag(document) or "")]
        if before is None:
            place = f"{self.service.base}/online_applications/{application.id}/attachments/{name}"
            headers.append(("Location", place))
        body = {"application_id": application.id, **views.attachment(name, document)}
        return Answer(201 if before is None else 200, body, headers)

    def check_digest(self, call: Call) -> None:
        """`Content-Digest` is that of the content. Raises 422, and 400 where it cannot be read."""
        text = call.request.joined("content-digest") or ""
        try:
            given = base64.b64decode(text.removeprefix(_PREFIX).removesuffix(_END), validate=True)
        except ValueError:
            wrong = Violation("pattern", "base64として読めません / No base64", parameter="Content-Digest")
            raise invalid((wrong,)) from None
        if not self.is_digest(given, call.raw_body):
            detail = "内容のダイジェストと異なります / Not the digest of the content"
            raise rule("digest_mismatch", detail)

    def is_digest(self, given: bytes, content: bytes) -> bool:
        """Whether the digest is that of the content."""
        return given == sha256(content).digest()
