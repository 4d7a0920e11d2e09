"""Which arguments each claim takes; a workflow that gives others would never be judged as it was meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Arguments(NamedTuple):
    """Arguments that must be given, and those that may."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()


def _takes(*required: str, optional: tuple[str, ...] = ()) -> Arguments:
    return Arguments(frozenset(required), frozenset(optional))


ARGUMENTS: Mapping[str, Arguments] = {
    "refused": _takes(optional=("about", "expected", "elsewhere")),
    "status": _takes("allowed", optional=("about",)),
    "answer": _takes("allowed", optional=("about",)),
    "answer-if-different": _takes("unless-same", "allowed", optional=("about",)),
    "not-status": _takes("forbidden", optional=("about",)),
    "accepted": _takes(optional=("about",)),
    "names-place": _takes(optional=("pointer", "parameter", "object")),
    "bodies-equal": _takes("actual", "expected", optional=("except", "mask", "loose")),
    "identical": _takes("actual", "expected"),
    "narrowed": _takes("members", "value", "about"),
    "same-fields": _takes("actual", "expected"),
    "identical-if-done": _takes("done", "actual", "expected"),
    "code-at-status": _takes("at", "unexpected"),
    "different": _takes("actual", "unexpected"),
    "one-of": _takes("actual", "allowed"),
    "one-success": _takes("answers", "final", "code"),
    "contains": _takes("collection", "value"),
    "lacks": _takes("collection", "value"),
    "count": _takes("collection", "expected"),
    "same-members": _takes("actual", "expected"),
    "multiset": _takes("actual", "expected"),
    "disjoint": _takes("collections"),
    "partition": _takes("parts", "whole"),
    "covers": _takes("parts", "whole"),
    "sha256": _takes("expected"),
    "ordered": _takes("values", optional=("direction", "strict")),
    "absent-text": _takes("in", "text"),
    "text-kept": _takes("in", "text"),
    "present": _takes("actual"),
    "absent": _takes("actual"),
    "not-before": _takes("actual", "limit"),
    "matches": _takes("actual", "pattern"),
    "exactly-one": _takes("values", "of"),
    "audited-once": _takes("entries", "before", "about", optional=("outcome",)),
    "audited-as": _takes("entries", "before", "expected"),
    "audited-actor": _takes("entries", "before", "operation", "same"),
}


def wrong_arguments(rule: str, given: frozenset[str]) -> str | None:
    """What is wrong with the arguments given to a claim, or None. Raises KeyError for a claim that does not exist."""
    taken = ARGUMENTS[rule]
    missing = sorted(taken.required - given)
    unknown = sorted(given - taken.required - taken.optional)
    told = [f"'{name}' is missing" for name in missing] + [f"'{name}' is not known" for name in unknown]
    return ", ".join(told) or None
