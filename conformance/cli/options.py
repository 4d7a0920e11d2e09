"""Options that several commands share, and what the shell completes for them.

Completion reads ids out of the published documents by their form alone: parsing them would take longer than a person
who has pressed the tab key waits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

RUN_FILE: Final = Path("conformance.toml")
FIRST_SERVICE: Final = "resident-registry"
"""The service that a newcomer sees tested, and that questions suggest."""
_REQUIREMENT: Final = re.compile(
    r"^\s*- id: ([A-Z][A-Z0-9-]+)$(?:\n\s+title:\n(?:\s+ja:.*\n)?\s+en: (.*))?", re.MULTILINE
)
_OPERATION: Final = re.compile(r"^\s+operationId: (\w+)", re.MULTILINE)
_NOT_TESTED_THEMSELVES: Final = frozenset({"common", "upper-tester"})


def services(incomplete: str) -> list[str]:
    """Names of published services that begin so."""
    found = sorted({path.parent.parent.name for path in _documents("openapi.yaml")})
    return [name for name in found if name.startswith(incomplete) and name not in _NOT_TESTED_THEMSELVES]


def requirements(incomplete: str) -> list[tuple[str, str]]:
    """Ids of requirements that begin so, with their titles."""
    found = (
        match.groups(default="") for path in _documents("requirements.yaml") for match in _matches(_REQUIREMENT, path)
    )
    return sorted((name, title.strip("'\" ")) for name, title in found if name.startswith(incomplete))


def operations(incomplete: str) -> list[str]:
    """Operations that begin so."""
    found = {
        match[1]
        for path in _documents("openapi.yaml")
        if path.parent.parent.name not in _NOT_TESTED_THEMSELVES
        for match in _matches(_OPERATION, path)
    }
    return sorted(name for name in found if name.startswith(incomplete))


def _documents(name: str) -> list[Path]:
    from conformance.resources import specs_dir

    return sorted(specs_dir().glob(f"*/*/{name}"))


def _matches(form: re.Pattern[str], path: Path) -> Iterator[re.Match[str]]:
    return form.finditer(path.read_text("utf-8"))


Language = Annotated[
    Literal["en", "ja"],
    typer.Option("--lang", envvar="CONFORMANCE_LANG", help="Language of what is told here / 表示言語."),
]
RunFile = Annotated[
    Path,
    typer.Option(
        "--run-file", "-f", metavar="FILE", help="Run file; 'conformance init' writes one.", show_default=True
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FOLDER", help="Where the run is kept.  [default: runs/RUN-ID]"),
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, such as runs/RUN-ID.", show_default=False)]
Service = Annotated[
    str | None,
    typer.Argument(metavar="[SERVICE]", help="One service; all of them without it.", autocompletion=services),
]
