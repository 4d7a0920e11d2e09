"""One published service: its OpenAPI document, requirements and workflows, read from `specs/<service>/<version>/`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from conformance.catalogue.arazzo import Arazzo, read_arazzo
from conformance.catalogue.documents import load_openapi
from conformance.catalogue.operations import Operation, operations
from conformance.catalogue.requirements import load_catalogue
from conformance.catalogue.workflows import UPPER_TESTER, Sources, Workflow, load_workflows
from conformance.catalogue.yaml_reader import read
from conformance.errors import DocumentError, UsageError
from conformance.model import Requirement, Text
from conformance.resources import specs_dir

COMMON = "common"
OPENAPI = "openapi.yaml"
ARAZZO = "workflows.arazzo.yaml"
DRAFT = "DRAFT.md"
"""A version with this file beside its documents is not published yet; it says what is missing."""
_NOT_TESTED_THEMSELVES = frozenset({COMMON, UPPER_TESTER})
EDITION_FILE = "edition.jsonl.zst"


@dataclass(frozen=True)
class Service:
    """A service as published. `strict` is false for documents of others, where only what OpenAPI says is judged.

    One without operations of its own is about what several services do together: its workflows call theirs.
    `sources` are the operations that workflows may call, by service; `areas` the titles of the areas of requirements.
    """

    name: str
    version: str
    folder: Path
    title: Text
    document: dict[str, Any]
    operations: dict[str, Operation]
    sources: dict[str, dict[str, Operation]]
    requirements: tuple[Requirement, ...]
    roles: dict[str, tuple[str, ...]]
    digests: dict[str, str]
    strict: bool = True
    areas: dict[str, Text] = field(default_factory=dict)
    arazzo: Arazzo | None = None
    """The document of its workflows; None: it has none."""
    files: Sources = field(default_factory=dict)
    """Service and operations of every OpenAPI file that the workflows may name."""
    all_roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The roles that the common part declares, with the scopes that the documents of the sources add to them;
    `roles` are those that the operations need."""

    @property
    def key(self) -> str:
        """`resident-registry/1.0`, as it is written in headers."""
        return f"{self.name}/{self.version}"

    @property
    def edition_path(self) -> Path:
        """Where the compiled scripts of this service are."""
        return self.folder / EDITION_FILE

    @property
    def across(self) -> bool:
        """Whether it is about several services together."""
        return not self.operations

    @cached_property
    def requirement_ids(self) -> dict[str, Requirement]:
        """Requirements by id."""
        return {r.id: r for r in self.requirements}

    @cached_property
    def workflows(self) -> dict[str, Workflow]:
        """Workflows by id, made when they are asked for: a run needs none. Raises `DocumentError`."""
        return load_workflows(self.arazzo, self.files, self.all_roles) if self.arazzo else {}

    @cached_property
    def option_of_operation(self) -> dict[str, str]:
        """Operations that belong to an option (`x-option`)."""
        known = self.sources.values() if self.across else (self.operations,)
        return {o.id: o.raw["x-option"] for found in known for o in found.values() if "x-option" in o.raw}

    @cached_property
    def options(self) -> frozenset[str]:
        """Every option that the documents name."""
        named = {option for r in self.requirements for option in r.condition.options}
        return frozenset(named | set(self.option_of_operation.values()))


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, with the name of the algorithm."""
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def available(
    root: Path | None = None, *, drafts: bool = False, operations: bool = False
) -> dict[str, tuple[str, ...]]:
    """Services that are published here, with their versions in order; `drafts` are only there to be worked on.

    With `operations` only those that have some of their own, and are not about several services together.
    """
    base = root or specs_dir()
    names = (OPENAPI,) if operations else (OPENAPI, ARAZZO)
    found: dict[str, tuple[str, ...]] = {}
    for folder in sorted(base.iterdir()) if base.is_dir() else ():
        places = {path.parent for name in names for path in folder.glob(f"*/{name}")}
        versions = sorted(place.name for place in places if drafts or not (place / DRAFT).is_file())
        if versions and folder.name not in _NOT_TESTED_THEMSELVES:
            found[folder.name] = tuple(versions)
    return found


def load_service(name: str, version: str | None = None, root: Path | None = None, *, strict: bool = True) -> Service:
    """A published service with the common requirements before its own; `strict` is false for others' documents.

    Raises `UsageError`, `DocumentError`.
    """
    base = root or specs_dir()
    known = available(base, drafts=version is not None)
    if name not in known:
        raise UsageError(
            f"no service '{name}' is published here", next_step=f"choose one of: {', '.join(known) or 'none'}"
        )
    chosen = version or known[name][-1]
    if chosen not in known[name]:
        raise UsageError(
            f"service '{name}' has no version '{chosen}'", next_step=f"choose one of: {', '.join(known[name])}"
        )
    return _load(base, name, chosen, strict)


@lru_cache(maxsize=64)
def published_service(name: str, version: str | None = None) -> Service:
    """A service as it is published here, read once in a process. Raises as `load_service`."""
    return load_service(name, version)


def _load(base: Path, name: str, version: str, strict: bool) -> Service:
    folder = base / name / version
    path = folder / OPENAPI
    document = load_openapi(path) if path.is_file() else {}
    own = operations(document) if document else {}
    arazzo = read_arazzo(folder / ARAZZO) if (folder / ARAZZO).is_file() else None
    sources = _sources(base, path if document else None, name, own, tuple(arazzo.files) if arazzo else ())
    common = base / COMMON / _common_version(document)
    files = [path, *sources, common / "components.yaml", *(arazzo.files if arazzo else ())]
    requirements: list[Requirement] = []
    areas: dict[str, Text] = {}
    for file in (common / "requirements.yaml", folder / "requirements.yaml"):
        if file.is_file():
            catalogue = load_catalogue(file)
            requirements += catalogue.requirements if document or file.parent == folder else ()
            areas |= catalogue.areas
            files.append(file)
    roles = _roles(common / "components.yaml", *sources)
    files = list({file.resolve(): file.resolve() for file in files if file.is_file()})
    return Service(
        name=name,
        version=version,
        folder=folder,
        title=_title(name, document or dict(arazzo.content if arazzo else {})),
        document=document,
        operations=own,
        sources=dict(sources.values()),
        requirements=tuple(requirements),
        arazzo=arazzo,
        files=sources,
        roles=_needed(roles, sources.values()),
        digests={p.relative_to(base.resolve()).as_posix(): digest(p) for p in files},
        strict=strict,
        areas=areas,
        all_roles=roles,
    )


def _sources(
    base: Path, path: Path | None, name: str, own: dict[str, Operation], named: tuple[Path, ...]
) -> dict[Path, tuple[str, dict[str, Operation]]]:
    """Service and operations of every OpenAPI file: its own, the test control interface, those that workflows name."""
    found = {path.resolve(): (name, own)} if path else {}
    testers = sorted((base / UPPER_TESTER).glob(f"*/{OPENAPI}"))
    for other in (*testers, *(file for file in named if file.name == OPENAPI)):
        if other.resolve() not in found:
            found[other.resolve()] = (other.parent.parent.name, operations(load_openapi(other)))
    return found


def _needed(
    roles: dict[str, tuple[str, ...]], sources: Iterable[tuple[str, dict[str, Operation]]]
) -> dict[str, tuple[str, ...]]:
    """The roles that hold a scope of some operation: a supplier of one service need not know those of others."""
    used = {scope for _, known in sources for operation in known.values() for scope in operation.scopes}
    return {name: scopes for name, scopes in roles.items() if used.intersection(scopes)}


def _title(name: str, document: dict[str, Any]) -> Text:
    info = document.get("info", {})
    return Text(ja=info.get("x-title-ja", info.get("title", name)), en=info.get("title", name))


def _common_version(document: dict[str, Any]) -> str:
    return str(document.get("info", {}).get("x-common-version", "1.0"))


def _roles(*paths: Path) -> dict[str, tuple[str, ...]]:
    """The scopes of each role: those of the common part, and what each service adds for itself."""
    found: dict[str, dict[str, None]] = {}
    for path in paths:
        roles = (read(path).get("x-roles") or {}) if path.is_file() else {}
        if not isinstance(roles, dict):
            raise DocumentError("'x-roles' is not a mapping", where=str(path), next_step="map role names to scopes")
        for name, entry in roles.items():
            found.setdefault(name, {}).update(dict.fromkeys(entry.get("scopes", ())))
    return {name: tuple(scopes) for name, scopes in found.items()}
