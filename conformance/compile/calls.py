"""Valid calls: how each operation is called properly, with what has to be done before. Other scripts are made of them.

The published documents say it themselves: a workflow with `x-valid-call` ends in a valid call of that operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.catalogue.documents import resolve
from conformance.catalogue.service import Service
from conformance.catalogue.workflows import InputSet, Workflow
from conformance.compile.generate import Generator
from conformance.expression import literal
from conformance.model import Check, Step

FRESH_FORMATS = frozenset({"individual-number", "resident-code", "corporate-number", "idempotency-key"})
"""Formats whose generated values are drawn anew when played: they must be unique in the system."""


@dataclass(frozen=True)
class ValidCall:
    """A valid call of one operation: the steps before it, the call, what must hold before it."""

    operation: str
    workflow: str
    preamble: tuple[Step, ...]
    call: Step
    checks: tuple[Check, ...]
    inputs: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    exclusive: bool = False
    upper_tester: bool = False
    subjects: tuple[Any, ...] = ()
    """The persons whom the call is about, as templates."""


def instances(workflow: Workflow, service: Service, generator: Generator, count: int) -> list[dict[str, Any]]:
    """Inputs for a workflow, `count` times at most; templates stay templates, generated values are literal."""
    drawn: list[dict[str, Any]] = [{} for _ in range(max(count, 1))]
    for item in workflow.inputs:
        properties = {k: v for k, v in item.schema.get("properties", {}).items() if k not in item.given}
        for inputs in drawn:
            inputs.update({f"{item.prefix}{k}": v for k, v in item.given.items()})
        if properties:
            for inputs, values in zip(
                drawn, _drawn(item, properties, service, generator, workflow, count), strict=False
            ):
                inputs.update({f"{item.prefix}{k}": v for k, v in values.items()})
    unique: dict[str, dict[str, Any]] = {repr(inputs): inputs for inputs in drawn}
    return list(unique.values())


def _drawn(
    item: InputSet,
    properties: Mapping[str, Any],
    service: Service,
    generator: Generator,
    workflow: Workflow,
    count: int,
) -> list[dict[str, Any]]:
    fixed = {k: v["x-value"] for k, v in properties.items() if "x-value" in v}
    free = {k: v for k, v in properties.items() if "x-value" not in v}
    if not free:
        return [dict(fixed)] * max(count, 1)
    schema = {
        "type": "object",
        "properties": free,
        "required": sorted(free),
        "additionalProperties": False,
    }
    wanted = max(count, 1)
    values = generator.values(schema, wanted, f"{workflow.id} {item.prefix}")
    while len(values) < wanted and values:
        values = (values * 2)[:wanted]
    return [
        {**fixed, **{k: refreshed(service.document, free[k], v, f"{item.prefix}{k}") for k, v in value.items()}}
        for value in values
    ]


def refreshed(document: dict[str, Any], schema: Any, value: Any, key: str) -> Any:
    """A generated value as a template: what must be unique in the system becomes fresh, the rest literal."""
    entry = resolve(document, schema)
    if not isinstance(entry, dict):
        return literal(value)
    if entry.get("format") in FRESH_FORMATS and isinstance(value, str):
        return {"$fresh": entry["format"], "key": key}
    if isinstance(value, dict) and isinstance(entry.get("properties"), dict):
        return {
            name: refreshed(document, entry["properties"].get(name, True), item, f"{key}/{name}")
            for name, item in value.items()
        }
    if isinstance(value, list) and "items" in entry:
        return [refreshed(document, entry["items"], item, f"{key}/{index}") for index, item in enumerate(value)]
    return literal(value)


def valid_calls(service: Service, generator: Generator) -> dict[str, tuple[ValidCall, ...]]:
    """For each operation with a workflow that says so, its valid calls, one per drawn set of inputs."""
    found: dict[str, list[ValidCall]] = {}
    for workflow in service.workflows.values():
        if workflow.valid_call is None:
            continue
        last = workflow.steps[-1]
        before = {step.id for step in workflow.steps[:-1]}
        checks = tuple(
            Check(c.step, c.rule, c.args) for c in workflow.checks if c.step in before and c.rule == "criterion"
        )
        found.setdefault(workflow.valid_call, []).extend(
            ValidCall(
                operation=workflow.valid_call,
                workflow=workflow.id,
                preamble=workflow.steps[:-1],
                call=last,
                checks=checks,
                inputs=inputs,
                calls=workflow.calls,
                options=_options(service, workflow),
                exclusive=workflow.exclusive,
                upper_tester=workflow.upper_tester,
                subjects=workflow.subjects,
            )
            for inputs in instances(workflow, service, generator, workflow.examples)
        )
    return {name: tuple(calls) for name, calls in found.items()}


def _options(service: Service, workflow: Workflow) -> tuple[str, ...]:
    named = {*workflow.options}
    named.update(
        service.option_of_operation[step.operation]
        for step in workflow.steps
        if step.operation in service.option_of_operation
    )
    return tuple(sorted(named))
