"""What takes several steps to prepare is prepared once for several requests that leave it as it is.

Such requests are reads, and those that must be refused. Where one of the latter is carried out all the same, what
comes after it in the script is left open: it met another state than the one prepared. So is a change on the condition
of a tag from the preparation that meets another tag: one before it was refused, and changed something all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from conformance.compile.draft import changed, with_header, with_id
from conformance.compile.families import OWN_FAMILIES, UNCLAIMED
from conformance.model import Check, Script, Step

LEAST = 2
"""Steps of preparation from which on it is worth while."""
MOST = 12
"""Requests in one script."""

_SAFE = "GET"
_KEY = "Idempotency-Key"
_APART = ("audit.", "idempotency.reused", "precedence.")
"""Families that count what happens between their steps, use one key for two of them, or judge the 412 of a tag."""
_REFUSED = {"condition": "$statusCode >= 400"}
_CONDITION = "If-Match"
_OTHER_TAG = 412
_AS_PREPARED = {"condition": f"$statusCode != {_OTHER_TAG}"}
_ENCODE = msgspec.json.Encoder(order="deterministic").encode


def packed(scripts: Iterable[Script]) -> Iterator[Script]:
    """The scripts, those of one family and operation that need the same preparation put together."""
    groups: dict[bytes, list[Script]] = {}
    for script in scripts:
        if _is_packable(script):
            groups.setdefault(_preparation(script), []).append(script)
        else:
            yield script
    for group in groups.values():
        parts = -(-len(group) // MOST)
        for part in range(parts):
            yield _together(group[part::parts])


def _is_packable(script: Script) -> bool:
    own = script.family in OWN_FAMILIES - UNCLAIMED or script.family.startswith(_APART)
    if own or script.exclusive or len(script.steps) <= LEAST or any(step.concurrent for step in script.steps):
        return False
    last = script.steps[-1]
    if any(f"$steps.{last.id}." in _ENCODE(check.args).decode() for check in script.checks):
        return False
    return last.method == _SAFE or script.family in UNCLAIMED or _must_be_refused(script)


def _must_be_refused(script: Script) -> bool:
    """Whether the last step is to be refused, whatever else is claimed of it."""
    of_last = [check for check in script.checks if check.step == script.steps[-1].id]
    return any(check.rule == "refused" or _only_refusals(check) for check in of_last)


def _only_refusals(check: Check) -> bool:
    return check.rule in {"answer", "status"} and all(status >= 400 for status in check.args["allowed"])


def _preparation(script: Script) -> bytes:
    """What scripts have to have in common."""
    last = script.steps[-1]
    shared: list[Any] = [
        *(script.family, last.operation, last.method, script.purpose, script.options, script.upper_tester),
        *(script.inputs, script.calls, script.steps[:-1], [c for c in script.checks if c.step != last.id]),
    ]
    return _ENCODE(shared)


def _together(group: list[Script]) -> Script:
    first = group[0]
    if len(group) == 1:
        return first
    name = first.steps[-1].id
    steps, checks = list(first.steps[:-1]), [check for check in first.checks if check.step != name]
    for number, script in enumerate(group, 1):
        last = script.steps[-1]
        steps.append(_numbered(last, number))
        of_last = [check for check in script.checks if check.step == last.id]
        if number > 1 and _counts_on_tag(last, of_last):
            checks.append(Check(steps[-1].id, "criterion", _AS_PREPARED))
        checks += [msgspec.structs.replace(check, step=steps[-1].id) for check in of_last]
        if number < len(group) and of_last and last.method != _SAFE:
            checks.append(Check(steps[-1].id, "criterion", _REFUSED))
    title = "; ".join(
        [first.title, *(script.title.removeprefix(f"{first.steps[-1].operation} ") for script in group[1:])]
    )
    content = msgspec.structs.replace(first, title=title, steps=tuple(steps), checks=tuple(checks))
    return with_id(content, first.id.partition(".")[0])


def _counts_on_tag(last: Step, checks: Iterable[Check]) -> bool:
    """Whether a request takes for granted that the thing that it is about has still the tag that it was given."""
    conditional = any(name.lower() == _CONDITION.lower() for name, _ in last.headers)
    return conditional and not any(_OTHER_TAG in check.args.get("allowed", ()) for check in checks)


def _numbered(step: Step, number: int) -> Step:
    """The step with an id of its own, and a key of its own where it has one that is fresh."""
    key = next((value for name, value in step.headers if name.lower() == _KEY.lower()), None)
    if isinstance(key, dict) and "$fresh" in key:
        step = with_header(step, _KEY, {**key, "key": f"{key.get('key', '')}-{number}"})
    return changed(step, id=f"{step.id}-{number}")
