"""`x-invariants` and `x-immutable`: entries that can be read, names that are members, requirements that are so judged.

A misspelt name would say nothing of any answer, and nobody would notice: so each is looked up in the schema. The
examples of answers are held against the invariants, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from conformance.catalogue.declared import (
    EACH,
    IMMUTABLE,
    INVARIANTS,
    Declarations,
    Lasting,
    Place,
    declarations,
    merged_schema,
    places,
)
from conformance.catalogue.operations import Operation
from conformance.errors import DocumentError
from conformance.invariant import Expression
from conformance.model import Text
from conformance.spec_check.problem import Problem
from conformance.spec_check.published import Document, Published

_RULES = {INVARIANTS: "members-agree", IMMUTABLE: "never-changes"}
_SCHEMAS = "/components/schemas/"


def declared_problems(published: Published) -> Iterator[Problem]:
    """Problems of what the schemas of all documents declare of their representations."""
    for document in published.documents:
        judged = None if published.unread(document.folder) else _judged(published, document)
        schemas = (document.bundle.get("components") or {}).get("schemas") or {}
        found = {name: schema for name, schema in schemas.items() if _declares(schema)}
        bad = list(chain.from_iterable(_read(document, name, schema, judged) for name, schema in found.items()))
        yield from bad
        if found and not bad:
            yield from _placed(document, found)


def _declares(schema: Any) -> bool:
    return isinstance(schema, dict) and (INVARIANTS in schema or IMMUTABLE in schema)


def _judged(published: Published, document: Document) -> Mapping[str, frozenset[str]]:
    """The rules by which each requirement of a document is judged."""
    service = published.services.get(document.folder)
    requirements = service.requirements if service else ()
    return {item.id: frozenset(way.rule or "" for way in item.verified_by) for item in requirements}


def _read(
    document: Document, name: str, schema: dict[str, Any], judged: Mapping[str, frozenset[str]] | None
) -> Iterator[Problem]:
    """What is wrong in the declarations of one schema, looked at by themselves."""
    place = f"{_SCHEMAS}{name}"
    for word, rule in _RULES.items():
        try:
            found = declarations({word: schema.get(word)}, name)
        except DocumentError as error:
            message = Text(ja=f"{word} を読めません: {error.what}", en=f"{word} cannot be read: {error.what}")
            yield Problem(document.file, place, message, error.next_step)
            continue
        for requirement in (*(i.requirement for i in found.invariants), *(i.requirement for i in found.lasting)):
            if judged is not None and rule not in judged.get(requirement, ()):
                message = Text(
                    ja=f"{word} の要件 {requirement} は、規則 {rule} により判定されません。",
                    en=f"{word} names the requirement {requirement}, which is not judged by the rule {rule}.",
                )
                yield Problem(
                    document.file, place, message, f"correct the id, or add `rule: {rule}` to its verified_by"
                )


def _placed(document: Document, found: Mapping[str, dict[str, Any]]) -> Iterator[Problem]:
    """What is wrong where the schemas stand in answers: names that are no members, examples that do not hold."""
    reached: set[Declarations] = set()
    for operation in document.operations.values():
        for answer in operation.answers.values():
            for schema in answer.media.values():
                for place in places(document.bundle, schema):
                    reached.add(place.declared)
                    yield from _names(document, operation, place)
    for name, schema in found.items():
        own = declarations(schema, name)
        if not any(_holds(there, own) for there in reached):
            message = Text(
                ja="宣言のあるスキーマが、どの応答にも現れません。", en="declares something, and no answer shows it."
            )
            yield Problem(document.file, f"{_SCHEMAS}{name}", message, "remove the declarations")


def _holds(there: Declarations, own: Declarations) -> bool:
    return set(own.invariants) <= set(there.invariants) and set(own.lasting) <= set(there.lasting)


def _names(document: Document, operation: Operation, place: Place) -> Iterator[Problem]:
    for expression in _expressions(place.declared):
        for named in expression.named:
            start = place.around if named[0] == "^" else place.schema
            if start is None or not _is_there(document.bundle, start, named[1:]):
                shown = ".".join(named).removeprefix("$.")
                message = Text(
                    ja=f"式「{expression.text}」の {shown} は、スキーマにありません。",
                    en=f"the expression '{expression.text}' names {shown}, which the schema does not have.",
                )
                yield Problem(document.file, operation.id, message, "correct the name")
    for lasting in place.declared.lasting:
        for by in lasting.keys:
            if isinstance(by, str) and operation.parameter(by, "path") is None:
                message = Text(
                    ja=f"x-immutable の by のパスパラメーター {by} はありません。",
                    en=f"by of x-immutable names the path parameter {by}, which is not there.",
                )
                yield Problem(document.file, operation.id, message, "correct the name")


def _expressions(declared: Declarations) -> Iterator[Expression]:
    yield from (invariant.holds for invariant in declared.invariants)
    for lasting in declared.lasting:
        yield from _of_lasting(lasting)


def _of_lasting(lasting: Lasting) -> Iterator[Expression]:
    yield from (member for _, member in lasting.members)
    yield from (by for by in lasting.keys if isinstance(by, Expression))
    yield from (condition for condition in (lasting.once, lasting.when) if condition is not None)


def _is_there(document: dict[str, Any], schema: Any, names: tuple[str, ...]) -> bool:
    entry = merged_schema(document, schema)
    if not names:
        return True
    if entry is None:
        return False
    if names[0] == EACH:
        return "items" in entry and _is_there(document, entry["items"], names[1:])
    child = (entry.get("properties") or {}).get(names[0])
    return child is not None and _is_there(document, child, names[1:])
