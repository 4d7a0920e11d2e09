"""Faults of procedures: windows that change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.records import (
    Application,
    Document,
    Procedure,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.procedures.faults.acting import _service


@FAULTS.add("window-as-the-draft-began", "PR-DLN-010")
def window_as_the_draft_began(reference: Reference) -> None:
    """A submission is held against the window that the procedure had when the draft was begun."""
    service = _service(reference)
    windows: dict[str, Procedure] = {}

    def creating(create: Method) -> Method:
        def kept(call: Call) -> Answer:
            answer: Answer = create(call)
            windows[answer.body["id"]] = service.store.procedures[answer.body["procedure_code"]]
            return answer

        return kept

    replace(service.online, "create", creating)

    def make(check: Method) -> Method:
        def former(call: Call, application: Application, form: Document) -> None:
            in_window = service.catalogue.in_window
            kept = windows.get(application.id)
            service.catalogue.in_window = lambda procedure, day: in_window(  # type: ignore[method-assign]
                kept or procedure, day
            )
            try:
                check(call, application, form)
            finally:
                service.catalogue.in_window = in_window  # type: ignore[method-assign]

        return former

    replace(service.submissions, "check", make)


@FAULTS.add("window-changed-holds-for-the-list-only", "PR-DLN-010")
def window_of_creation_for_paper(reference: Reference) -> None:
    """Paper is held against the first window that a procedure had."""
    service = _service(reference)
    windows: dict[str, Procedure] = {}

    def keeping(keep: Method) -> Method:
        def kept(procedure: Procedure) -> None:
            windows.setdefault(procedure.code, procedure)
            keep(procedure)

        return kept

    replace(service.store, "keep_procedure", keeping)
    revise(
        service.papers,
        "is_in_time",
        lambda original: lambda p, day: service.catalogue.in_window(windows.get(p.code) or p, day),
    )
