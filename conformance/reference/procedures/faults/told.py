"""Answers of one operation told otherwise: what faults that lie in nothing but an answer are planted with."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Request
from conformance.reference.faults.asked import asks
from conformance.reference.planting import rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def retell(reference: Reference, method: str, path: str, change: Callable[[Any], None]) -> None:
    """In the successful answers to requests of this method and path a change is made to the content."""

    def told(request: Request, answer: Answer) -> Answer:
        if not asks(request, method, path, "procedures") or not isinstance(answer.body, dict) or answer.status >= 300:
            return answer
        body = deepcopy(answer.body)
        change(body)
        return Answer(answer.status, body, answer.headers, answer.media_type)

    rewrite(reference, told)


def recast(reference: Reference, method: str, path: str, change: Callable[[bytes], bytes]) -> None:
    """In the successful answers to requests of this method and path other bytes are given."""

    def told(request: Request, answer: Answer) -> Answer:
        if not asks(request, method, path, "procedures") or not isinstance(answer.body, bytes) or answer.status >= 300:
            return answer
        return Answer(answer.status, change(answer.body), answer.headers, answer.media_type)

    rewrite(reference, told)
