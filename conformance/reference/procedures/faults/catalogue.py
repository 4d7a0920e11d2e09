"""Faults of the catalogue: a procedure is kept, offered or changed otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.faults.offered import offer
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.faults.told import retell
from conformance.reference.procedures.records import OPEN, Json, Procedure
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("procedure-keeps-one-attachment", "PR-CAT-001")
def procedure_keeps_one_attachment(reference: Reference) -> None:
    """A procedure is read with the first of its attachments only."""

    def change(body: Any) -> None:
        body["attachments"] = body["attachments"][:1]

    for method in ("GET", "PUT"):
        retell(reference, method, "/procedures/*", change)


@FAULTS.add("procedure-field-required-forgotten", "PR-CAT-001")
def procedure_field_required_forgotten(reference: Reference) -> None:
    """A procedure is read with its last field as one that need not be answered, and its first attachment as needed."""

    def change(body: Any) -> None:
        for kind, required in (("fields", False), ("attachments", True)):
            for item in body[kind][:1]:
                item["required"] = required

    for method in ("GET", "PUT"):
        retell(reference, method, "/procedures/*", change)


def _offered(reference: Reference, when: Any) -> None:
    def make(offered: Method) -> Method:
        def some(day: str) -> list[Procedure]:
            found = reference.the(Procedures).store.procedures.values()
            return [procedure for procedure in found if when(procedure, day)]

        return some

    revise(reference.the(Procedures).catalogue, "offered", make)


@FAULTS.add("not-offered-on-the-last-day", "PR-CAT-002")
def not_offered_on_the_last_day(reference: Reference) -> None:
    """A procedure is not listed as offered on its last day."""
    _offered(reference, lambda p, day: p.opens_on <= day and (p.closes_on is None or day < p.closes_on))


@FAULTS.add("not-offered-without-an-end", "PR-CAT-002")
def not_offered_without_an_end(reference: Reference) -> None:
    """A procedure that never closes is not listed as offered."""
    _offered(reference, lambda p, day: p.closes_on is not None and p.opens_on <= day <= p.closes_on)


@FAULTS.add("offered-a-day-early", "PR-CAT-005")
def offered_a_day_early(reference: Reference) -> None:
    """A procedure is listed as offered on the day before it opens."""
    _offered(
        reference,
        lambda p, day: p.opens_on <= dates.add_days(day, 1) and (p.closes_on is None or day <= p.closes_on),
    )


@FAULTS.add("offered-a-day-longer", "PR-CAT-005")
def offered_a_day_longer(reference: Reference) -> None:
    """A procedure is listed as offered on the day after it has closed."""
    _offered(
        reference,
        lambda p, day: p.opens_on <= day and (p.closes_on is None or dates.add_days(day, -1) <= p.closes_on),
    )


@FAULTS.add("procedure-closes-the-day-before", "PR-CAT-003")
def procedure_closes_the_day_before(reference: Reference) -> None:
    """A procedure may close on the day before it opens."""

    def make(is_window: Method) -> Method:
        return lambda first, last: is_window(first, last) or dates.days_between(last, first) == 1

    revise(reference.the(Procedures).catalogue, "is_window", make)


@FAULTS.add("attachment-names-not-compared", "PR-CAT-004")
def attachment_names_not_compared(reference: Reference) -> None:
    """Two attachments of a procedure may have one name; two fields may not."""
    catalogue = reference.the(Procedures).catalogue

    def make(check_names: Method) -> Method:
        return lambda procedure: check_names(Procedure(procedure.code, {**procedure.content, "attachments": []}))

    revise(catalogue, "check_names", make)


@FAULTS.add("field-names-not-compared", "PR-CAT-004")
def field_names_not_compared(reference: Reference) -> None:
    """Two fields of a procedure may have one name; two attachments may not."""
    catalogue = reference.the(Procedures).catalogue

    def make(check_names: Method) -> Method:
        return lambda procedure: check_names(Procedure(procedure.code, {**procedure.content, "fields": []}))

    revise(catalogue, "check_names", make)


def _fixed(reference: Reference, *freed: str, fixed: str | None = None) -> None:
    """Once there are applications, these members may be changed too, and `fixed` may not."""

    def make(changed: Method) -> Method:
        def fewer(before: Json, after: Json) -> set[str]:
            found = set(changed(before, after)) - set(freed)
            return found | ({fixed} if fixed and before[fixed] != after[fixed] else set())

        return fewer

    revise(reference.the(Procedures).catalogue, "changed", make)


@FAULTS.add("signature-dropped-in-use", "PR-CAT-006")
def signature_dropped_in_use(reference: Reference) -> None:
    """Whether a signature is required may be changed although there are applications."""
    _fixed(reference, "signature_required")


@FAULTS.add("prefilled-changed-in-use", "PR-CAT-006")
def prefilled_changed_in_use(reference: Reference) -> None:
    """What is taken from the register may be changed although there are applications."""
    _fixed(reference, "prefilled")


@FAULTS.add("fields-reordered-in-use", "PR-CAT-006")
def fields_reordered_in_use(reference: Reference) -> None:
    """The fields may be put into another order although there are applications."""

    def make(changed: Method) -> Method:
        def unordered(before: Json, after: Json) -> set[str]:
            found = set(changed(before, after))
            same = sorted(map(str, before["fields"])) == sorted(map(str, after["fields"]))
            return found - {"fields"} if same else found

        return unordered

    revise(reference.the(Procedures).catalogue, "changed", make)


@FAULTS.add("procedure-free-after-withdrawal", "PR-CAT-006")
def procedure_free_after_withdrawal(reference: Reference) -> None:
    """A procedure whose applications are all withdrawn may be changed in everything."""
    service = reference.the(Procedures)

    def make(check_use: Method) -> Method:
        def lenient(before: Procedure, after: Procedure) -> None:
            found = [a for a in service.store.applications.values() if a.procedure_code == before.code]
            if any(application.status in OPEN for application in found):
                check_use(before, after)

        return lenient

    replace(service.catalogue, "check_use", make, lambda before, after: before.content != after.content)


@FAULTS.add("procedure-deletion-offered", "PR-CAT-007")
def procedure_deletion_offered(reference: Reference) -> None:
    """A procedure can be deleted."""
    offer(reference, "DELETE", "/procedures/[^/]+", "procedures")


@FAULTS.add("procedure-of-one-day-refused", "PR-CAT-008")
def procedure_of_one_day_refused(reference: Reference) -> None:
    """A procedure has to be open for two days at least."""

    def make(is_window: Method) -> Method:
        return lambda first, last: is_window(first, last) and first != last

    revise(reference.the(Procedures).catalogue, "is_window", make)


@FAULTS.add("names-compared-across-kinds", "PR-CAT-008")
def names_compared_across_kinds(reference: Reference) -> None:
    """A field and an attachment of a procedure must not have one name."""

    def make(check_names: Method) -> Method:
        def strict(procedure: Procedure) -> None:
            check_names(procedure)
            both = [*procedure.content["fields"], *procedure.content["attachments"]]
            check_names(Procedure(procedure.code, {**procedure.content, "fields": both}))

        return strict

    revise(reference.the(Procedures).catalogue, "check_names", make)


@FAULTS.add("window-fixed-in-use", "PR-CAT-009")
def window_fixed_in_use(reference: Reference) -> None:
    """The last day must not be changed any more once there are applications."""
    _fixed(reference, fixed="closes_on")


@FAULTS.add("title-fixed-in-use", "PR-CAT-009")
def title_fixed_in_use(reference: Reference) -> None:
    """The title must not be changed any more once there are applications."""
    _fixed(reference, fixed="title")
