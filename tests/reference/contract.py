"""Holds every answer of the reference to the published document: status, headers, media type, schema, problem code."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import requests

from conformance.reference.documents import load, operations

Json = dict[str, Any]


class Contract:
    """One published service document."""

    def __init__(self, path: Any) -> None:
        self.document = load(path)
        self.operations = {raw["operationId"]: (method, path, raw) for path, method, raw in operations(self.document)}
        self._checkers: dict[str, Any] = {}

    def check(self, operation_id: str, response: requests.Response) -> None:
        """Fails unless the document allows this answer for this operation."""
        raw = self.operations[operation_id][2]
        declared = raw["responses"].get(str(response.status_code))
        assert declared is not None, f"{operation_id} answered {response.status_code}: {response.text[:300]}"
        for name, header in declared.get("headers", {}).items():
            assert name in response.headers or not header.get("required"), f"{name} is missing"
            if name in response.headers:
                self._valid(header["schema"], response.headers[name].strip())
        assert "no-store" in response.headers["Cache-Control"].lower()
        assert response.headers["X-Content-Type-Options"].strip().lower() == "nosniff"
        content = declared.get("content")
        if content is None:
            assert response.content == b""
            return
        # Media types compare without regard to case, and UTF-8 may be said or not (RFC 9110, 8.3.1; RFC 8259, 8.1).
        kind, _, charset = (part.strip().lower() for part in response.headers["Content-Type"].partition(";"))
        assert kind in content
        assert charset.replace('"', "") in ("", "charset=utf-8")
        if "json" in kind and "ndjson" not in kind:
            self._body(declared, content[kind]["schema"], response)

    def _body(self, declared: Json, schema: Json, response: requests.Response) -> None:
        body = json.loads(response.content.decode("utf-8"))
        self._valid(schema, body)
        if response.status_code >= 400:
            assert body["status"] == response.status_code
            assert body["code"] in declared["x-problem-codes"], body

    def _valid(self, schema: Json, instance: Any) -> None:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._checkers:
            components = {"schemas": self.document["components"]["schemas"]}
            compiled = jsonschema_rs.Draft202012Validator({**schema, "components": components}, validate_formats=True)
            self._checkers[key] = compiled
        errors = [f"{error.instance_path}: {error.message}" for error in self._checkers[key].iter_errors(instance)]
        assert not errors, errors
