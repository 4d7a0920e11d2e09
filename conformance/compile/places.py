"""Places in a request's content: every property that the schema knows, with its schema, whether present or not."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance import identifiers
from conformance.catalogue.documents import resolve
from conformance.expression import MISSING, follow


@dataclass(frozen=True)
class Place:
    """One property (or array item) of a request's content. `value` is its template, or `MISSING`."""

    pointer: str
    schema: Mapping[str, Any]
    value: Any
    required: bool
    in_union: bool = False
    """Whether it stands in one branch of several (`oneOf`): then a system may report an error elsewhere."""

    @property
    def present(self) -> bool:
        """Whether the valid call has a value here."""
        return self.value is not MISSING

    @property
    def ruled(self) -> bool:
        """Whether business rules restrict the value beyond the schema."""
        return bool(self.schema.get("x-business-rules"))

    @property
    def name(self) -> str:
        """The last part of the pointer."""
        return self.pointer.rsplit("/", 1)[-1]


def is_special(template: Any) -> bool:
    """Whether a template stands for a value that is known only when played."""
    return isinstance(template, dict) and next(iter(template), "")[:1] == "$"


def flat(document: dict[str, Any], schema: Any, template: Any) -> dict[str, Any]:
    """A schema with references followed, `allOf` merged, and of `oneOf`/`anyOf` the branch that fits the template."""
    entry = resolve(document, schema)
    if not isinstance(entry, dict):
        return {}
    result = {k: v for k, v in entry.items() if k not in {"allOf", "oneOf", "anyOf"}}
    parts = list(entry.get("allOf", ()))
    parts += [_branch(document, entry[word], template) for word in ("oneOf", "anyOf") if entry.get(word)]
    for part in parts:
        merged = flat(document, part, template)
        for key, value in merged.items():
            if key == "properties":
                result[key] = {**value, **result.get(key, {})}
            elif key == "required":
                result[key] = [*dict.fromkeys([*result.get(key, []), *value])]
            else:
                result.setdefault(key, value)
    return result


def _branch(document: dict[str, Any], branches: list[Any], template: Any) -> Any:
    for branch in branches:
        entry = flat(document, branch, template)
        if _fits(document, entry, template):
            return branch
    return branches[0]


def _fits(document: dict[str, Any], entry: Mapping[str, Any], template: Any) -> bool:
    kinds = entry.get("type")
    if template is None:
        return kinds == "null"
    if not isinstance(template, dict) or is_special(template):
        return kinds != "null"
    if not set(entry.get("required", ())) <= template.keys():
        return False
    properties = entry.get("properties", {})
    for name, value in template.items():
        constant = flat(document, properties.get(name, {}), value)
        if "const" in constant and constant["const"] != value:
            return False
        if "enum" in constant and not is_special(value) and value not in constant["enum"]:
            return False
    closed = entry.get("additionalProperties") is False or entry.get("unevaluatedProperties") is False
    return not closed or template.keys() <= properties.keys()


def _is_union(document: dict[str, Any], schema: Any) -> bool:
    entry = resolve(document, schema)
    if not isinstance(entry, dict):
        return False
    return any(len(entry.get(word, ())) > 1 for word in ("oneOf", "anyOf")) or any(
        _is_union(document, part) for part in entry.get("allOf", ())
    )


def walk(
    document: dict[str, Any], schema: Any, template: Any, pointer: str = "", *, in_union: bool = False
) -> Iterator[Place]:
    """All places under a schema, beside the template of a valid call; arrays by their first item."""
    entry = flat(document, schema, template)
    in_union = in_union or _is_union(document, schema)
    required = set(entry.get("required", ()))
    if isinstance(template, dict) and not is_special(template):
        for name, child in entry.get("properties", {}).items():
            value = template.get(name, MISSING)
            path = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            flattened = flat(document, child, None if value is MISSING else value)
            yield Place(path, flattened, value, name in required, in_union)
            if value is not MISSING:
                yield from walk(document, child, value, path, in_union=in_union)
    elif isinstance(template, list) and template and "items" in entry:
        flattened = flat(document, entry["items"], template[0])
        yield Place(f"{pointer}/0", flattened, template[0], True, in_union)
        yield from walk(document, entry["items"], template[0], f"{pointer}/0", in_union=in_union)


def in_other_items(template: Any, place: Place) -> Iterator[Place]:
    """The same place in the other items of the first array around it: a system may look at the first item only."""
    array, found, rest = f"{place.pointer}/".partition("/0/")
    items = follow(template, array) if found else MISSING
    if isinstance(items, list):
        for index in range(1, len(items)):
            pointer = f"{array}/{index}/{rest}".removesuffix("/")
            yield replace(place, pointer=pointer, value=follow(template, pointer))


