"""What the commands of the registry share: which database, which folder, and the office made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from conformance.registry.office import Office

_EXTRA: Final = ("sqlalchemy", "alembic", "psycopg", "typst", "segno")
Database = Annotated[
    str,
    typer.Option(
        "--database", envvar="CONFORMANCE_REGISTRY_DATABASE", metavar="URL",
        help="sqlite:///FILE, or postgresql://USER@HOST/NAME; its password is better in PGPASSFILE.",
    ),
]  # fmt: skip
Folder = Annotated[
    Path,
    typer.Option(
        "--folder", envvar="CONFORMANCE_REGISTRY_FOLDER", metavar="FOLDER", help="Where archives are kept / 保存先."
    ),
]
DATABASE: Final = "sqlite:///registry/registry.sqlite"
FOLDER: Final = Path("registry/files")


def office(database: str, folder: Path, **more: Any) -> Office:
    """The office. Raises `UsageError` where the extra is not installed."""
    import importlib.util

    from conformance.errors import UsageError

    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the registry needs {', '.join(missing)}", next_step="install it with 'pip install conformance[registry]'"
        )
    from conformance.registry.office import Office
    from conformance.registry.store import Database as Opened

    return Office(Opened(database), folder, **more)
