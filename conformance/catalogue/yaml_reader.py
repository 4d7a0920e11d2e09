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
_DEPTH = 1000
"""What lies deeper is refused before anything that calls itself for each level looks at it."""
_NO_JSON: Any = object()
_Parent = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_NUMBER_BEGINS = frozenset("-+0123456789")
_KINDS: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (float, int), "bool": (bool,), "null": (type(None),), "map": (dict,), "seq": (list,)
}  # fmt: skip


class _Collection:
    """A mapping or sequence that is being read. `key` is that of a mapping whose value comes next."""

    __slots__ = ("anchor", "key", "value")

    def __init__(self, value: Any, anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: str | None = None


def _content_of(text: str) -> Any:
    """The one document of a YAML text: the core schema of YAML 1.2, keys as strings, none twice in a mapping.

    It is built from the parser's events: nodes, with a tag resolved for each, take several times as long.
    """
    whole = _Collection([], None)
    stack: list[_Collection] = [whole]
    anchors: dict[str, tuple[Any, str | None]] = {}
    event: Any
    for event in yaml.parse(text, Loader=_Parent):
        kind = type(event)
        if kind is yaml.ScalarEvent:
            value = _scalar(event)
            if event.anchor is not None:
                anchors[event.anchor] = (value, event.value)
            _put(stack[-1], value, event.value, event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            value = {} if kind is yaml.MappingStartEvent else []
            _checked(value, event)
            stack.append(_Collection(value, event.anchor))
            if len(stack) > _DEPTH:
                raise RecursionError
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            done = stack.pop()
            if done.anchor is not None:
                anchors[done.anchor] = (done.value, None)
            _put(stack[-1], done.value, None, event)
        elif kind is yaml.AliasEvent:
            if any(event.anchor == outer.anchor for outer in stack):
                raise _wrong(f"is recursive: the alias '{event.anchor}' stands within what it stands for", event)
            if event.anchor not in anchors:
                raise _wrong(f"the alias '{event.anchor}' stands for nothing before it", event)
            _put(stack[-1], *anchors[event.anchor], event)
        elif kind is yaml.DocumentStartEvent and whole.value:
            raise _wrong("holds another document after the first", event)
    return whole.value[0] if whole.value else None


def _put(into: _Collection, value: Any, text: str | None, event: Any) -> None:
    """Enter a value into the collection that it stands in; `text` is how a scalar is written."""
    if type(into.value) is list:
        into.value.append(value)
    elif into.key is not None:
        into.value[into.key] = value
        into.key = None
    else:
        key = str(value) if text is None else text
        if key in into.value:
            raise _wrong(f"the key '{key}' stands twice in one mapping", event, "remove one of the two")
        into.key = key


def _scalar(event: Any) -> Any:
    if event.tag is None:
        return _plain(event.value) if event.implicit[0] else event.value
    if event.tag in {"!", _TAG + "str"}:
        return event.value
    value = _plain(event.value)
    _checked(value, event)
    return float(value) if event.tag == _TAG + "float" else value


def _plain(text: str) -> Any:
    """What a scalar without quotation marks and tag means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMBER_BEGINS:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


def _checked(value: Any, event: Any) -> None:
    """Raises `DocumentError` where a tag says another type, or one that JSON has not."""
    if event.tag is None or event.tag == "!":
        return
    if type(value) not in _KINDS.get(event.tag.removeprefix(_TAG), ()):
        raise _wrong(f"the tag '{event.tag}' does not fit, or is no type of JSON", event, "leave it out")


def _wrong(what: str, event: Any, next_step: str = "mend the syntax there") -> DocumentError:
    mark = event.start_mark
    return DocumentError(what, where=f"line {mark.line + 1}, column {mark.column + 1}", next_step=next_step)


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


def parse(text: str, where: str) -> Any:
    """The content of a YAML or JSON text; `where` names it in errors. Raises `DocumentError`."""
    try:
        content = _json(text) if text.lstrip()[:1] in {"{", "["} else _NO_JSON
        if content is _NO_JSON:
            content = _content_of(text)
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
