"""Reading YAML as OpenAPI means it: the JSON types only, no timestamps, no `on` for true, no key twice."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from conformance.errors import DocumentError

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
MAX_VALUES = 20_000_000
_SAFE_DEPTH = 1000
_INDENTS = re.compile(r"^[ \t\-?:]+", re.MULTILINE)
_NO_JSON: Any = object()
_Parent = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parent):  # type: ignore[misc, valid-type]  # the C loader where there is one
    """YAML 1.2 core schema; mappings keep string keys and refuse to hold one twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own form


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else str(loader.construct_object(key_node, True))
        if key in result:
            mark = key_node.start_mark
            raise DocumentError(
                f"the key '{key}' stands twice in one mapping",
                where=f"line {mark.line + 1}, column {mark.column + 1}",
                next_step="remove one of the two",
            )
        result[key] = loader.construct_object(value_node, deep=True)
    return result


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", "-+0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def read(path: Path) -> Any:
    """The content of a YAML or JSON file, to be looked at and not changed: who reads it again gets the same value.

    Raises `DocumentError` with file and line.
    """
    try:
        state = path.stat()
        if state.st_size > MAX_DOCUMENT_BYTES:
            raise DocumentError(
                f"larger than {MAX_DOCUMENT_BYTES // 2**20} MiB", where=str(path), next_step="split the document"
            )
        return _content(path, state.st_mtime_ns, state.st_ino, state.st_size)
    except OSError as error:
        raise DocumentError(
            f"cannot be read: {error.strerror}", where=str(path), next_step="check the path and its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"is not UTF-8 (byte {error.start})", where=str(path), next_step="save the file as UTF-8"
        ) from error


@lru_cache(maxsize=64)
def _content(path: Path, changed: int, number: int, size: int) -> Any:
    """The file as it was when it was last changed: services share documents, and parsing is what costs most."""
    return parse(path.read_text("utf-8-sig"), str(path))


def _json(text: str) -> Any:
    """The content of a JSON text, which YAML would not always read (surrogate pairs); what is no JSON may be YAML."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError:
        return _NO_JSON


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise json.JSONDecodeError("a key twice", "", 0)  # the YAML reader then says on which line
        result[key] = value
    return result


def _no_number(name: str) -> Any:
    raise DocumentError(f"{name} is no JSON value", next_step="write a number, or null")


def _expanded(value: Any, known: dict[int, int]) -> int:
    """How many values there are when every alias is written out."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        items = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_expanded(item, known) for item in items)
    return known[id(value)]


def _check_depth(text: str) -> None:
    """Raise `RecursionError` where the document is nested so deeply that libyaml would break off the whole process.

    A level takes a bracket, or a column before the first word of a line: few documents have so many that it has to be
    looked at event by event.
    """
    columns = max((len(found) for found in _INDENTS.findall(text)), default=0)
    if max(columns, text.count("[") + text.count("{")) <= _SAFE_DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Parent):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _SAFE_DEPTH:
                raise RecursionError
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def parse(text: str, where: str) -> Any:
    """The content of a YAML or JSON text; `where` names it in errors. Raises `DocumentError`."""
    try:
        content = _json(text) if text.lstrip()[:1] in {"{", "["} else _NO_JSON
        if content is _NO_JSON:
            _check_depth(text)
            content = yaml.load(text, Loader=_Loader)  # noqa: S506  derived from the safe loader
        if _expanded(content, {}) > MAX_VALUES:
            raise DocumentError("its aliases expand to too much", where="", next_step="write out what they stand for")
        return content
    except DocumentError as error:
        place = ", ".join(part for part in (where, error.where) if part)
        raise DocumentError(error.what, where=place, next_step=error.next_step) from None
    except RecursionError:
        raise DocumentError("nested too deeply", where=where, next_step="flatten the document") from None
    except ValueError as error:
        raise DocumentError(
            f"holds a value that cannot be read: {error}", where=where, next_step="correct it"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise DocumentError(f"is not YAML or JSON: {problem}", where=place, next_step="mend the syntax there") from None
