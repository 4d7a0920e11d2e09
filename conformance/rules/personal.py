"""Individual Numbers and resident codes where they must not stand: URLs and errors (X3 of the domain rules)."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import parse_qsl, unquote

from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.model import Request
from conformance.rules.failure import Failure, Result
from conformance.rules.knowledge import PERSONAL_FORMATS, Knowledge, names_of_format
from conformance.rules.registry import exchange_rule
from conformance.seen import Seen

_DIGITS = re.compile(r"[0-9]{11,12}")
_SEPARATORS = re.compile(r"(?<=[0-9])[ \-\u2010-\u2015\u2212\u30fc_.,/\u3000]{1,3}(?=[0-9])")
"""What people put between groups of digits."""
_URL_FIELDS = ("location", "content-location", "link", "refresh")


def _numbers(request: Request, knowledge: Knowledge) -> set[str]:
    """Personal numbers that a request carried in its body or query, whether their check digit is right or not.

    They are known by the names of the members that hold them: an id may have as many digits by chance.
    """
    found = {match.decode("ascii") for match in knowledge.personal_member.findall(request.body)}
    query = request.url.partition("?")[2]
    if query:
        found |= {v for k, v in parse_qsl(query) if k in knowledge.personal_names and _DIGITS.fullmatch(v)}
    return found


def _sent_in_script(seen: Seen, knowledge: Knowledge) -> set[str]:
    """The personal numbers of all requests of a script; looked for once, and kept for its other exchanges."""
    kept: set[str] | None = seen.shared.get("personal numbers")
    if kept is None:
        asked = [exchange.request for exchange in seen.trace] or [seen.request]
        kept = seen.shared["personal numbers"] = set().union(*(_numbers(request, knowledge) for request in asked))
    return kept


def _repeated(text: str, numbers: set[str]) -> str | None:
    """The first of the numbers that stands in a text, however its digits are written or grouped."""
    digits = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    return next((number for number in sorted(numbers) if number in text or number in digits), None)


def _takes_numbers(service: Service) -> bool:
    return bool(names_of_format(service, PERSONAL_FORMATS))


@exchange_rule("number-not-echoed", range(400, 600), occasion=_takes_numbers)
def number_not_echoed(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """An error repeats no personal number that was sent."""
    if seen.response is None or not 400 <= seen.response.status < 600:
        return None
    sent = _numbers(seen.request, knowledge)
    if not sent:
        return None
    found = _repeated(seen.response.body.decode("utf-8", "replace"), sent)
    if found is None:
        return True
    return Failure(
        "エラー応答に、送信した個人番号又は住民票コードが含まれています。",
        "The error repeats an Individual Number or resident code that was sent.",
        "no personal number in an error",
        f"a number of {len(found)} digits",
    )


@exchange_rule("number-not-in-url", range(100, 500), of_operations=True, occasion=_takes_numbers)
def number_not_in_url(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """No URL that the system gives (in a header field, as instance) holds a personal number that the script sent.

    A certificate is asked for by an id, long after the number was sent: so the requests of the whole script count.
    Other digits are left alone: an opaque id may look like a number by chance.
    """
    if operation is None or seen.response is None or seen.response.status >= 500:
        return None
    urls = [value for name in _URL_FIELDS for value in seen.headers.get(name, ())]
    body = seen.body if seen.response.status >= 400 else None
    if isinstance(body, dict) and isinstance(body.get("instance"), str):
        urls.append(body["instance"])
    if not urls:
        return None
    sent = _sent_in_script(seen, knowledge)
    if not sent:
        return None
    if any(_repeated(unquote(url), sent) for url in urls):
        return Failure(
            "システムが返したURLに個人番号又は住民票コードが含まれています。",
            "A URL that the system gave holds an Individual Number or resident code.",
            "no personal number in a URL",
            "a URL with a personal number",
        )
    return True
