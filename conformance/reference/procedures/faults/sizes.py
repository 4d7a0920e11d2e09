"""Faults of procedures: lists, sizes."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import rule
from conformance.reference.procedures.records import (
    Procedure,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.procedures.faults.acting import _alter, _service


@FAULTS.add("list-by-subject-or-applicant", "PR-VIS-006")
def list_by_subject_or_applicant(reference: Reference) -> None:
    """A list by subject has the applications too that the person made for others."""
    _alter(
        _service(reference).applications,
        "matches",
        lambda found, a, wanted: (
            found
            or (
                wanted.get("subject_id") == a.applicant_id
                and all(getattr(a, n) == v for n, v in wanted.items() if n != "subject_id")
            )
        ),
    )


@FAULTS.add("answers-of-ten", "PR-FRM-009", "PR-FRM-011")
def answers_of_ten(reference: Reference) -> None:
    """The administration reads the first ten answers of an application."""
    service = _service(reference)

    def cut(answer: Answer, *_: Any, **__: Any) -> Answer:
        return changed(answer, body={**answer.body, "answers": list(answer.body["answers"])[:10]})

    revise(service.showing, "to_administration", lambda original: lambda *a, **k: cut(original(*a, **k)))


@FAULTS.add("three-attachments-shown", "PR-ATT-007")
def three_attachments_shown(reference: Reference) -> None:
    """Of the attachments of an application three are shown."""
    service = _service(reference)

    def cut(answer: Answer) -> Answer:
        return changed(answer, body={**answer.body, "attachments": list(answer.body["attachments"])[:3]})

    for method in ("to_administration", "to_applicant"):
        revise(service.showing, method, lambda original: lambda *a, **k: cut(original(*a, **k)))


@FAULTS.add("persons-behind-the-fifth-unknown", "PR-FIL-006")
def persons_behind_the_fifth_unknown(reference: Reference) -> None:
    """Who stands in a copy behind the fifth person cannot be applied for by others."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def strict(procedure: Procedure, applicant_id: str, subject_id: str) -> None:
            check(procedure, applicant_id, subject_id)
            copy = service.store.copy_with(subject_id)
            persons = [person["resident_id"] for person in copy.members] if copy is not None else []
            if subject_id != applicant_id and subject_id in persons[5:]:
                raise rule("unknown_subject", "該当する対象者がありません / Unknown subject", "/subject_id")

        return strict

    revise(service.entitlement, "check", make)


@FAULTS.add("attachment-named-twice", "PR-SUB-006")
def attachment_named_twice(reference: Reference) -> None:
    """A form may name a stored attachment twice."""

    def make(_: Method) -> Method:
        def loose(named: Any, stored: Any) -> bool:
            said = {(item["name"], item["sha256"]) for item in named}
            return said == {(name, document.sha256) for name, document in stored.items()}

        return loose

    revise(_service(reference).submissions, "names_attachments", make)
