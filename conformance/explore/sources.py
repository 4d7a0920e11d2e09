"""Where live search takes its scripts from: each source draws a few scripts that claim no more than documents say."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from conformance import identifiers
from conformance.catalogue.operations import Operation, Parameter
from conformance.catalogue.service import Service
from conformance.compile import generated, workflow
from conformance.compile.bench import Bench
from conformance.compile.calls import ValidCall, calls_by
from conformance.compile.draft import acceptance, refusal
from conformance.compile.generate import as_generated, draw
from conformance.compile.mutations import about
from conformance.compile.parameters import OWN_FAMILY, PAGING, family_of, sendable, with_parameter
from conformance.compile.places import flat
from conformance.explore.values import LiveGenerator
from conformance.expression import as_text
from conformance.model import Script

Draw = Callable[[int], Iterator[Script]]
_VALUE = "value"


@dataclass(frozen=True)
class Source:
    """Draws up to `weight` scripts: more where there is more to vary.

    `operation` is that of the last step; `requirements` are all that its scripts are made to judge (None: any).
    """

    operation: str | None
    requirements: frozenset[str] | None
    weight: int
    draw: Draw


class LazyCalls(Mapping[str, tuple[ValidCall, ...]]):
    """Valid calls by operation, drawn when they are asked for."""

    def __init__(self, service: Service, generator: LiveGenerator) -> None:
        self._service = service
        self._generator = generator
        self._ways: dict[str, list[Any]] = {}
        for entry in service.workflows.values():
            if entry.valid_call is not None:
                self._ways.setdefault(entry.valid_call, []).append(entry)
        self._known: dict[str, tuple[ValidCall, ...]] = {}

    def __getitem__(self, name: str) -> tuple[ValidCall, ...]:
        if name not in self._known:
            ways = self._ways[name]
            self._known[name] = tuple(c for way in ways for c in calls_by(way, self._service, self._generator, 2))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ways)

    def __len__(self) -> int:
        return len(self._ways)


class Sources:
    """All sources of one service."""

    def __init__(self, service: Service, seed: int) -> None:
        self.service = service
        self._generator = LiveGenerator(service.document, seed)

    def drawn(self, seed: int, wanted: Callable[[Source], bool] = lambda _: True) -> Iterator[Script]:
        """Scripts of every source that is wanted, once, the sources in an order that the seed decides."""
        generator = self._generator.with_seed(seed)
        calls = LazyCalls(self.service, generator)
        bench = Bench(self.service, seed, calls, generator)
        sources = [source for source in _sources(bench, generator, seed) if wanted(source)]
        random.Random(seed).shuffle(sources)  # noqa: S311  no secret
        for source in sources:
            yield from source.draw(source.weight)


def _sources(bench: Bench, generator: LiveGenerator, seed: int) -> Iterator[Source]:
    for operation in bench.operations() if not bench.service.across else ():
        if bench.body_schema(operation) is not None:
            yield from _content(bench, generator, operation, seed)
        for parameter in operation.parameters:
            if parameter.place in {"query", "header"} and parameter.name.lower() not in OWN_FAMILY:
                yield from _parameter(bench, generator, operation, parameter, seed)
    for entry in bench.service.workflows.values():
        if entry.requirements:
            make = partial(workflow.filled, bench.service, entry, generator)
            subject, about = entry.steps[-1].operation, frozenset(entry.requirements)
            yield Source(subject, about, 2 if entry.inputs else 1, make)


def _content(bench: Bench, generator: LiveGenerator, operation: Operation, seed: int) -> Iterator[Source]:
    ways = {entry.id for entry in bench.service.workflows.values() if entry.valid_call == operation.id}
    for index in range(len(ways)):
        if bench.drafter.wanted(generated.VALID, operation.id):
            about = _verified(bench, generated.VALID)
            yield Source(operation.id, about, 8, partial(_valid, bench, generator, operation, index))
    for right, make in ((True, generated.whole), (False, generated.invalid)):
        draws = partial(_requests, bench, generator, operation, right, make, seed)
        yield Source(operation.id, frozenset() if right else None, 4, draws)


def _valid(bench: Bench, generator: LiveGenerator, operation: Operation, index: int, count: int) -> Iterator[Script]:
    variants = bench.variants(operation)
    if index >= len(variants):
        return
    call = variants[index]
    schema = generated.free_schema(bench, operation, call)
    if schema is None:
        return
    for values in generator.values(schema, count, f"{operation.id} {call.call.id} {call.workflow}"):
        yield from generated.valid(bench, operation, call, values)


def _requests(
    bench: Bench,
    generator: LiveGenerator,
    operation: Operation,
    right: bool,
    make: Callable[..., Iterator[Script]],
    seed: int,
    count: int,
) -> Iterator[Script]:
    strategy = generator.request_strategy(operation.path, operation.method, valid=right)
    for case in draw(strategy, count + 2, seed, f"{operation.id} {right}")[-count:]:
        yield from make(bench, operation, as_generated(case))


def _parameter(
    bench: Bench, generator: LiveGenerator, operation: Operation, parameter: Parameter, seed: int
) -> Iterator[Source]:
    schema = flat(bench.document, parameter.schema, None)
    if schema.get("type") not in {"string", "integer", "boolean", None}:
        return
    free = not (schema.get("x-business-rules") or parameter.ruled)
    if free and schema.get("format") not in identifiers.KINDS and parameter.name not in PAGING:
        draws = partial(_accepted, bench, generator, operation, parameter, seed)
        yield Source(operation.id, _verified(bench, generated.VALID), 3, draws)
    draws = partial(_refused, bench, generator, operation, parameter, seed)
    families = {family_of(parameter, text) for text in ("0", "a")}
    yield Source(operation.id, frozenset().union(*(_verified(bench, name) for name in families)), 3, draws)


def _accepted(
    bench: Bench, generator: LiveGenerator, operation: Operation, parameter: Parameter, seed: int, count: int
) -> Iterator[Script]:
    for text in _texts(generator, parameter.schema, count, f"{operation.id} {parameter.name} {seed}"):
        if not bench.parameter_accepts(operation, parameter, text):
            continue
        note = about(parameter.name, f"許される値({text!r:.40})", f"an allowed value ({text!r:.40})")
        yield from _with(bench, operation, parameter, text, generated.VALID, acceptance(note))


def _refused(
    bench: Bench, generator: LiveGenerator, operation: Operation, parameter: Parameter, seed: int, count: int
) -> Iterator[Script]:
    any_text = {"type": "string", "maxLength": 40, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"}
    for text in _texts(generator, any_text, count, f"{operation.id} {parameter.name} {seed} invalid"):
        if bench.parameter_accepts(operation, parameter, text):
            continue
        family = family_of(parameter, text)
        note = about(parameter.name, f"値が不正({text!r:.40})", f"an invalid value ({text!r:.40})")
        expected = refusal((400,), note, {"parameter": parameter.name})
        yield from _with(bench, operation, parameter, text, family, expected)


def _verified(bench: Bench, family: str) -> frozenset[str]:
    """The requirements that a family of scripts verifies."""
    ways = ((r.id, way.scripts) for r in bench.service.requirements for way in r.verified_by)
    return frozenset(name for name, scripts in ways if scripts == family)


def _texts(generator: LiveGenerator, schema: Any, count: int, label: str) -> list[str]:
    around = {"type": "object", "properties": {_VALUE: schema}, "required": [_VALUE], "additionalProperties": False}
    return [as_text(value[_VALUE]) for value in generator.values(around, count, label)]


def _with(
    bench: Bench, operation: Operation, parameter: Parameter, text: str, family: str, expected: Any
) -> Iterator[Script]:
    if not bench.drafter.wanted(family, operation.id) or (parameter.place == "header" and not sendable(text)):
        return
    call = bench.call(operation)
    step = with_parameter(call.call, parameter, text)
    checks = bench.drafter.checks(family, operation.id, step.id, expected)
    title = f"{operation.id} {parameter.name}={json.dumps(text, ensure_ascii=False)[:20]}"
    yield bench.drafter.script(family, title, call, (step,), checks)
