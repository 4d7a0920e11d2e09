"""What the reference hosts: every folder here with a module `service` that names its `SERVICE`; and what alters it.

A new service is a folder of its own, with its faults and liberties beside it. Nothing else has to name it.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from conformance.reference.service import Service

_PACKAGE = "conformance.reference"
_FOLDER = Path(__file__).parent


@cache
def services() -> tuple[type[Service], ...]:
    """The classes of all services, by name of their folders."""
    return tuple(
        import_module(f"{_PACKAGE}.{folder.name}.service").SERVICE
        for folder in sorted(_FOLDER.iterdir())
        if (folder / "service.py").is_file()
    )


def modules(kind: str) -> tuple[ModuleType, ...]:
    """All modules of a kind (`faults`, `liberties`): the common ones, then those of each service."""
    folders = [_FOLDER / kind, *sorted(folder / kind for folder in _FOLDER.iterdir() if (folder / kind).is_dir())]
    names = (
        ".".join((_PACKAGE, *folder.relative_to(_FOLDER).parts, module.name))
        for folder in folders
        for module in pkgutil.iter_modules([str(folder)])
    )
    return tuple(import_module(name) for name in names)
