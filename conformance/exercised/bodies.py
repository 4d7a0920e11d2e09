"""Which properties and constraints of one body's schema were exercised."""

from __future__ import annotations

from typing import Any

from conformance.exercised.declared import Places, child, place_of, places

_KEYWORDS = {"additionalProperties": "closed", "unevaluatedProperties": "closed"}
_ITEMS = 3
"""Items of an array that are looked at: what comes after them has the same places."""


class Body:
    """One declared body: its places, and those that were seen."""

    def __init__(self, document: dict[str, Any], schema: Any) -> None:
        self.places: Places = places(document, schema)
        self.seen: set[str] = set()
        self.broken: set[tuple[str, str]] = set()
        self._all = set(self.places)

    @property
    def properties(self) -> set[str]:
        """The places that a value may have or lack: everything but the body itself and items of arrays."""
        return {pointer for pointer in self.places if pointer and not pointer.endswith("/*")}

    @property
    def constraints(self) -> set[tuple[str, str]]:
        """Place and keyword of each constraint."""
        return {(pointer, word) for pointer, words in self.places.items() for word in words}

    def take(self, value: Any) -> None:
        """Note the places of a value that was accepted or answered."""
        if not self._all <= self.seen:
            self._walk(value, "")

    def _walk(self, value: Any, pointer: str) -> None:
        self.seen.add(pointer)
        if isinstance(value, dict):
            for name, item in value.items():
                self._walk(item, child(self.places, pointer, name))
        elif isinstance(value, list):
            for item in value[:_ITEMS]:
                self._walk(item, f"{pointer}/*")

    def refused(self, validator: Any, value: Any) -> None:
        """Note the constraints that a refused value breaks."""
        for error in validator.iter_errors(value):
            self._note(error)

    def _note(self, error: Any) -> None:
        branches = getattr(error.kind, "context", None)
        if branches:
            for inner in min(branches, key=_farness):
                self._note(inner)
            return
        word = str(error.schema_path[-1]) if error.schema_path else ""
        pointer = place_of(self.places, error.instance_path)
        if word == "required":
            word = f"required {error.kind.value}"
        self.broken.add((pointer, _KEYWORDS.get(word, word)))


def _farness(errors: list[Any]) -> tuple[bool, int]:
    """How far a value is from a branch of a union: of another type at all, then in how many places it breaks it."""
    return any(str(error.schema_path[-1]) in {"type", "const"} for error in errors), len(errors)
