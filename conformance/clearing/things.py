"""What a run has created, each thing with the request that takes it back, out of the evidence."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from conformance.archive import EVIDENCE, read_evidence
from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.catalogue.taking_back import Way, request, way_back
from conformance.created import made_in
from conformance.expression import Unresolved
from conformance.model import Script, Step, Trace
from conformance.run_lines import Bench
from conformance.seen import Seen, look
from conformance.sut.redaction import DROPPED, Redactor

KEY_PLACE: Final = "key"
"""Stands for the idempotency key until the request is sent: each try that was answered needs another one."""


@dataclass(frozen=True)
class Thing:
    """One thing that a run has created. `step` takes it back; without one there is no way, or `why` says what lacks.

    `at`: when it was created. `already`: problem codes that say that it was taken back before.
    """

    service: str
    operation: str
    location: str
    script: str
    at: float
    by: str = ""
    step: Step | None = None
    already: frozenset[str] = frozenset()
    why: str = ""

    @property
    def id(self) -> tuple[str, str, str]:
        """What tells it from all others of the run."""
        return self.service, self.operation, self.location


@dataclass(frozen=True)
class _Back:
    """How something is taken back, as one answer told. `about` is the same for answers about one thing."""

    about: tuple[Any, ...]
    way: Way
    step: Step | None
    why: str = ""


def things(folder: Path, benches: Mapping[str, Bench], redactor: Redactor | None) -> list[Thing]:
    """Everything that the run in a folder has created, as `created.jsonl` lists it.

    `redactor` is the one of the run where it is still known: it gives back what was replaced in the evidence. Raises
    `ArchiveError`.
    """
    found: dict[tuple[str, str, str], Thing] = {}
    for name, trace in read_evidence(folder / EVIDENCE):
        script = benches[name].script(trace.script)
        if script is not None:
            for exchanges in (trace.earlier, trace.exchanges):
                played = msgspec.structs.replace(trace, exchanges=exchanges)
                for thing in _of_trace(benches[name], script, played, redactor):
                    found.setdefault(thing.id, thing)
    return list(found.values())


def _of_trace(bench: Bench, script: Script, trace: Trace, redactor: Redactor | None) -> Iterator[Thing]:
    seen = look(script, trace)
    made = list(made_in(seen))
    if not made:
        return
    heard = _Original(redactor, trace)
    backs = {id(item): back for item in seen if (back := _back(bench, script, item, heard)) is not None}
    # A later answer about the same thing knows better: its entity tag has changed since it was created.
    newest = {back.about: back for back in backs.values() if back.step is not None}
    for (operation, location), item in made:
        thing = Thing(bench.plan.service.name, operation, location, script.id, item.exchange.started)
        back = backs.get(id(item))
        if back is not None:
            back = newest.get(back.about, back)
            thing = replace(thing, by=back.way.operation, step=back.step, already=back.way.already, why=back.why)
        yield thing


def _back(bench: Bench, script: Script, item: Seen, heard: _Original) -> _Back | None:
    """How an answer says that what it tells of is taken back; None where it does not."""
    service = bench.plan.service
    known = service.sources.get((item.step.service if item.step else None) or script.service, {})
    operation = known.get(item.step.operation or "") if item.step else None
    answer = operation.answer(item.status) if operation and item.status and item.status < 300 else None
    way = way_back(answer) if answer else None
    target = known.get(way.operation) if way else None
    if item.step is None or way is None or target is None:
        return None
    nothing = (id(item),)
    role = _role(service, bench.plan.roles, target, item.exchange.role)
    if role is None and target.secured:
        return _Back(nothing, way, None, f"no role of the run holds {', '.join(target.scopes)}")
    try:
        step = request(target, way, _Answered(item.exchange, item.step), KEY_PLACE, heard)
    except Unresolved as missing:
        return _Back(nothing, way, None, f"not known any more: {missing}")
    step = msgspec.structs.replace(step, role=role, service=item.step.service or script.service)
    about = (target.id, *(str(value) for value in step.path_params.values())) if step.path_params else nothing
    return _Back(about, way, step)


def _role(service: Service, available: frozenset[str], target: Operation, creator: str | None) -> str | None:
    """Who may take it back: whoever created it, or else the first role that has the scopes."""
    fitting = [r for r, scopes in service.roles.items() if r in available and set(target.scopes) <= set(scopes)]
    return creator if creator in fitting else next(iter(fitting), None)


class _Answered(Seen):
    """An exchange whose path parameters are read from the URL as it was sent, whatever the script made them of."""

    def path_parameter(self, name: str) -> str | None:
        """The value that stands in the path."""
        template = self.step.path if self.step else ""
        pattern = re.sub(r"\\{(\w+)\\}", lambda found: f"(?P<{found[1]}>[^/]*)", re.escape(template))
        found = re.search(f"{pattern}$", urlsplit(self.url).path)
        return unquote(found[name]) if found and name in found.groupdict() else None


class _Original:
    """Gives values of the evidence as the system gave them; raises `Unresolved` where they were replaced for good."""

    def __init__(self, redactor: Redactor | None, trace: Trace) -> None:
        self._redactor = redactor
        self._stranger = Redactor(secrets.token_bytes(32))
        """It replaces what the run's own one would have replaced, if by something else."""
        for value in trace.bound.get("fresh", {}).values():
            self._stranger.learn(str(value))

    def __call__(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self(item) for item in value]
        if isinstance(value, str) and DROPPED in value:
            raise Unresolved("a value that lets somebody in is not kept in the evidence")
        if self._stranger.value(value) == value:
            return value
        if self._redactor is None or not isinstance(value, str):
            raise Unresolved("a number in it was replaced in the evidence, so only the run itself could tell it")
        return self._redactor.restored(value)
