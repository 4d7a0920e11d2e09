"""What each fault and liberty is made of, and what a proof depends on beside them: as digests.

The suite does not import the reference. It reads its files as text, to know which trials still stand. What a change is
called, what it is said to break and how it is described are no part of what it is made of.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from conformance.catalogue.service import Service, available, published_service
from conformance.catalogue.yaml_reader import read
from conformance.edition_file import load as load_edition
from conformance.model import Requirement
from conformance.resources import specs_dir

_PACKAGE = Path(__file__).resolve().parents[1]
_REFERENCE = _PACKAGE / "reference"
_KINDS = frozenset({"faults", "liberties"})
_TABLES = frozenset({"FAULTS", "LIBERTIES"})
_SUITE = (
    "rules",
    "compile",
    "bindings.py",
    "catalogue",
    "condition.py",
    "expression.py",
    "identifiers.py",
    "invariant.py",
    "judge.py",
    "model.py",
    "numbering.py",
    "play.py",
    "plan.py",
    "prove/light.py",
    "prove/trial.py",
    "prove/wire.py",
    "seen.py",
    "stage.py",
    "sut",
    "tally.py",
)
"""Every module that decides what is sent, what is kept of it, and how that is judged."""

_BY_SCRIPT = ("/edition", "/requirements.yaml", "/workflows.arazzo.yaml", "conformance/compile")
"""What a trial depends on as far as it is in the scripts that it plays (`Scripts.digest`)."""
_READ = ("/openapi.yaml", "/components.yaml")
"""Documents on which a trial depends as far as a program reads them."""
_PROSE = frozenset({"description", "summary", "x-summary-ja"})


def common() -> dict[str, str]:
    """Digests of what trials depend on: documents, editions, the suite, and the reference without its changes."""
    found: dict[str, str] = {}
    for name in available():
        service = published_service(name)
        found.update(service.digests)
        for document in sorted(name for name in service.digests if name.endswith(_READ)):
            if f"{document} without prose" not in found:
                content = without_prose(read(specs_dir() / document))
                found[f"{document} without prose"] = _text_digest([msgspec.json.encode(content).decode()])
        found[f"{service.key}/edition"] = _digest([service.edition_path])
        found[f"{service.key}/judged by rules"] = _text_digest(_by_rules(service))
    for name in _SUITE:
        path = _PACKAGE / name
        found[f"conformance/{name}"] = _digest(sorted(path.rglob("*.py")) if path.is_dir() else [path])
    own = (path for path in sorted(_REFERENCE.rglob("*.py")) if path.parent.name not in _KINDS)
    found["conformance/reference"] = _digest(own)
    return dict(sorted(found.items()))


def of_every_trial(digests: Mapping[str, str]) -> dict[str, str]:
    """Those of `common()` that each trial depends on, whichever scripts it plays."""
    return {name: digest for name, digest in digests.items() if not name.endswith((*_BY_SCRIPT, *_READ))}


def without_prose(content: Any) -> Any:
    """A document without its texts for people; a property that is called `description` stays."""
    if isinstance(content, dict):
        return {
            key: without_prose(value)
            for key, value in content.items()
            if key not in _PROSE or not isinstance(value, str)
        }
    return [without_prose(item) for item in content] if isinstance(content, list) else content


class Scripts:
    """The scripts of all editions as they are now, and what each says."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}
        self.of_service: dict[str, tuple[str, ...]] = {}
        for service in map(published_service, available()):
            own = []
            for script in load_edition(service.edition_path).scripts:
                known = service.requirement_ids
                judged = [_applies(known[name]) for name in script.requirements if name in known]
                self._said[script.id] = _text_digest([msgspec.json.encode(script).decode(), *judged])
                own.append(script.id)
            self.of_service[service.name] = tuple(own)

    def all(self, services: Collection[str] = ()) -> tuple[str, ...]:
        """The ids of all scripts of some services; none named: of all."""
        return tuple(
            name for service, own in self.of_service.items() if not services or service in services for name in own
        )

    def digest(self, names: Iterable[str]) -> str:
        """What a trial depends on that plays these scripts: their content, and when their requirements apply."""
        return _text_digest(f"{name} {self._said[name]}" for name in sorted(names))


def _applies(requirement: Requirement) -> str:
    told = (requirement.id, requirement.level, requirement.condition, requirement.not_tested is not None)
    return msgspec.json.encode(told).decode()


def _by_rules(service: Service) -> Iterator[str]:
    """The requirements that are judged on every exchange, whichever script sent it, and how."""
    for requirement in service.requirements:
        if ways := [way for way in requirement.verified_by if way.rule]:
            yield _applies(requirement) + msgspec.json.encode(ways).decode()


