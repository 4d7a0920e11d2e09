"""What the registry takes at most, and how long things are valid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIB: Final = 1 << 20


@dataclass(frozen=True)
class Bounds:
    """What is taken at most, and how long things are valid. Sizes are in bytes."""

    archive: int = 256 * MIB
    unpacked: int = 2048 * MIB
    run_file: int = 64 * MIB
    chunk: int = 8 * MIB
    kept: int = 1 << 40
    open_uploads: int = 4
    upload_days: int = 7
    run_age_days: int = 90
    statement_days: int = 365
    judging_cpu_seconds: int = 1800
    judging_memory: int = 4096 * MIB
