"""What every source of scripts works with: the service, its valid calls, and the judge of generated values."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import jsonschema_rs
import msgspec

from conformance.catalogue.operations import Operation, Parameter
from conformance.catalogue.schema import dialect_schema
from conformance.catalogue.service import Service
from conformance.compile.calls import ValidCall, valid_calls
from conformance.compile.draft import Drafter
from conformance.compile.generate import Generator
from conformance.compile.places import inlined, sample
from conformance.model import Step
from conformance.resources import fixtures_dir

JSON = "application/json"


class Bench:
    """The workbench of one compilation."""

    def __init__(self, service: Service, seed: int, calls: dict[str, tuple[ValidCall, ...]] | None = None) -> None:
        self.service = service
        self.seed = seed
        self.document = service.document
        self.generator = Generator(service.document, seed)
        self.drafter = Drafter(service)
        self.calls = calls if calls is not None else valid_calls(service, self.generator)
        self._validators: dict[str, Any] = {}
        self._turn = 0

    def operations(self) -> Iterator[Operation]:
        """Operations that have a valid call, in the order of the document."""
        for operation in self.service.operations.values():
            if operation.id in self.calls:
                yield operation

    def call(self, operation: Operation) -> ValidCall:
        """A valid call of the operation, each time the next one."""
        self._turn += 1
        calls = self.calls[operation.id]
        return calls[self._turn % len(calls)]

    def variants(self, operation: Operation) -> list[ValidCall]:
        """One valid call of each way to call the operation (another branch of its content, say), each time the next."""
        self._turn += 1
        by_workflow: dict[str, list[ValidCall]] = {}
        for call in self.calls[operation.id]:
            by_workflow.setdefault(call.workflow, []).append(call)
        return [calls[self._turn % len(calls)] for calls in by_workflow.values()]

    def first(self, operation: Operation) -> ValidCall:
        """The first valid call of the operation."""
        return self.calls[operation.id][0]

    def body_schema(self, operation: Operation) -> Any:
        """The schema of the operation's JSON content, or None."""
        for kind, schema in operation.body.items():
            if kind == JSON or kind.endswith("+json"):
                return schema
        return None

    def template(self, call: ValidCall) -> Any:
        """The content of a valid call with its inputs written out, or None where it has none."""
        body = call.call.body
        return None if body is msgspec.UNSET else inlined(body, call.inputs)

    def accepts(self, operation: Operation, template: Any) -> bool:
        """Whether the document accepts a content (special values by samples of their kind)."""
        schema = self.body_schema(operation)
        return self.errors(operation.id, schema, sample(self.document, schema, template)) == []

    def errors(self, key: str, schema: Any, value: Any) -> list[str]:
        """The keywords of the schema that a value breaks."""
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                dialect_schema(self.document, schema), validate_formats=False
            )
        validator = self._validators[key]
        if validator.is_valid(value):
            return []
        return [_keyword(error) for error in validator.iter_errors(value)]

    def parameter_accepts(self, operation: Operation, parameter: Parameter, text: str) -> bool:
        """Whether the document accepts a text as the value of a parameter."""
        key = f"{operation.id} {parameter.place} {parameter.name}"
        return any(self.errors(key, parameter.schema, value) == [] for value in readings(text))

    @cached_property
    def characters(self) -> list[dict[str, Any]]:
        """Awkward texts of `fixtures/characters.json`."""
        return self._fixture("characters.json", "characters")

    @cached_property
    def dates(self) -> dict[str, Any]:
        """Awkward dates of `fixtures/dates.json`."""
        content = json.loads((fixtures_dir() / "dates.json").read_text("utf-8"))
        return content if isinstance(content, dict) else {}

    def _fixture(self, name: str, key: str) -> list[dict[str, Any]]:
        content = json.loads((fixtures_dir() / name).read_text("utf-8"))
        entries = content[key] if isinstance(content, dict) else content
        return list(entries)


def readings(text: str) -> list[Any]:
    """What a text of a URL or header may mean: itself, a number, a truth value."""
    found: list[Any] = [text]
    with contextlib.suppress(ValueError):
        found.append(int(text))
    if text in {"true", "false"}:
        found.append(text == "true")
    return found


def _keyword(error: Any) -> str:
    return type(error.kind).__name__.removeprefix("ValidationErrorKind_")


def with_body(step: Step, body: Any) -> Step:
    """The step with another content."""
    return msgspec.structs.replace(step, body=body)
