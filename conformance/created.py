"""What a run has created in the system: each thing by operation and `Location` of the answer that told of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from conformance.archive import PART
from conformance.seen import Seen

CREATED: Final = "created.jsonl"
Made = tuple[str, str]
"""Operation and location."""


def made_in(items: Iterable[Seen]) -> Iterator[tuple[Made, Seen]]:
    """What the system says in the answers of one trace that it has made (201, 202), with the exchange."""
    for item in items:
        if item.step and item.step.operation and item.response and item.response.status in {201, 202}:
            location = item.response.header("Location")
            if location:
                yield (item.step.operation, location), item


def write_created(folder: Path, created: Mapping[str, Mapping[Made, str]]) -> None:
    """Write the list of what the run has left in the system: by service, what was made and by which script."""
    part = folder / (CREATED + PART)
    with part.open("wb") as file:
        for name, things in created.items():
            for (operation, location), script in sorted(things.items()):
                line = {"service": name, "operation": operation, "location": location, "script": script}
                file.write(msgspec.json.encode(line) + b"\n")
    part.replace(folder / CREATED)
