"""A claim about header fields: those of answers that must not be told apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from conformance.rules.claims import claim
from conformance.rules.failure import Failure, Result
from conformance.seen import Seen

_OF_THE_WAY = frozenset(
    {"age", "connection", "content-length", "date", "keep-alive", "set-cookie", "transfer-encoding", "via"}
)
"""Fields that the connection or a gateway gives, whatever the answer is about."""


@claim("same-fields")
def same_fields(args: Mapping[str, Any], seen: Seen) -> Result:
    """No field stands in all answers of `actual` and in none of `expected`, or the other way round (names only).

    A field that comes and goes tells nothing, so that each is a list of the fields of several answers.
    """
    actual, expected = args["actual"], args["expected"]
    told = sorted(_only(actual, expected) | _only(expected, actual))
    if not told:
        return True
    return Failure(
        "応答のヘッダーフィールドから、秘匿した者と存在しない者とが区別できます。",
        "A header field of the answers tells what is hidden from what does not exist.",
        "the same header fields",
        ", ".join(told),
    )


def _only(ones: Sequence[Collection[str]], others: Sequence[Collection[str]]) -> set[str]:
    always = set.intersection(*(set(fields) for fields in ones)) if ones else set()
    return always - set().union(*others) - _OF_THE_WAY
