"""A generator for live search: what Schemathesis draws, with some texts replaced by texts as people write them."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from hypothesis import strategies as st

from conformance.catalogue.schema import dialect_schema
from conformance.compile.generate import Generator, draw
from conformance.compile.places import put, walk
from conformance.explore.texts import is_text, texts

_WARMING = 3
"""Hypothesis begins with the simplest value there is; the first few are drawn and left."""


class LiveGenerator(Generator):
    """As `Generator`, for few values of many schemas."""

    def __init__(self, document: dict[str, Any], seed: int) -> None:
        super().__init__(document, seed)
        self._texts: dict[str, st.SearchStrategy[str] | None] = {}

    def values(self, schema: Any, count: int, label: str) -> list[Any]:
        """Up to `count` different values that match a JSON Schema."""
        key = f"rich {schema!r}"
        if key not in self._strategies:
            self._strategies[key] = self._rich(schema)
        drawn = draw(self._strategies[key], count + _WARMING, self._seed, label)
        distinct = list({repr(value): value for value in drawn}.values())
        return distinct[-count:]

    def _rich(self, schema: Any) -> st.SearchStrategy[Any]:
        plain = self.value_strategy(schema)
        validator = jsonschema_rs.Draft202012Validator(dialect_schema(self._document, schema), validate_formats=False)

        @st.composite
        def rich(choose: st.DrawFn) -> Any:
            value = choose(plain).body
            for place in walk(self._document, schema, value):
                if not isinstance(place.value, str) or not is_text(place.schema):
                    continue
                strategy = self._text(dict(place.schema))
                if strategy is None or not choose(st.booleans()):
                    continue
                changed = put(value, place.pointer, choose(strategy))
                value = changed if validator.is_valid(changed) else value
            return value

        return rich()

    def _text(self, schema: dict[str, Any]) -> st.SearchStrategy[str] | None:
        key = repr(schema)
        if key not in self._texts:
            validator = jsonschema_rs.Draft202012Validator(
                dialect_schema(self._document, schema), validate_formats=False
            )
            self._texts[key] = texts(schema, validator.is_valid)
        return self._texts[key]
