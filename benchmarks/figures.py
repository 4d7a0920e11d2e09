"""What is measured, as it stands in `benchmark.json` (its form: `benchmark.schema.json`)."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec

from conformance.model import Text

FORMAT = "conformance-benchmark/1"


class Cost(msgspec.Struct, frozen=True):
    """A whole process, from start to exit: user and system CPU, peak resident memory."""

    wall_seconds: float
    cpu_seconds: float
    peak_memory_mb: float
    exit_code: int


class Figures(msgspec.Struct, frozen=True):
    """One contestant, once. `inner` is its proper work without the start and the end of the process, where known."""

    exchanges: int
    wall_seconds: float
    cpu_seconds: float
    cpu_ms_per_exchange: float
    peak_memory_mb: float
    inner_wall_seconds: float | None = None
    inner_cpu_seconds: float | None = None
    inner_cpu_ms_per_exchange: float | None = None
    server_requests: int | None = None
    server_cpu_seconds: float | None = None
    same_status: int | None = None


class Contestant(msgspec.Struct, frozen=True):
    """All repetitions of one contestant, and the median of each figure."""

    name: str
    title: Text
    repetitions: tuple[Figures, ...]
    median: Figures


class Stage(msgspec.Struct, frozen=True):
    """One part of a run of the suite."""

    name: str
    title: Text
    cpu_seconds: float
    ms_per_exchange: float


class Aim(msgspec.Struct, frozen=True):
    """An aim with the figure that was reached; `met` is null where the run was narrowed."""

    name: str
    title: Text
    limit: float
    figure: float
    met: bool | None


class StockFinding(msgspec.Struct, frozen=True):
    """One kind of failure that stock Schemathesis told at its end, and how often."""

    code: str
    title: str
    count: int


class StockOutcome(msgspec.Struct, frozen=True):
    """What stock Schemathesis told of the reference."""

    cases: int
    failures: tuple[StockFinding, ...]
    warnings: tuple[str, ...]


class SuiteOutcome(msgspec.Struct, frozen=True):
    """What this suite told of the same reference: requirements by verdict, and whether `judge` told the same."""

    verdicts: dict[str, int]
    failed: tuple[str, ...]
    judged_again_the_same: bool


class Edition(msgspec.Struct, frozen=True):
    """What was played."""

    service: str
    version: str
    digest: str
    scripts: int


class Machine(msgspec.Struct, frozen=True):
    """What of the machine matters. `load` is the number of other busy tasks, before and after."""

    cores: int
    system: str
    architecture: str
    python: str
    libraries: dict[str, str]
    load_before: float
    load_after: float


class Report(msgspec.Struct, frozen=True):
    """The whole report."""

    created: str
    suite: str
    edition: Edition
    max_requests: int | None
    people: int
    seconds: float
    machine: Machine
    contestants: tuple[Contestant, ...]
    stages: tuple[Stage, ...]
    aims: tuple[Aim, ...]
    stock: StockOutcome
    outcome: SuiteOutcome
    format: str = FORMAT

    def contestant(self, name: str) -> Contestant:
        """A contestant by name. Raises `KeyError`."""
        return {contestant.name: contestant for contestant in self.contestants}[name]


def figures(
    cost: Cost,
    exchanges: int,
    inner: tuple[float, float] | None = None,
    server: tuple[int, float] | None = None,
    same_status: int | None = None,
) -> Figures:
    """Figures of one process. `inner` is wall and CPU seconds, `server` answers and CPU seconds."""
    return Figures(
        exchanges=exchanges,
        wall_seconds=cost.wall_seconds,
        cpu_seconds=cost.cpu_seconds,
        cpu_ms_per_exchange=per_exchange(cost.cpu_seconds, exchanges),
        peak_memory_mb=cost.peak_memory_mb,
        inner_wall_seconds=inner[0] if inner else None,
        inner_cpu_seconds=inner[1] if inner else None,
        inner_cpu_ms_per_exchange=per_exchange(inner[1], exchanges) if inner else None,
        server_requests=server[0] if server else None,
        server_cpu_seconds=server[1] if server else None,
        same_status=same_status,
    )


def per_exchange(seconds: float, exchanges: int) -> float:
    """Milliseconds for each exchange."""
    return round(1000 * seconds / max(1, exchanges), 3)


def contestant(name: str, title: Text, repetitions: Sequence[Figures]) -> Contestant:
    """A contestant with the median of each of its figures."""
    middle: dict[str, float | int | None] = {}
    for field in Figures.__struct_fields__:
        values = [getattr(item, field) for item in repetitions]
        known = [value for value in values if value is not None]
        middle[field] = statistics.median_low(known) if known else None
    return Contestant(name, title, tuple(repetitions), msgspec.convert(middle, Figures))
