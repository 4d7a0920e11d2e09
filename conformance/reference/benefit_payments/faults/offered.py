"""How an operation that must not be there is offered: what the faults of prohibited operations are planted with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from conformance.reference.calls import Answer, Request
from conformance.reference.planting import rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference

BASE: Final = "/benefit-payments/v1"


def offer(reference: Reference, method: str, path: str, status: int = 204, body: Any = None) -> None:
    """A method on paths of this form is answered as if it had been carried out, instead of 404 or 405."""
    form = re.compile(BASE + path)

    def offered(request: Request, answer: Answer) -> Answer:
        if answer.status in (404, 405) and request.method == method and form.fullmatch(request.path):
            return Answer(status, body, [header for header in answer.headers if header[0] != "Allow"])
        return answer

    rewrite(reference, offered)
