"""Contents that workflows send fit the document, wherever the workflow does not mean to break it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.catalogue.workflows import InputSet, Workflow
from conformance.compile.generate import Generator
from conformance.compile.places import inlined, is_special, put, sample
from conformance.expression import MISSING, follow
from conformance.model import Step, Text
from conformance.spec_check.examples import Validators
from conformance.spec_check.problem import Problem
from conformance.spec_check.published import Published
from conformance.spec_check.steps import refusals
from conformance.spec_check.workflows import FILE

_BREAKS_THE_DOCUMENT = frozenset({400, 401, 403, 406, 413, 415})
"""Refusals that come before the content is looked at, or because of it (the order of examination of the profile)."""
_UNIONS = frozenset({"OneOfNotValid", "OneOfMultipleValid", "AnyOf", "UnevaluatedProperties", "AdditionalProperties"})


def payload_problems(published: Published) -> Iterator[Problem]:
    """Problems of all contents of all steps."""
    for key, service in published.services.items():
        samples = _Samples(service)
        bundles = {d.file.partition("/")[0]: d.bundle for d in published.documents}
        validators = {name: Validators(bundles[name]) for name in service.sources if name in bundles}
        breaking = set(_breaking(published.arazzo[key]))
        for workflow in service.workflows.values():
            inputs = samples.inputs(workflow)
            for step in workflow.steps:
                if step.body is msgspec.UNSET or (workflow.id, step.id) in breaking or "--" in step.id:
                    continue
                of_source = validators.get(step.service or service.name)
                error = samples.error(of_source, step, inputs) if of_source else None
                if error is not None:
                    message = Text(
                        ja=f"送る本文が文書のスキーマに適合しません: {error}",
                        en=f"what it sends does not match the schema: {error}",
                    )
                    place = f"{workflow.id}, {step.id}"
                    yield Problem(f"{key}/{FILE}", place, message, "correct the payload, or expect 400")


def _breaking(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Steps whose content may be anything, because they expect to be refused for it or before it is looked at."""
    for raw in content.get("workflows", []):
        for step in raw.get("steps", []):
            if refusals(step) & _BREAKS_THE_DOCUMENT:
                yield raw["workflowId"], step["stepId"]


class _Samples:
    """Sample values for inputs and contents of the workflows of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._generator = Generator(service.document, 1)
        self._drawn: dict[str, Any] = {}

    def inputs(self, workflow: Workflow) -> dict[str, Any]:
        """One value for each input, by its name in the workflow."""
        found: dict[str, Any] = {}
        for item in workflow.inputs:
            found.update({f"{item.prefix}{name}": value for name, value in self._of_set(item)})
        return found

    def _of_set(self, item: InputSet) -> Iterator[tuple[str, Any]]:
        yield from item.given.items()
        for name, schema in item.schema.get("properties", {}).items():
            if name not in item.given:
                yield name, self._one(schema)

    def _one(self, schema: Mapping[str, Any]) -> Any:
        if "x-value" in schema:
            return schema["x-value"]
        for word in ("enum", "examples"):
            if schema.get(word):
                return schema[word][0]
        key = json.dumps(schema, sort_keys=True)
        if key not in self._drawn:
            values = self._generator.values(dict(schema), 1, key)
            self._drawn[key] = values[0] if values else None
        return self._drawn[key]

    def error(self, validators: Validators, step: Step, inputs: Mapping[str, Any]) -> str | None:
        """What is wrong with the content of a step. What only an answer can give is taken to be right."""
        operations = self.service.sources[step.service or self.service.name]
        operation = operations[step.operation or ""]
        schema = operation.body.get(step.media_type or "")
        if schema is None:
            return f"the media type {step.media_type} is not declared"
        # However the content is written, this is what it says.
        written = isinstance(step.body, dict) and "$edited" in step.body
        template = inlined(step.body["$edited"] if written else step.body, inputs)
        content = sample(validators.document, schema, template)
        unknown = list(_unknown(template, ""))
        for pointer in unknown:
            content = put(content, pointer, _from_example(operation, step, pointer, follow(content, pointer)))
        errors = [e for e in validators.of(schema).iter_errors(content) if not _excused(e, unknown)]
        if not errors:
            return None
        first = min(errors, key=lambda e: (-len(e.instance_path), e.message))
        return f"{_pointer(first.instance_path) or '/'}: {first.message}"


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{part}" for part in path)


def _unknown(template: Any, pointer: str) -> Iterator[str]:
    """Places whose value only an earlier answer gives."""
    if is_special(template):
        if not {"$fresh", "$date", "$datetime", "$config", "$quote"} & template.keys():
            yield pointer
    elif isinstance(template, dict):
        for name, item in template.items():
            yield from _unknown(item, f"{pointer}/{name}")
    elif isinstance(template, list):
        for index, item in enumerate(template):
            yield from _unknown(item, f"{pointer}/{index}")


def _from_example(operation: Operation, step: Step, pointer: str, otherwise: Any) -> Any:
    """The value at the same place of an example of the document, or `otherwise`."""
    for example in operation.body_examples.get(step.media_type or "", ()):
        value = follow(example, pointer)
        if value is not MISSING:
            return value
    return otherwise


def _excused(error: Any, unknown: list[str]) -> bool:
    """Whether an error may come from a value that is not known before the workflow is played."""
    place = _pointer(error.instance_path)
    if any(place == pointer or place.startswith(f"{pointer}/") for pointer in unknown):
        return True
    kind = type(error.kind).__name__.removeprefix("ValidationErrorKind_")
    return kind in _UNIONS and any(pointer.startswith(place) for pointer in unknown)
