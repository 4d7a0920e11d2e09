"""The faults and liberties that the reference can be started with, as it tells them itself."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Literal

from conformance.errors import UsageError

Kind = Literal["fault", "liberty"]


@dataclass(frozen=True)
class Change:
    """One way in which the reference can differ. `breaks`: the requirements that a fault breaks; none for a liberty.

    Liberties of different concerns can be tried together.
    """

    name: str
    kind: Kind
    breaks: tuple[str, ...]
    description: str
    concern: str = ""


def changes() -> dict[str, Change]:
    """All faults and liberties by name."""
    command = [sys.executable, "-m", "conformance.reference", "--list-changes"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)  # noqa: S603  our own program
    kinds: tuple[tuple[Kind, str], ...] = (("fault", "faults"), ("liberty", "liberties"))
    return {
        entry["name"]: Change(entry["name"], kind, tuple(entry["breaks"]), entry["description"], entry["concern"])
        for kind, key in kinds
        for entry in told[key]
    }


def chosen(known: dict[str, Change], kind: Kind, names: tuple[str, ...]) -> list[Change]:
    """Changes by name. Raises `UsageError` for a name that the reference does not know."""
    of_kind = {name: change for name, change in known.items() if change.kind == kind}
    for name in names:
        if name not in of_kind:
            near = ", ".join(sorted(of_kind)[:8])
            raise UsageError(f"the reference has no {kind} '{name}'", next_step=f"choose one of its: {near}, …")
    return [of_kind[name] for name in names]
