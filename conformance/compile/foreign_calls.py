"""Valid calls for a document without workflows: what it says of values, and where its ids come from.

A path parameter is taken from the answer of a call before: one that links to the operation, a POST on the collection
that makes an item, a GET on it that lists some; where there is none, from an example or a made value. Which of the
candidates a system accepts is found out by trying them (`conformance.foreign_trial`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from conformance.catalogue.operations import Operation, Parameter
from conformance.catalogue.service import Service
from conformance.compile.calls import ValidCall
from conformance.compile.foreign_content import TOKEN, Content, Credentials, contents, credentials, is_json
from conformance.compile.foreign_ids import id_pointers
from conformance.compile.foreign_values import NoValue, Values, pairs, text
from conformance.expression import from_arazzo
from conformance.model import Check, Step

SUCCESS = "$statusCode >= 200 && $statusCode < 300"
MOST_CANDIDATES = 8
UNCHANGEABLE = frozenset(
    {
        "user-agent",
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "accept-encoding",
        "te",
        "upgrade",
        "cookie",
    }
)
"""Headers that every request has or that belong to the connection: nothing is tried with them."""
_PARAMETER = re.compile(r"\{([^{}]+)\}")
_ONCE_ONLY = re.compile(r"idempotency|request-?id|correlation-?id|nonce", re.IGNORECASE)

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """Where path parameters come from: the steps before, what must hold for them, and the templates of the values."""

    preamble: tuple[Step, ...]
    checks: tuple[Check, ...]
    values: Parameters


class Calls:
    """Candidates for valid calls of the operations of one document."""

    def __init__(self, service: Service, values: Values) -> None:
        self.service = service
        self.values = values
        self._by_place = {(o.method, o.path.rstrip("/")): o for o in service.operations.values()}
        self._links = _links(service)
        self._collections = {_collection(o.path) for o in service.operations.values() if "{" in o.path}
        self._linking = {producer for entries in self._links.values() for producer, _ in entries}

    def candidates(self, operation: Operation, working: Mapping[str, ValidCall]) -> list[ValidCall]:
        """Calls of one operation, the most promising first; `working` are calls that were seen to succeed."""
        try:
            sources = [*self._sources(operation, working), Source((), (), self._literal(operation))]
            bodies = list(contents(self.service.document, operation, self.values)) if operation.body else [None]
            options = [self._optional(operation, every=False), self._optional(operation, every=True)]
        except NoValue:
            return []
        found: dict[str, ValidCall] = {}
        for source in sources[:3]:
            for parameters in options:
                for body in bodies:
                    call = self._call(operation, source, body, parameters)
                    found.setdefault(repr(call), call)
        ordered = list(found.values())
        literal = [call for call in ordered if not call.preamble]
        return (
            [*ordered[: MOST_CANDIDATES - 1], *literal[:1]] if literal[:1] != ordered[:1] else ordered[:MOST_CANDIDATES]
        )

    def makes(self, operation: Operation) -> bool:
        """Whether other operations may need what this one makes, so that it must succeed again and again."""
        return operation.method == "POST" and (
            operation.path.rstrip("/") in self._collections or operation.id in self._linking
        )

    def fallback(self, operation: Operation) -> ValidCall | None:
        """A call that needs nothing before it, for operations of which no call was seen to succeed."""
        calls = self.candidates(operation, {})
        return next((call for call in calls if not call.preamble), None)

    def _literal(self, operation: Operation) -> Parameters:
        return {
            p.name: text(p, self._value(operation, p), is_json=_is_json(operation, p))
            for p in operation.parameters
            if p.place == "path"
        }

    def _value(self, operation: Operation, parameter: Parameter) -> Any:
        examples = () if parameter.example is None else (parameter.example,)
        return self.values.one(parameter.schema, examples, f"{operation.id} {parameter.place} {parameter.name}")

    def _optional(self, operation: Operation, *, every: bool) -> list[tuple[Parameter, Any]]:
        """Values of query parameters, headers and cookies: those that are required, or every one that has a value."""
        found: list[tuple[Parameter, Any]] = []
        for parameter in operation.parameters:
            if parameter.place == "path" or (parameter.place == "header" and parameter.name.lower() in UNCHANGEABLE):
                continue
            if not parameter.required and not every:
                continue
            try:
                found.append((parameter, self._value(operation, parameter)))
            except NoValue:
                if parameter.required:
                    raise
        return found

    def _call(
        self, operation: Operation, source: Source, body: Content | None, parameters: list[tuple[Parameter, Any]]
    ) -> ValidCall:
        allowed = credentials(self.service.document, operation)
        held = allowed or Credentials()
        query: list[tuple[str, Any]] = []
        headers: list[tuple[str, Any]] = []
        cookies: list[Any] = []
        for parameter, value in parameters:
            encoded = _is_json(operation, parameter)
            if parameter.place == "query":
                query += pairs(parameter, value, is_json=encoded)
            elif parameter.place == "header":
                once = _ONCE_ONLY.search(parameter.name) and self.values.accepts(parameter.schema, "0" * 36)
                fresh = {"$fresh": "uuid", "key": parameter.name}
                headers.append((parameter.name, fresh if once else text(parameter, value, is_json=encoded)))
            else:
                cookies.append(f"{parameter.name}={text(parameter, value, is_json=encoded)}")
        cookies += [{"$join": [f"{name}=", value]} for name, value in held.cookies]
        step = Step(
            id="call",
            method=operation.method,
            path=operation.path,
            operation=operation.id,
            service=self.service.name,
            role=TOKEN if allowed else None,
            authorization=held.authorization,
            path_params=source.values,
            query=(*query, *held.query),
            headers=(*headers, *held.headers, *_cookie(cookies), *_accept(operation)),
        )
        if body is not None:
            step = msgspec.structs.replace(step, body=body.template, media_type=body.kind)
        return ValidCall(operation.id, "", source.preamble, step, source.checks)

    def _sources(self, operation: Operation, working: Mapping[str, ValidCall]) -> Iterator[Source]:
        """Where the path parameters of an operation can be had, by calls that work."""
        needed = _PARAMETER.findall(operation.path)
        if not needed:
            return
        for producer, templates in self._links.get(operation.id, ()):
            call = working.get(producer)
            if call is not None and call.operation != operation.id and _may_feed(call, operation):
                values = {**call.call.path_params, **_told(call, templates)}
                if set(needed) <= values.keys():
                    yield _source(call, templates, needed)
        yield from self._from_collection(operation, needed, working)

    def _from_collection(
        self, operation: Operation, needed: list[str], working: Mapping[str, ValidCall]
    ) -> Iterator[Source]:
        last, collection = needed[-1], _collection(operation.path)
        for method in ("POST", "GET"):
            producer = self._by_place.get((method, collection))
            call = working.get(producer.id) if producer else None
            if producer is None or call is None or not _may_feed(call, operation):
                continue
            for pointer in id_pointers(self.service.document, producer, last):
                yield _source(call, {last: pointer}, needed)


def _collection(path: str) -> str:
    """The path before the last parameter: where the things are made and listed of which the parameter names one."""
    return path[: path.rindex("{")].rstrip("/")


def _may_feed(producer: ValidCall, operation: Operation) -> bool:
    """Whether ids out of an answer may go to an operation: what was there before the run is never deleted."""
    return producer.call.method != "GET" or operation.method != "DELETE"


def _links(service: Service) -> dict[str, list[tuple[str, Parameters]]]:
    """For each operation that is linked to: the operation whose answer has the link, and templates of parameters."""
    found: dict[str, list[tuple[str, Parameters]]] = {}
    for operation in service.operations.values():
        for status, answer in operation.answers.items():
            for link in answer.links.values() if status.startswith("2") else ():
                templates = {
                    name.removeprefix("path."): from_arazzo(value) for name, value in link["parameters"].items()
                }
                if all(isinstance(template, dict) for template in templates.values()):
                    found.setdefault(link["operationId"], []).append((operation.id, templates))
    return found


def _told(call: ValidCall, templates: Parameters) -> Parameters:
    """The parameters by reference to the step that goes before, when `call` becomes the last step of a preamble."""
    step = f"before-{len(call.preamble) + 1}"
    return {name: {"$e": f"$steps.{step}.outputs.p{index}"} for index, name in enumerate(templates)}


def _source(call: ValidCall, templates: Parameters, needed: list[str]) -> Source:
    values = {**call.call.path_params, **_told(call, templates)}
    outputs = {f"p{index}": template for index, template in enumerate(templates.values())}
    step = msgspec.structs.replace(call.call, id=f"before-{len(call.preamble) + 1}", outputs=outputs)
    checks = (*call.checks, Check(step.id, "criterion", {"condition": SUCCESS}))
    return Source((*call.preamble, step), checks, {name: values[name] for name in needed if name in values})


def _cookie(parts: list[Any]) -> tuple[tuple[str, Any], ...]:
    if not parts:
        return ()
    joined = [piece for index, part in enumerate(parts) for piece in (("; ", part) if index else (part,))]
    return (("Cookie", {"$join": joined}),)


def _accept(operation: Operation) -> tuple[tuple[str, Any], ...]:
    """JSON before other types where a success may come in several: of it most can be judged."""
    kinds = {kind for status, answer in operation.answers.items() if status.startswith("2") for kind in answer.media}
    mixed = len(kinds) > 1 and any(is_json(kind) for kind in kinds)
    return (("Accept", "application/json, */*;q=0.1"),) if mixed else ()


def _is_json(operation: Operation, parameter: Parameter) -> bool:
    """Whether a parameter is written as JSON (`content`) instead of in a style."""
    return any(
        "content" in raw and raw.get("name") == parameter.name and raw.get("in") == parameter.place
        for raw in operation.raw.get("parameters", ())
    )
