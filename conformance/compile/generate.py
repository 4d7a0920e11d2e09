"""The one place that uses Schemathesis and Hypothesis: values and requests from schemas, the same for the same seed.

Of Schemathesis only what it names public is used (`openapi.from_dict`, `Config`, `GenerationMode`, `as_strategy`). Of
Hypothesis one thing that is not: see `_no_local_constants`.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

_SETTINGS = {
    "database": None,
    "deadline": None,
    "phases": (Phase.generate,),
    "suppress_health_check": list(HealthCheck),
    "report_multiple_bugs": False,
}


@dataclass(frozen=True)
class Generated:
    """One request as generated: content, query and headers; `body` may be bytes where the content is malformed."""

    body: Any
    query: dict[str, Any]
    headers: dict[str, str]
    media_type: str | None


class Generator:
    """Draws from the schemas of one document."""

    def __init__(self, document: dict[str, Any], seed: int) -> None:
        self._document = document
        self._seed = seed
        self._schema: Any = None
        self._strategies: dict[str, Any] = {}

    def with_seed(self, seed: int) -> Self:
        """The same generator with another seed; strategies that were made stay, as they are slow to make."""
        other = copy.copy(self)
        other._seed = seed
        return other

    def values(self, schema: Any, count: int, label: str) -> list[Any]:
        """Up to `count` different values that match a JSON Schema; `label` makes the draw its own."""
        cases = draw(self.value_strategy(schema), count * 3, self._seed, label)
        return _distinct([case.body for case in cases])[:count]

    def value_strategy(self, schema: Any) -> Any:
        """A strategy of cases whose `body` matches a JSON Schema."""
        key = repr(schema)
        if key not in self._strategies:
            self._strategies[key] = self._made(schema)
        return self._strategies[key]

    def _made(self, schema: Any) -> Any:
        document = {
            "openapi": "3.1.0",
            "info": {"title": "values", "version": "1"},
            "paths": {
                "/values": {
                    "post": {
                        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
                        "responses": {"200": {"description": "any"}},
                    }
                }
            },
            "components": self._document.get("components", {}),
        }
        return schemathesis.openapi.from_dict(document, config=schemathesis.Config())["/values"]["POST"].as_strategy()

    def requests(self, path: str, method: str, count: int, *, valid: bool) -> list[Generated]:
        """Up to `count` different requests of an operation, all parts generated together."""
        label = f"{method} {path} {_mode(valid)}"
        cases = draw(self.request_strategy(path, method, valid=valid), count * 2, self._seed, label)
        return _distinct([as_generated(case) for case in cases])[:count]

    def request_strategy(self, path: str, method: str, *, valid: bool) -> Any:
        """A strategy of cases of an operation."""
        key = f"{method} {path} {_mode(valid)}"
        if key not in self._strategies:
            if self._schema is None:
                self._schema = schemathesis.openapi.from_dict(self._document, config=schemathesis.Config())
            self._strategies[key] = self._schema[path][method].as_strategy(generation_mode=_mode(valid))
        return self._strategies[key]


def _mode(valid: bool) -> Any:
    return schemathesis.GenerationMode.POSITIVE if valid else schemathesis.GenerationMode.NEGATIVE


def as_generated(case: Any) -> Generated:
    """A case of Schemathesis in the suite's own form."""
    return Generated(
        body=None if type(case.body).__name__ == "NotSet" else case.body,
        query=dict(case.query or {}),
        headers={str(k): str(v) for k, v in (case.headers or {}).items()},
        media_type=case.media_type,
    )


def draw(strategy: Any, count: int, seed: int, label: str) -> list[Any]:
    """Up to `count` values of a Hypothesis strategy, the same for the same seed and label."""
    drawn: list[Any] = []
    number = int.from_bytes(hashlib.sha256(f"{seed}/{label}".encode()).digest()[:8], "big")

    @hypothesis.seed(number)
    @hypothesis.settings(max_examples=max(count, 1), **_SETTINGS)  # type: ignore[arg-type]  # a plain mapping
    @hypothesis.given(strategy)
    def collect(value: Any) -> None:
        drawn.append(value)

    with warnings.catch_warnings(), _no_local_constants():
        warnings.simplefilter("ignore")
        try:
            collect()
        except hypothesis.errors.Unsatisfiable:
            return drawn
    return drawn


@contextlib.contextmanager
def _no_local_constants() -> Iterator[None]:
    """Hypothesis likes to draw numbers and texts that stand in the source files of whoever imports it. An edition must
    depend on the documents alone: the same bytes, whatever else the program has loaded.
    """
    before = providers._get_local_constants
    nothing = Constants()
    providers._get_local_constants = lambda: nothing
    providers.CONSTANTS_CACHE.cache.clear()
    try:
        yield
    finally:
        providers._get_local_constants = before
        providers.CONSTANTS_CACHE.cache.clear()


def _distinct(values: list[Any]) -> list[Any]:
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(repr(value), value)
    return list(found.values())
