"""Steps that are sent by every role that may call the operation and lacks a privilege (`x-role: {each-without: ...}`).

What is hidden from one caller is hidden from all who lack the same scopes. A check that is made as one role says
nothing of the others, so the step stands once in the document and is played once for each of them. A step refers to
an earlier one of the same kind as that was played in its own role: each role compares what it was told itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from conformance.catalogue.operations import Operation

EACH_WITHOUT = "each-without"
_STEP = re.compile(r"\$steps\.([A-Za-z0-9_-]+)")


def lacked(role: Any) -> tuple[str, ...]:
    """The scopes that `x-role` says its callers lack; none where it names one role."""
    if not isinstance(role, Mapping) or set(role) != {EACH_WITHOUT}:
        return ()
    scopes = role[EACH_WITHOUT]
    return (scopes,) if isinstance(scopes, str) else tuple(scopes)


def roles_without(scopes: Iterable[str], operation: Operation, roles: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The roles that hold every scope of the operation and none of `scopes`."""
    lacking = set(scopes)
    return tuple(
        role for role, held in roles.items() if set(operation.scopes) <= set(held) and not lacking.intersection(held)
    )


def named_for(identifier: str, role: str) -> str:
    """The id of a step that is played again in another role."""
    return f"{identifier}-as-{role}"


def referring_to(template: Any, renamed: Mapping[str, str]) -> Any:
    """The template with references to other steps (by their ids) in place of those of `renamed`."""
    if not renamed:
        return template
    if isinstance(template, list):
        return [referring_to(item, renamed) for item in template]
    if isinstance(template, str):
        return _STEP.sub(lambda found: f"$steps.{renamed.get(found[1], found[1])}", template)
    if not isinstance(template, dict) or "$quote" in template:
        return template
    return {key: referring_to(item, renamed) for key, item in template.items()}


def own_key(name: str, value: Any, role: str) -> Any:
    """The value of a header; an `Idempotency-Key` is another one for each role, so that nothing else is tried."""
    if name.lower() != "idempotency-key" or not isinstance(value, dict) or "$fresh" not in value:
        return value
    return {**value, "key": named_for(str(value.get("key", "")), role)}
