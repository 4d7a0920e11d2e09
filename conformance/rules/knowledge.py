"""What rules know of a service: compiled validators for every declared answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any

import jsonschema_rs

from conformance import identifiers
from conformance.catalogue.declared import Place, of_answer
from conformance.catalogue.documents import resolve
from conformance.catalogue.operations import Answer, Operation
from conformance.catalogue.schema import dialect_schema
from conformance.catalogue.service import Service
from conformance.seen import media_type

PERSONAL_FORMATS = ("individual-number", "resident-code")
IDENTIFIER_FORMATS = ("individual-number", "resident-code", "corporate-number", "local-government-code")
PROBLEM = "application/problem+json"
_MOST_VALIDATORS = 512
"""Validators kept at a time: those of a document with thousands of operations would take gigabytes."""
_JST_TIME = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?\+09:00"
)


@lru_cache(maxsize=65536)
def _valid_identifier(kind: str, text: str) -> bool:
    return identifiers.is_valid(kind, text)


def _identifier_check(kind: str) -> Any:
    def check(value: Any) -> bool:
        return not isinstance(value, str) or _valid_identifier(kind, value)

    return check


def _is_japan_time(value: Any) -> bool:
    return not isinstance(value, str) or _JST_TIME.fullmatch(value) is not None


class Knowledge:
    """Compiled validators of one service; made once, used for every exchange."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.strict = service.strict
        self._formats: dict[str, Any] = {"date-time": _is_japan_time}
        self._formats.update({kind: _identifier_check(kind) for kind in IDENTIFIER_FORMATS})
        self._bodies: dict[tuple[str, str, str], Any] = {}
        self._declared: dict[tuple[str, int, str], tuple[Place, ...]] = {}
        self._headers: dict[tuple[str, str], tuple[tuple[str, bool, Any], ...]] = {}

    def operation(self, service: str | None, identifier: str | None) -> Operation | None:
        """The operation of a step; operations of the upper tester are not what is judged."""
        if identifier is None or (service is not None and service != self.service.name):
            return None
        return self.service.operations.get(identifier)

    def answer(self, operation: Operation, status: int) -> Answer | None:
        """What the document declares for a status.

        Authors mean `default` for errors where they tell of a success; others' documents are read so.
        """
        found = operation.answer(status)
        for_errors = not self.strict and 200 <= status < 300 and operation.success_statuses()
        return None if for_errors and found is operation.answers.get("default") else found

    def tells_success(self, operation: Operation) -> bool:
        """Whether the document declares any success of an operation."""
        return any(status.startswith("2") for status in operation.answers)

    def body_validator(self, operation: Operation, status: int, kind: str) -> Any:
        """The validator for an answer's body, or None where nothing is declared for it."""
        key = (operation.id, str(status), kind)
        if key not in self._bodies:
            if len(self._bodies) >= _MOST_VALIDATORS:
                self._bodies.clear()
            answer = self.answer(operation, status)
            fitting = {k: v for k, v in (answer.media if answer else {}).items() if media_matches(k, kind)}
            closest = max(fitting, key=lambda declared: media_type(declared) == kind, default=None)
            schema = None if closest is None else fitting[closest]
            self._bodies[key] = None if schema is None else self.compile(schema)
        return self._bodies[key]

    def problem_validator(self, operation: Operation | None, status: int) -> Any:
        """The validator for the problem document of a status; where none is declared, for that of any other."""
        found = self.body_validator(operation, status, PROBLEM) if operation and operation.answer(status) else None
        return self._any_problem if found is None and self.strict else found

    @cached_property
    def _any_problem(self) -> Any:
        """The validator for the first problem document that the service declares anywhere."""
        for operation in self.service.operations.values():
            for answer in operation.answers.values():
                if PROBLEM in answer.media:
                    return self.compile(answer.media[PROBLEM])
        return None

    def request_validator(self, operation: Operation) -> Any:
        """The validator for an operation's JSON content; for an operation that has none, one that takes everything."""
        key = (operation.id, "request", "application/json")
        if key not in self._bodies:
            schema = next((schema for kind, schema in operation.body.items() if "json" in kind), True)
            self._bodies[key] = self.compile(schema)
        return self._bodies[key]

    def declared(self, operation: Operation, status: int, kind: str) -> tuple[Place, ...]:
        """Where an answer shows what its schema declares invariants of; nothing in documents of others."""
        key = (operation.id, status, kind)
        if key not in self._declared:
            found = of_answer(self.service.document, operation, status, kind) if self.strict else ()
            self._declared[key] = found
        return self._declared[key]

    def header_validators(self, operation: Operation, status: int) -> tuple[tuple[str, bool, Any], ...]:
        """Name, whether it is required, and validator of each declared response header."""
        key = (operation.id, str(status))
        if key not in self._headers:
            answer = operation.answer(status)
            self._headers[key] = tuple(
                (name, required, self.compile(schema) if schema else None)
                for name, (required, schema) in (answer.headers if answer else {}).items()
            )
        return self._headers[key]

    def compile(self, schema: Any) -> Any:
        """A validator for a schema of this document; in our own formats bind, in others' they only tell."""
        return jsonschema_rs.Draft202012Validator(
            dialect_schema(self.service.document, schema), validate_formats=self.strict, formats=self._formats
        )

    @cached_property
    def personal_names(self) -> frozenset[str]:
        """The names of members that hold an Individual Number or a resident code."""
        return names_of_format(self.service, PERSONAL_FORMATS)

    @cached_property
    def personal_member(self) -> re.Pattern[bytes]:
        """Such a member in a JSON text, with the digits that it holds."""
        names = "|".join(re.escape(name) for name in sorted(self.personal_names)) or "(?!)"
        return re.compile(rf'"(?:{names})"\s*:\s*"([0-9]{{11,12}})"'.encode())

    @cached_property
    def readable(self) -> dict[str, re.Pattern[str]]:
        """What a URL path below the base must look like, for each declared path under which one thing is read."""
        return {
            operation.path: re.compile(path_pattern(operation.path))
            for operation in self.service.operations.values()
            if operation.method == "GET" and "{" in operation.path
        }

    @cached_property
    def scopes_of_role(self) -> dict[str, frozenset[str]]:
        """Scopes of each published role."""
        return {role: frozenset(scopes) for role, scopes in self.service.roles.items()}


