"""What a conforming system may say when it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("help-in-details")
def help_in_details(reference: Reference) -> None:
    """The detail of a problem names the page on which it is explained, and whom to call."""

    def helpful(request: Request, answer: Answer) -> Answer:
        if answer.media_type == "application/problem+json":
            page = "https://help.registry.example/guide/problems.php?lang=ja"
            answer.body = {**answer.body, "detail": f"詳しくは {page} を御覧ください。電話 03-0000-0000"}
        return answer

    rewrite(reference, helpful)
