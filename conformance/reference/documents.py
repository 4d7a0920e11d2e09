"""Reads a published OpenAPI 3.1 document with everything that it refers to, and makes one document of it.

Schemas of other files move to `#/components/schemas/<name>`; parameters, responses and the rest are put in place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

_SCHEMAS: Final = "/components/schemas/"
_METHODS: Final = ("get", "put", "post", "patch", "delete", "head", "options", "trace")
_Parent: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parent):  # type: ignore[misc]  # the C loader where there is one
    """JSON types only: `2026-04-01` stays text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Parent.yaml_implicit_resolvers.items()
}


class DocumentProblem(Exception):  # noqa: N818  it is about the document, not about us
    """A published document cannot be used: the message says which reference leads nowhere."""


def read(path: Path) -> Any:
    """The content of one YAML file, read once while it stays as it is; not to be altered. Raises DocumentProblem."""
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DocumentProblem(f"{path}: {error}") from error


@lru_cache(maxsize=64)
def _read(path: Path, changed: int, size: int) -> Any:
    return yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506  a safe loader, see above


def load(path: Path) -> dict[str, Any]:
    """The document at `path` with all its references inside it. Raises DocumentProblem."""
    return _Bundle(path.resolve()).document()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path template, method and operation of each operation, with the parameters of the path among its own."""
    for template, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                shared = item.get("parameters", [])
                own = item[method].get("parameters", [])
                named = {(p["name"], p["in"]): p for p in (*shared, *own)}
                yield template, method.upper(), {**item[method], "parameters": list(named.values())}


class _Bundle:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: dict[Path, Any] = {}
        self.targets: dict[tuple[Path, str], Path] = {}
        self.names: dict[tuple[Path, str], str] = {}
        self.schemas: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        root = self._file(self.path)
        if not isinstance(root, dict):
            raise DocumentProblem(f"{self.path}: not an OpenAPI document")
        for name in root.get("components", {}).get("schemas", {}):
            self._schema(self.path, _SCHEMAS + name)
        bundled: dict[str, Any] = self._walk(root, self.path)
        bundled.setdefault("components", {})["schemas"] = self.schemas
        return bundled

    def _file(self, path: Path) -> Any:
        if path not in self.files:
            self.files[path] = read(path)
        return self.files[path]

    def _walk(self, node: Any, base: Path) -> Any:
        if isinstance(node, list):
            return [self._walk(item, base) for item in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return {key: self._walk(value, base) for key, value in node.items()}
        siblings = {key: self._walk(value, base) for key, value in node.items() if key != "$ref"}
        file, _, pointer = reference.partition("#")
        target = self._target(base, file) if file else base
        if pointer.startswith(_SCHEMAS) and pointer.count("/") == 3:
            return {"$ref": f"#{_SCHEMAS}{self._schema(target, pointer)}", **siblings}
        return {**self._walk(self._at(target, pointer), target), **siblings}

    def _target(self, base: Path, file: str) -> Path:
        if (base, file) not in self.targets:
            self.targets[base, file] = (base.parent / file).resolve()
        return self.targets[base, file]

    def _schema(self, path: Path, pointer: str) -> str:
        known = self.names.get((path, pointer))
        if known is not None:
            return known
        name = re.sub(r"[^A-Za-z0-9._-]", "_", pointer.rsplit("/", 1)[1])
        while name in self.schemas:
            name = f"{path.stem}_{name}"
        self.names[path, pointer] = name
        self.schemas[name] = {}  # holds the name while the schema may refer to itself
        self.schemas[name] = self._walk(self._at(path, pointer), path)
        return name

    def _at(self, path: Path, pointer: str) -> Any:
        node = self._file(path)
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, dict) else None
            if node is None:
                raise DocumentProblem(f"{path}: nothing at #{pointer}")
        return node
