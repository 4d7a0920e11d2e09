"""Request schemas: compiled once, told apart quickly, and every violation located by a JSON Pointer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import jsonschema_rs

from conformance.reference.dates import is_date, is_date_time
from conformance.reference.problems import Violation

_FORMATS: Final[dict[str, Callable[..., bool]]] = {"date": is_date, "date-time": is_date_time}

_CODES: Final = {
    "required": ("missing", "必須項目がありません / Required, and missing"),
    "additionalProperties": ("unknown", "定義されていない項目です / Not a member of the document"),
    "unevaluatedProperties": ("unknown", "定義されていない項目です / Not a member of the document"),
    "type": ("type", "型が違います / Wrong type"),
    "pattern": ("pattern", "書式が違います / Does not match the pattern"),
    "format": ("format", "存在しない値か、書式が違います / Not a value of this format"),
    "enum": ("enum", "選択肢にありません / Not one of the values"),
    "const": ("enum", "選択肢にありません / Not the only value"),
    "minLength": ("length", "短すぎます / Too short"),
    "maxLength": ("length", "長すぎます / Too long"),
    "minimum": ("range", "小さすぎます / Too small"),
    "maximum": ("range", "大きすぎます / Too large"),
    "exclusiveMinimum": ("range", "小さすぎます / Too small"),
    "exclusiveMaximum": ("range", "大きすぎます / Too large"),
    "multipleOf": ("range", "刻みに合いません / Not a multiple"),
    "minItems": ("items", "要素が足りません / Too few items"),
    "maxItems": ("items", "要素が多すぎます / Too many items"),
    "uniqueItems": ("items", "要素が重複しています / Items are repeated"),
    "minProperties": ("properties", "項目が足りません / Too few members"),
    "maxProperties": ("properties", "項目が多すぎます / Too many members"),
}
_OTHER: Final = ("invalid", "公開文書に適合しません / Does not fit the document")

Schema = dict[str, Any]


class Schemas:
    """Compiles schemas against the `components` of one bundled document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._components = {"schemas": document["components"]["schemas"]}

    def resolve(self, schema: Schema) -> Schema:
        """The schema itself, its `$ref` followed; keywords beside the reference win."""
        while "$ref" in schema:
            target = self._components["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        return schema

    def compile(self, schema: Schema) -> Checker:
        """A checker of instances."""
        needed = {"schemas": self._needed(schema, {})}
        return Checker({**schema, "components": needed}, self._members(schema, 0))

    def _needed(self, node: Any, found: dict[str, Any]) -> dict[str, Any]:
        """The components that the schema refers to, directly or not: compiling all of them each time takes long."""
        if isinstance(node, dict):
            name = node["$ref"].rsplit("/", 1)[1] if isinstance(node.get("$ref"), str) else None
            if name is not None and name not in found:
                found[name] = self._components["schemas"][name]
                self._needed(found[name], found)
        for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            self._needed(item, found)
        return found

    def _members(self, schema: Any, depth: int) -> frozenset[str]:
        """All names of properties that the schema speaks of, in any of its branches and at any depth of nesting."""
        found: set[str] = set()
        if depth < 24 and isinstance(schema, list):
            found.update(*(self._members(item, depth + 1) for item in schema))
        elif depth < 24 and isinstance(schema, dict):
            if "$ref" in schema:
                schema = self.resolve(schema)
            found.update(schema.get("properties", ()))
            found.update(*(self._members(value, depth + 1) for value in schema.values()))
        return frozenset(found)


class Checker:
    """One compiled schema."""

    def __init__(self, schema: Schema, members: frozenset[str]) -> None:
        self._validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True, formats=_FORMATS)
        self._members = members

    def is_valid(self, instance: Any) -> bool:
        """Whether the instance fits."""
        return self._validator.is_valid(instance)

    def violations(self, instance: Any) -> tuple[Violation, ...]:
        """Every place where the instance does not fit; empty when it fits."""
        if self._validator.is_valid(instance):
            return ()
        errors = list(_leaves(self._validator.iter_errors(instance)))
        found = dict.fromkeys(violation for error in errors for violation in self._violations(error))
        return tuple(found) or (Violation(*_OTHER, pointer=""),)

    def _violations(self, error: Any) -> Iterator[Violation]:
        keyword = error.kind.name
        code, detail = _CODES.get(keyword, _OTHER)
        base = pointer(error.instance_path)
        if keyword == "required":
            yield Violation(code, detail, pointer=base + pointer([error.kind.property]))
        elif keyword == "additionalProperties":
            for name in error.kind.unexpected:
                yield Violation(code, detail, pointer=base + pointer([name]))
        elif keyword == "unevaluatedProperties":
            # A member whose own value is wrong counts as unevaluated too: only names that nobody declares are unknown.
            for name in error.kind.unexpected:
                if name not in self._members:
                    yield Violation(code, detail, pointer=base + pointer([name]))
        else:
            yield Violation(code, detail, pointer=base)


class AnyBytes(Checker):
    """Content for which the document has no schema: bytes of another media type than JSON, taken as they are."""

    def __init__(self) -> None:
        self._members = frozenset()

    def is_valid(self, instance: Any) -> bool:
        """Whatever it is."""
        return True

    def violations(self, instance: Any) -> tuple[Violation, ...]:
        """None."""
        return ()


def pointer(path: Iterable[str | int]) -> str:
    """The path as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _leaves(errors: Iterable[Any]) -> Iterator[Any]:
    """The errors themselves; of alternatives the errors of the one that was most probably meant."""
    for error in errors:
        branches: list[list[Any]] | None = getattr(error.kind, "context", None)
        if error.kind.name in ("oneOf", "anyOf") and branches:
            meant: list[Any] = min(branches, key=_distance)
            yield from _leaves(meant)
        else:
            yield error


def _distance(branch: list[Any]) -> tuple[int, int]:
    other_kind = sum(error.kind.name in ("const", "required", "additionalProperties") for error in branch)
    wrong_constant = any(error.kind.name == "const" for error in branch)
    return (wrong_constant, other_kind * 10 + len(branch)) if branch else (0, 0)
