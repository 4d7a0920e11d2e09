"""Answers that say the same in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("plain-problems")
def plain_problems(reference: Reference) -> None:
    """Problem documents have the type about:blank, another title, and neither detail nor instance."""

    def plain(request: Request, answer: Answer) -> Answer:
        if answer.media_type == "application/problem+json" and isinstance(answer.body, dict):
            kept = {name: value for name, value in answer.body.items() if name not in ("detail", "instance")}
            answer.body = {**kept, "type": "about:blank", "title": f"Problem {answer.status}"}
        return answer

    rewrite(reference, plain)


@LIBERTIES.add("extra-headers")
def extra_headers(reference: Reference) -> None:
    """Every answer carries headers that no document speaks of."""

    def extended(request: Request, answer: Answer) -> Answer:
        answer.headers += [("X-Request-Id", "7f3a"), ("Server-Timing", "db;dur=2"), ("Vary", "Accept")]
        return answer

    rewrite(reference, extended)
