"""What every source of scripts works with: the service, its valid calls, and the judge of generated values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec

from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.compile.acceptance import JSON, Acceptance, readings
from conformance.compile.calls import ValidCall, valid_calls
from conformance.compile.draft import Drafter
from conformance.compile.generate import Generator
from conformance.compile.places import inlined
from conformance.model import Step
from conformance.resources import fixtures_dir

__all__ = ["JSON", "Bench", "readings", "with_body"]


class Bench(Acceptance):
    """The workbench of one compilation."""

    def __init__(
        self,
        service: Service,
        seed: int,
        calls: Mapping[str, tuple[ValidCall, ...]] | None = None,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(service)
        self.seed = seed
        self.generator = generator or Generator(service.document, seed)
        self.drafter = Drafter(service)
        self.calls = calls if calls is not None else valid_calls(service, self.generator)
        self._turn = 0

    def operations(self) -> Iterator[Operation]:
        """Operations that have a valid call, in the order of the document."""
        for operation in self.service.operations.values():
            if operation.id in self.calls:
                yield operation

    def call(self, operation: Operation) -> ValidCall:
        """A valid call of the operation, each time the next one."""
        self._turn += 1
        calls = self.calls[operation.id]
        return calls[self._turn % len(calls)]

    def variants(self, operation: Operation) -> list[ValidCall]:
        """One valid call of each way to call the operation (another branch of its content, say), each time the next."""
        self._turn += 1
        by_workflow: dict[str, list[ValidCall]] = {}
        for call in self.calls[operation.id]:
            by_workflow.setdefault(call.workflow, []).append(call)
        return [calls[self._turn % len(calls)] for calls in by_workflow.values()]

    def first(self, operation: Operation) -> ValidCall:
        """The first valid call of the operation."""
        return self.calls[operation.id][0]

    def template(self, call: ValidCall) -> Any:
        """The content of a valid call with its inputs written out, or None where it has none."""
        body = call.call.body
        return None if body is msgspec.UNSET else inlined(body, call.inputs)

    @cached_property
    def characters(self) -> list[dict[str, Any]]:
        """Awkward texts of `fixtures/characters.json`."""
        return self._fixture("characters.json", "characters")

    @cached_property
    def dates(self) -> dict[str, Any]:
        """Awkward dates of `fixtures/dates.json`."""
        content = json.loads((fixtures_dir() / "dates.json").read_text("utf-8"))
        return content if isinstance(content, dict) else {}

    def _fixture(self, name: str, key: str) -> list[dict[str, Any]]:
        content = json.loads((fixtures_dir() / name).read_text("utf-8"))
        entries = content[key] if isinstance(content, dict) else content
        return list(entries)


def with_body(step: Step, body: Any) -> Step:
    """The step with another content."""
    return msgspec.structs.replace(step, body=body)
