"""Faults of problem documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("problem-as-plain-json", "COM-ERR-001")
def problem_as_plain_json(reference: Reference) -> None:
    """Problem documents are sent as application/json."""

    def plain(request: Request, answer: Answer) -> Answer:
        if answer.status >= 400:
            answer.media_type = "application/json"
        return answer

    rewrite(reference, plain)


@FAULTS.add("problem-without-place", "COM-ERR-005")
def problem_without_place(reference: Reference) -> None:
    """A refused request is not told which property or parameter is at fault."""

    def silent(request: Request, answer: Answer) -> Answer:
        if answer.status == 400 and isinstance(answer.body, dict):
            answer.body.pop("errors", None)
        return answer

    rewrite(reference, silent)