def objects(document: dict[str, Any], schema: Any, template: Any) -> Iterator[str]:
    """Pointers of all closed objects in a template, the content itself first."""
    entry = flat(document, schema, template)
    if _is_closed(entry) and isinstance(template, dict) and not is_special(template):
        yield ""
    for place in walk(document, schema, template):
        if _is_closed(place.schema) and isinstance(place.value, dict) and not is_special(place.value):
            yield place.pointer


def _is_closed(schema: Mapping[str, Any]) -> bool:
    return schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False


def put(template: Any, pointer: str, value: Any) -> Any:
    """A copy of a template with the value at a pointer replaced, added, or (with `MISSING`) removed."""
    if pointer == "":
        return value
    result = copy.deepcopy(template)
    parent_pointer, _, last = pointer.rpartition("/")
    parent = follow(result, parent_pointer)
    name = last.replace("~1", "/").replace("~0", "~")
    if isinstance(parent, list):
        if value is MISSING:
            del parent[int(name)]
        else:
            parent[int(name)] = value
    elif value is MISSING:
        parent.pop(name, None)
    else:
        parent[name] = value
    return result


def inlined(template: Any, inputs: Mapping[str, Any]) -> Any:
    """A template with `$inputs` written out, so that places inside them can be reached."""
    if isinstance(template, list):
        return [inlined(item, inputs) for item in template]
    if not isinstance(template, dict):
        return template
    if "$e" in template and template["$e"].startswith("$inputs."):
        name, hash_sign, pointer = template["$e"].removeprefix("$inputs.").partition("#")
        value = inputs.get(name, MISSING)
        if value is not MISSING and hash_sign:
            value = follow(value, pointer)
        return template if value is MISSING else inlined(copy.deepcopy(value), inputs)
    if is_special(template):
        return {k: v if k == "$quote" else inlined(v, inputs) for k, v in template.items()}
    return {key: inlined(item, inputs) for key, item in template.items()}


_BY_FORMAT = {
    "date": "2026-04-01",
    "date-time": "2026-04-01T09:00:00+09:00",
    "uuid": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
}


def sample(document: dict[str, Any], schema: Any, template: Any) -> Any:
    """A concrete value that a template may take, for checking it against the schema before it is played."""
    entry = flat(document, schema, template)
    if is_special(template):
        return _sample_special(document, entry, template)
    if isinstance(template, dict):
        properties = entry.get("properties", {})
        extra = entry.get("additionalProperties")
        other = extra if isinstance(extra, dict) else {}
        return {name: sample(document, properties.get(name, other), item) for name, item in template.items()}
    if isinstance(template, list):
        return [sample(document, entry.get("items", {}), item) for item in template]
    return template


def _sample_special(document: dict[str, Any], entry: Mapping[str, Any], template: Mapping[str, Any]) -> Any:
    if "$quote" in template:
        return template["$quote"]
    if "$object" in template:
        child = entry.get("additionalProperties")
        schema = child if isinstance(child, dict) else {}
        return {_mark(key): sample(document, schema, item) for key, item in template["$object"]}
    if "$fresh" in template:
        kind = template["$fresh"].partition(":")[0]
        if kind in identifiers.KINDS:
            made = identifiers.make(kind, _number(template))
            return identifiers.with_wrong_check_digit(kind, made) if template.get("wrong") else made
        if kind == "kana-name":
            return "カナ"
    if "$join" in template:
        return "".join(str(sample(document, entry, part)) for part in template["$join"])
    if "$date" in template:
        return _BY_FORMAT["date"]
    return _sample_by_schema(entry, template)


def _sample_by_schema(entry: Mapping[str, Any], template: Mapping[str, Any]) -> Any:
    if entry.get("format") in identifiers.KINDS:
        return identifiers.make(entry["format"], _number(template))
    for word in ("examples", "enum"):
        if entry.get(word):
            return entry[word][0]
    if "example" in entry or "const" in entry:
        return entry.get("example", entry.get("const"))
    if entry.get("type") == "array" or "$jsonpath" in template:
        return [_mark(template)]
    if entry.get("type") == "integer":
        return entry.get("minimum", 1)
    if entry.get("type") == "object":
        return {}
    return _BY_FORMAT.get(entry.get("format", ""), _mark(template)[: entry.get("maxLength", 64)])


def _number(template: Any) -> int:
    return int.from_bytes(hashlib.sha256(repr(template).encode()).digest()[:4], "big")


def _mark(template: Any) -> str:
    """A text of its own for each template, in the form of an opaque id."""
    return f"sample-id-{_number(template):08x}"
