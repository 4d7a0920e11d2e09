"""Links that take back what an operation has created (`x-takes-back`), and the requests that follow them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from conformance.catalogue.operations import Answer, Operation, Parameter
from conformance.expression import Context, Message, Unresolved, as_text, from_arazzo
from conformance.model import Step

TAKES_BACK = "x-takes-back"
KEY = "Idempotency-Key"
_PLACES = frozenset({"path", "query", "header", "cookie"})
Heard = Callable[[Any], Any]
"""What makes of a value out of an answer the one that is sent; raises `Unresolved` where that is not known."""


@dataclass(frozen=True)
class Way:
    """A link that takes back what was created. `already`: problem codes that say that it was taken back before."""

    operation: str
    parameters: Mapping[str, Any]
    body: Any
    already: frozenset[str]


def way_back(answer: Answer) -> Way | None:
    """The link of an answer that takes back what it tells of, if the document gives one."""
    link = next((link for link in answer.links.values() if TAKES_BACK in link), None)
    return None if link is None else way_of(link)


def way_of(link: Mapping[str, Any]) -> Way:
    """A link with the marker, as it is followed."""
    codes = frozenset(link[TAKES_BACK])
    return Way(link.get("operationId", ""), link.get("parameters") or {}, link.get("requestBody", msgspec.UNSET), codes)


def named(operation: Operation, name: str) -> Parameter | None:
    """The parameter that a link means by a name, with its place before it or not (OpenAPI 3.1, 4.8.20)."""
    place, dot, bare = name.partition(".")
    if dot and place in _PLACES:
        return operation.parameter(bare, place)
    return next((found for place in sorted(_PLACES) if (found := operation.parameter(name, place))), None)


def lacking(operation: Operation, way: Way) -> list[str]:
    """The required parameters that neither the link gives nor the suite can make."""
    given = [named(operation, name) for name in way.parameters]
    return [p.name for p in operation.parameters if p.required and p not in given and _made(p, "") is None]


def request(operation: Operation, way: Way, answer: Message, key: str, heard: Heard = lambda value: value) -> Step:
    """The request that follows a link of an answer. `key` makes it repeatable. Raises `Unresolved`.

    Values stand literally; whatever is in them, none is taken for a template, and none may lead to another path.
    """
    values = [(named(operation, name), _value(item, answer, heard)) for name, item in way.parameters.items()]
    given = [(parameter, value) for parameter, value in values if parameter is not None]
    there = {id(parameter) for parameter, _ in given}
    for parameter in operation.parameters:
        if parameter.required and id(parameter) not in there:
            made = _made(parameter, key)
            if made is None:
                raise Unresolved(f"a value for {parameter.name}")
            given.append((parameter, made))
    step = Step(
        id="take-back",
        method=operation.method,
        path=operation.path,
        operation=operation.id,
        path_params={p.name: _literal(value) for p, value in given if p.place == "path"},
        query=tuple((p.name, _literal(value)) for p, value in given if p.place == "query"),
        headers=tuple((p.name, _literal(as_text(value))) for p, value in given if p.place == "header"),
    )
    if way.body is msgspec.UNSET:
        return step
    body = _literal(_value(way.body, answer, heard))
    return msgspec.structs.replace(step, body=body, media_type=media_type(operation))


def media_type(operation: Operation) -> str:
    """The media type in which content is sent: JSON, where the operation takes it."""
    return next((kind for kind in operation.body if "json" in kind), next(iter(operation.body), "application/json"))


def _value(template: Any, answer: Message, heard: Heard) -> Any:
    context = Context({}, None, {})  # type: ignore[arg-type]  # a link draws nothing: it has runtime expressions only
    return heard(context.value(from_arazzo(template), answer))


def _literal(value: Any) -> Any:
    return {"$quote": value}


def _made(parameter: Parameter, key: str) -> Any:
    """A value for a required parameter that a link does not give: a key of its own, or the document's example."""
    return key if parameter.place == "header" and parameter.name.lower() == KEY.lower() else parameter.example
