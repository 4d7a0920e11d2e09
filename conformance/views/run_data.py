"""A run as the views see it: `run.jsonl` read into frozen values.

The format is described by `run.schema.json`. Whoever wrote the file is not trusted: every text in it may be hostile,
and each view escapes it for its own format. Properties that are not known are passed over; the schema is closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from conformance.errors import ArchiveError
from conformance.json_lines import LineError, decode
from conformance.model import Example, Flaky, Level, Source, Text, VerdictKind

FORMAT = "conformance-run/1"
Standing = Literal["conforming", "conforming-with-observations", "incomplete", "non-conforming"]
Count = tuple[int, int]
SHOWN = ("fail", "inconclusive", "observation", "waived", "pass", "not_tested", "not_applicable")

_AGAIN = "Check that this is the run.jsonl of a run; `conformance judge RUN` writes it again from the evidence."


class Body(msgspec.Struct, frozen=True):
    """The municipality, prefecture or ministry; all empty where a run was made without one."""

    code: str = ""
    name: str = ""
    type: str = ""


class Filters(msgspec.Struct, frozen=True):
    """What a partial run was narrowed to; empty means everything."""

    services: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    max_requests: int | None = None


class Service(msgspec.Struct, frozen=True):
    """A service under test, with the digests of what it was tested against."""

    service: str
    version: str
    title: Text
    base_url: str
    edition: str | None = None
    documents: dict[str, str] = {}
    scripts: int = 0
    profile: Literal["project", "standard", "derived"] = "project"


class Explore(msgspec.Struct, frozen=True):
    """How far a run was to go beyond its edition; 0 is no bound for a search, and no plays for what failed."""

    seed: str | None = None
    examples: int = 0
    seconds: float = 0.0
    shrink_plays: int = 0
    shrink_seconds: float = 0.0


class Header(msgspec.Struct, frozen=True, tag_field="type", tag="header"):
    """The first line: who was tested, with what."""

    format: str
    suite: str
    created: str
    seed: str
    run_id: str
    body: Body | None = None
    product: str = ""
    vendor: str = ""
    environment: str = "test"
    partial: bool = False
    filters: Filters = Filters()
    options: tuple[str, ...] = ()
    options_not_supported: dict[str, str] = {}
    services: tuple[Service, ...] = ()
    libraries: dict[str, str] = {}
    run_file: dict[str, Any] = {}
    explore: Explore | None = None


class VerdictLine(msgspec.Struct, frozen=True, tag_field="type", tag="verdict"):
    """One requirement of one service with its verdict; counts are numbers of traces."""

    requirement: str
    service: str
    verdict: VerdictKind
    level: Level
    area: str
    title: Text
    statement: Text
    source: Source
    judged: int = 0
    failed: int = 0
    inconclusive: int = 0
    reason: Text | None = None
    operations: dict[str, Count] = {}
    same_cause: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    flaky: tuple[Flaky, ...] = ()
    area_title: Text | None = None

    @property
    def area_words(self) -> Text:
        """The title that the documents give to the area; its name where the run has none."""
        return self.area_title or Text(self.area, self.area)

    @property
    def observation(self) -> bool:
        """A recommendation that is not followed: told, but no non-conformance."""
        return self.verdict is VerdictKind.FAIL and self.level is Level.RECOMMENDED

    @property
    def shown(self) -> str:
        """The verdict as a reader is told it: an observation is not called a failure."""
        return "observation" if self.observation else self.verdict.value

    @property
    def failure(self) -> bool:
        """A failed requirement that binds."""
        return self.verdict is VerdictKind.FAIL and self.level is not Level.RECOMMENDED

    @property
    def underneath(self) -> VerdictKind:
        """The verdict that a waiver covers; the verdict itself for all others."""
        if self.verdict is not VerdictKind.WAIVED:
            return self.verdict
        if self.failed:
            return VerdictKind.FAIL
        return VerdictKind.PASS if self.judged > self.inconclusive else VerdictKind.INCONCLUSIVE


class Scripts(msgspec.Struct, frozen=True):
    """How many scripts were planned, played to an end, and stopped by trouble that is not the system's."""

    planned: int = 0
    played: int = 0
    troubled: int = 0


class Explored(msgspec.Struct, frozen=True):
    """Scripts beyond the edition: drawn by a live search, failing ones again, and smaller ones of those."""

    search: int = 0
    again: int = 0
    shrink: int = 0
    scripts: str = ""


class Coverage(msgspec.Struct, frozen=True):
    """Requirements judged, of those that apply."""

    judged: int
    applicable: int


class PassRate(msgspec.Struct, frozen=True):
    """Requirements passed, of those judged."""

    passed: int
    judged: int


class Timing(msgspec.Struct, frozen=True):
    """Seconds."""

    wall_seconds: float = 0.0
    client_cpu_seconds: float = 0.0