def of_changes() -> dict[str, str]:
    """For each fault and liberty the digest of what it is made of: its own text, what that uses of its module, and the
    modules of changes that this one uses.
    """
    modules = {
        path: Module(path, _dotted(path))
        for kind in sorted(_KINDS)
        for path in sorted(_REFERENCE.rglob(f"{kind}/*.py"))
    }
    places = {module.dotted: path for path, module in modules.items()}
    uses = {
        path: [places[name] for name in module.imported if name in places and places[name] != path]
        for path, module in modules.items()
    }
    found: dict[str, str] = {}
    for path, module in modules.items():
        used = [modules[other].whole for other in sorted(_reached(path, uses) - {path})]
        for name in module.registered:
            found[name] = _text_digest([module.own(name), *used])
    return found


def _dotted(path: Path) -> str:
    return ".".join(("conformance", *path.relative_to(_PACKAGE).with_suffix("").parts))


@dataclass(frozen=True)
class _Statement:
    """A statement of a module: its text without labels, the changes that it registers, the names that it defines (none:
    it does something), and all names in it.
    """

    text: str
    registers: tuple[str, ...]
    defines: frozenset[str]
    names: frozenset[str]


class Module:
    """A module of faults or liberties, as text."""

    def __init__(self, path: Path, dotted: str) -> None:
        self.dotted = dotted
        self._lines = path.read_text("utf-8").splitlines()
        self._tree = ast.parse("\n".join(self._lines))

    @cached_property
    def imported(self) -> tuple[str, ...]:
        """The modules, or names of modules, that it imports."""
        return tuple(_imported(self._tree))

    @cached_property
    def _statements(self) -> tuple[_Statement, ...]:
        body = self._tree.body[1:] if ast.get_docstring(self._tree) is not None else self._tree.body
        return tuple(item for node in body for item in self._statement(node))

    @property
    def registered(self) -> tuple[str, ...]:
        """The names of all changes that it registers."""
        return tuple(name for item in self._statements for name in item.registers)

    @property
    def whole(self) -> str:
        """Everything in it."""
        return "\n".join(item.text for item in self._statements)

    def own(self, name: str) -> str:
        """What a change is made of: the statement that registers it, those that define nothing, and what they use."""
        taken = {item for item in self._statements if name in item.registers or not (item.registers or item.defines)}
        while more := {
            other
            for other in self._statements
            if other not in taken and any(other.defines & item.names for item in taken)
        }:
            taken |= more
        return "\n".join(item.text for item in self._statements if item in taken)

    def _statement(self, node: ast.stmt) -> Iterator[_Statement]:
        names = frozenset(item.id for item in ast.walk(node) if isinstance(item, ast.Name))
        if isinstance(node, ast.Import | ast.ImportFrom):
            # One for each name: who imports one more has not changed what uses the others.
            for alias in node.names:
                text = f"{getattr(node, 'module', '')} {alias.name} {alias.asname}"
                yield _Statement(text, (), frozenset([alias.asname or alias.name.partition(".")[0]]), names)
        elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield _Statement(self._text(node), tuple(_registered(node)), frozenset(_defined(node)), names)

    def _text(self, node: ast.stmt) -> str:
        """Its text; of a function that is registered without what it breaks and how it is described."""
        if not isinstance(node, ast.FunctionDef) or not any(_registered(node)):
            return self._between(node, node)
        marks = [self._mark(item) for item in node.decorator_list]
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        head = "\n".join(self._lines[node.lineno - 1 : node.body[0].lineno - 1])
        return "\n".join([*marks, head, *([self._between(body[0], body[-1])] if body else [])])

    def _mark(self, decorator: ast.expr) -> str:
        """A decorator; of one that registers a change its name, and how the reference is started for it."""
        if not any(_registered(decorator)) or not isinstance(decorator, ast.Call):
            return ast.unparse(decorator)
        return " ".join(ast.unparse(item) for item in (decorator.func, decorator.args[0], *decorator.keywords))

    def _between(self, first: ast.stmt, last: ast.stmt) -> str:
        decorators = getattr(first, "decorator_list", [])
        start = min(item.lineno for item in (first, *decorators))
        return "\n".join(self._lines[start - 1 : last.end_lineno])


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    yield from (item.id for target in targets for item in ast.walk(target) if isinstance(item, ast.Name))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _reached(path: Path, uses: Mapping[Path, Collection[Path]]) -> set[Path]:
    reached, waiting = {path}, [path]
    while waiting:
        for other in uses[waiting.pop()]:
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached


def _registered(tree: ast.AST) -> Iterator[str]:
    """The names under which changes are registered there: the first argument of a call of FAULTS or LIBERTIES."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        table, first = node.func.value, node.args[0]
        if isinstance(table, ast.Name) and table.id in _TABLES and isinstance(first, ast.Constant):
            yield str(first.value)


def _text_digest(texts: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for text in texts:
        whole.update(f"{len(text)}\0{text}\0".encode())
    return f"sha256:{whole.hexdigest()}"


def _digest(files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.name}\0".encode())
        whole.update(file.read_bytes())
    return f"sha256:{whole.hexdigest()}"
