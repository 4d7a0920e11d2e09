"""Simpler inputs for a workflow, with all that can be compared with each other still comparing alike.

Workflows change a name to another one, look for one and must not find the other, sort: so two texts that differ may
not become the same, nor one a part of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec

from conformance.catalogue.schema import dialect_schema
from conformance.catalogue.service import Service
from conformance.compile.places import put, sample, walk
from conformance.explore.passes import smaller
from conformance.expression import follow
from conformance.model import Script

_PLAIN = frozenset({None, "mj-text", "katakana-name"})


def simpler_inputs(service: Service, script: Script) -> Iterator[Script]:
    """Scripts in which one text of one input is simpler."""
    before = _relations(script)
    for name, schema in _schemas(service, script).items():
        value = script.inputs[name]
        validator = jsonschema_rs.Draft202012Validator(dialect_schema(service.document, schema), validate_formats=False)
        for pointer in _places(service, schema, value):
            for text in smaller(follow(value, pointer)):
                changed = put(value, pointer, text)
                if not validator.is_valid(sample(service.document, schema, changed)):
                    continue
                inputs = {**script.inputs, name: changed}
                candidate = msgspec.structs.replace(script, inputs=inputs)
                if _relations(candidate) == before:
                    yield candidate


def _schemas(service: Service, script: Script) -> dict[str, Any]:
    """The schemas of generated inputs, by name, from the workflow that has the script's title."""
    workflow = service.workflows.get(script.title)
    found = {}
    for item in workflow.inputs if workflow else ():
        for name, schema in item.schema.get("properties", {}).items():
            key = f"{item.prefix}{name}"
            if name not in item.given and "x-value" not in schema and key in script.inputs:
                found[key] = schema
    return found


def _places(service: Service, schema: Any, value: Any) -> list[str]:
    """Pointers of plain texts, those of dates, codes and numbers left out."""
    around = {"type": "object", "properties": {"value": schema}}
    places = walk(service.document, around, {"value": value})
    plain = (p for p in places if isinstance(p.value, str) and p.schema.get("format") in _PLAIN and not p.ruled)
    return [place.pointer.removeprefix("/value") for place in plain]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _relations(script: Script) -> list[tuple[bool, bool, bool, bool]]:
    """How every text of the inputs compares with every other, and with the texts that stand in the steps."""
    own = list(_texts(script.inputs))
    fixed = sorted(set(_texts([step.body for step in script.steps if step.body is not msgspec.UNSET])))
    others = [*own, *fixed]
    return [(a == b, a in b, b in a, a < b) for i, a in enumerate(own) for b in others[i + 1 :]]
