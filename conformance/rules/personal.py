"""Individual Numbers and resident codes where they must not stand: URLs and errors (X3 of the domain rules)."""

from __future__ import annotations

import re
import unicodedata

from conformance.catalogue.operations import Operation
from conformance.rules.failure import Failure, Result
from conformance.rules.knowledge import Knowledge
from conformance.rules.registry import exchange_rule
from conformance.seen import Seen

_QUOTED = re.compile(rb'"([0-9]{11,12})"')
_SEPARATORS = re.compile(r"(?<=[0-9])[ \-\u2010-\u2015\u2212\u30fc_.,/\u3000]{1,3}(?=[0-9])")
"""What people put between groups of digits."""


def _sent_numbers(seen: Seen) -> set[str]:
    """Personal numbers that the request carried in its body, whether their check digit is right or not."""
    return {match.decode("ascii") for match in _QUOTED.findall(seen.request.body)}


@exchange_rule("number-not-echoed", range(400, 600))
def number_not_echoed(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """An error repeats no personal number that was sent."""
    if seen.response is None or not 400 <= seen.response.status < 600 or not seen.request.body:
        return None
    sent = _sent_numbers(seen)
    if not sent:
        return None
    text = seen.response.body.decode("utf-8", "replace")
    digits = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    found = [number for number in sent if number in text or number in digits]
    if not found:
        return True
    return Failure(
        "エラー応答に、送信した個人番号又は住民票コードが含まれています。",
        "The error repeats an Individual Number or resident code that was sent.",
        "no personal number in an error",
        f"a number of {len(found[0])} digits",
    )


@exchange_rule("number-not-in-url", range(100, 500), of_operations=True)
def number_not_in_url(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """No URL that the system gives (Location, Link, instance) holds a personal number that was sent.

    Other digits are left alone: an opaque id may look like a number by chance.
    """
    if operation is None or seen.response is None or seen.response.status >= 500:
        return None
    urls = [*seen.headers.get("location", ()), *seen.headers.get("link", ()), *seen.headers.get("content-location", ())]
    body = seen.body
    if isinstance(body, dict) and isinstance(body.get("instance"), str):
        urls.append(body["instance"])
    if not urls:
        return None
    sent = _sent_numbers(seen)
    if not sent:
        return None
    for url in urls:
        if any(number in url for number in sent):
            return Failure(
                "システムが返したURLに個人番号又は住民票コードが含まれています。",
                "A URL that the system gave holds an Individual Number or resident code.",
                "no personal number in a URL",
                "a URL with a personal number",
            )
    return True
