"""Where each requirement is judged, as the editions say: how many scripts of which family, on which operations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.catalogue.service import Service
from conformance.edition_file import load
from conformance.errors import EditionError
from conformance.model import Script, Text

SHOWN = 5


@dataclass
class Judged:
    """Scripts of one service that judge one requirement, by family and by operation; the first few as examples."""

    service: str
    scripts: int = 0
    families: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, Text]] = field(default_factory=list)

    def add(self, script: Script, operations: Iterable[str]) -> None:
        """Count one script."""
        self.scripts += 1
        self.families[script.family] += 1
        self.operations.update(operations)
        told = script.purpose or Text(script.title, script.title)
        if len(self.examples) < SHOWN and told not in [text for _, text in self.examples]:
            self.examples.append((script.id, told))


def judged(services: Iterable[Service]) -> dict[str, list[Judged]]:
    """For each requirement, what each service has for it; a service without an edition has nothing yet."""
    found: dict[str, dict[str, Judged]] = {}
    for service in services:
        try:
            scripts = load(service.edition_path).scripts
        except EditionError:
            continue
        for script in scripts:
            for requirement, operations in _named(script).items():
                own = found.setdefault(requirement, {})
                own.setdefault(service.key, Judged(service.key)).add(script, operations)
    return {requirement: list(own.values()) for requirement, own in found.items()}


def _named(script: Script) -> dict[str, set[str]]:
    """The requirements that a script judges, each with the operations on whose answers it does."""
    operation_of = {step.id: step.operation for step in script.steps}
    found: dict[str, set[str]] = {}
    for check in script.checks:
        if check.requirement:
            operation = operation_of.get(check.step)
            found.setdefault(check.requirement, set()).update({operation} if operation else ())
    return found
