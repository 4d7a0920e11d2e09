"""Pages: `{resultset: {count, offset, limit}, results: [...]}` of the common specification."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.rules.claims import claim
from conformance.rules.failure import Failure, Result, shown, whole
from conformance.rules.knowledge import Knowledge
from conformance.rules.occasion import pages
from conformance.rules.registry import exchange_rule
from conformance.seen import Seen

_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{11,12}(?![0-9])")
_MOST = 100
"""The greatest limit that the common specification allows."""


def _page(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> tuple[dict[str, Any], list[Any]] | None:
    """Resultset and results of a successful answer of a paged operation."""
    if operation is None or not knowledge.strict or seen.status != 200 or not isinstance(seen.body, dict):
        return None
    if operation.parameter("limit", "query") is None or operation.parameter("offset", "query") is None:
        return None
    resultset, results = seen.body.get("resultset"), seen.body.get("results")
    if not isinstance(resultset, dict) or not isinstance(results, list):
        return None
    return resultset, results


def _asked(seen: Seen, name: str) -> int | None:
    """What was asked for; None for a `limit` outside 1 to 100, whose refusal has a requirement of its own."""
    value = seen.query(name)
    number = int(value) if value is not None and value.isascii() and value.isdecimal() else None
    return None if number is not None and name == "limit" and not 1 <= number <= _MOST else number


@exchange_rule("page-limit", range(200, 201), of_operations=True, occasion=pages)
def page_limit(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """A page holds no more than `limit` results."""
    page = _page(seen, operation, knowledge)
    asked = _asked(seen, "limit") if page else None
    if page is None or asked is None:
        return None
    if len(page[1]) <= asked:
        return True
    return Failure(
        "1ページの件数が limit を超えています。",
        "The page holds more results than limit asks for.",
        f"at most {asked} results",
        f"{len(page[1])} results",
    )


@exchange_rule("page-resultset", range(200, 201), of_operations=True, occasion=pages)
def page_resultset(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """`resultset` repeats offset and limit, and `count` covers what was returned."""
    page = _page(seen, operation, knowledge)
    if page is None or operation is None:
        return None
    resultset, results = page
    for name in ("offset", "limit"):
        # Where no offset is asked for, the page begins with the first item; the default of limit has its own rule.
        asked = 0 if name == "offset" and seen.query(name) is None else _asked(seen, name)
        if asked is not None and resultset.get(name) != asked:
            return Failure(
                f"resultset.{name} が要求した値と異なります。",
                f"resultset.{name} differs from what was asked for.",
                str(asked),
                str(resultset.get(name)),
            )
    count, offset = whole(resultset.get("count")), whole(resultset.get("offset"))
    if count is None or offset is None:
        return None
    if not results or count >= offset + len(results):
        return True
    return Failure(
        "resultset.count が、返された結果の数より小さい値です。",
        "resultset.count is less than what was returned so far.",
        f"at least {offset + len(results)} (offset {offset} and {len(results)} results)",
        str(count),
    )


def _sort_value(item: Any, name: str) -> Any:
    if not isinstance(item, dict):
        return None
    value = item.get(name)
    if value is None and isinstance(item.get("name"), dict):
        value = item["name"].get(name)
    return value


def _may_be_a_replacement(text: str) -> bool:
    """Whether the evidence may show a replacement here: it keeps equality and form of a personal number, not order."""
    return _NUMBER.search(text) is not None


def _sorts(service: Service) -> bool:
    return any(operation.parameter("sort", "query") for operation in service.operations.values())


@exchange_rule("page-sorted", range(200, 201), of_operations=True, occasion=_sorts)
def page_sorted(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """Where `sort` is given, the results are in that order: code points of text, `-` for descending."""
    page = _page(seen, operation, knowledge)
    asked = seen.query("sort") if page else None
    if page is None or not asked:
        return None
    name, descending = asked.removeprefix("-"), asked.startswith("-")
    values = [value for value in (_sort_value(item, name) for item in page[1]) if isinstance(value, str)]
    values = [value for value in values if not _may_be_a_replacement(value)]
    if len(values) < 2:
        return None
    wanted = sorted(values, reverse=descending)
    if values == wanted:
        return True
    place = next(i for i, (a, b) in enumerate(zip(values, wanted, strict=True)) if a != b)
    return Failure(
        f"結果が sort={asked} の順になっていません。",
        f"The results are not in the order that sort={asked} asks for.",
        f"'{wanted[place]}' at position {place}",
        f"'{values[place]}' at position {place}",
    )


@claim("narrowed")
def narrowed(args: Mapping[str, Any], seen: Seen) -> Result:
    """Each of the items of a list that was narrowed has the `value` at the member that is compared (or among it)."""
    if seen.status != 200:
        return None
    value = args["value"]
    others = [found for found in args["members"] if value not in (found if isinstance(found, list) else [found])]
    if not others:
        return True
    return Failure(
        f"絞り込んだ一覧に、該当しないものがあります: {args['about']['ja']}",
        f"A list that was narrowed shows what does not match: {args['about']['en']}",
        shown(value),
        shown(others[0]),
    )
