"""What schemas declare of their representations (`x-invariants`, `x-immutable`), and where these stand in an answer.

A declaration counts wherever an answer shows a representation of its schema: alone, in a list, nested in another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.catalogue.documents import resolve
from conformance.catalogue.operations import Operation
from conformance.errors import DocumentError
from conformance.expression import MISSING
from conformance.invariant import Expression, expression

INVARIANTS, IMMUTABLE = "x-invariants", "x-immutable"
EACH = "*"
_DEEPEST = 12


@dataclass(frozen=True)
class Invariant:
    """What holds of every representation of a schema, at all times and for every reader."""

    requirement: str
    holds: Expression


@dataclass(frozen=True)
class Lasting:
    """Members that stay as they are once they are set. `thing` and the values of `by` say what one and the same is.

    `by` holds expressions, or names of path parameters in braces. Representations for which `when` does not hold are
    not looked at; `once` says that the members are set, without it each is set that is not null. What is `given` is
    not judged here: others are held against it, as long as it is the same itself.
    """

    requirement: str
    thing: str
    by: tuple[str, ...]
    members: tuple[tuple[str, Expression], ...]
    once: Expression | None = None
    when: Expression | None = None
    given: bool = False

    @cached_property
    def keys(self) -> tuple[str | Expression, ...]:
        """The values that tell one from another: names of path parameters, and expressions."""
        return tuple(by[1:-1] if by.startswith("{") else expression(by) for by in self.by)


@dataclass(frozen=True)
class Declarations:
    """All that one schema declares."""

    invariants: tuple[Invariant, ...] = ()
    lasting: tuple[Lasting, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.invariants or self.lasting)


@dataclass(frozen=True)
class Place:
    """Where representations of a schema stand in a value: names of members, `*` for the items of an array.

    `around` is the schema of the object around it, so that names of its members can be examined.
    """

    path: tuple[str, ...]
    schema: dict[str, Any]
    declared: Declarations
    around: dict[str, Any] | None = None

    def instances(self, value: Any) -> Iterator[tuple[dict[str, Any], Any]]:
        """The representations in a value, each with the object around it, or `MISSING`."""
        yield from _instances(value, self.path, MISSING)


def _instances(value: Any, path: tuple[str, ...], around: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    if not path:
        if isinstance(value, dict):
            yield value, around
    elif path[0] == EACH:
        for item in value if isinstance(value, list) else ():
            yield from _instances(item, path[1:], around)
    elif isinstance(value, dict) and path[0] in value:
        yield from _instances(value[path[0]], path[1:], value)


def places(document: dict[str, Any], schema: Any) -> tuple[Place, ...]:
    """All places of a value of a schema at which something is declared. Raises `DocumentError`."""
    return tuple(_places(document, schema, (), None))


def _places(
    document: dict[str, Any], schema: Any, path: tuple[str, ...], around: dict[str, Any] | None
) -> Iterator[Place]:
    name = _name(schema)
    merged = merged_schema(document, schema)
    if merged is None or len(path) > _DEEPEST:
        return
    found = declarations(merged, name)
    if found:
        yield Place(path, merged, found, around)
    for member, child in (merged.get("properties") or {}).items():
        yield from _places(document, child, (*path, member), merged)
    if "items" in merged:
        yield from _places(document, merged["items"], (*path, EACH), around)


def _name(schema: Any) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2] if isinstance(schema, dict) else ""


def merged_schema(document: dict[str, Any], schema: Any) -> dict[str, Any] | None:
    """A schema with those of its `allOf`, or the only one of several alternatives that is not null; None: no such.

    Where an answer may be one of several objects nothing is looked at: what it is would have to be guessed.
    """
    entry = resolve(document, schema)
    if not isinstance(entry, dict):
        return None
    for word in ("oneOf", "anyOf"):
        if word in entry:
            others = [part for part in entry[word] if resolve(document, part) != {"type": "null"}]
            return merged_schema(document, others[0]) if len(others) == 1 else None
    parts = [merged_schema(document, part) for part in entry.get("allOf", ())]
    if not parts:
        return entry
    known = [part for part in (*parts, entry) if part is not None]
    properties = {name: child for part in known for name, child in (part.get("properties") or {}).items()}
    extensions = {word: [item for part in known for item in part.get(word) or ()] for word in (INVARIANTS, IMMUTABLE)}
    return {**entry, "properties": properties, **{word: items for word, items in extensions.items() if items}}


def declarations(schema: Mapping[str, Any], name: str) -> Declarations:
    """What a schema declares by itself. Raises `DocumentError`."""
    return Declarations(
        tuple(_invariant(entry) for entry in _entries(schema, INVARIANTS)),
        tuple(_lasting(entry, name) for entry in _entries(schema, IMMUTABLE)),
    )


def _entries(schema: Mapping[str, Any], word: str) -> list[Any]:
    entries = schema.get(word) or []
    if not isinstance(entries, list):
        raise DocumentError(f"{word} is not a list", next_step="see specs/README.md")
    return entries


def _invariant(entry: Any) -> Invariant:
    known = _known(INVARIANTS, entry, ("requirement", "holds"), ())
    return Invariant(str(known["requirement"]), expression(_text(INVARIANTS, known["holds"])))


def _lasting(entry: Any, name: str) -> Lasting:
    known = _known(IMMUTABLE, entry, ("requirement", "members"), ("by", "thing", "once", "when", "given"))
    members = known["members"]
    if isinstance(members, list):
        members = {_text(IMMUTABLE, member): member for member in members}
    by = known.get("by", ["id"])
    if not isinstance(members, dict) or not members or not isinstance(by, list) or not by:
        raise DocumentError(f"{IMMUTABLE}: `members` and `by` name something", next_step="see specs/README.md")
    once, when = (expression(_text(IMMUTABLE, known[word])) if word in known else None for word in ("once", "when"))
    return Lasting(
        str(known["requirement"]),
        str(known.get("thing", name)),
        tuple(_text(IMMUTABLE, item) for item in by),
        tuple((alias, expression(_text(IMMUTABLE, member))) for alias, member in members.items()),
        once,
        when,
        _truth(IMMUTABLE, known.get("given", False)),
    )


def _known(word: str, entry: Any, needed: tuple[str, ...], allowed: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(entry, dict) or not set(needed) <= set(entry) or not set(entry) <= {*needed, *allowed}:
        told = ", ".join([*needed, *(f"[{name}]" for name in allowed)])
        raise DocumentError(f"an entry of {word} has other members than {told}", next_step="see specs/README.md")
    return entry


def _text(word: str, value: Any) -> str:
    if not isinstance(value, str):
        raise DocumentError(f"{word}: '{value}' is not a text", next_step="put it in quotation marks")
    return value


def _truth(word: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise DocumentError(f"{word}: '{value}' is neither true nor false", next_step="see specs/README.md")
    return value


def of_answer(document: dict[str, Any], operation: Operation, status: int, media: str) -> tuple[Place, ...]:
    """The places in an answer at which something is declared."""
    answer = operation.answer(status)
    schema = answer.media.get(media) if answer else None
    return () if schema is None else places(document, schema)


def declared_requirements(document: dict[str, Any], word: str) -> frozenset[str]:
    """The requirements that an extension names anywhere in the schemas of a document."""
    schemas = (document.get("components") or {}).get("schemas") or {}
    found = [entry for schema in schemas.values() if isinstance(schema, dict) for entry in schema.get(word) or ()]
    return frozenset(str(entry.get("requirement")) for entry in found if isinstance(entry, dict))
