"""A clock that stands still, and a judge that says what it is told to: for what is not about judging."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from conformance import __version__
from conformance.catalogue.service import published_service
from conformance.edition_file import load as load_edition
from conformance.model import Level, Source, Text, VerdictKind
from conformance.registry.judged import Judged, Shortfall, Tested
from conformance.registry.judging import Done
from conformance.registry.kept import NONE, Kept
from conformance.registry.office import Bounds
from conformance.registry.packing import digest_of

START = dt.datetime(2026, 11, 29, 3, 0, tzinfo=dt.UTC)
SERVICE = "procedures"


class Clock:
    """Gives one moment until it is moved."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> dt.datetime:
        return self.moment

    def forward(self, **by: int) -> None:
        """As `timedelta`."""
        self.moment += dt.timedelta(**by)


class SteadyJudge:
    """Judges without looking; `judged` can be replaced."""

    def __init__(self) -> None:
        self.judged = conforming()

    @contextlib.contextmanager
    def __call__(self, archive: Path, bounds: Bounds, work: Path, kept: Kept = NONE) -> Iterator[Done]:
        work.mkdir(parents=True, exist_ok=True)
        made = work / "judged.jsonl"
        made.write_bytes(b"{}\n")
        evidence = "sha256:" + hashlib.sha256(archive.read_bytes()).hexdigest()
        yield Done(msgspec.structs.replace(self.judged, evidence=evidence, run_file=digest_of(made)), made)


def conforming(**changed: object) -> Judged:
    """A whole run of the published documents, in which everything passed."""
    service = published_service(SERVICE)
    tested = Tested(
        SERVICE,
        service.version,
        load_edition(service.edition_path).digest(),
        dict(service.digests),
        tuple(sorted(service.options)),
        upper_tester=True,
        body_type="special_ward",
        day="2026-11-29",
        scripts=10,
    )
    made = Judged(
        __version__,
        standing="conforming",
        claimed="conforming",
        run_id="20261129-120000-abcdef",
        seed="1",
        created="2026-11-29T12:00:00+09:00",
        vendor="conformance",
        product="Reference implementation 0.1.0",
        body_code="131016",
        finished=True,
        same_bytes=True,
        exchanges=10,
        services=(tested,),
        passed=tuple((SERVICE, r.id) for r in service.requirements if r.verified_by),
    )
    return msgspec.structs.replace(made, **changed)


def failing(requirement: str = "COM-PAG-001", **changed: object) -> Judged:
    """The same, with one requirement failed."""
    found = published_service(SERVICE).requirement_ids[requirement]
    short = Shortfall(
        SERVICE, requirement, VerdictKind.FAIL, Level.MANDATORY, found.title, found.statement,
        Source(found.source.kind, found.source.document, found.source.clause),
        message=Text("違います", "is wrong"), expected="200", actual="500", operation="listApplications",
    )  # fmt: skip
    passed = tuple(key for key in conforming().passed if key[1] != requirement)
    return conforming(**{"standing": "non-conforming", "short": (short,), "passed": passed, **changed})
