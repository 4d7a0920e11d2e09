"""Orders and numbers that the document of the procedure service leaves free."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.procedures.records import Application, Copy, Json, Procedure
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("offered-by-title")
def offered_by_title(reference: Reference) -> None:
    """The procedures that are offered are listed by title, those of one title by code from the back."""

    def make(offered: Method) -> Method:
        def sorted_by_title(day: str) -> list[Procedure]:
            found = sorted(offered(day), key=lambda procedure: procedure.code, reverse=True)
            return sorted(found, key=lambda procedure: str(procedure.content["title"]))

        return sorted_by_title

    replace(reference.the(Procedures).catalogue, "offered", make)


@LIBERTIES.add("receipt-numbers-with-gaps")
def receipt_numbers_with_gaps(reference: Reference) -> None:
    """Receipt numbers begin with many digits and rise by seven."""
    numbers = count(4_000_000_000_000, 7)
    replace(reference.the(Procedures).submissions, "next_receipt", lambda _: lambda: next(numbers))


@LIBERTIES.add("notice-numbers-of-chance")
def notice_numbers_of_chance(reference: Reference) -> None:
    """The number of a written notice says nothing of the application."""

    def make(_: Method) -> Method:
        def drawn(application: Application) -> str:
            return f"No.{reference.ids.new()}"

        return drawn

    replace(reference.the(Procedures).reviews, "notice_number", make)


@LIBERTIES.add("copy-examined-from-the-back")
def copy_examined_from_the_back(reference: Reference) -> None:
    """A copy is examined from the back: conflicts first, then persons, the address, the day."""
    service = reference.the(Procedures)

    def make(_: Method) -> Method:
        def check(copy: Copy) -> None:
            copies, before = service.copies, service.store.copies.get(copy.household_id)
            if before is not None:
                copies.check_newer(before.as_of, copy.as_of)
            copies.check_elsewhere(copy.household)
            copies.check_once(copy.household)
            copies.check_birth_dates(copy.household)
            copies.check_own(copy.household["address"], service.town.own_codes)
            copies.check_day(copy.as_of, service.clock.today())

        return check

    replace(service.copies, "check", make)


@LIBERTIES.add("form-examined-from-the-back")
def form_examined_from_the_back(reference: Reference) -> None:
    """A form is compared with the register first, and with the procedure last."""
    service = reference.the(Procedures)

    def make(check: Method) -> Method:
        def turned(application: Application, form: Json) -> None:
            only_register = {**form, "procedure_code": application.procedure_code, "answers": []}
            check(application, only_register)
            check(application, {**form, "procedure_code": application.procedure_code})
            check(application, form)

        return turned

    replace(service.forms, "check", make)
