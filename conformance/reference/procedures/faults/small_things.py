"""Faults of small things: a title in use, a leap day, the last letter of a name, a blank in a reason."""

from __future__ import annotations

import unicodedata
from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.faults.acting import _alter, _service
from conformance.reference.procedures.records import (
    DECIDED,
    Application,
    Event,
    Procedure,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _changed(reference: Reference, plain: Any) -> None:
    _alter(
        _service(reference).catalogue,
        "changed",
        lambda found, before, after: {n for n in found if plain(n, before[n]) != plain(n, after[n])},
    )


def _window(reference: Reference, change: Any) -> None:
    _alter(_service(reference).catalogue, "in_window", change)


@FAULTS.add("requirement-of-an-attachment-changed-in-use", "PR-CAT-006")
def requirement_of_an_attachment_changed_in_use(reference: Reference) -> None:
    """Whether an attachment is required may be changed although there are applications."""
    _changed(
        reference,
        lambda n, v: [{**i, "required": None} for i in v] if n == "attachments" else v,
    )


@FAULTS.add("titles-of-fields-changed-in-use", "PR-CAT-006")
def titles_of_fields_changed_in_use(reference: Reference) -> None:
    """The titles of fields and attachments may be changed although there are applications."""
    _changed(
        reference,
        lambda n, v: [{**i, "title": None} for i in v] if n in ("fields", "attachments") else v,
    )


@FAULTS.add("prefilled-reordered-in-use", "PR-CAT-006")
def prefilled_reordered_in_use(reference: Reference) -> None:
    """The order of `prefilled` may be changed although there are applications."""
    _changed(reference, lambda n, v: sorted(v) if n == "prefilled" else v)


@FAULTS.add("procedure-free-after-decisions", "PR-CAT-006")
def procedure_free_after_decisions(reference: Reference) -> None:
    """A procedure whose applications are all decided may be changed in everything."""
    service = _service(reference)

    def make(check_use: Method) -> Method:
        def lenient(before: Procedure, after: Procedure) -> None:
            found = [a for a in service.store.applications.values() if a.procedure_code == before.code]
            if any(a.status not in DECIDED for a in found):
                check_use(before, after)

        return lenient

    revise(service.catalogue, "check_use", make)


@FAULTS.add("leap-day-ends-the-day-before", "PR-DLN-008")
def leap_day_ends_the_day_before(reference: Reference) -> None:
    """A window that closes on a 29 February closes on the 28th."""
    _window(reference, lambda found, p, day: found and not (day[5:] == "02-29" and p.closes_on == day))


@FAULTS.add("paper-of-another-year-refused", "PR-DLN-008")
def paper_of_another_year_refused(reference: Reference) -> None:
    """Paper that arrived in another calendar year than today's is outside the window."""
    service = _service(reference)
    _alter(service.papers, "is_in_time", lambda found, p, day: found and day[:4] == service.clock.today()[:4])


@FAULTS.add("paper-of-another-fiscal-year-refused", "PR-DLN-008")
def paper_of_another_fiscal_year_refused(reference: Reference) -> None:
    """Paper that arrived in another fiscal year than today's is outside the window."""
    service = _service(reference)

    def year(day: str) -> int:
        return int(day[:4]) - (day[5:] < "04-01")

    _alter(service.papers, "is_in_time", lambda found, p, day: found and year(day) == year(service.clock.today()))


@FAULTS.add("long-attachment-names-are-one", "PR-ATT-001")
def long_attachment_names_are_one(reference: Reference) -> None:
    """Attachments whose names agree in their first 32 characters are one."""
    service = _service(reference)

    def make(put: Method) -> Method:
        def other(call: Call) -> Answer:
            answer: Answer = put(call)
            now = service.store.applications[call.target.id]
            name = call.path["attachment_name"]
            same = {n: now.attachments[name] for n in now.attachments if n[:32] == name[:32]}
            service.store.keep(altered(now, attachments={**now.attachments, **same}))
            return answer

        return other

    replace(service.attachments, "put", make, lambda call: len(call.path["attachment_name"]) > 32)


@FAULTS.add("receipt-numbers-of-each-year", "PR-SUB-007")
def receipt_numbers_of_each_year(reference: Reference) -> None:
    """Receipt numbers begin with 1 in each calendar year."""
    service = _service(reference)
    years = [service.clock.today()[:4]]

    def make(next_receipt: Method) -> Method:
        def other() -> int:
            if service.clock.today()[:4] != years[-1]:
                years.append(service.clock.today()[:4])
                service.store.receipts = 0
            return int(next_receipt())

        return other

    replace(service.submissions, "next_receipt", make)


@FAULTS.add("notification-text-trimmed", "PR-NTF-002")
def notification_text_trimmed(reference: Reference) -> None:
    """White space at the ends of the text of a notification is cut off."""
    _alter(
        _service(reference).lifecycle,
        "notifications",
        lambda found, a: [altered(e, detail=e.detail and (e.detail.strip() or e.detail)) for e in found],
    )


@FAULTS.add("detail-of-an-event-normalised", "PR-EVT-005")
def detail_of_an_event_normalised(reference: Reference) -> None:
    """The detail of an event is normalised (NFC)."""

    def change(found: list[Event], application: Application) -> list[Event]:
        return [altered(e, detail=e.detail and unicodedata.normalize("NFC", e.detail)) for e in found]

    _alter(_service(reference).applications, "events", change)


@FAULTS.add("reason-of-blanks-is-none", "PR-DEC-002")
def reason_of_blanks_is_none(reference: Reference) -> None:
    """A rejection whose reason is nothing but spaces is refused as one without a reason."""

    def make(check_reason: Method) -> Method:
        def strict(outcome: str, reason: str | None) -> None:
            check_reason(outcome, reason if reason is None or reason.strip() else None)

        return strict

    revise(_service(reference).reviews, "check_reason", make)
