"""What the site has a page for: each service, the common part, the test control interface, as read from their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.catalogue.documents import load_openapi
from conformance.catalogue.operations import Operation, operations
from conformance.catalogue.requirements import load_catalogue
from conformance.catalogue.service import COMMON, DRAFT, Service, available, load_service
from conformance.catalogue.workflows import UPPER_TESTER, Workflow
from conformance.catalogue.yaml_reader import read
from conformance.errors import UsageError
from conformance.model import Requirement, Text

_CATALOGUE = "requirements.yaml"


@dataclass(frozen=True)
class Withdrawn:
    """A requirement that was published once; its link still leads somewhere."""

    id: str
    reason: Text


@dataclass(frozen=True)
class Chapter:
    """One set of documents. `service` is None for the common part and the test control interface."""

    name: str
    version: str
    title: Text
    document: dict[str, Any]
    operations: Mapping[str, Operation]
    requirements: tuple[Requirement, ...]
    withdrawn: tuple[Withdrawn, ...] = ()
    service: Service | None = None
    draft: bool = False
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    area_titles: Mapping[str, Text] = field(default_factory=dict)

    def area_title(self, area: str) -> Text:
        """What an area of its requirements is called."""
        return self.area_titles.get(area, Text(area, area))

    @property
    def key(self) -> str:
        """`resident-registry/1.0`."""
        return f"{self.name}/{self.version}"

    @property
    def page(self) -> str:
        """The address of its page within the site."""
        return f"services/{self.name}-{self.version}.html"

    @property
    def areas(self) -> dict[str, list[Requirement]]:
        """Its requirements by area, in the order of the catalogue."""
        found: dict[str, list[Requirement]] = {}
        for requirement in self.requirements:
            found.setdefault(requirement.area, []).append(requirement)
        return found


def read_chapters(root: Path, *, drafts: bool = False) -> tuple[Chapter, ...]:
    """Every published set of documents under a folder such as `specs/`, services first; older versions before newer.

    Raises `UsageError` where there is none, `DocumentError` for one that cannot be read.
    """
    services = [
        _of_service(load_service(name, version, root))
        for name, versions in available(root, drafts=drafts).items()
        for version in versions
    ]
    if not services:
        raise UsageError("no service is published here", where=str(root), next_step="give the folder 'specs'")
    return (*services, *_others(root))


def _of_service(service: Service) -> Chapter:
    catalogue = service.folder / _CATALOGUE
    return Chapter(
        name=service.name,
        version=service.version,
        title=service.title,
        document=service.document,
        operations=service.operations,
        requirements=load_catalogue(catalogue).requirements if catalogue.is_file() else (),
        withdrawn=_withdrawn(catalogue),
        service=service,
        draft=(service.folder / DRAFT).is_file(),
        workflows=service.workflows,
        area_titles=service.areas,
    )


def _others(root: Path) -> Iterator[Chapter]:
    for name, file in ((COMMON, "components.yaml"), (UPPER_TESTER, "openapi.yaml")):
        for path in sorted(root.glob(f"{name}/*/{file}")):
            document = load_openapi(path)
            catalogue = path.parent / _CATALOGUE
            found = load_catalogue(catalogue) if catalogue.is_file() else None
            info = document.get("info", {})
            yield Chapter(
                name=name,
                version=path.parent.name,
                title=Text(ja=info.get("x-title-ja", info.get("title", name)), en=info.get("title", name)),
                document=document,
                operations=operations(document),
                requirements=found.requirements if found else (),
                withdrawn=_withdrawn(catalogue),
                area_titles=found.areas if found else {},
            )


def _withdrawn(catalogue: Path) -> tuple[Withdrawn, ...]:
    if not catalogue.is_file():
        return ()
    found = []
    for entry in read(catalogue).get("withdrawn") or ():
        told = entry.get("reason") or {}
        found.append(Withdrawn(entry["id"], Text(ja=told.get("ja", ""), en=told.get("en", ""))))
    return tuple(found)
