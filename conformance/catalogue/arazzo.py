"""Arazzo documents as files: read, the inputs that stand elsewhere put in, the documents that they name found.

A source of the type `openapi` gives operations; one of the type `arazzo` gives workflows, which a step calls as
`$sourceDescriptions.<name>.<workflowId>` (Arazzo 1.0.1, 4.6.5). So what one service needs of another is written once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.catalogue.yaml_reader import read
from conformance.errors import DocumentError

PREFIX = "$sourceDescriptions."
_DEPTH = 5


@dataclass(frozen=True)
class Arazzo:
    """One Arazzo document: its content, OpenAPI files by name of the source, other Arazzo documents likewise."""

    path: Path
    content: Mapping[str, Any]
    openapi: Mapping[str, Path]
    imported: Mapping[str, Arazzo]
    inputs_from: tuple[Path, ...] = ()

    @cached_property
    def own(self) -> dict[str, Mapping[str, Any]]:
        """The workflows of this document by id."""
        return {entry["workflowId"]: entry for entry in self.content.get("workflows", [])}

    @cached_property
    def callable(self) -> dict[str, Mapping[str, Any]]:
        """All workflows that a step here may call, by the name under which it does."""
        found = dict(self.own)
        for source, other in self.imported.items():
            found.update({f"{PREFIX}{source}.{name}": entry for name, entry in other.own.items()})
        return found

    @property
    def files(self) -> Iterator[Path]:
        """Every file that the workflows are made from."""
        yield from (self.path, *self.inputs_from, *self.openapi.values())
        for other in self.imported.values():
            yield from other.files


def read_arazzo(path: Path, depth: int = 0) -> Arazzo:
    """An Arazzo 1.0 or 1.1 document with all that it names. Raises `DocumentError`."""
    content = read(path)
    if not isinstance(content, dict) or not str(content.get("arazzo", "")).startswith(("1.0", "1.1")):
        raise DocumentError("is not an Arazzo 1.0 or 1.1 document", where=str(path), next_step="see Arazzo 1.0.1")
    if depth > _DEPTH:
        raise DocumentError("its sources name each other too deeply", where=str(path), next_step="break the circle")
    openapi: dict[str, Path] = {}
    imported: dict[str, Arazzo] = {}
    for entry in content.get("sourceDescriptions", []):
        target = (path.parent / entry["url"]).resolve()
        if not target.is_file():
            raise DocumentError(
                f"source '{entry['name']}' is {entry['url']}, which is not a published document here",
                where=str(path),
                next_step="correct the url",
            )
        if entry.get("type") == "arazzo":
            imported[entry["name"]] = read_arazzo(target, depth + 1)
        else:
            openapi[entry["name"]] = target
    files: dict[Path, Any] = {}
    workflows = [{**entry, "inputs": _inputs(path, content, entry, files)} for entry in content.get("workflows", [])]
    return Arazzo(path, {**content, "workflows": workflows}, openapi, imported, tuple(files))


def _inputs(path: Path, content: Mapping[str, Any], entry: Mapping[str, Any], files: dict[Path, Any]) -> dict[str, Any]:
    """The JSON Schema of a workflow's inputs, where it stands here, under `components`, or in another file."""
    schema: Mapping[str, Any] = entry.get("inputs") or {}
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return dict(schema)
    file, _, pointer = reference.partition("#")
    found: Any = content
    if file:
        target = (path.parent / file).resolve()
        if target not in files:
            files[target] = read(target)
        found = files[target]
    try:
        for part in pointer.strip("/").split("/"):
            found = found[part]
    except (KeyError, TypeError):
        raise DocumentError(
            f"the inputs '{reference}' are not there",
            where=f"{path}, workflow {entry.get('workflowId')}",
            next_step="correct the reference",
        ) from None
    return dict(found)
