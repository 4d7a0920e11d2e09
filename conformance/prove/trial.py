"""One trial: the reference with one change, the scripts that could notice it, what came of it."""

from __future__ import annotations

import atexit
import datetime as dt
import json
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import msgspec

from conformance.demonstration import OnDemand
from conformance.expression import JST
from conformance.launch import Published, preflight, prepare
from conformance.model import Verdict
from conformance.plan import Filters
from conformance.play import traceparent
from conformance.prove.changes import Change
from conformance.prove.light import Played, play
from conformance.prove.wire import Difference
from conformance.sut.run_file import load

SETTING = ("--port", "0", "--people", "200", "--time-of-day", "12:00", "--body", "141003")
"""How the reference is started: at noon, so that what a fault does is the same whenever it is proven; as a designated
city, to which every requirement applies."""
SEED = "proof"
_HARDLY = dt.timedelta(minutes=1)
"""As far as a clock that is taken for the real one may be from it."""


class Caught(msgspec.Struct, frozen=True):
    """How one requirement fell: in how many of the traces that were judged, and the first finding in words."""

    requirement: str
    failed: int
    judged: int
    ja: str
    en: str
    expected: str
    actual: str
    script: str
    rule: str
    operation: str | None = None


class Trial(msgspec.Struct, frozen=True):
    """What came of one change. `scripts` is the number of scripts played."""

    name: str
    kind: str
    breaks: tuple[str, ...]
    description: str
    scripts: int
    exchanges: int
    caught: tuple[Caught, ...]
    inconclusive: tuple[str, ...] = ()
    wire: tuple[Difference, ...] | None = None
    """Where the wire was judged too: what the evidence says otherwise."""
    together: tuple[str, ...] = ()
    """The other liberties that were taken in the same run; `scripts` and `exchanges` are those of the run."""
    played: str = ""
    """Digest of the scripts that it plays."""

    @property
    def failed(self) -> frozenset[str]:
        """The requirements that failed."""
        return frozenset(item.requirement for item in self.caught)

    @property
    def survived(self) -> tuple[str, ...]:
        """The requirements that the change breaks, and that did not fail."""
        return tuple(sorted(set(self.breaks) - self.failed))

    @property
    def blamed(self) -> tuple[str, ...]:
        """The requirements that failed, and that the change does not break."""
        return tuple(sorted(self.failed - set(self.breaks)))

    @property
    def proven(self) -> bool:
        """A fault is caught, and nothing else is blamed; a liberty is left in peace."""
        return not (self.survived or self.blamed or self.wire or (self.kind == "liberty" and self.inconclusive))


def probe(
    faults: Collection[str], *, wire: bool = False, services: tuple[str, ...] = ()
) -> tuple[Trial, Mapping[str, Collection[str]]]:
    """The reference without any change, and the ids of the scripts that could notice each of these faults.

    A script could notice a fault when one of its requests reached what the fault replaces. A fault that only requests
    outside of any script reach (those for tokens) could be noticed by every script.
    """
    with tempfile.TemporaryDirectory(prefix="conformance-proof-") as name:
        folder = Path(name)
        asked = ["--probe", str(folder / "touched.json"), *(word for fault in faults for word in ("--listen", fault))]
        with _references().serving(folder, *SETTING, *(asked if faults else ())) as path:
            result, names = _played(path, Filters(services=services), traced=True, wire=wire)
        touched = json.loads((folder / "touched.json").read_text("utf-8")) if faults else {}
    by_header = {traceparent(script): script for script in names}
    reached = {
        fault: [by_header[header] for header in headers if header] or (names if headers else [])
        for fault, headers in touched.items()
    }
    return _trial(Change("reference", "liberty", (), ""), result), reached


def trial(change: Change, scripts: Collection[str], *, wire: bool = False, services: tuple[str, ...] = ()) -> Trial:
    """Play the given scripts (none given: all of them) against the reference with one change.

    `wire` judges every trace as it came, too, and compares; `services` are those tested, none given: all.
    """
    return _tried((change,), Filters(services=services, scripts=tuple(scripts)), wire=wire)[0]


def together(changes: tuple[Change, ...], *, wire: bool = False, services: tuple[str, ...] = ()) -> list[Trial]:
    """Play everything against the reference with several liberties at once; each has the same result."""
    return _tried(changes, Filters(services=services), wire=wire)


@cache
def _references() -> OnDemand:
    """Where this process has its references from."""
    source = OnDemand()
    atexit.register(source.close)
    return source


def _tried(changes: tuple[Change, ...], filters: Filters, *, wire: bool) -> list[Trial]:
    with tempfile.TemporaryDirectory(prefix="conformance-proof-") as name:
        folder = Path(name)
        planted = [argument for change in changes for argument in (f"--{change.kind}", change.name)]
        with _references().serving(folder, *SETTING, *planted) as path:
            result, _ = _played(path, filters, wire=wire)
    names = [change.name for change in changes]
    return [
        msgspec.structs.replace(_trial(change, result), together=tuple(name for name in names if name != change.name))
        for change in changes
    ]


def _played(run_file: Path, filters: Filters, *, traced: bool = False, wire: bool = False) -> tuple[Played, list[str]]:
    prepared = prepare(load(run_file, Published()), filters, SEED)
    preflight(prepared).raise_for_failures()
    clock = prepared.stage.clock
    if abs(clock.ahead) < _HARDLY:
        # Its Date tells the real time, and its clock began at noon: it is to be put back to that, at whatever hour this
        # is proven. A liberty of which Date tells the system's own clock is believed.
        now = dt.datetime.now(JST)
        clock.ahead = now.replace(hour=12, minute=0, second=0, microsecond=0) - now
    if traced:
        prepared = replace(prepared, stage=replace(prepared.stage, traced=True))
    return play(prepared, wire=wire), [script for plan in prepared.plans for script in plan.ordinals]


def _trial(change: Change, result: Played) -> Trial:
    return Trial(
        name=change.name,
        kind=change.kind,
        breaks=change.breaks,
        description=change.description,
        scripts=result.scripts,
        exchanges=result.exchanges,
        caught=tuple(map(_caught, result.failed)),
        inconclusive=result.inconclusive,
        wire=result.differences,
    )


def _caught(verdict: Verdict) -> Caught:
    finding = verdict.examples[0].finding
    return Caught(
        requirement=verdict.requirement,
        failed=verdict.failed,
        judged=verdict.judged,
        ja=finding.message.ja,
        en=finding.message.en,
        expected=finding.expected,
        actual=finding.actual,
        script=finding.script,
        rule=finding.rule,
        operation=finding.operation,
    )