def names_of_format(service: Service, formats: tuple[str, ...]) -> frozenset[str]:
    """The names of all members in the documents of a service whose schema is of one of the formats."""
    return frozenset(_names_of(service.document, service.document, formats))


def _names_of(document: dict[str, Any], node: Any, formats: tuple[str, ...]) -> Iterator[str]:
    """The names of all properties whose schema is of one of the formats, anywhere below a node."""
    if isinstance(node, dict):
        properties = node.get("properties")
        for name, schema in properties.items() if isinstance(properties, dict) else ():
            if _is_of(document, schema, formats):
                yield name
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _names_of(document, child, formats)


def _is_of(document: dict[str, Any], schema: Any, formats: tuple[str, ...]) -> bool:
    entry = resolve(document, schema)
    if not isinstance(entry, dict):
        return False
    branches = (part for word in ("allOf", "anyOf", "oneOf") for part in entry.get(word, ()))
    return entry.get("format") in formats or any(_is_of(document, part, formats) for part in branches)


def media_matches(declared: str, actual: str) -> bool:
    """Whether a declared media type (a range such as `image/*` too) covers an actual one."""
    wanted = media_type(declared)
    if wanted in {"*/*", actual}:
        return True
    return wanted.endswith("/*") and actual.startswith(wanted[:-1])


@lru_cache(maxsize=4096)
def path_pattern(path: str) -> str:
    """A regular expression for what a declared path stands for, each parameter one segment."""
    return re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path))
