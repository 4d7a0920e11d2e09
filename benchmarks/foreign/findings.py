"""What the suite says of a server, gathered from the archive of its run by the places where it fell short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from conformance.archive import EVIDENCE, read_evidence
from conformance.model import Finding, Outcome, Text
from conformance.session import open_archive


class Found(msgspec.Struct, frozen=True):
    """Findings of one requirement on one operation by scripts of one family; `about` is the first of them."""

    requirement: str
    title: Text
    operation: str
    family: str
    count: int
    about: Finding


def findings(run: Path) -> list[Found]:
    """All findings of a run, by requirement, operation and family."""
    _, benches, _, _ = open_archive(run)
    gathered: dict[tuple[str, str, str], list[Finding]] = {}
    titles = {r.id: r.title for bench in benches.values() for r in bench.plan.service.requirements}
    for finding in _failed(run):
        place = (finding.requirement, *_place(finding))
        gathered.setdefault(place, []).append(finding)
    return [
        Found(requirement, titles[requirement], operation, family, len(found), min(found, key=lambda f: f.script))
        for (requirement, operation, family), found in sorted(gathered.items())
    ]


def _failed(run: Path) -> Iterator[Finding]:
    _, benches, _, _ = open_archive(run)
    for service, trace in read_evidence(run / EVIDENCE):
        bench = benches[service]
        script = bench.plan.script(trace.script)
        for observation in bench.judge.judge(script, trace) if script is not None else ():
            if observation.outcome is Outcome.FAIL and observation.finding is not None:
                yield observation.finding


def _place(finding: Finding) -> tuple[str, str]:
    """Operation and family, as the script's id tells them: `operation.family.of.script.digest`."""
    operation, *family = finding.script.split(".")[:-1]
    return operation, ".".join(family)
