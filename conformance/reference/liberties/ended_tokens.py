"""What a conforming system may do with its tokens: end them before their time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.tokens import unauthenticated

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("tokens-ended-early")
def tokens_ended_early(reference: Reference) -> None:
    """A token is good for two hundred requests, and then ended before its time."""
    used: dict[str, int] = {}

    def make(caller: Method) -> Method:
        def counted(request: Request) -> Any:
            found = caller(request)
            token = reference.tokens.text(request)
            used[token] = used.get(token, 0) + 1
            if used[token] > 200:
                reference.tokens._grants.pop(token)
                raise unauthenticated('Bearer error="invalid_token"')
            return found

        return counted

    replace(reference.tokens, "caller", make)
