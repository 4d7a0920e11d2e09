"""Compiling a service into its edition: all scripts, from all sources, in a fixed order, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import hypothesis
import schemathesis

from conformance.catalogue.service import Service
from conformance.compile import (
    audit,
    conditional,
    dates,
    filters,
    generated,
    greatest,
    hostile,
    idempotency,
    location,
    malformed,
    many,
    numbers,
    parameters,
    precedence,
    protocol,
    repetition,
    schema,
    security,
    text,
    workflow,
)
from conformance.compile.bench import Bench
from conformance.compile.calls import ValidCall
from conformance.compile.families import UNCLAIMED
from conformance.compile.packing import packed
from conformance.edition_file import Edition, EditionHeader
from conformance.model import Script

SEED = 20260401
Source = Callable[[Bench], Iterator[Script]]
SOURCES: dict[str, Source] = {
    "workflow": workflow.scripts,
    "schema": schema.scripts,
    "parameters": parameters.scripts,
    "filters": filters.scripts,
    "protocol": protocol.scripts,
    "precedence": precedence.scripts,
    "security": security.scripts,
    "location": location.scripts,
    "conditional": conditional.scripts,
    "idempotency": idempotency.scripts,
    "repetition": repetition.scripts,
    "numbers": numbers.scripts,
    "malformed": malformed.scripts,
    "text": text.scripts,
    "greatest": greatest.scripts,
    "many": many.scripts,
    "dates": dates.scripts,
    "audit": audit.scripts,
    "generated": generated.scripts,
    "hostile": hostile.scripts,
}


def compile_service(
    service: Service,
    seed: int = SEED,
    *,
    calls: dict[str, tuple[ValidCall, ...]] | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Edition:
    """The edition of a service. `progress` is told the source in work and the number of scripts so far.

    The order of the scripts spreads the sources evenly, so that a run that is cut short has seen something of each.
    """
    bench = Bench(service, seed, calls)
    found: dict[str, Script] = {}
    chosen = {"workflow": SOURCES["workflow"]} if service.across else SOURCES
    for name, source in chosen.items():
        for script in source(bench):
            if script.checks or script.family in UNCLAIMED:
                found.setdefault(script.id, script)
            if progress and len(found) % 25 == 0:
                progress(name, len(found))
        if progress:
            progress(name, len(found))
    ordered = sorted(packed(found.values()), key=lambda script: script.id[::-1])
    header = EditionHeader(
        service=service.name,
        version=service.version,
        seed=seed,
        documents=service.digests,
        libraries={"hypothesis": hypothesis.__version__, "schemathesis": schemathesis.__version__},
    )
    return Edition(header, tuple(ordered))
