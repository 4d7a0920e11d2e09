"""How much of a service's documents the traces of a run have exercised, and what they have left out.

Counted: operations (that succeeded), statuses, problem codes, parameters, links, pairs of role and operation; and of
request and response bodies the properties (accepted or answered) and the constraints (broken by a refused request).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import parse_qsl, quote, urlsplit

from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.exercised.bodies import Body
from conformance.expression import MISSING, follow
from conformance.rules.knowledge import Knowledge
from conformance.seen import Seen, media_type

_NOT_PROVOKED = frozenset({"429", "503", "default"})
"""Answers that no request can be made for."""
_REFUSED = frozenset({400, 422})
_FROM_BODY = "$response.body#"
Named = tuple[str, ...]
"""Something of an operation: its id first."""


class Exercised:
    """Collects what was seen of one service."""

    def __init__(self, service: Service, knowledge: Knowledge | None = None) -> None:
        self.service = service
        self._knowledge = knowledge or Knowledge(service)
        self._found: dict[str, set[Named]] = {name: set() for name in _DECLARED}
        self._requests: dict[str, Body | None] = {}
        self._answers: dict[tuple[str, int], Body | None] = {}
        self._linking = {o.id for o in service.operations.values() if any(a.links for a in o.answers.values())}

    def add(self, items: Sequence[Seen]) -> None:
        """Take what one trace touched."""
        before: list[tuple[Operation, Seen]] = []
        for seen in items:
            operation = self.service.operations.get(seen.step.operation or "") if seen.step else None
            if operation is None or seen.status is None:
                continue
            self._touched(operation, seen, seen.status)
            if self.service.strict:
                self._bodies(operation, seen, seen.status)
                self._links(operation, seen, before)
                if operation.id in self._linking and seen.status < 300:
                    before.append((operation, seen))

    def _touched(self, operation: Operation, seen: Seen, status: int) -> None:
        found = self._found
        if status < 400:
            found["operations"].add((operation.id,))
        if str(status) in operation.answers:
            found["status"].add((operation.id, str(status)))
        if seen.exchange.role:
            found["roles"].add((operation.id, seen.exchange.role))
        if status >= 400 and isinstance(seen.body, dict) and isinstance(seen.body.get("code"), str):
            found["codes"].add((operation.id, str(status), seen.body["code"]))
        names = {name.lower() for name, _ in seen.request.headers}
        names.update(name for name, _ in parse_qsl(urlsplit(seen.url).query, keep_blank_values=True))
        for parameter in operation.parameters:
            name = parameter.name.lower() if parameter.place == "header" else parameter.name
            if parameter.place == "path" or name in names:
                found["parameters"].add((operation.id, parameter.name))

    def _bodies(self, operation: Operation, seen: Seen, status: int) -> None:
        request = self._request(operation)
        if request is not None and seen.request.body and seen.sent is not MISSING:
            if status < 300:
                request.take(seen.sent)
            elif status in _REFUSED and not request.constraints <= request.broken:
                request.refused(self._knowledge.request_validator(operation), seen.sent)
        if status < 300:
            answer = self._answer(operation, status)
            if answer is not None and seen.body is not MISSING:
                for value in seen.body if seen.media_type == "application/x-ndjson" else (seen.body,):
                    answer.take(value)

    def _links(self, operation: Operation, seen: Seen, before: Iterable[tuple[Operation, Seen]]) -> None:
        for earlier, answer in before:
            declared = earlier.answer(answer.status or 0)
            for name, link in (declared.links if declared else {}).items():
                if link.get("operationId") == operation.id and _carried(link, answer, seen):
                    self._found["links"].add((earlier.id, str(answer.status), name))

    def _request(self, operation: Operation) -> Body | None:
        if operation.id not in self._requests:
            schema = next((s for kind, s in operation.body.items() if "json" in kind), None)
            self._requests[operation.id] = None if schema is None else Body(self.service.document, schema)
        return self._requests[operation.id]

    def _answer(self, operation: Operation, status: int) -> Body | None:
        key = (operation.id, status)
        if key not in self._answers:
            declared = operation.answers.get(str(status))
            media = declared.media if declared else {}
            schema = next((s for kind, s in media.items() if "json" in media_type(kind)), None)
            self._answers[key] = None if schema is None else Body(self.service.document, schema)
        return self._answers[key]

    def figures(self) -> dict[str, tuple[int, int]]:
        """Seen and declared, of each kind."""
        return {kind: (len(declared - missing), len(declared)) for kind, declared, missing in self._compared()}

    def left_out(self) -> dict[str, list[str]]:
        """What is declared and was not exercised, of each kind, in order; kinds of which all was are not there."""
        return {kind: sorted(" ".join(name) for name in missing) for kind, _, missing in self._compared() if missing}

    def _compared(self) -> Iterable[tuple[str, set[Named], set[Named]]]:
        for kind, list_declared in _DECLARED.items():
            declared = set(list_declared(self.service))
            yield kind, declared, declared - self._found[kind]
        if not self.service.strict:
            return
        properties: tuple[set[Named], set[Named]] = (set(), set())
        constraints: tuple[set[Named], set[Named]] = (set(), set())
        for operation in self.service.operations.values():
            request = self._request(operation)
            for name, body in (("request", request), *self._declared_answers(operation)):
                if body is not None:
                    properties[0].update((operation.id, name, place) for place in body.properties)
                    properties[1].update((operation.id, name, place) for place in body.properties - body.seen)
            if request is not None:
                constraints[0].update((operation.id, *pair) for pair in request.constraints)
                constraints[1].update((operation.id, *pair) for pair in request.constraints - request.broken)
        yield "properties", *properties
        yield "constraints", *constraints

    def _declared_answers(self, operation: Operation) -> Iterable[tuple[str, Body | None]]:
        return [(str(status), self._answer(operation, status)) for status in operation.success_statuses()]


def _carried(link: dict[str, object], answer: Seen, seen: Seen) -> bool:
    """Whether a request holds a value that a link of an earlier answer told it to take."""
    parameters = link.get("parameters")
    body = link.get("requestBody")
    templates = [*(parameters.values() if isinstance(parameters, dict) else ()), *_leaves(body)]
    for template in templates:
        if isinstance(template, str) and template.startswith(_FROM_BODY):
            value = follow(answer.body, template.removeprefix(_FROM_BODY))
            if isinstance(value, str) and value and (quote(value, safe="") in seen.url or _in_body(value, seen)):
                return True
    return False


def _leaves(content: object) -> Iterable[object]:
    """The values in the content of a link, however deep they stand."""
    if isinstance(content, dict | list):
        for value in content.values() if isinstance(content, dict) else content:
            yield from _leaves(value)
    else:
        yield content


def _in_body(value: str, seen: Seen) -> bool:
    return value.encode("utf-8", "surrogatepass") in seen.request.body


def _statuses(service: Service) -> Iterable[Named]:
    return ((o.id, s) for o in service.operations.values() for s in o.answers if s not in _NOT_PROVOKED)


def _codes(service: Service) -> Iterable[Named]:
    for operation in service.operations.values():
        for status, answer in operation.answers.items():
            if status not in _NOT_PROVOKED and not status.startswith("5"):
                yield from ((operation.id, status, code) for code in answer.codes)


def _links(service: Service) -> Iterable[Named]:
    for operation in service.operations.values():
        for status, answer in operation.answers.items():
            yield from ((operation.id, status, name) for name in answer.links)


def _roles(service: Service) -> Iterable[Named]:
    return ((o.id, role) for o in service.operations.values() for role in service.roles or ("none",))


_DECLARED: dict[str, Callable[[Service], Iterable[Named]]] = {
    "operations": lambda service: ((o.id,) for o in service.operations.values()),
    "status": _statuses,
    "codes": _codes,
    "parameters": lambda service: ((o.id, p.name) for o in service.operations.values() for p in o.parameters),
    "links": _links,
    "roles": _roles,
}
"""What a service's documents declare, by kind."""
