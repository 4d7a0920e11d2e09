"""ARCHITECTURE.md says what is so: the page is held to the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "conformance"


def _named() -> set[str]:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rows = [line.split("|")[2] for line in text.splitlines() if line.startswith("| ") and line.count("|") == 4]
    return {name for row in rows[1:] for name in re.findall(r"`([a-z_]+)`", row)}


def _modules() -> set[str]:
    found = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    return found - {"__init__", "reference"}


def test_every_module_stands_in_the_table_of_layers() -> None:
    """Claim: the table of layers is whole. Stimulus: the modules of the package. Expected: each is in the table, and
    nothing else is."""
    assert _named() == _modules()


def test_the_reference_imports_nothing_else_of_the_package() -> None:
    """Claim: the reference cannot share a mistake with the suite. Stimulus: all its imports. Expected: none of
    `conformance` but its own."""
    for path in (PACKAGE / "reference").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            for name in names:
                assert not name.startswith("conformance") or name.startswith("conformance.reference"), (path, name)


def test_rules_and_judge_never_reach_for_the_network() -> None:
    """Claim: verdicts are made from evidence alone. Stimulus: the imports of rules and judge. Expected: neither `sut`
    nor `play`, no clock and no random source."""
    forbidden = ("conformance.sut", "conformance.play", "time", "random", "secrets", "socket", "httptools", "requests")
    for path in [*(PACKAGE / "rules").glob("*.py"), PACKAGE / "judge.py", PACKAGE / "tally.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                assert not [n for n in names if n.startswith(forbidden)], (path, names)