class Footer(msgspec.Struct, frozen=True, tag_field="type", tag="footer"):
    """The last line: without it the run did not come to its end."""

    finished: str
    standing: Standing
    coverage: Coverage
    pass_rate: PassRate
    exchanges: int = 0
    scripts: Scripts = Scripts()
    explored: Explored | None = None
    verdicts: dict[str, int] = {}
    exercised: dict[str, dict[str, Count]] = {}
    not_exercised: dict[str, dict[str, list[str]]] = {}
    timing: Timing = Timing()
    evidence: str = ""
    lines: str = ""


class RunData(msgspec.Struct, frozen=True):
    """A whole run. Without a footer it is not complete, whatever its verdicts say."""

    header: Header
    verdicts: tuple[VerdictLine, ...] = ()
    footer: Footer | None = None

    @property
    def complete(self) -> bool:
        """The run came to its end and was scored."""
        return self.footer is not None

    @property
    def standing(self) -> Standing:
        """The standing of the system; `incomplete` as long as the run is not complete."""
        return self.footer.standing if self.footer else "incomplete"

    @property
    def shown(self) -> dict[str, int]:
        """How many requirements have each verdict as it is told, counted from the lines."""
        return tally(self.verdicts)

    @property
    def consistent(self) -> bool:
        """The footer counts the verdicts that are in the file."""
        if self.footer is None:
            return True
        return all(self.footer.verdicts.get(kind, 0) == len(self.having(kind)) for kind in VerdictKind)

    @property
    def coverage(self) -> Coverage:
        """Judged of applicable: the footer's figures, or those of the lines that are there."""
        if self.footer:
            return self.footer.coverage
        judged = len(self.having("pass")) + len(self.having("fail"))
        return Coverage(judged, judged + len(self.having("inconclusive")))

    @property
    def pass_rate(self) -> PassRate:
        """Passed of judged: the footer's figures, or those of the lines that are there."""
        if self.footer:
            return self.footer.pass_rate
        return PassRate(len(self.having("pass")), self.coverage.judged)

    @property
    def failures(self) -> tuple[VerdictLine, ...]:
        """Failed requirements that bind, the most binding first."""
        order = {Level.MANDATORY: 0, Level.PROHIBITED: 0, Level.OPTIONAL: 1, Level.RECOMMENDED: 2}
        return tuple(sorted((v for v in self.verdicts if v.failure), key=lambda v: order[v.level]))

    @property
    def observations(self) -> tuple[VerdictLine, ...]:
        """Recommendations that are not followed."""
        return tuple(v for v in self.verdicts if v.observation)

    def having(self, kind: str) -> tuple[VerdictLine, ...]:
        """The requirements with one verdict, in the order of the file."""
        return tuple(v for v in self.verdicts if v.verdict == kind)


def tally(verdicts: Iterable[VerdictLine]) -> dict[str, int]:
    """Number of requirements per verdict as it is told, the one to act on first; every kind is a key."""
    counts = dict.fromkeys(SHOWN, 0)
    for line in verdicts:
        counts[line.shown] += 1
    return counts


def load(path: Path) -> RunData:
    """Read a `run.jsonl`. A last line that was cut in writing counts as a missing footer.

    Raises `ArchiveError` where the file is not there, is empty, is of another format, or a line in it is broken.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ArchiveError(f"cannot be read ({error.strerror})", where=str(path), next_step=_AGAIN) from error
    lines = raw.split(b"\n")
    parsed = [_line(text, f"{path}:{n}", last=n == len(lines)) for n, text in enumerate(lines, 1) if text.strip()]
    return _assemble([line for line in parsed if line is not None], str(path))


def _line(text: bytes, where: str, *, last: bool) -> Header | VerdictLine | Footer | None:
    try:
        return decode(text, _DECODER)
    except LineError as error:
        if last:  # no newline after it: the writer was stopped in the middle of the line
            return None
        raise ArchiveError(f"not a line of a run: {error}", where=where, next_step=_AGAIN) from error


def _assemble(lines: list[Header | VerdictLine | Footer], where: str) -> RunData:
    if not lines or not isinstance(lines[0], Header):
        raise ArchiveError("the first line is not the header of a run", where=where, next_step=_AGAIN)
    header = lines[0]
    if header.format != FORMAT:
        next_step = f"Use a suite that reads {header.format!r}; the run was written by suite {header.suite}."
        raise ArchiveError(f"the format is not {FORMAT!r}", where=where, next_step=next_step)
    footer = lines[-1] if isinstance(lines[-1], Footer) else None
    rest = lines[1:-1] if footer else lines[1:]
    verdicts = tuple(line for line in rest if isinstance(line, VerdictLine))
    if len(verdicts) != len(rest):
        raise ArchiveError("a header or footer stands between the verdicts", where=where, next_step=_AGAIN)
    if len({(line.service, line.requirement) for line in verdicts}) != len(verdicts):
        raise ArchiveError("a requirement of one service has two verdicts", where=where, next_step=_AGAIN)
    return RunData(header, verdicts, footer)


_DECODER: msgspec.json.Decoder[Header | VerdictLine | Footer] = msgspec.json.Decoder(Header | VerdictLine | Footer)
