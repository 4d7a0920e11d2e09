"""How an operation that must not be there is offered: what the faults of prohibited operations are planted with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Request
from conformance.reference.planting import rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def offer(reference: Reference, method: str, path: str, service: str) -> None:
    """A method on paths of this form is answered 204 instead of 404 or 405, as if it had been carried out."""
    form = re.compile(f"/{service}/v1{path}")

    def offered(request: Request, answer: Answer) -> Answer:
        if answer.status in (404, 405) and request.method == method and form.fullmatch(request.path):
            return Answer(204, None, [header for header in answer.headers if header[0] != "Allow"])
        return answer

    rewrite(reference, offered)
