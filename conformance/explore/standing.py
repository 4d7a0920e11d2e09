"""What the documents say of one request before it is sent.

A smaller request proves the same as a larger one only where they say the same of both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.compile.acceptance import Acceptance, Fault
from conformance.compile.places import flat, is_special, walk
from conformance.expression import literal
from conformance.model import Step


class Said(NamedTuple):
    """What is wrong with a request: in its content, in its parameters."""

    content: tuple[Fault, ...]
    parameters: frozenset[tuple[str, str, str]]


class Documents:
    """The documents of one service, asked about single requests."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.acceptance = Acceptance(service)

    def operation(self, step: Step) -> Operation | None:
        """The operation that a step calls, where it is one of this service."""
        if step.service not in {None, self.service.name}:
            return None
        return self.service.operations.get(step.operation or "")

    def has_json(self, step: Step) -> bool:
        """Whether the content of a step is a JSON value that the documents can be asked about."""
        operation = self.operation(step)
        if operation is None or step.body is msgspec.UNSET or self.acceptance.body_schema(operation) is None:
            return False
        return not (isinstance(step.body, dict) and {"$bytes", "$padded"} & step.body.keys())

    def say(self, step: Step) -> Said | None:
        """What is wrong with a step's request; None where the documents do not know its operation."""
        operation = self.operation(step)
        if operation is None:
            return None
        content: list[Fault] = []
        if self.has_json(step):
            content = sorted(self.acceptance.faults(operation, step.body))
        return Said(tuple(content), frozenset(self._parameters(operation, step)))

    def _parameters(self, operation: Operation, step: Step) -> list[tuple[str, str, str]]:
        found = []
        there: set[tuple[str, str]] = set()
        for place, items in (("query", step.query), ("header", step.headers)):
            for name, value in items:
                parameter = operation.parameter(name, place)
                if parameter is None:
                    found += [(place, name, "unknown")] if place == "query" else []
                    continue
                there.add((place, parameter.name))
                for text in value if isinstance(value, list) else [value]:
                    if isinstance(text, str) and not self.acceptance.parameter_accepts(operation, parameter, text):
                        found.append((place, name, "invalid"))
        missing = [p for p in operation.parameters if p.required and p.place in {"query", "header"}]
        found += [(p.place, p.name, "missing") for p in missing if (p.place, p.name) not in there]
        return found

    def ruled(self, step: Step) -> frozenset[str]:
        """Pointers of what business rules restrict in a step's content; array items by the index 0."""
        operation = self.operation(step)
        if operation is None or not self.has_json(step):
            return frozenset()
        schema = self.acceptance.body_schema(operation)
        template = plain(step.body)
        return frozenset(place.pointer for place in walk(self.service.document, schema, template) if place.ruled)

    def ruled_parameter(self, step: Step, name: str, place: str) -> bool:
        """Whether business rules restrict a parameter."""
        operation = self.operation(step)
        parameter = operation.parameter(name, place) if operation else None
        if parameter is None:
            return False
        return parameter.ruled or bool(flat(self.service.document, parameter.schema, None).get("x-business-rules"))


def plain(template: Any) -> Any:
    """A template with values that are quoted whole written out."""
    if isinstance(template, dict) and "$quote" in template:
        return template["$quote"]
    return template


def requoted(value: Any, before: Any) -> Any:
    """A smaller value in place of one that was quoted, quoted again."""
    return literal(value) if is_special(before) else value


def general(pointer: str) -> str:
    """A pointer with array indexes written as 0."""
    return "/".join("0" if part.isdecimal() else part for part in pointer.split("/"))
