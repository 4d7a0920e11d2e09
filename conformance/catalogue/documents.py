"""From OpenAPI files to one self-contained OpenAPI document: every `$ref` into another file becomes a local one."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from conformance.catalogue.yaml_reader import read
from conformance.errors import DocumentError

_MAX_FILES = 200


class _Bundle:
    """Collects what a document refers to in other files, under names of its own `components`."""

    def __init__(self, root: Path, document: dict[str, Any]) -> None:
        self.root = root.resolve()
        self.files: dict[Path, Any] = {self.root: document}
        self.own: dict[str, dict[str, Any]] = document.get("components") or {}
        self.adopted: dict[str, dict[str, Any]] = {}
        self.names: dict[tuple[Path, str], str] = {}

    def rewrite(self, value: Any, origin: Path, place: str) -> Any:
        """The value with every reference made local; `origin` is the file it stands in."""
        if isinstance(value, list):
            return [self.rewrite(item, origin, f"{place}/{index}") for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str):
            others = {k: self.rewrite(v, origin, f"{place}/{k}") for k, v in value.items() if k != "$ref"}
            return {"$ref": self.local(reference, origin, place), **others}
        return {key: self.rewrite(item, origin, f"{place}/{key}") for key, item in value.items()}

    def local(self, reference: str, origin: Path, place: str) -> str:
        """The local reference that stands for `reference`, found in `origin`."""
        file, _, pointer = reference.partition("#")
        if "://" in file:
            raise DocumentError(
                f"$ref '{reference}' leads into the network, which is never read",
                where=f"{origin}#{place}",
                next_step="save the document beside this one and refer to the file",
            )
        target = (origin.parent / file).resolve() if file else origin
        if target == self.root:
            self._lookup(target, pointer, reference, f"{origin}#{place}")
            return f"#{pointer}"
        key = (target, pointer)
        if key not in self.names:
            self._adopt(key, reference, f"{origin}#{place}")
        return self.names[key]

    def _adopt(self, key: tuple[Path, str], reference: str, place: str) -> None:
        target, pointer = key
        found = self._lookup(target, pointer, reference, place)
        parts = pointer.strip("/").split("/")
        section = parts[1] if len(parts) == 3 and parts[0] == "components" else "schemas"
        wanted = re.sub(r"[^A-Za-z0-9._-]", "_", parts[-1] or target.stem)
        adopted = self.adopted.setdefault(section, {})
        name = wanted
        while name in adopted or name in self.own.get(section, {}):
            name = f"{name}_"
        adopted[name] = {}
        self.names[key] = f"#/components/{section}/{name}"
        adopted[name] = self.rewrite(copy.deepcopy(found), target, pointer)

    def _lookup(self, target: Path, pointer: str, reference: str, place: str) -> Any:
        if target not in self.files:
            if len(self.files) >= _MAX_FILES:
                raise DocumentError(f"more than {_MAX_FILES} files", where=place, next_step="merge some of them")
            self.files[target] = read(target)
        value = self.files[target]
        for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
            name = _unescaped(part)
            if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
                value = value[int(name)]
            elif isinstance(value, dict) and name in value:
                value = value[name]
            else:
                raise DocumentError(
                    f"$ref '{reference}' points at nothing ('{name}' is not there)",
                    where=place,
                    next_step="correct the reference or add what it names",
                )
        return value


def _unescaped(part: str) -> str:
    """One part of a JSON pointer in a URI fragment (RFC 6901, 6): percent-encoding first, then `~1` and `~0`."""
    return unquote(part).replace("~1", "/").replace("~0", "~")


def load_openapi(path: Path) -> dict[str, Any]:
    """An OpenAPI 3.0 or 3.1 document, bundled into one. Raises `DocumentError`."""
    document = read(path)
    if not isinstance(document, dict) or not document:
        raise DocumentError(
            "is empty or not a mapping", where=str(path), next_step="give an OpenAPI 3.0 or 3.1 document"
        )
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith(("3.0", "3.1")):
        found = f"openapi: {version}" if version else "no 'openapi' key" + (" (Swagger 2)" * ("swagger" in document))
        raise DocumentError(
            f"is not OpenAPI 3.0 or 3.1 ({found})", where=str(path), next_step="convert it to OpenAPI 3.1 first"
        )
    for name in ("paths", "components"):
        if not isinstance(document.get(name) or {}, dict):
            raise DocumentError(
                f"'{name}' is not a mapping", where=str(path), next_step="see the OpenAPI specification"
            )
        document = {**document, name: document.get(name) or {}}
    bundle = _Bundle(path, document)
    try:
        rewritten = {key: bundle.rewrite(value, bundle.root, f"/{key}") for key, value in list(document.items())}
    except RecursionError:
        raise DocumentError("nested too deeply", where=str(path), next_step="flatten the document") from None
    components = rewritten.setdefault("components", {})
    for section, entries in bundle.adopted.items():
        for name, entry in entries.items():
            components.setdefault(section, {}).setdefault(name, entry)
    return rewritten


def resolve(document: dict[str, Any], value: Any) -> Any:
    """What stands behind a (chain of) local `$ref`; siblings of the reference win (OpenAPI 3.1)."""
    seen = 0
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        seen += 1
        if seen > 50:
            raise DocumentError(f"$ref '{value['$ref']}' runs in a circle", next_step="break the circle")
        target: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            name = _unescaped(part)
            target = target[int(name)] if isinstance(target, list) else target[name]
        siblings = {k: v for k, v in value.items() if k != "$ref"}
        value = {**target, **siblings} if siblings and isinstance(target, dict) else target
    return value
