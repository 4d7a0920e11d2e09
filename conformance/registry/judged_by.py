"""By which documents a submitted run is judged: those that are published here, or an older edition that is accepted."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.catalogue.service import EDITION_FILE, Service, available, load_service, published_service
from conformance.edition_file import load as load_edition
from conformance.errors import ArchiveError
from conformance.registry.kept import Kept
from conformance.registry.problems import NOT_ACCEPTED
from conformance.run_lines import SPEC


def services_of(header: Mapping[str, Any], folder: Path, kept: Kept) -> dict[str, Service]:
    """The services of a run, by name, as they are to judge it.

    Where one of them is of an older edition, the documents of all are put into the run's folder, which has none yet:
    so that it is judged by them. Raises `ArchiveError` for any that is not published and not accepted.
    """
    roots = {entry["service"]: _root(entry, kept) for entry in header["services"]}
    if not any(roots.values()):
        return {e["service"]: published_service(e["service"], e["version"]) for e in header["services"]}
    root = folder / SPEC
    for entry in header["services"]:
        name, version = entry["service"], entry["version"]
        old = roots[name]
        service = load_service(name, version, old) if old else published_service(name, version)
        _put(service, old or service.folder.parent.parent, root)
    return {e["service"]: load_service(e["service"], e["version"], root) for e in header["services"]}


def _root(entry: Mapping[str, Any], kept: Kept) -> Path | None:
    """The folder of an older edition; None for one that is published."""
    name, version, digest = entry["service"], entry["version"], entry["edition"]
    if entry["profile"] != "project":
        raise ArchiveError("the run is on documents that are not published here")
    if digest in kept.accepted:
        return Path(kept.accepted[digest])
    if digest in kept.ended:
        raise ArchiveError(f"{NOT_ACCEPTED}: {name}/{version}, {digest[:19]}, until {kept.ended[digest]}")
    if version not in available().get(name, ()):
        raise ArchiveError(f"{name}/{version} is not published here")
    service = published_service(name, version)
    if digest != load_edition(service.edition_path).digest():
        raise ArchiveError(f"{NOT_ACCEPTED}: {name}/{version}, {digest[:19]}")
    if entry["documents"].keys() != service.digests.keys():
        raise ArchiveError("the run names other documents than are published here")
    return None


def _put(service: Service, source: Path, target: Path) -> None:
    for name in (*service.digests, f"{service.key}/{EDITION_FILE}"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if not (target / name).exists():
            shutil.copyfile(source / name, target / name)
        elif (target / name).read_bytes() != (source / name).read_bytes():
            raise ArchiveError(f"{NOT_ACCEPTED}: editions of different documents in one run ({name})")
