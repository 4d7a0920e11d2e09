"""Where something new can be found: the header Location of 201 and 202 (RFC 9110, 10.2.2)."""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin, urlsplit

from conformance.catalogue.operations import Operation
from conformance.rules.failure import Failure, Result, shown
from conformance.rules.knowledge import Knowledge, path_pattern
from conformance.rules.occasion import answers, declares
from conformance.rules.registry import exchange_rule
from conformance.seen import Seen

_REFERENCE = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+;=,]|%[0-9A-Fa-f]{2})+")
"""The characters of a URI reference (RFC 3986, 2)."""
_ENCODED = re.compile("%[0-9A-Fa-f]{2}")
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]")


@exchange_rule("location-header", range(201, 203), of_operations=True, occasion=declares("location", "201", "202"))
def location_header(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """A 201 or 202 that declares Location carries one, and it is one URI reference (RFC 9110, 10.2.2)."""
    if operation is None or seen.status not in {201, 202}:
        return None
    answer = operation.answer(seen.status)
    if answer is None or not any(name.lower() == "location" for name in answer.headers):
        return None
    values = [value.strip() for value in seen.headers.get("location", ())]
    if len(values) == 1 and _REFERENCE.fullmatch(values[0]):
        return True
    return Failure(
        f"{seen.status}応答のLocationヘッダーが、ちょうど1つのURI参照ではありません。",
        f"The {seen.status} answer does not have a Location header with exactly one URI reference.",
        "Location: the URL of what was made",
        "; ".join(shown(value) for value in values) or "not there",
    )


def _plain(path: str) -> str:
    """The path with every unreserved character written as itself: the two lead to the same (RFC 3986, 6.2.2.2)."""
    return _ENCODED.sub(lambda octet: plain if _UNRESERVED.fullmatch(plain := unquote(octet[0])) else octet[0], path)


@exchange_rule("location-declared", range(201, 202), of_operations=True, occasion=answers("201"))
def location_declared(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """Location, resolved against the URL of the request, is below the base URL at a path that can be read."""
    if operation is None or not knowledge.strict or seen.status != 201:
        return None
    given = (seen.header("response", "Location") or "").strip()
    asked = urlsplit(seen.url)
    own = re.fullmatch(f"(.*){path_pattern(operation.path)}", asked.path)
    if not given or own is None:
        return None
    made, base = _plain(urlsplit(urljoin(seen.url, given)).path), _plain(own.group(1))
    if made.startswith(base) and any(path.fullmatch(made, len(base)) for path in knowledge.readable.values()):
        return True
    return Failure(
        "Locationが、文書に宣言された参照のURLになりません。",
        "Location does not lead to a path that the document declares for reading.",
        f"{base} and one of: {', '.join(sorted(knowledge.readable))}",
        f"Location: {shown(given)}",
    )
