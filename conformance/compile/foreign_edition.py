"""The edition of somebody else's document: bounded, whatever the size of the document, and every operation in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import hypothesis
import schemathesis

from conformance.catalogue.service import Service
from conformance.compile.calls import ValidCall
from conformance.compile.foreign_scripts import Scripts
from conformance.compile.foreign_values import Values
from conformance.edition_file import Edition, EditionHeader
from conformance.model import Script

MOST_OF_ONE = 400
"""Scripts of one operation at most, however few operations there are."""
_LEAST_OF_ONE = 8
_DRAWN = 120
_MOST_DRAWN = 6


@dataclass(frozen=True)
class Compiled:
    """An edition; how many operations have fewer scripts than could be made, and how many have none."""

    edition: Edition
    cut: int
    left_out: int


def compile_foreign(
    service: Service, values: Values, calls: dict[str, tuple[ValidCall, ...]], seed: int, most_requests: int
) -> Compiled:
    """Scripts with at most `most_requests` requests, shared out among operations and families."""
    scripts = Scripts(service, values, calls, min(_MOST_DRAWN, _DRAWN // max(1, len(calls))))
    each = min(MOST_OF_ONE, max(_LEAST_OF_ONE, 2 * most_requests // max(1, len(calls))))
    made: list[list[Script]] = []
    cut = 0
    for turn, operation in enumerate(service.operations.values()):
        if operation.id in calls:
            found = _taken_in_turn(scripts.streams(operation, turn), each + 1)
            cut += len(found) > each
            made.append(found[:each])
    chosen: dict[str, Script] = {}
    sent, left = 0, 0
    for script in _ranked(made):
        if sent + len(script.steps) > most_requests:
            left += 1
        elif script.id not in chosen:
            chosen[script.id] = script
            sent += len(script.steps)
    served = {script.steps[-1].operation for script in chosen.values()}
    edition = Edition(_header(service, seed), tuple(sorted(chosen.values(), key=lambda script: script.id[::-1])))
    return Compiled(edition, cut if not left else len(calls), sum(1 for name in calls if name not in served))


def _header(service: Service, seed: int) -> EditionHeader:
    return EditionHeader(
        service=service.name,
        version=service.version,
        seed=seed,
        documents=service.digests,
        libraries={"hypothesis": hypothesis.__version__, "schemathesis": schemathesis.__version__},
    )


def _taken_in_turn(streams: list[Iterator[Script]], most: int) -> list[Script]:
    """One of each stream in turn, different ones only, until there are enough."""
    found: dict[str, Script] = {}
    while streams and len(found) < most:
        for stream in tuple(streams):
            script = next(stream, None)
            if script is None:
                streams.remove(stream)
            else:
                found.setdefault(script.id, script)
            if len(found) >= most:
                break
    return list(found.values())


def _ranked(made: list[list[Script]]) -> Iterator[Script]:
    """One script of each operation, then of each family in turn, the operations of a family in turn."""
    yield from (scripts[0] for scripts in made if scripts)
    families: dict[str, list[Script]] = {}
    for script in _in_turn([scripts[1:] for scripts in made]):
        families.setdefault(script.family, []).append(script)
    yield from _in_turn(list(families.values()))


def _in_turn(groups: list[list[Script]]) -> Iterator[Script]:
    """The first of each group, then the second of each, and so on."""
    for place in range(max((len(group) for group in groups), default=0)):
        yield from (group[place] for group in groups if place < len(group))
