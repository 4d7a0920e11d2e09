"""Every content has an example, and every example is valid against its schema, check digits included."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from conformance import identifiers
from conformance.catalogue.documents import resolve
from conformance.catalogue.schema import dialect_schema
from conformance.model import Text
from conformance.rules.knowledge import IDENTIFIER_FORMATS
from conformance.spec_check.problem import Problem
from conformance.spec_check.published import Document, Published

LINES = "application/x-ndjson"
_SUBSCHEMAS = ("items", "additionalProperties", "not", "if", "then", "else")
_SUBSCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")


def example_problems(published: Published) -> Iterator[Problem]:
    """Problems of all examples of all documents."""
    for document in published.documents:
        validators = Validators(document.bundle)
        yield from _missing(document)
        for place, name, schema, value in _examples(document):
            error = validators.first_error(schema, value)
            if error is not None:
                message = Text(
                    ja=f"例 {name} がスキーマに適合しません: {error}",
                    en=f"the example {name} does not match its schema: {error}",
                )
                yield Problem(document.file, place, message, "correct the example, or the schema")


def _check_digit(kind: str) -> Any:
    return lambda value: not isinstance(value, str) or identifiers.is_valid(kind, value)


class Validators:
    """Validators of one document by schema, each made once."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._formats = {kind: _check_digit(kind) for kind in IDENTIFIER_FORMATS}
        self._made: dict[str, Any] = {}

    def of(self, schema: Any) -> Any:
        """The validator of a schema."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._made:
            self._made[key] = jsonschema_rs.Draft202012Validator(
                dialect_schema(self.document, schema), validate_formats=True, formats=self._formats
            )
        return self._made[key]

    def first_error(self, schema: Any, value: Any) -> str | None:
        """What is wrong with a value first, with its place, or None."""
        validator = self.of(schema)
        if validator.is_valid(value):
            return None
        error = min(validator.iter_errors(value), key=lambda e: (-len(e.instance_path), e.message))
        place = "".join(f"/{part}" for part in error.instance_path)
        return f"{place or '/'}: {error.message}"


def _missing(document: Document) -> Iterator[Problem]:
    """Content of requests and of successes without an example. Problems are told by their codes."""
    for operation in document.operations.values():
        for kind, examples in operation.body_examples.items():
            if not examples:
                message = Text(
                    ja=f"要求本文({kind})の例がありません。", en=f"the request content {kind} has no example."
                )
                yield Problem(document.file, operation.id, message, "add an example")
        for status, entry in operation.raw.get("responses", {}).items():
            if not str(status).startswith("2"):
                continue
            for kind, content in (resolve(document.bundle, entry).get("content") or {}).items():
                schema = resolve(document.bundle, content.get("schema", {}))
                if not (content.get("examples") or "example" in content or {"example", "examples"} & schema.keys()):
                    message = Text(
                        ja=f"応答 {status}({kind})の例がありません。", en=f"{status} ({kind}) has no example."
                    )
                    yield Problem(document.file, operation.id, message, "add an example")


Example = tuple[str, str, Any, Any]
"""Place, name, schema, value."""


def _examples(document: Document) -> Iterator[Example]:
    """All examples that stand in a file itself; what it refers to in others is checked there."""
    yield from _in_objects(document.bundle, document.bundle["paths"], "/paths")
    components = document.bundle.get("components", {})
    for section, own in (document.raw.get("components") or {}).items():
        for name in own:
            entry, place = components[section][name], f"/components/{section}/{name}"
            if section == "schemas":
                yield from _in_schema(entry, place)
            else:
                yield from _in_objects(document.bundle, entry, place)


def _in_objects(document: dict[str, Any], value: Any, place: str) -> Iterator[Example]:
    """Examples of media types, parameters and headers: objects that have a schema beside them."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _in_objects(document, item, f"{place}/{index}")
    if not isinstance(value, dict):
        return
    if "schema" in value:
        kind = place.rpartition("/")[2]
        for name, example in _named(document, value):
            if kind == LINES and "x-item-schema" in value and isinstance(example, str):
                for number, line in enumerate(example.splitlines(), 1):
                    yield place, f"{name}, line {number}", value["x-item-schema"], _parsed(line)
            yield place, name, value["schema"], example
        yield from _in_schema(value["schema"], f"{place}/schema")
    for key, item in value.items():
        if key not in {"schema", "example", "examples"}:
            yield from _in_objects(document, item, f"{place}/{key}")


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line


def _named(document: dict[str, Any], value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "example" in value:
        yield "example", value["example"]
    for name, entry in (value.get("examples") or {}).items():
        example = resolve(document, entry)
        if isinstance(example, dict) and "value" in example:
            yield name, example["value"]


def _in_schema(schema: Any, place: str) -> Iterator[Example]:
    """Examples within schemas (JSON Schema, `examples`; OpenAPI 3.0, `example`)."""
    if not isinstance(schema, dict) or ("$ref" in schema and len(schema) == 1):
        return
    bare = {key: value for key, value in schema.items() if key not in {"example", "examples"}}
    if "example" in schema:
        yield place, "example", bare, schema["example"]
    if isinstance(schema.get("examples"), list):
        for index, example in enumerate(schema["examples"]):
            yield place, f"examples/{index}", bare, example
    for name, child in (schema.get("properties") or {}).items():
        yield from _in_schema(child, f"{place}/properties/{name}")
    for word in _SUBSCHEMAS:
        yield from _in_schema(schema.get(word), f"{place}/{word}")
    for word in _SUBSCHEMA_LISTS:
        for index, child in enumerate(schema.get(word) or ()):
            yield from _in_schema(child, f"{place}/{word}/{index}")
