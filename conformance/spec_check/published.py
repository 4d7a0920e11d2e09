"""Everything that is published under one folder, read once; what cannot be read becomes a problem."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.catalogue.arazzo import read_arazzo
from conformance.catalogue.documents import load_openapi
from conformance.catalogue.operations import Operation, operations
from conformance.catalogue.requirements import Catalogue, load_catalogue
from conformance.catalogue.service import ARAZZO, COMMON, Service, available, load_service
from conformance.catalogue.workflows import UPPER_TESTER
from conformance.catalogue.yaml_reader import read
from conformance.errors import DocumentError, SuiteError
from conformance.model import Requirement
from conformance.spec_check.problem import Problem, from_error

_MALFORMED = (KeyError, TypeError, AttributeError, ValueError)
"""What reading a document that is no valid OpenAPI or Arazzo may raise; the validator then says what is wrong."""


@dataclass(frozen=True)
class Document:
    """One OpenAPI file: as written, and bundled with all that it refers to."""

    path: Path
    file: str
    raw: dict[str, Any]
    bundle: dict[str, Any]
    operations: Mapping[str, Operation]

    @property
    def folder(self) -> str:
        """`resident-registry/1.0`."""
        return self.file.rpartition("/")[0]


@dataclass(frozen=True)
class Published:
    """The documents of one folder, as far as they can be read.

    `arazzo` is the content of the workflows of each service, `callable` what their steps may call, by name.
    """

    root: Path
    documents: tuple[Document, ...]
    catalogues: Mapping[str, Catalogue]
    raw_catalogues: Mapping[str, dict[str, Any]]
    services: Mapping[str, Service]
    arazzo: Mapping[str, Mapping[str, Any]]
    callable: Mapping[str, Mapping[str, Mapping[str, Any]]]
    problems: tuple[Problem, ...] = field(default=())

    def unread(self, folder: str) -> bool:
        """Whether something in a folder could not be read, so that what is not there may yet be there."""
        return any(p.file == folder or p.file.startswith((f"{folder}/", f"{COMMON}/")) for p in self.problems)

    @cached_property
    def requirements(self) -> dict[str, Requirement]:
        """All requirements of all catalogues, by id."""
        return {r.id: r for catalogue in self.catalogues.values() for r in catalogue.requirements}

    def ids_for(self, folder: str) -> frozenset[str]:
        """Ids that documents of one folder may name: the common ones, and those of the catalogue beside them."""
        return frozenset(
            requirement.id
            for file, catalogue in self.catalogues.items()
            if file.startswith((f"{COMMON}/", f"{folder}/"))
            for requirement in catalogue.requirements
        )

    def roles(self, folder: str) -> dict[str, frozenset[str]]:
        """The scopes of each role: those of the common part, and what the documents of one folder add."""
        found: dict[str, set[str]] = {}
        for document in self.documents:
            if document.file.startswith((f"{COMMON}/", f"{folder}/")):
                for name, entry in (document.raw.get("x-roles") or {}).items():
                    found.setdefault(name, set()).update(entry.get("scopes", ()))
        return {name: frozenset(scopes) for name, scopes in found.items()}

    def extension(self, folder: str, name: str) -> dict[str, Any]:
        """A mapping such as `x-options` of the common documents and those of one folder, merged."""
        merged: dict[str, Any] = {}
        for document in self.documents:
            if document.file.startswith((f"{COMMON}/", f"{folder}/")):
                merged.update(document.raw.get(name) or {})
        return merged

    def options_of(self, services: Collection[str]) -> frozenset[str]:
        """The options that the documents of some services declare."""
        return frozenset(
            option
            for document in self.documents
            if document.folder.partition("/")[0] in services
            for option in document.raw.get("x-options") or ()
        )


def read_published(root: Path) -> Published:
    """Read all that is under a folder such as `specs/`."""
    problems: list[Problem] = []
    documents = [
        d for path in _files(root, "openapi.yaml", "components.yaml") if (d := _document(root, path, problems))
    ]
    catalogues, raw = {}, {}
    for path in _files(root, "requirements.yaml"):
        file = path.relative_to(root).as_posix()
        try:
            catalogues[file], raw[file] = load_catalogue(path), read(path)
        except SuiteError as error:
            problems.append(from_error(error, file, root))
    services = {}
    arazzo: dict[str, Mapping[str, Any]] = {}
    callable_: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    for name, versions in available(root, drafts=True).items():
        for version in versions:
            service = _service(root, name, version, problems)
            if service is not None:
                services[service.key] = service
                path = service.folder / ARAZZO
                found = read_arazzo(path) if path.is_file() else None
                arazzo[service.key] = found.content if found else {}
                callable_[service.key] = found.callable if found else {}
    return Published(root, tuple(documents), catalogues, raw, services, arazzo, callable_, tuple(problems))


def _files(root: Path, *names: str) -> Iterator[Path]:
    for name in names:
        yield from sorted(root.glob(f"*/*/{name}"))


def _document(root: Path, path: Path, problems: list[Problem]) -> Document | None:
    file = path.relative_to(root).as_posix()
    try:
        raw, bundle = read(path), load_openapi(path)
    except SuiteError as error:
        problems.append(from_error(error, file, root))
        return None
    found = invalid(path, raw, file)
    problems += found
    if found:
        return None
    try:
        return Document(path, file, raw, bundle, operations(bundle))
    except _MALFORMED as error:
        problems.append(from_error(DocumentError(f"malformed ({error!r})"), file, root))
        return None


def invalid(path: Path, raw: dict[str, Any], file: str) -> list[Problem]:
    """What openapi-spec-validator says of a document."""
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

    from conformance.model import Text

    chosen = OpenAPIV31SpecValidator if str(raw.get("openapi", "")).startswith("3.1") else OpenAPIV30SpecValidator
    found = []
    for error in chosen(raw, base_uri=path.resolve().as_uri()).iter_errors():
        place = "/".join(str(part) for part in getattr(error, "absolute_path", ()))
        text = str(getattr(error, "message", error))
        message = Text(ja=f"OpenAPIとして正しくありません: {text}", en=f"is not valid OpenAPI: {text}")
        found.append(Problem(file, place, message, "see the OpenAPI specification for the object there"))
    return found


def _service(root: Path, name: str, version: str, problems: list[Problem]) -> Service | None:
    file = f"{name}/{version}"
    try:
        service = load_service(name, version, root)
        _ = service.workflows  # they are made only now, and may be wrong
        return service
    except SuiteError as error:
        found = from_error(error, _named_file(error, root) or file, root)
    except _MALFORMED as error:
        found = from_error(DocumentError(f"malformed ({error!r})"), file, root)
    if not any(problem.file.startswith((f"{file}/", f"{COMMON}/", f"{UPPER_TESTER}/")) for problem in problems):
        problems.append(found)
    return None


def _named_file(error: SuiteError, root: Path) -> str:
    """The file that an error names, relative to the root."""
    path = error.where.partition(",")[0].partition("#")[0]
    return path.removeprefix(f"{root}/") if path.startswith(f"{root}/") else ""
