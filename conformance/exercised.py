"""How much of a service's documents the traces of a run have exercised: operations, statuses, parameters, roles."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from conformance.catalogue.service import Service
from conformance.model import Script, Trace

_NOT_PROVOKED = frozenset({"429", "503", "default"})


class Exercised:
    """Collects what was seen of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._operations: set[str] = set()
        self._statuses: set[tuple[str, str]] = set()
        self._parameters: set[tuple[str, str]] = set()
        self._roles: set[tuple[str, str]] = set()

    def add(self, script: Script, trace: Trace) -> None:
        """Take what one trace touched."""
        steps = {step.id: step for step in script.steps}
        for exchange in trace.exchanges:
            step = steps.get(exchange.step)
            operation = self.service.operations.get(step.operation or "") if step else None
            if operation is None or step is None or exchange.response is None:
                continue
            status = exchange.response.status
            if status < 400:
                self._operations.add(operation.id)
            if str(status) in operation.answers:
                self._statuses.add((operation.id, str(status)))
            if exchange.role:
                self._roles.add((operation.id, exchange.role))
            names = {name.lower() for name, _ in exchange.request.headers}
            names.update(name for name, _ in parse_qsl(urlsplit(exchange.request.url).query, keep_blank_values=True))
            for parameter in operation.parameters:
                name = parameter.name.lower() if parameter.place == "header" else parameter.name
                if parameter.place == "path" or name in names:
                    self._parameters.add((operation.id, parameter.name))

    def figures(self) -> dict[str, tuple[int, int]]:
        """Seen and declared, of each kind."""
        declared = self.service.operations.values()
        statuses = sum(1 for o in declared for status in o.answers if status not in _NOT_PROVOKED)
        seen = sum(1 for _, status in self._statuses if status not in _NOT_PROVOKED)
        return {
            "operations": (len(self._operations), len(self.service.operations)),
            "status": (seen, statuses),
            "parameters": (len(self._parameters), sum(len(o.parameters) for o in declared)),
            "roles": (len(self._roles), len(self.service.operations) * max(1, len(self.service.roles))),
        }
