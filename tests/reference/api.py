"""A client for the tests: speaks as a role, fills in what an operation needs, and holds each answer to the document."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import requests

from conformance.reference.server import RunningServer

from .contract import Contract

UNSET: Any = object()
Json = dict[str, Any]


class Api:
    """Calls operations by operationId."""

    def __init__(self, server: RunningServer, contracts: dict[str, Contract]) -> None:
        self.server = server
        self.reference = server.reference
        self.contracts = contracts
        self.session = requests.Session()
        self._tokens: dict[str, str] = {}

    @property
    def today(self) -> str:
        """Today, as the reference sees it."""
        return self.reference.clock.today()

    def token(self, role: str) -> str:
        """A token of the role (or `clerk-2`)."""
        if role not in self._tokens:
            known = self.reference.clients.credentials()[role]
            answer = self.session.post(
                self.server.token_url,
                data={"grant_type": "client_credentials"},
                auth=(known["client_id"], known["secret"]),
                timeout=10,
            )
            self._tokens[role] = answer.json()["access_token"]
        return self._tokens[role]

    def call(
        self,
        operation_id: str,
        role: str | None = "clerk",
        *,
        path: Json | None = None,
        query: Any = None,
        body: Any = UNSET,
        headers: Json | None = None,
        expect: int | tuple[int, ...] | None = None,
        service: str | None = None,
    ) -> requests.Response:
        """Calls the operation. A header given as None is left out. `expect` is the status wanted.

        Without a `service` it is the first one that has the operation.
        """
        service = service or next(n for n, known in self.contracts.items() if operation_id in known.operations)
        contract = self.contracts[service]
        method, template, raw = contract.operations[operation_id]
        url = self.server.url(service) + re.sub(r"{(\w+)}", lambda match: str((path or {})[match[1]]), template)
        sent = {**self._headers(role, raw), **(headers or {})}
        data = body if body is UNSET or isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        response = self.session.request(
            method,
            url,
            params=query,
            data=None if data is UNSET else data,
            headers={name: value for name, value in sent.items() if value is not None},
            timeout=10,
        )
        if expect is not None:
            wanted = expect if isinstance(expect, tuple) else (expect,)
            assert response.status_code in wanted, f"{operation_id}: {response.status_code} {response.text[:600]}"
        contract.check(operation_id, response)
        return response

    def json(self, operation_id: str, role: str | None = "clerk", **arguments: Any) -> Any:
        """Calls the operation, wants a success, gives its body."""
        arguments.setdefault("expect", (200, 201, 202))
        return self.call(operation_id, role, **arguments).json()

    def code(self, operation_id: str, role: str | None = "clerk", **arguments: Any) -> tuple[int, str]:
        """Calls the operation, gives status and problem code (empty for a success)."""
        response = self.call(operation_id, role, **arguments)
        return response.status_code, response.json()["code"] if response.status_code >= 400 else ""

    def advance(self, **days: int) -> None:
        """Puts the clock forward through the upper tester; tokens expire by that, and are fetched anew."""
        seconds = days.get("days", 0) * 86400 + days.get("seconds", 0)
        self.call("advanceClock", "tester", body={"seconds": seconds}, expect=200)
        self._tokens.clear()

    def set_clock(self, now: str) -> None:
        """Sets the clock through the upper tester."""
        self.call("setClock", "tester", body={"now": now}, expect=200)
        self._tokens.clear()

    def _headers(self, role: str | None, raw: Json) -> Json:
        names = {parameter["name"] for parameter in raw["parameters"] if parameter["in"] == "header"}
        found: Json = {} if role is None else {"Authorization": f"Bearer {self.token(role)}"}
        if "Access-Purpose" in names:
            found["Access-Purpose"] = "inquiry"
        if "Idempotency-Key" in names:
            found["Idempotency-Key"] = uuid.uuid4().hex
        if "requestBody" in raw:
            found["Content-Type"] = next(iter(raw["requestBody"]["content"]))
        return found
