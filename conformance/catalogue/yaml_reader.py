"""Reading YAML as OpenAPI means it: the JSON types only, no timestamps, no `on` for true, no key twice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from conformance.errors import DocumentError

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
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
    """The content of a YAML or JSON file. Raises `DocumentError` with file and line."""
    try:
        if path.stat().st_size > MAX_DOCUMENT_BYTES:
            raise DocumentError(
                f"larger than {MAX_DOCUMENT_BYTES // 2**20} MiB", where=str(path), next_step="split the document"
            )
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise DocumentError(
            f"cannot be read: {error.strerror}", where=str(path), next_step="check the path and its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"is not UTF-8 (byte {error.start})", where=str(path), next_step="save the file as UTF-8"
        ) from error
    return parse(text, str(path))


def parse(text: str, where: str) -> Any:
    """The content of a YAML or JSON text; `where` names it in errors. Raises `DocumentError`."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  derived from the safe loader
    except DocumentError as error:
        raise DocumentError(error.what, where=f"{where}, {error.where}", next_step=error.next_step) from None
    except RecursionError:
        raise DocumentError("nested too deeply", where=where, next_step="flatten the document") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise DocumentError(f"is not YAML or JSON: {problem}", where=place, next_step="mend the syntax there") from None
