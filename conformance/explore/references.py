"""Which steps of a script need which others, by the expressions in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from conformance.model import Check, Script, Step

_STEP = re.compile(r"\$steps\.([^.}]+)\.")


def named(template: Any) -> Iterator[str]:
    """The steps that expressions in a template name."""
    if isinstance(template, dict):
        if isinstance(template.get("$e"), str):
            yield from _STEP.findall(template["$e"])
        for key, value in template.items():
            if key != "$quote":
                yield from named(value)
    elif isinstance(template, list | tuple):
        for value in template:
            yield from named(value)
    elif isinstance(template, str) and "$steps." in template:
        yield from _STEP.findall(template)


def needed(script: Script, wanted: Collection[str], checks: Collection[Check] = ()) -> frozenset[str]:
    """The steps that are wanted, and all that they and the checks need, directly or not."""
    steps = {step.id: step for step in script.steps}
    found: set[str] = set()
    waiting = [*wanted, *(name for check in checks for name in named(check.args))]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if name in steps:
            waiting += named(msgspec.to_builtins(_without_outputs(steps[name])))
            waiting += named(list(steps[name].outputs.values()))
        waiting += named(list(script.calls.get(name, {}).values()))
    needs_inputs = named(list(script.inputs.values()))
    found.update(needs_inputs)
    return frozenset(found & steps.keys())


def _without_outputs(step: Step) -> Step:
    return msgspec.structs.replace(step, outputs={})


def uses_inputs(value: Any) -> set[str]:
    """The inputs that expressions in a value name."""
    return set(re.findall(r"\$inputs\.([^.#}\"]+)", msgspec.json.encode(value).decode()))
