"""The judge of requests before they are sent: does the document accept them, and if not, what in them does it break?

It needs no generator, so that it is quick to load.
"""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs

from conformance.catalogue.operations import Operation, Parameter
from conformance.catalogue.schema import dialect_schema
from conformance.catalogue.service import Service
from conformance.compile.places import sample

JSON = "application/json"
_INTEGER = re.compile(r" *[+-]?[0-9]{1,4000} *")
"""How an integer may be written, if need be: `int` reads other digits and underscores, too."""
Fault = tuple[str, str]
"""A keyword of a schema that a value breaks, and where."""


class Acceptance:
    """What one service's document accepts."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.document = service.document
        self._validators: dict[str, Any] = {}
        self._before: tuple[Any, frozenset[Fault]] = (None, frozenset())

    def body_schema(self, operation: Operation) -> Any:
        """The schema of the operation's JSON content, or None."""
        for kind, schema in operation.body.items():
            if kind == JSON or kind.endswith("+json"):
                return schema
        return None

    def accepts(self, operation: Operation, template: Any) -> bool:
        """Whether the document accepts a content (special values by samples of their kind)."""
        return not self.faults(operation, template)

    def faults(self, operation: Operation, template: Any) -> list[Fault]:
        """What of the schema a content breaks, and where."""
        schema = self.body_schema(operation)
        return self._faults(operation.id, schema, sample(self.document, schema, template))

    def breaks(self, operation: Operation, template: Any, body: Any) -> bool:
        """Whether a content that was made of a template breaks the schema where the template does not.

        A sample may stand for a value that only an earlier answer gives, and not fit: that is no fault of the change.
        """
        if self._before[0] is not template:
            self._before = (template, frozenset(self.faults(operation, template)))
        return not self._before[1].issuperset(self.faults(operation, body))

    def errors(self, key: str, schema: Any, value: Any) -> list[str]:
        """The keywords of the schema that a value breaks."""
        return [keyword for keyword, _ in self._faults(key, schema, value)]

    def _faults(self, key: str, schema: Any, value: Any) -> list[Fault]:
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                dialect_schema(self.document, schema), validate_formats=False
            )
        validator = self._validators[key]
        if validator.is_valid(value):
            return []
        return [(_keyword(error), "/".join(map(str, error.instance_path))) for error in validator.iter_errors(value)]

    def parameter_accepts(self, operation: Operation, parameter: Parameter, text: str) -> bool:
        """Whether the document accepts a text as the value of a parameter."""
        key = f"{operation.id} {parameter.place} {parameter.name}"
        return any(self.errors(key, parameter.schema, value) == [] for value in readings(text))


def readings(text: str) -> list[Any]:
    """What a text of a URL or header may mean: itself, a number, a truth value."""
    found: list[Any] = [text]
    if _INTEGER.fullmatch(text):
        found.append(int(text))
    if text in {"true", "false"}:
        found.append(text == "true")
    return found


def _keyword(error: Any) -> str:
    return type(error.kind).__name__.removeprefix("ValidationErrorKind_")
