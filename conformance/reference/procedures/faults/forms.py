"""Faults of forms and attachments: other bytes, or a rule that is not kept."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.pipeline import BODY_LIMIT
from conformance.reference.planting import Method, revise
from conformance.reference.procedures.faults.told import recast, retell
from conformance.reference.procedures.records import Application, Document, Json
from conformance.reference.procedures.service import Procedures
from conformance.reference.strict_json import decode, encode

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("form-written-anew", "PR-FRM-001")
def form_written_anew(reference: Reference) -> None:
    """The applicant reads the form as it is written anew, without white space."""
    recast(reference, "GET", "/online_applications/*/form", lambda content: encode(decode(content)))


@FAULTS.add("form-without-its-last-line-feed", "PR-FRM-001")
def form_without_its_last_line_feed(reference: Reference) -> None:
    """The applicant reads the form without white space at its end."""
    recast(reference, "GET", "/online_applications/*/form", bytes.rstrip)


@FAULTS.add("form-digest-of-the-json", "PR-FRM-002")
def form_digest_of_the_json(reference: Reference) -> None:
    """The digest that an application shows is that of the form written anew."""
    service = reference.the(Procedures)

    def change(body: Any) -> None:
        form = service.store.applications[body["id"]].form
        if form is not None:
            body["form_sha256"] = sha256(encode(form.value)).hexdigest()

    retell(reference, "GET", "/online_applications/*", change)


@FAULTS.add("form-written-anew-for-the-administration", "PR-FRM-003")
def form_written_anew_for_the_administration(reference: Reference) -> None:
    """The administration reads the form as it is written anew."""
    recast(reference, "GET", "/applications/*/form", lambda content: encode(decode(content)))


@FAULTS.add("attachment-of-the-administration-cut", "PR-FRM-003")
def attachment_of_the_administration_cut(reference: Reference) -> None:
    """The administration reads an attachment up to its first zero byte."""
    recast(reference, "GET", "/applications/*/attachments/*", lambda content: content.split(b"\x00")[0] or content)


@FAULTS.add("form-of-another-procedure-accepted", "PR-FRM-004")
def form_of_another_procedure_accepted(reference: Reference) -> None:
    """The procedure that a form names is not compared."""

    def make(check: Method) -> Method:
        def lenient(application: Application, form: Json) -> None:
            check(application, {**form, "procedure_code": application.procedure_code})

        return lenient

    revise(reference.the(Procedures).forms, "check", make)


@FAULTS.add("later-fields-not-looked-up", "PR-FRM-005")
def later_fields_not_looked_up(reference: Reference) -> None:
    """Only the first answer has to be to a field of the procedure."""

    def make(unknown: Method) -> Method:
        return lambda fields, known: unknown(fields[:1], known)

    revise(reference.the(Procedures).forms, "unknown", make)


@FAULTS.add("attachments-taken-for-fields", "PR-FRM-005")
def attachments_taken_for_fields(reference: Reference) -> None:
    """The name of an attachment may be answered as if it were a field."""

    def make(unknown: Method) -> Method:
        return lambda fields, known: unknown(fields, [*known, "proof", "other"])

    revise(reference.the(Procedures).forms, "unknown", make)


@FAULTS.add("field-answered-twice", "PR-FRM-006")
def field_answered_twice(reference: Reference) -> None:
    """A field may be answered twice."""
    revise(reference.the(Procedures).forms, "repeated", lambda _: lambda fields: None)


@FAULTS.add("field-answered-twice-apart", "PR-FRM-006")
def field_answered_twice_apart(reference: Reference) -> None:
    """A field may be answered twice where another answer stands between."""

    def make(repeated: Method) -> Method:
        def adjacent(fields: list[str]) -> int | None:
            return next((place for place in range(1, len(fields)) if fields[place] == fields[place - 1]), None)

        return adjacent

    revise(reference.the(Procedures).forms, "repeated", make)


def _attachment(reference: Reference, change: Any) -> None:
    recast(reference, "GET", "/online_applications/*/attachments/*", change)


@FAULTS.add("attachment-line-ends-changed", "PR-ATT-001")
def attachment_line_ends_changed(reference: Reference) -> None:
    """The applicant reads an attachment with line feeds in place of both characters of a line end."""
    _attachment(reference, lambda content: content.replace(b"\r\n", b"\n"))


@FAULTS.add("attachment-type-from-its-bytes", "PR-ATT-001")
def attachment_type_from_its_bytes(reference: Reference) -> None:
    """An attachment that begins as a PDF does has that media type, whatever it was sent with."""

    def make(media_type_of: Method) -> Method:
        def guessed(document: Document) -> str:
            return "application/pdf" if document.content.startswith(b"%PDF") else document.media_type

        return guessed

    revise(reference.the(Procedures).attachments, "media_type_of", make)


@FAULTS.add("attachment-digest-not-compared", "PR-ATT-002")
def attachment_digest_not_compared(reference: Reference) -> None:
    """The digest of an attachment is not compared with its content."""
    revise(reference.the(Procedures).attachments, "is_digest", lambda _: lambda given, content: True)


@FAULTS.add("attachment-of-any-name", "PR-ATT-003")
def attachment_of_any_name(reference: Reference) -> None:
    """An attachment may have a name that the procedure does not have."""
    revise(reference.the(Procedures).attachments, "is_name", lambda _: lambda name, names: True)


def _limit(reference: Reference, limit: int) -> None:
    def make(body_limit: Method) -> Method:
        def other(call: Call) -> int:
            return limit if call.operation.id == "putAttachment" else int(body_limit(call))

        return other

    revise(reference.pipeline, "body_limit", make)


@FAULTS.add("attachment-limit-of-a-million", "PR-ATT-004")
def attachment_limit_of_a_million(reference: Reference) -> None:
    """An attachment may have 1,000,000 bytes."""
    _limit(reference, 1_000_000)


@FAULTS.add("attachment-limit-excluded", "PR-ATT-004")
def attachment_limit_excluded(reference: Reference) -> None:
    """An attachment may have one byte less than 1 MiB."""
    _limit(reference, BODY_LIMIT - 1)


@FAULTS.add("attachment-limit-a-byte-higher", "PR-ATT-005", "COM-SCH-001")
def attachment_limit_a_byte_higher(reference: Reference) -> None:
    """An attachment may have one byte more than 1 MiB, and more than its size can say."""
    _limit(reference, BODY_LIMIT + 1)
