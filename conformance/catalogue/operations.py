"""The operations of an OpenAPI document, with what belongs to each already put together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from conformance.catalogue.documents import resolve
from conformance.errors import DocumentError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation; `schema` may hold local references. `ruled`: business rules restrict its value."""

    name: str
    place: str
    required: bool
    schema: dict[str, Any]
    example: Any = None
    style: str = ""
    explode: bool = True
    ruled: bool = False


@dataclass(frozen=True)
class Answer:
    """One declared response: media type to schema, header name to (required, schema), problem codes it may carry."""

    media: dict[str, Any]
    headers: dict[str, tuple[bool, dict[str, Any]]]
    codes: tuple[str, ...] = ()
    links: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """One operation. `answers` is keyed by status text as declared: `200`, `4XX`, `default`."""

    id: str
    method: str
    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    body: dict[str, Any]
    body_required: bool
    body_examples: dict[str, tuple[Any, ...]]
    answers: dict[str, Answer]
    scopes: tuple[str, ...]
    secured: bool
    security_schemes: tuple[str, ...]
    raw: dict[str, Any]

    def answer(self, status: int) -> Answer | None:
        """The declared response for a status, by exact code, then range, then `default`."""
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in self.answers:
                return self.answers[key]
        return None

    def success_statuses(self) -> tuple[int, ...]:
        """Declared 2xx codes."""
        return tuple(int(key) for key in self.answers if re.fullmatch(r"2\d\d", key))

    def parameter(self, name: str, place: str) -> Parameter | None:
        """The parameter of that name in that place; header names without regard to case."""
        for item in self.parameters:
            if item.place == place and (item.name == name or (place == "header" and item.name.lower() == name.lower())):
                return item
        return None


def operations(document: dict[str, Any]) -> dict[str, Operation]:
    """All operations by id; one without an id gets `method path`. Raises `DocumentError` for one that is malformed."""
    result: dict[str, Operation] = {}
    for path, item in document["paths"].items():
        entry = resolve(document, item)
        if not isinstance(entry, dict):
            continue
        for method in METHODS:
            if isinstance(entry.get(method), dict):
                try:
                    operation = _operation(document, path, method, entry[method], entry.get("parameters") or [])
                except (KeyError, TypeError, AttributeError) as error:
                    raise DocumentError(
                        f"{method.upper()} {path} is not a valid operation: it lacks {error} or has it in another form",
                        next_step="check the document with an OpenAPI validator",
                    ) from error
                result[operation.id] = operation
    return result


def _operation(document: dict[str, Any], path: str, method: str, raw: dict[str, Any], shared: list[Any]) -> Operation:
    body = resolve(document, raw.get("requestBody", {})) or {}
    media = {kind: resolve(document, content) for kind, content in (body.get("content") or {}).items()}
    security = raw.get("security", document.get("security")) or []
    required = bool(security) and {} not in security
    return Operation(
        id=raw.get("operationId") or f"{method.upper()} {path}",
        method=method.upper(),
        path=path,
        summary=raw.get("summary", ""),
        parameters=_parameters(document, [*shared, *(raw.get("parameters") or [])]),
        body={kind: content.get("schema", True) for kind, content in media.items()},
        body_required=bool(body.get("required")),
        body_examples={kind: _examples(document, content) for kind, content in media.items()},
        answers={str(status): _answer(document, item) for status, item in (raw.get("responses") or {}).items()},
        scopes=tuple(scope for entry in security for scopes in entry.values() for scope in scopes),
        secured=required,
        security_schemes=tuple(name for entry in security for name in entry),
        raw=raw,
    )


def _parameters(document: dict[str, Any], items: list[Any]) -> tuple[Parameter, ...]:
    found: dict[tuple[str, str], Parameter] = {}
    for item in items:
        entry = resolve(document, item)
        content: dict[str, Any] = next(iter((entry.get("content") or {}).values()), {})
        schema = entry.get("schema", content.get("schema", {}))
        examples = _examples(document, entry)
        place = entry["in"]
        style = entry.get("style", "form" if place in {"query", "cookie"} else "simple")
        found[entry["name"], place] = Parameter(
            name=entry["name"],
            place=place,
            required=bool(entry.get("required")) or place == "path",
            schema=schema,
            example=examples[0] if examples else None,
            style=style,
            explode=bool(entry.get("explode", style == "form")),
            ruled=bool(entry.get("x-business-rules")),
        )
    return tuple(found.values())


def _examples(document: dict[str, Any], content: dict[str, Any]) -> tuple[Any, ...]:
    found = [content["example"]] if "example" in content else []
    for entry in (content.get("examples") or {}).values():
        example = resolve(document, entry)
        if isinstance(example, dict) and "value" in example:
            found.append(example["value"])
    if not found:
        schema = resolve(document, content.get("schema", {}))
        if isinstance(schema, dict):
            found = [schema["example"]] if "example" in schema else list(schema.get("examples") or [])[:1]
    return tuple(found)


def _schema(content: dict[str, Any]) -> Any:
    """The schema of a content; of content in lines (NDJSON), the schema of each line (`x-item-schema`)."""
    return content.get("x-item-schema", content.get("schema", True))


def _answer(document: dict[str, Any], item: Any) -> Answer:
    entry = resolve(document, item)
    headers = {}
    for name, header in (entry.get("headers") or {}).items():
        content = resolve(document, header)
        headers[name] = (bool(content.get("required")), content.get("schema", {}))
    media = {kind: _schema(content or {}) for kind, content in (entry.get("content") or {}).items()}
    return Answer(
        media=media,
        headers=headers,
        codes=tuple(entry.get("x-problem-codes", ())),
        links={name: resolve(document, link) for name, link in (entry.get("links") or {}).items()},
    )
