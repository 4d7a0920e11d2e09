"""Which planted faults each requirement is there to catch, and whether it was seen to, as the proof report says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from conformance.errors import UsageError
from conformance.model import Text
from conformance.prove.changes import changes
from conformance.prove.proof import Proof, decode


@dataclass(frozen=True)
class Fault:
    """One fault that breaks a requirement. `caught` is None where no report says; `seen` is what the suite found."""

    name: str
    description: str
    caught: bool | None = None
    seen: Text | None = None


@dataclass(frozen=True)
class Proven:
    """Faults by requirement; `stale`: the report is about other documents than these."""

    faults: Mapping[str, tuple[Fault, ...]]
    reported: bool = False
    stale: bool = False


def proven(report: Path | None, digests: Mapping[str, str]) -> Proven:
    """What is planted in the reference, with what a `proof.json` says of it. Raises `UsageError` for another file."""
    planted = {change.name: change for change in changes().values() if change.kind == "fault"}
    proof = _read(report) if report else None
    found: dict[str, dict[str, Fault]] = {}
    for change in planted.values():
        for requirement in change.breaks:
            found.setdefault(requirement, {})[change.name] = Fault(change.name, change.description)
    for trial in proof.faults if proof else ():
        seen = {item.requirement: Text(item.ja, item.en) for item in trial.caught}
        for requirement in trial.breaks:
            caught = requirement in seen
            fault = Fault(trial.name, trial.description, caught, seen.get(requirement))
            found.setdefault(requirement, {})[trial.name] = fault
    faults = {name: tuple(sorted(own.values(), key=lambda fault: fault.name)) for name, own in found.items()}
    return Proven(faults, proof is not None, proof is not None and _differs(proof.belongs_to, digests))


def _read(report: Path) -> Proof:
    try:
        return decode(report.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"is not the report of a proof ({error})",
            where=str(report),
            next_step="give the proof.json that 'conformance prove --output' writes, or leave --proof out",
        ) from error


def _differs(told: Mapping[str, str], digests: Mapping[str, str]) -> bool:
    """Whether a document that both know is another one; what the report is not about does not count."""
    shared: Collection[str] = told.keys() & digests.keys()
    return any(told[name] != digests[name] for name in shared)
