"""Values for requests to systems of others: what the document gives as an example, else the plainest valid value.

Plain values are made here, quickly and always the same; only where a schema refuses them (a pattern, `not`, a
`oneOf` that overlaps) Schemathesis draws one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import msgspec

from conformance.catalogue.operations import Parameter
from conformance.catalogue.schema import dialect_schema
from conformance.compile.generate import Generator
from conformance.compile.mutations import kinds
from conformance.compile.places import flat
from conformance.expression import as_text

_DEPTH = 80
_PIECES = 3000
_MOST_VALIDATORS = 256
_FARTHEST = 400
"""Schemas that one schema may refer to; a validator of more takes megabytes and tens of milliseconds."""
_FORMATS = {
    "date": "2026-04-01", "date-time": "2026-04-01T09:00:00Z", "time": "09:00:00Z", "duration": "P1D",
    "uuid": "6d0d2a30-0000-4000-8000-000000000001", "email": "person@example.com", "idn-email": "person@example.com",
    "uri": "https://example.com/a", "url": "https://example.com/a", "iri": "https://example.com/a",
    "uri-reference": "/a", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
    "byte": "dGV4dA==", "binary": "text", "regex": "a", "json-pointer": "/a", "password": "Sample-pass-1",
}  # fmt: skip  # one table, read as one
_TRIED = (
    "sample", "abc", "a", "A", "ABC", "Sample", "1", "12", "123", "1234", "12345678", "2026-04-01", "09:00", "en",
    "sample-1", "sample_1", "a@example.com", "https://example.com/", "#aabbcc", "1.0.0", "/a", "JP", "JPN",
)  # fmt: skip  # one table, read as one


class NoValue(Exception):  # noqa: N818  a condition of the document, not an error of ours
    """No value was found that a schema accepts."""


class Values:
    """Makes values for the schemas of one document."""

    def __init__(self, document: dict[str, Any], seed: int) -> None:
        self._document = document
        self._seed = seed
        self._validators: dict[int, tuple[Any, Any]] = {}
        self._left = 0

    def accepts(self, schema: Any, value: Any) -> bool:
        """Whether a schema of the document accepts a value."""
        kept = self._validators.get(id(schema))
        if kept is None or kept[0] is not schema:
            if len(self._validators) >= _MOST_VALIDATORS:
                self._validators.clear()
            self._validators[id(schema)] = kept = (schema, self._validator(schema))
        return _can_be_sent(value) and (kept[1] is None or bool(kept[1].is_valid(value)))

    def _validator(self, schema: Any) -> Any:
        """The validator of a schema; None for one that reaches so far that it accepts everything here."""
        whole = dialect_schema(self._document, schema)
        if isinstance(whole, dict) and len(whole.get("components", {}).get("schemas", ())) > _FARTHEST:
            return None
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=False)

    def several(self, schema: Any, examples: tuple[Any, ...], label: str) -> list[Any]:
        """Up to four different values: of the examples those that are valid, the plainest value, the fullest one."""
        found: dict[str, Any] = {}
        for value in (self._without_hidden(schema, example) for example in examples[:2]):
            if self.accepts(schema, value):
                found.setdefault(repr(value), value)
        for full in (False, True):
            value = self._plain(schema, full)
            if value is not NoValue and self.accepts(schema, value):
                found.setdefault(repr(value), value)
        if not found:
            found = {repr(value): value for value in self.drawn(schema, 2, label)}
        return list(found.values())[:4]

    def one(self, schema: Any, examples: tuple[Any, ...], label: str) -> Any:
        """One value. Raises `NoValue`."""
        for value in self.several(schema, examples, label):
            return value
        raise NoValue(label)

    def drawn(self, schema: Any, count: int, label: str) -> list[Any]:
        """Values drawn by Schemathesis, which sees only what the schema refers to."""
        whole = dialect_schema(self._document, schema)
        components = whole.get("components", {}) if isinstance(whole, dict) else {}
        try:
            values = Generator({"components": components}, self._seed).values(schema, count, label)
        except Exception:
            return []
        return [value for value in values if self.accepts(schema, value)][:count]

    def _without_hidden(self, schema: Any, value: Any) -> Any:
        """An example without what is only shown in answers."""
        properties = self.entry(schema, value).get("properties", {})
        if not isinstance(value, dict):
            return value
        return {
            name: self._without_hidden(properties.get(name, True), item)
            for name, item in value.items()
            if not _is_hidden(properties.get(name))
        }

    def entry(self, schema: Any, value: Any = "x") -> dict[str, Any]:
        """A schema with references followed and parts put together, as it applies to a value."""
        try:
            return flat(self._document, schema, value)
        except RecursionError:
            return {}

    def _plain(self, schema: Any, full: bool) -> Any:
        self._left = _PIECES
        try:
            return self._made(schema, full, 0)
        except (RecursionError, NoValue):
            return NoValue

    def _made(self, schema: Any, full: bool, depth: int) -> Any:
        self._left -= 1
        if depth > _DEPTH or self._left < 0:
            raise NoValue
        entry = self.entry(schema, "x")
        for candidate in _given(entry):
            if self.accepts(schema, candidate):
                return candidate
        named = [kind for kind in kinds(entry) if kind != "null"] or ["null"] * ("type" in entry)
        kind = named[0] if named else "object" if "additionalProperties" in entry else "string"
        if kind == "object":
            return self._object(entry, full, depth)
        if kind == "array":
            return self._array(entry, full, depth)
        if kind == "string":
            return _string(entry)
        if kind in {"integer", "number"}:
            return _number(entry, whole=kind == "integer")
        return True if kind == "boolean" else None

    def _object(self, entry: Mapping[str, Any], full: bool, depth: int) -> dict[str, Any]:
        required = [name for name in entry.get("required", ()) if isinstance(name, str)]
        properties = entry.get("properties", {})
        result = {}
        for name in dict.fromkeys([*required, *(properties if full and depth < 3 else ())]):
            schema = properties.get(name, entry.get("additionalProperties", True))
            if _is_hidden(schema):
                continue
            try:
                result[name] = self._made(schema, full, depth + 1)
            except (NoValue, RecursionError):
                if name in required:
                    raise NoValue from None
        extra = entry.get("additionalProperties", True)
        for number in range(len(result), min(entry.get("minProperties", 0), 20)):
            result[f"name-{number}"] = self._made(extra, full, depth + 1)
        return result

    def _array(self, entry: Mapping[str, Any], full: bool, depth: int) -> list[Any]:
        least = entry.get("minItems", 0)
        if least > 50:
            raise NoValue
        number = max(least, 1) if full or depth == 0 else least
        if entry.get("maxItems", 1) < number:
            number = entry["maxItems"]
        prefix = entry.get("prefixItems", [])
        items = [*prefix[:number], *[entry.get("items", True)] * (number - len(prefix[:number]))]
        return [self._made(item, full, depth + 1) for item in items]


def _can_be_sent(value: Any) -> bool:
    """Whether a value can be written as JSON in UTF-8: half a surrogate pair cannot."""
    try:
        msgspec.json.encode(value)
    except (UnicodeEncodeError, TypeError, RecursionError):
        return False
    return True


def _is_hidden(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("readOnly") is True


def _given(entry: Mapping[str, Any]) -> Iterator[Any]:
    if "example" in entry:
        yield entry["example"]
    for word in ("examples", "enum"):
        if isinstance(entry.get(word), list):
            yield from entry[word][:3]
    for word in ("const", "default"):
        if word in entry:
            yield entry[word]


def _string(entry: Mapping[str, Any]) -> str:
    shortest, longest = entry.get("minLength", 0), entry.get("maxLength", 1_000_000)
    if shortest > 10_000:
        raise NoValue
    tried = [_FORMATS[entry["format"]]] if entry.get("format") in _FORMATS else []
    pattern = entry.get("pattern")
    for text in (*tried, *_TRIED):
        fitted = text if len(text) >= shortest else (text * (shortest // len(text) + 1))[:shortest]
        fitted = fitted[:longest]
        if pattern is None or jsonschema_rs.is_valid({"pattern": pattern}, fitted):
            return fitted
    raise NoValue


def _number(entry: Mapping[str, Any], *, whole: bool) -> int | float:
    low, high = entry.get("minimum"), entry.get("maximum")
    if "exclusiveMinimum" in entry:
        low = max(entry["exclusiveMinimum"] + (1 if whole else 0.5), entry["exclusiveMinimum"] if low is None else low)
    if "exclusiveMaximum" in entry:
        high = min(
            entry["exclusiveMaximum"] - (1 if whole else 0.5), entry["exclusiveMaximum"] if high is None else high
        )
    value: int | float = 1
    if low is not None and value < low:
        value = low
    if high is not None and value > high:
        value = high
    step = entry.get("multipleOf")
    if step:
        value = step * max(1, -(-value // step)) if value > 0 else step * (value // step)
    return int(value) if whole or float(value).is_integer() else value


def pairs(parameter: Parameter, value: Any, *, is_json: bool = False) -> tuple[tuple[str, str], ...]:
    """The query parameters that stand for a value, in the style of its parameter (OpenAPI 3.1, 4.8.12.3)."""
    name = parameter.name
    if is_json or not isinstance(value, list | dict):
        return ((name, as_text(value) if is_json or value is not None else ""),)
    if parameter.style == "deepObject" and isinstance(value, dict):
        return tuple((f"{name}[{key}]", as_text(item)) for key, item in value.items())
    if parameter.explode:
        if isinstance(value, dict):
            return tuple((key, as_text(item)) for key, item in value.items())
        return tuple((name, as_text(item)) for item in value)
    separator = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(parameter.style, ",")
    return ((name, separator.join(_parts(value))),) if value else ()


def text(parameter: Parameter, value: Any, *, is_json: bool = False) -> str:
    """A value in a path, a header or a cookie, in the style of its parameter."""
    if is_json:
        return as_text(value)
    if isinstance(value, dict) and parameter.explode:
        plain = ",".join(f"{key}={as_text(item)}" for key, item in value.items())
    else:
        plain = ",".join(_parts(value)) if isinstance(value, list | dict) else as_text(value)
    prefix = {"label": ".", "matrix": f";{parameter.name}="}.get(parameter.style, "")
    return prefix + plain


def _parts(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [part for pair in value.items() for part in pair]
    return [as_text(item) for item in items]


def read_back(parameter: Parameter, given: str) -> list[Any]:
    """What a text of a query parameter or header may mean to a server that knows the parameter's style."""
    found: list[Any] = [given]
    if re.fullmatch(r"[-+]?\d+", given):
        found.append(int(given))
    if re.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,2})?", given):
        found.append(float(given))
    if given.lower() in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
        found += [True, False]
    if given in {"", "null"}:
        found.append(None)
    separators = {"spaceDelimited": " ", "pipeDelimited": "|"}
    pieces = given.split(separators.get(parameter.style, ","))
    found += [[given], pieces, [v for piece in pieces for v in read_number(piece)]]
    return found


def read_number(piece: str) -> list[Any]:
    """A number where a piece of a list is one."""
    try:
        return [int(piece)]
    except ValueError:
        return [piece]
