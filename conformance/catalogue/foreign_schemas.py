"""Schemas of others as JSON Schema 2020-12 that says what may be held against a server, and nothing else.

OpenAPI 3.0 and 3.1 end in one form: `nullable` and boolean bounds written out, annotations dropped. A schema has
two views (OpenAPI 3.1, 4.8.24): in a request its `readOnly` properties do not count, in an answer its `writeOnly` ones.
What no validator can understand (a pattern of another dialect, say) is left out and noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

import jsonschema_rs

from conformance.catalogue.foreign_files import Files, Found, Notes, refers
from conformance.catalogue.foreign_prose import OTHERS, other_values_taken

View = Literal["request", "answer"]
PREFIX = "#/components/schemas/"
_DEEPEST = 200
_ONE = frozenset(
    {"additionalProperties", "items", "not", "contains", "propertyNames", "if", "then", "else", "unevaluatedItems",
     "unevaluatedProperties"}
)  # fmt: skip  # one table, read as one
_LIST = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAP = frozenset({"properties", "patternProperties", "dependentSchemas"})
_NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_COUNT = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"}
)
_EXCLUSIVE = frozenset({"exclusiveMinimum", "exclusiveMaximum"})
_KEPT = frozenset({"const", "default", "example", "examples", "format", "readOnly", "writeOnly"})
_TYPES = frozenset({"null", "boolean", "object", "array", "number", "string", "integer"})
_IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
_HIDDEN: Mapping[View, str] = {"request": "readOnly", "answer": "writeOnly"}


class Schemas:
    """All schemas of one document that its operations reach, under names of their own."""

    def __init__(self, files: Files, notes: Notes, *, beside_reference: bool) -> None:
        self._files = files
        self._notes = notes
        self._beside = beside_reference
        self._names: dict[tuple[str, str, View], str] = {}
        self._waiting: list[tuple[str, Found, View]] = []
        self.components: dict[str, Any] = {}

    def form(self, found: Found, view: View, hidden: frozenset[str] = frozenset()) -> Any:
        """A schema in its new form; `hidden` names properties that the schema around it does not show in this view."""
        value = found.value
        if isinstance(value, bool) or value is None or value == {}:
            return value is not False
        if not isinstance(value, Mapping):
            self._note(found, "スキーマではありません(任意の値とします)", "not a schema; any value is taken")
            return True
        if found.pointer.count("/") > _DEEPEST:
            self._note(found, "入れ子が深すぎます(任意の値とします)", "nested too deeply; any value is taken")
            return True
        hidden |= frozenset(self._hidden(found, view))
        result: dict[str, Any] = {}
        alone = (
            isinstance(value.get("$ref"), str) and not self._beside
        )  # OpenAPI 3.0: what stands beside a reference is ignored
        for key, item in value.items():
            if not alone or key == "$ref":
                result.update(self._keyword(found, str(key), item, view, hidden))
        formed = _nullable(value, _bounds(result))
        return taking_others(formed, value.get("description")) if formed and view == "request" else formed or True

    def finish(self) -> dict[str, Any]:
        """The schemas that references name, formed too, until nothing is left; no reference leads back to itself."""
        while self._waiting:
            name, found, view = self._waiting.pop()
            self.components[name] = self.form(found, view)
        self._uncircle()
        return self.components

    def _keyword(self, found: Found, key: str, item: Any, view: View, hidden: frozenset[str]) -> dict[str, Any]:
        inner = found.inner(item, key)
        if key == "$ref" and isinstance(item, str):
            return {"$ref": self._reference(item, found, view)}
        if key in _ONE:
            if isinstance(item, list):
                return {"prefixItems": [self.form(inner.inner(s, i), view) for i, s in enumerate(item)]}
            return {key: self.form(inner, view)}
        if key in _LIST and isinstance(item, list):
            below = hidden if key == "allOf" else frozenset[str]()
            return {key: [self.form(inner.inner(s, i), view, below) for i, s in enumerate(item)]} if item else {}
        if key in _MAP and isinstance(item, Mapping):
            return {key: self._mapping(inner, key, view, hidden)}
        if key in _KEPT | {"enum"} and refers(item):
            return {}
        if key in _KEPT:
            return {key: item}
        return self._plain(inner, key, item, hidden)

    def _mapping(self, found: Found, key: str, view: View, hidden: frozenset[str]) -> dict[str, Any]:
        formed = {}
        for name, item in found.value.items():
            if key == "patternProperties" and not _is_pattern(name):
                self._note(found, f"パターン {name} は解釈できません", f"the pattern {name} is not understood")
            elif key == "properties" and name in hidden:
                formed[name] = {_HIDDEN[view]: True}
            else:
                formed[name] = self.form(found.inner(item, name), view)
        return formed

    def _plain(self, found: Found, key: str, item: Any, hidden: frozenset[str]) -> dict[str, Any]:
        """A keyword whose value is no schema, where its value is what JSON Schema has for it."""
        if key == "required" and isinstance(item, list):
            names = list(dict.fromkeys(name for name in item if isinstance(name, str) and name not in hidden))
            return {key: names} if names else {}
        if key == "type":
            named = [item] if isinstance(item, str) else item
            if isinstance(named, list) and named and all(kind in _TYPES for kind in named):
                return {key: named[0] if len(named) == 1 else list(dict.fromkeys(named))}
        elif (key == "enum" and isinstance(item, list) and item) or (
            key in _NUMBER and isinstance(item, int | float) and (key in _EXCLUSIVE or not isinstance(item, bool))
        ):
            return {key: item}
        elif key in _COUNT and isinstance(item, int | float) and not isinstance(item, bool) and item == int(item) >= 0:
            return {key: int(item)}
        elif (key == "pattern" and isinstance(item, str) and _is_pattern(item)) or (
            key == "uniqueItems" and isinstance(item, bool)
        ):
            return {key: item}
        elif key not in _NUMBER | _COUNT | {"enum", "pattern", "required", "uniqueItems"}:
            return {}
        shown = f"{key}: {item!r:.80}"
        self._note(found, f"{shown} は考慮しません", f"{shown} is not understood, and left out of account")
        return {}

    def _reference(self, reference: str, found: Found, view: View) -> str:
        target = self._files.target(reference, found)
        key = (str(target.file), target.pointer, view)
        if key not in self._names:
            wanted = re.sub(r"[^A-Za-z0-9._-]", "_", target.pointer.rsplit("/", 1)[-1] or target.file.stem) or "schema"
            name = wanted = wanted if view == "answer" else f"{wanted}.request"
            for number in range(2, 10_000):
                if name not in self.components:
                    break
                name = f"{wanted}.{number}"
            self.components[name] = True
            self._names[key] = name
            self._waiting.append((name, target, view))
        return PREFIX + self._names[key]

    def _hidden(self, found: Found, view: View, depth: int = 0) -> Iterator[str]:
        """Names of properties that do not show in a view, also where a part of `allOf` says so."""
        value = self._files.followed(found).value if depth else found.value
        if not isinstance(value, Mapping) or depth > 8:
            return
        properties = value.get("properties")
        for name, item in properties.items() if isinstance(properties, Mapping) else ():
            if self._says(found.inner(item, "properties", name), _HIDDEN[view]):
                yield name
        parts = value.get("allOf")
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            yield from self._hidden(found.inner(part, "allOf", index), view, depth + 1)

    def _says(self, found: Found, word: str, depth: int = 0) -> bool:
        if not isinstance(found.value, Mapping) or depth > 8:
            return False
        value = self._files.followed(found).value
        if not isinstance(value, Mapping):
            return False
        parts = value.get("allOf")
        inner = enumerate(parts if isinstance(parts, list) and len(parts) == 1 else ())
        return value.get(word) is True or any(self._says(found.inner(p, "allOf", i), word, depth + 1) for i, p in inner)

    def _note(self, found: Found, ja: str, en: str) -> None:
        self._notes.add(self._files.place(found), f"{ja}。", f"{en}.")

    def _uncircle(self) -> None:
        """Take out references that lead back to their own schema without going into a value: nothing can match them."""
        state: dict[str, bool] = {}
        for start in self.components:
            if start in state:
                continue
            state[start] = True
            stack = [(start, _in_place(self.components[start]))]
            while stack:
                name, references = stack[-1]
                holder = next(references, None)
                if holder is None:
                    state[name] = False
                    stack.pop()
                    continue
                target = str(holder["$ref"]).removeprefix(PREFIX)
                if state.get(target):
                    del holder["$ref"]
                    self._notes.add(
                        target,
                        "スキーマが値を介さず自身を参照しています。",
                        "the schema refers to itself without a value between.",
                    )
                elif target not in state:
                    state[target] = True
                    stack.append((target, _in_place(self.components[target])))


def taking_others(formed: Any, description: Any) -> Any:
    """A formed schema, and that of its items, with the sentence by which values are taken that it does not have.

    Of an object such a sentence is about what it holds, not about something else in its place.
    """
    sentence = other_values_taken(description)
    if not sentence or not isinstance(formed, dict) or "properties" in formed or formed.get("type") == "object":
        return formed
    items = formed.get("items")
    return {**formed, OTHERS: sentence, **({"items": {**items, OTHERS: sentence}} if isinstance(items, dict) else {})}


def _in_place(schema: Any) -> Iterator[dict[str, Any]]:
    """Schemas with a reference that apply to the same value as `schema`."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield schema
    for key, value in schema.items():
        if key not in _IN_PLACE:
            continue
        inner = value if isinstance(value, list) else list(value.values()) if key == "dependentSchemas" else [value]
        for item in inner:
            yield from _in_place(item)


def _bounds(result: dict[str, Any]) -> dict[str, Any]:
    """Boolean exclusive bounds (OpenAPI 3.0) as numbers; a step of nothing is no step."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = result.get(exclusive)
        if isinstance(flag, bool):
            del result[exclusive]
            if flag and bound in result:
                result[exclusive] = result.pop(bound)
    if not result.get("multipleOf", 1) > 0:
        del result["multipleOf"]
    return result


def _nullable(value: Mapping[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """What `nullable` means, also where it stands beside a reference: authors mean null, whatever the letter says."""
    if value.get("nullable") is not True:
        return result
    if "type" in result:
        named = result["type"] if isinstance(result["type"], list) else [result["type"]]
        result["type"] = [*named, *(["null"] if "null" not in named else [])]
        if "enum" in result and None not in result["enum"]:
            result["enum"] = [*result["enum"], None]
        return result
    return {"anyOf": [result, {"type": "null"}]} if result else {}


@lru_cache(maxsize=4096)
def _is_pattern(text: Any) -> bool:
    if not isinstance(text, str):
        return False
    try:
        jsonschema_rs.Draft202012Validator({"pattern": text})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True
