"""A valid call once more: with other things prepared for it, or with all that its caller owns made by another one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import msgspec

from conformance.compile.calls import ValidCall
from conformance.compile.draft import changed
from conformance.compile.places import inlined
from conformance.model import Check, Step

_STEP = re.compile(r"\$steps\.([^.}]+)\.")
_OTHER = "-other"


def refers(template: Any) -> bool:
    """Whether a template needs what an earlier answer gives."""
    if isinstance(template, dict):
        return any(refers(value) for key, value in template.items() if key != "$quote")
    if isinstance(template, list | tuple):
        return any(refers(item) for item in template)
    return isinstance(template, str) and _STEP.search(template) is not None


def once_more(call: ValidCall, mark: str = _OTHER) -> ValidCall:
    """The call with steps, references and fresh values of its own, so that it needs nothing of the first.

    `mark` is what tells its steps and values from those of the first.

    Inputs are written out, because those that are fresh are others. What a called workflow gives is in `calls`.
    """
    return replace(
        call,
        preamble=tuple(_step(step, call, mark) for step in call.preamble),
        call=_step(call.call, call, mark),
        checks=tuple(Check(c.step + mark, c.rule, _other(c.args, mark), c.requirement) for c in call.checks),
        calls={f"{name}{mark}": _written(outputs, call, mark) for name, outputs in call.calls.items()},
    )


def as_owner(call: ValidCall, role: str) -> ValidCall:
    """The call after what its caller does before it is done in another role, that of the one who is to call."""
    mine = call.call.role
    return replace(
        call, preamble=tuple(changed(step, role=role) if step.role == mine else step for step in call.preamble)
    )


def _step(step: Step, call: ValidCall, mark: str) -> Step:
    return changed(
        step,
        id=step.id + mark,
        path_params=_written(step.path_params, call, mark),
        query=tuple((name, _written(value, call, mark)) for name, value in step.query),
        headers=tuple((name, _written(value, call, mark)) for name, value in step.headers),
        body=step.body if step.body is msgspec.UNSET else _written(step.body, call, mark),
        outputs=_written(step.outputs, call, mark),
    )


def _written(template: Any, call: ValidCall, mark: str) -> Any:
    return _other(inlined(template, call.inputs), mark)


def _other(template: Any, mark: str) -> Any:
    """A template with other fresh values and with references to the other steps."""
    if isinstance(template, list):
        return [_other(item, mark) for item in template]
    if isinstance(template, str):
        return _STEP.sub(rf"$steps.\1{mark}.", template)
    if not isinstance(template, dict) or "$quote" in template:
        return template
    found = {key: _other(value, mark) for key, value in template.items()}
    return {**found, "key": f"{template.get('key', '')}{mark}"} if "$fresh" in template else found
