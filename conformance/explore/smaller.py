"""Smaller scripts out of one that fails, such that what is claimed of them is still what the documents say.

How far it may go depends on what failed (the *ground*):

- `exchange`: a rule that looks at one exchange alone, so that it holds whatever was sent before: steps that nothing
  needs, parameters, and any part of the content go, as long as the documents say the same of the request.
- `schema`: a request that must be accepted, or refused, for its form: the same, but what business rules restrict stays;
  where it must be accepted, so do the steps that may have prepared it.
- `script`: a claim about the course of things. Only what comes after it goes, and texts among the inputs of a workflow
  get simpler, as long as all that can be compared with each other still compares alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

import msgspec

from conformance.compile.places import inlined
from conformance.explore.inputs import simpler_inputs
from conformance.explore.passes import Rank, pruned, rank, smaller
from conformance.explore.references import needed, uses_inputs
from conformance.explore.standing import Documents, general, plain, requoted
from conformance.model import Check, Finding, Script, Step
from conformance.rules.registry import EXCHANGE_RULES, TRACE_RULES

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM_RULES = frozenset({"refused", "status", "answer", "accepted", "names-place"})
_KEPT_HEADERS = frozenset({"authorization", "content-type", "accept"})
_WORKFLOW = "workflow"
_ENCODE = msgspec.json.Encoder().encode


class Ground(StrEnum):
    """On what a finding rests."""

    EXCHANGE = "exchange"
    SCHEMA = "schema"
    SCRIPT = "script"


class Shrinkable:
    """One failing script and the finding that is to be kept."""

    def __init__(self, documents: Documents, script: Script, finding: Finding) -> None:
        self._documents = documents
        self._finding = finding
        self._failing = next(step for step in script.steps if step.id == finding.step)
        self.ground = _ground(documents, script, finding)
        self._accepted = not self._wrong(self._failing)
        self.first = self._prepared(script)
        self._seen = {hashlib.sha256(_ENCODE(self.first)).digest()}
        self._said = documents.say(self._step(self.first))
        self._ruled = documents.ruled(self._step(self.first)) if self.ground is Ground.SCHEMA else frozenset()

    def _wrong(self, step: Step) -> bool:
        said = self._documents.say(step)
        return said is not None and bool(said.content or said.parameters)

    def _step(self, script: Script) -> Step:
        return next(step for step in script.steps if step.id == self._finding.step)

    def _prepared(self, script: Script) -> Script:
        """The script up to the failing step, with the checks that stay true whatever goes."""
        last = script.steps.index(self._failing)
        group = self._failing.concurrent
        steps = tuple(s for i, s in enumerate(script.steps) if i <= last or (group and s.concurrent == group))
        prepared = _of(script, steps, self._checks(script, {step.id for step in steps}))
        if self.ground is Ground.SCRIPT or not self._documents.has_json(self._failing):
            return prepared
        written = msgspec.structs.replace(self._failing, body=inlined(self._failing.body, script.inputs))
        return _tidy(_with(prepared, written))

    def _checks(self, script: Script, steps: Iterable[str]) -> tuple[Check, ...]:
        kept = frozenset(steps)
        there = [c for c in script.checks if c.step in kept and needed(script, (), (c,)) <= kept]
        if self.ground is Ground.SCRIPT:
            return tuple(there)
        own = self._finding.requirement if self.ground is Ground.SCHEMA else None
        return tuple(c for c in there if c.requirement is None or c.requirement == own)

    def candidates(self, script: Script) -> Iterator[Script]:
        """Smaller scripts, those from which most is gone first; none that was given before."""
        for candidate in self._candidates(script):
            content = hashlib.sha256(_ENCODE(candidate)).digest()
            if content not in self._seen:
                self._seen.add(content)
                if self._same(candidate):
                    yield candidate

    def _candidates(self, script: Script) -> Iterator[Script]:
        if self.ground is Ground.SCRIPT:
            if script.family == _WORKFLOW:
                yield from simpler_inputs(self._documents.service, script)
            return
        yield from self._fewer_steps(script)
        step = self._step(script)
        yield from (_with(script, changed) for changed in self._fewer_parameters(step))
        if self._documents.has_json(step):
            for body in pruned(plain(step.body), self._free):
                changed = msgspec.structs.replace(step, body=requoted(body, step.body))
                yield _tidy(_with(script, changed))

    def _same(self, script: Script) -> bool:
        return self.ground is Ground.SCRIPT or self._documents.say(self._step(script)) == self._said

    def _free(self, pointer: str) -> bool:
        if self.ground is Ground.EXCHANGE:
            return True
        place = general(pointer)
        return not any(rule == place or rule.startswith(f"{place}/") for rule in self._ruled)

    def _fewer_steps(self, script: Script) -> Iterator[Script]:
        failing = self._finding.step
        keeping = self.ground is Ground.SCHEMA and self._accepted
        unsafe = {step.id for step in script.steps if step.method not in _SAFE} if keeping else set()
        least = needed(script, {failing} | unsafe)
        loose = [step.id for step in script.steps if step.id not in least]
        if not loose:
            return
        for gone in [loose] if len(loose) == 1 else [loose, *([name] for name in loose)]:
            steps = tuple(step for step in script.steps if step.id not in gone)
            names = {step.id for step in steps}
            if needed(script, names) <= names:
                yield _tidy(_of(script, steps, self._checks(script, names)))

    def _fewer_parameters(self, step: Step) -> Iterator[Step]:
        for place, items in (("query", step.query), ("headers", step.headers)):
            kind = "query" if place == "query" else "header"
            for index, (name, value) in enumerate(items):
                if name.lower() in _KEPT_HEADERS or self._held(step, name, kind):
                    continue
                before, after = items[:index], items[index + 1 :]
                yield msgspec.structs.replace(step, **{place: (*before, *after)})
                if kind == "query" and isinstance(value, str):
                    for less in smaller(value):
                        yield msgspec.structs.replace(step, **{place: (*before, (name, less), *after)})

    def _held(self, step: Step, name: str, kind: str) -> bool:
        return self.ground is Ground.SCHEMA and self._documents.ruled_parameter(step, name, kind)


def _ground(documents: Documents, script: Script, finding: Finding) -> Ground:
    if finding.rule in EXCHANGE_RULES or finding.rule in TRACE_RULES:
        return Ground.EXCHANGE
    formal = script.family.startswith(("schema.", "parameters.")) and finding.rule in _FORM_RULES
    return Ground.SCHEMA if formal and documents.service.strict else Ground.SCRIPT


def measure(script: Script) -> tuple[int, Rank]:
    """How large a script is: its steps first, then all that is written in it."""
    whole: Any = [msgspec.to_builtins(script.steps), script.inputs, msgspec.to_builtins(script.checks)]
    return len(script.steps), rank(whole)


def _of(script: Script, steps: tuple[Step, ...], checks: tuple[Check, ...]) -> Script:
    return msgspec.structs.replace(script, steps=steps, checks=checks)


def _with(script: Script, changed: Step) -> Script:
    steps = tuple(changed if step.id == changed.id else step for step in script.steps)
    return msgspec.structs.replace(script, steps=steps)


def _tidy(script: Script) -> Script:
    """The script without inputs that nothing names any more."""
    used = uses_inputs([msgspec.to_builtins(script.steps), msgspec.to_builtins(script.checks), script.calls])
    waiting = list(used)
    while waiting:
        more = uses_inputs(script.inputs.get(waiting.pop())) - used
        used |= more
        waiting += more
    return msgspec.structs.replace(script, inputs={k: v for k, v in script.inputs.items() if k in used})
