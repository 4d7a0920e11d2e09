"""The operations of one document as the pipeline needs them: routes, parameters, bodies, scopes, media types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from conformance.reference import documents
from conformance.reference.problems import Violation
from conformance.reference.schemas import AnyBytes, Checker, Schemas

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


@dataclass(frozen=True)
class Parameter:
    """A declared parameter; `kind` is the JSON type to which its text is turned before it is checked."""

    name: str
    place: str
    required: bool
    kind: str
    item_kind: str
    default: Any
    checker: Checker
    items_apart: bool

    def value(self, texts: list[str]) -> tuple[Any, tuple[Violation, ...]]:
        """The value of the occurrences given, and what is wrong with it."""
        if len(texts) > 1 and not (self.kind == "array" and self.items_apart):
            return None, (Violation("repeated", "繰り返せません / Must not be repeated", parameter=self.name),)
        if self.kind == "array":
            items = texts if self.items_apart else texts[0].split(",")
            value: Any = [_typed(item, self.item_kind) for item in items]
        else:
            value = _typed(texts[0], self.kind)
        errors = self.checker.violations(value)
        return value, tuple(Violation(e.code, e.detail, parameter=self.name) for e in errors)


def _typed(text: str, kind: str) -> Any:
    """The text as a value of its type; text that cannot be one stays text, and then fails its schema."""
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


@dataclass(frozen=True)
class Operation:
    """One operation of a published document."""

    id: str
    method: str
    template: str
    scopes: frozenset[str] | None
    path: tuple[Parameter, ...]
    query: dict[str, Parameter]
    headers: tuple[Parameter, ...]
    bodies: dict[str, Checker]
    body_required: bool
    produces: tuple[str, ...]
    header_names: frozenset[str] = field(default_factory=frozenset)

    def declares(self, header: str) -> bool:
        """Whether the document names this request header (in lower case) for the operation."""
        return header in self.header_names


class Router:
    """Finds operations by method and path; those of options not offered (`without`) do not exist."""

    def __init__(self, document: dict[str, Any], without: frozenset[str] = frozenset()) -> None:
        schemas = Schemas(document)
        self.declared: set[str] = set()
        self.operations: dict[str, Operation] = {}
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, Operation]]] = []
        by_template: dict[str, dict[str, Operation]] = {}
        for template, method, raw in documents.operations(document):
            self.declared.add(raw["operationId"])
            if raw.get("x-option") in without:
                continue
            operation = _operation(template, method, raw, document, schemas)
            self.operations[operation.id] = operation
            by_template.setdefault(template, {})[method] = operation
        for template, methods in by_template.items():
            if "{" in template:
                escaped = re.sub(r"\\{([a-z_]+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
                self._patterns.append((re.compile(escaped), methods))
            else:
                self._fixed[template] = methods

    def find(self, path: str) -> tuple[dict[str, Operation], dict[str, str]] | None:
        """The operations of a raw path (behind the base URL) by method, with the path's parameters."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        for pattern, methods in self._patterns:
            match = pattern.fullmatch(path)
            if match is not None:
                values = {name: _decoded(text) for name, text in match.groupdict().items()}
                return None if None in values.values() else (methods, values)  # type: ignore[return-value]  # no None left
        return None


def _decoded(text: str) -> str | None:
    try:
        return unquote_to_bytes(text).decode("utf-8", "strict") if "%" in text else text
    except UnicodeDecodeError:
        return None


def _operation(
    template: str, method: str, raw: dict[str, Any], document: dict[str, Any], schemas: Schemas
) -> Operation:
    parameters = [_parameter(parameter, schemas) for parameter in raw["parameters"]]
    body = raw.get("requestBody", {})
    headers = tuple(p for p in parameters if p.place == "header")
    return Operation(
        id=raw["operationId"],
        method=method,
        template=template,
        scopes=_scopes(raw.get("security", document.get("security", []))),
        path=tuple(p for p in parameters if p.place == "path"),
        query={p.name: p for p in parameters if p.place == "query"},
        headers=headers,
        bodies={kind: _body(content, schemas) for kind, content in body.get("content", {}).items()},
        body_required=bool(body.get("required")),
        produces=_produces(raw["responses"]),
        header_names=frozenset(p.name.lower() for p in headers),
    )


def _body(content: dict[str, Any], schemas: Schemas) -> Checker:
    return schemas.compile(content["schema"]) if "schema" in content else AnyBytes()


def _scopes(security: list[dict[str, list[str]]]) -> frozenset[str] | None:
    """The scopes that are all needed; None where the operation is open to anyone."""
    if not security or {} in security:
        return None
    return frozenset(scope for scopes in security[0].values() for scope in scopes)


def _produces(responses: dict[str, Any]) -> tuple[str, ...]:
    kinds = [kind for status, answer in responses.items() if status[0] == "2" for kind in answer.get("content", {})]
    return tuple(dict.fromkeys(kinds))


def _parameter(raw: dict[str, Any], schemas: Schemas) -> Parameter:
    schema = schemas.resolve(raw["schema"])
    kind = schema.get("type", "string")
    items = schemas.resolve(schema.get("items", {}))
    return Parameter(
        name=raw["name"],
        place=raw["in"],
        required=bool(raw.get("required")),
        kind=kind if isinstance(kind, str) else "string",
        item_kind=items.get("type", "string"),
        default=schema.get("default"),
        checker=schemas.compile(raw["schema"]),
        items_apart=bool(raw.get("explode", raw.get("style", "form") == "form")),
    )
