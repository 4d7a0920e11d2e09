"""What judging a submitted run again came to: values that go from the process that judges into the store."""

from __future__ import annotations

import msgspec

from conformance.model import Level, Source, Text, VerdictKind


class Problem(msgspec.Struct, frozen=True):
    """Why a run cannot be taken for what it is said to be. `code` is for programs, `text` and `remedy` for people."""

    code: str
    text: Text
    remedy: Text


class Tested(msgspec.Struct, frozen=True):
    """A service as it was tested: its edition, its documents, and what was declared."""

    service: str
    version: str
    edition: str
    documents: dict[str, str]
    options: tuple[str, ...] = ()
    upper_tester: bool = False
    body_type: str = ""
    day: str = ""
    scripts: int = 0


class Shortfall(msgspec.Struct, frozen=True):
    """A requirement that was not met, or could not be judged, with what a reader needs to put it right."""

    service: str
    requirement: str
    verdict: VerdictKind
    level: Level
    title: Text
    statement: Text
    source: Source
    reason: Text | None = None
    message: Text | None = None
    expected: str = ""
    actual: str = ""
    operation: str = ""


class Difference(msgspec.Struct, frozen=True):
    """A requirement on which the archive says something else than its evidence; None where one of them is silent."""

    service: str
    requirement: str
    claimed: str | None
    judged: str | None


class Judged(msgspec.Struct, frozen=True):
    """The whole of it. Where `problems` is not empty before anything was judged, `standing` is `incomplete`."""

    suite: str
    standing: str = "incomplete"
    claimed: str = ""
    run_id: str = ""
    seed: str = ""
    created: str = ""
    vendor: str = ""
    product: str = ""
    body_code: str = ""
    body_name: str = ""
    narrowed: bool = False
    finished: bool = False
    same_bytes: bool = False
    exchanges: int = 0
    evidence: str = ""
    run_file: str = ""
    """SHA-256 of the `run.jsonl` that the registry made."""
    services: tuple[Tested, ...] = ()
    passed: tuple[tuple[str, str], ...] = ()
    """Service and requirement."""
    short: tuple[Shortfall, ...] = ()
    differences: tuple[Difference, ...] = ()
    problems: tuple[Problem, ...] = ()
