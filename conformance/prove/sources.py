"""What each fault and liberty is made of, and what a proof depends on beside them: as digests.

The suite does not import the reference. It reads its files as text, to know which trials still stand.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.catalogue.service import available, published_service

_PACKAGE = Path(__file__).resolve().parents[1]
_REFERENCE = _PACKAGE / "reference"
_KINDS = frozenset({"faults", "liberties"})
_TABLES = frozenset({"FAULTS", "LIBERTIES"})
_SUITE = (
    "rules",
    "compile",
    "bindings.py",
    "judge.py",
    "numbering.py",
    "play.py",
    "plan.py",
    "seen.py",
    "stage.py",
    "tally.py",
)


def common() -> dict[str, str]:
    """Digests of what every trial depends on: documents, editions, the suite, and the reference without its changes."""
    found: dict[str, str] = {}
    for name in available():
        service = published_service(name)
        found.update(service.digests)
        found[f"{service.key}/edition"] = _digest([service.edition_path])
    for name in _SUITE:
        path = _PACKAGE / name
        found[f"conformance/{name}"] = _digest(sorted(path.rglob("*.py")) if path.is_dir() else [path])
    own = (path for path in sorted(_REFERENCE.rglob("*.py")) if path.parent.name not in _KINDS)
    found["conformance/reference"] = _digest(own)
    return dict(sorted(found.items()))


def of_changes() -> dict[str, str]:
    """For each fault and liberty the digest of the modules that it is made from: its own, and those that one uses."""
    trees = {
        path: ast.parse(path.read_text("utf-8")) for kind in sorted(_KINDS) for path in _REFERENCE.rglob(f"{kind}/*.py")
    }
    places = {_dotted(path): path for path in trees}
    uses = {path: [places[name] for name in _imported(tree) if name in places] for path, tree in trees.items()}
    found: dict[str, str] = {}
    for path, tree in trees.items():
        digest = _digest(sorted(_reached(path, uses)))
        found.update(dict.fromkeys(_registered(tree), digest))
    return found


def _dotted(path: Path) -> str:
    return ".".join(("conformance", *path.relative_to(_PACKAGE).with_suffix("").parts))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _reached(path: Path, uses: dict[Path, list[Path]]) -> set[Path]:
    reached, waiting = {path}, [path]
    while waiting:
        for other in uses[waiting.pop()]:
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached


def _registered(tree: ast.Module) -> Iterator[str]:
    """The names under which a module registers changes: the first argument of a call of FAULTS or LIBERTIES."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        table, first = node.func.value, node.args[0]
        if isinstance(table, ast.Name) and table.id in _TABLES and isinstance(first, ast.Constant):
            yield str(first.value)


def _digest(files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.name}\0".encode())
        whole.update(file.read_bytes())
    return f"sha256:{whole.hexdigest()}"
