"""An operation as a page tells it: what is sent, what may come back, who may ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.catalogue.documents import resolve
from conformance.catalogue.operations import Operation
from conformance.docs import schemas
from conformance.docs.chapters import Chapter
from conformance.model import Text


@dataclass(frozen=True)
class Parameter:
    """One parameter, with what its schema says."""

    name: str
    place: str
    required: bool
    row: schemas.Row
    description: str
    rules: tuple[str, ...]
    option: str


@dataclass(frozen=True)
class Content:
    """One media type of a request or an answer, with its schema and named examples."""

    media: str
    rows: list[schemas.Row]
    examples: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """One declared answer."""

    status: str
    description: str
    headers: tuple[str, ...]
    content: tuple[Content, ...]
    codes: tuple[str, ...]
    links: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """An operation with everything that is shown of it."""

    operation: Operation
    summary: Text
    description: str
    parameters: tuple[Parameter, ...]
    body: tuple[Content, ...]
    body_required: bool
    answers: tuple[Answer, ...]
    roles: tuple[str, ...]
    option: str


def told(chapter: Chapter) -> Iterator[tuple[Text, str, list[Told]]]:
    """The operations under the tags of the document, in its order: title and description of the tag, operations."""
    document = chapter.document
    tags = {tag["name"]: tag for tag in document.get("tags") or ()}
    found: dict[str, list[Told]] = {name: [] for name in tags}
    for operation in chapter.operations.values():
        tag = (operation.raw.get("tags") or [""])[0]
        found.setdefault(tag, []).append(_told(chapter, operation))
    for name, own in found.items():
        if own:
            tag = tags.get(name, {})
            title = Text(ja=tag.get("x-title-ja", name), en=name.replace("-", " "))
            yield title, str(tag.get("description", "")), own


def _told(chapter: Chapter, operation: Operation) -> Told:
    document, raw = chapter.document, operation.raw
    shared = resolve(document, document["paths"][operation.path]).get("parameters") or []
    body = resolve(document, raw.get("requestBody", {})) or {}
    roles = chapter.service.all_roles if chapter.service else {}
    return Told(
        operation=operation,
        summary=Text(ja=raw.get("x-summary-ja", operation.summary), en=operation.summary),
        description=str(raw.get("description", "")),
        parameters=tuple(_parameters(document, [*shared, *(raw.get("parameters") or [])])),
        body=_contents(document, body.get("content")),
        body_required=bool(body.get("required")),
        answers=tuple(_answer(document, str(key), item) for key, item in (raw.get("responses") or {}).items()),
        roles=tuple(name for name, scopes in roles.items() if operation.scopes and set(operation.scopes) <= {*scopes}),
        option=str(raw.get("x-option", "")),
    )


def _parameters(document: dict[str, Any], items: list[Any]) -> Iterator[Parameter]:
    unique = {(entry["name"], entry["in"]): entry for entry in (resolve(document, item) for item in items)}
    for (name, place), entry in unique.items():
        content: dict[str, Any] = next(iter((entry.get("content") or {}).values()), {})
        yield Parameter(
            name=name,
            place=place,
            required=bool(entry.get("required")) or place == "path",
            row=schemas.rows(entry.get("schema", content.get("schema", True)))[0],
            description=str(entry.get("description", "")),
            rules=tuple(entry.get("x-business-rules", ())),
            option=str(entry.get("x-option", "")),
        )


def _contents(document: dict[str, Any], contents: Any) -> tuple[Content, ...]:
    found = []
    for media, item in (contents or {}).items():
        entry = resolve(document, item) or {}
        schema = entry.get("x-item-schema", entry.get("schema", True))
        examples = {"example": entry["example"]} if "example" in entry else {}
        for name, given in (entry.get("examples") or {}).items():
            example = resolve(document, given)
            if isinstance(example, dict) and "value" in example:
                examples[name] = example["value"]
        found.append(Content(media, schemas.rows(schema), examples))
    return tuple(found)


def _answer(document: dict[str, Any], status: str, item: Any) -> Answer:
    entry = resolve(document, item)
    links = {name: resolve(document, link).get("operationId", "") for name, link in (entry.get("links") or {}).items()}
    return Answer(
        status=status,
        description=str(entry.get("description", "")),
        headers=tuple(entry.get("headers") or ()),
        content=_contents(document, entry.get("content")),
        codes=tuple(entry.get("x-problem-codes", ())),
        links=links,
    )


def codes(chapter: Chapter, common: Mapping[str, Any]) -> dict[str, Text]:
    """The titles of the problem codes that a document may give, those of the common part among them."""
    known = {**common, **(chapter.document.get("x-problem-code-catalogue") or {})}
    return {
        name: Text(ja=entry.get("title", {}).get("ja", name), en=entry.get("title", {}).get("en", name))
        for name, entry in known.items()
    }
