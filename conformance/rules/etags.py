"""Entity tags of several answers of one trace: a tag stands for one content (RFC 9110, 8.8.3)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from conformance.catalogue.operations import Operation
from conformance.expression import MISSING
from conformance.invariant import exactly
from conformance.model import Exchange, Response
from conformance.rules.failure import Failure, Result
from conformance.rules.knowledge import Knowledge
from conformance.rules.occasion import declares
from conformance.rules.registry import exchange_rule
from conformance.seen import Seen, media_type, parsed, sets_back

_STRONG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')


def _field(response: Response, name: str) -> str:
    return next((value.strip() for field, value in response.headers if field.lower() == name), "")


def _tag(exchange: Exchange) -> str:
    """The strong tag of a GET that was answered with 200, otherwise nothing."""
    response = exchange.response
    if response is None or response.status != 200 or exchange.request.method != "GET" or response.truncated:
        return ""
    tag = _field(response, "etag")
    return tag if _STRONG.fullmatch(tag) else ""


@exchange_rule("etag-of-other-content", range(200, 201), of_operations=True, occasion=declares("etag", "2"))
def etag_of_other_content(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """Two reads of one URL by one role whose contents differ have different tags.

    The content may depend on who asks: so answers to different roles are not compared. Nor is anything across a
    change of the media type, or with what was there before the system was set back.
    """
    tag = _tag(seen.exchange) if operation is not None and knowledge.strict and seen.unread is None else ""
    if not tag or seen.response is None:
        return None
    judged = None
    for earlier in _earlier(seen):
        response = earlier.response
        if (
            response is None
            or _tag(earlier) != tag
            or earlier.request.url != seen.url
            or earlier.role != seen.exchange.role
        ):
            continue
        if media_type(_field(response, "content-type")) != seen.media_type:
            continue
        if _differ(response.body, seen):
            return Failure(
                f"内容が異なる2つの応答(手順 {earlier.step} 及びこの手順)のETagが同じです。",
                f"Two answers with different contents (that of the step {earlier.step} and this one) have one ETag.",
                "another ETag for another content",
                f"ETag: {tag} for both",
            )
        judged = True
    return judged


def _earlier(seen: Seen) -> Iterator[Exchange]:
    """The exchanges before this one, the latest first, as far back as the system was not set back."""
    before = itertools.takewhile(lambda exchange: exchange is not seen.exchange, seen.trace)
    for exchange in reversed(list(before)):
        if sets_back(exchange.request):
            return
        yield exchange


def _differ(body: bytes, seen: Seen) -> bool:
    """Whether two contents differ, JSON by its values."""
    if seen.response is None or body == seen.response.body:
        return False
    left, right = (parsed(body), seen.body) if seen.is_json else (MISSING, MISSING)
    return left is MISSING or right is MISSING or not exactly(left, right)
