"""From a run file to a run: documents and editions are loaded, plans made, tokens fetched, the archive begun."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conformance.beyond import Beyond
from conformance.catalogue.requirements import Situation
from conformance.catalogue.service import Service, available, published_service
from conformance.edition_file import load as load_edition
from conformance.errors import SuiteError, UsageError
from conformance.expression import JST
from conformance.interruption import Memory, Remembered
from conformance.model import OtherToken
from conformance.numbering import Numbering
from conformance.plan import Filters, Plan, check_filters, make_plan
from conformance.play import run_seed
from conformance.resources import fixtures_dir
from conformance.run_lines import RunResult, header_of
from conformance.session import Progress, new_seed, run_now
from conformance.stage import Stage
from conformance.sut import tls
from conformance.sut.client import Door, Sendable
from conformance.sut.preflight import run as look
from conformance.sut.preflight_report import Report, Result
from conformance.sut.redaction import Redactor
from conformance.sut.run_file import RunFile, Tls, without_secrets
from conformance.sut.tokens import TokenSource

UPPER_TESTER = "upper-tester"


@dataclass(frozen=True)
class Prepared:
    """All that a run needs."""

    run_file: RunFile
    plans: list[Plan]
    stage: Stage
    door: Door
    redactor: Redactor
    header: dict[str, Any]
    filters: Filters
    tokens: TokenSource
    key: bytes = field(repr=False)
    memory: Memory | None = field(default=None, kw_only=True)
    """Set where an earlier sitting of the run is gone on with."""

    @property
    def run_id(self) -> str:
        """The name of the run, made of its time and a digest."""
        return str(self.header["run_id"])


class RunTokens:
    """Tokens of a run by the role's name in the documents; fetched anew when the system's clock was moved."""

    def __init__(self, source: TokenSource, names: Mapping[str, str]) -> None:
        self._source = source
        self._names = names
        self._moved = False
        self._since: set[tuple[str, OtherToken | None]] = set()
        """The tokens, by role and what is asked of them, that were fetched since the clock was moved."""

    def token(self, role: str, other: OtherToken | None = None) -> str:
        """A bearer token of the role: its usual one, or another one of the same client."""
        name = self._names.get(role, role)
        if self._moved and (name, other) not in self._since:
            self._since.add((name, other))
            return self._source.renew(name, other=other)
        return self._source.token(name, other)

    def lifetime(self, role: str) -> int | None:
        """How many seconds a token of the role lasts, where its endpoint tells."""
        return self._source.lifetime(self._names.get(role, role))

    def renewed(self, role: str, stale: str) -> bool:
        """Whether there is another token now in place of one that was refused."""
        name = self._names.get(role, role)
        try:
            return self._source.renew(name, stale) != stale
        except SuiteError:
            return False

    def renew_all(self) -> None:
        """Take no token for good that was fetched before now, by whomever: the preflight has asked for all of them."""
        self._moved = True
        self._since.clear()


class Published(Mapping[str, Mapping[str, frozenset[str]]]):
    """Service to version to options, as the documents have them; what a run file may name.

    The documents of a service are read when it is asked for: who tests one service does not wait for all others.
    """

    def __init__(self) -> None:
        self._versions = available(operations=True)

    def __getitem__(self, name: str) -> Mapping[str, frozenset[str]]:
        return {version: published_service(name, version).options for version in self._versions[name]}

    def __iter__(self) -> Iterator[str]:
        return iter(self._versions)

    def __len__(self) -> int:
        return len(self._versions)

    def __contains__(self, name: object) -> bool:
        return name in self._versions


def load_plans(run_file: RunFile, filters: Filters, day: dt.date) -> list[Plan]:
    """The plan of each declared service. Raises `UsageError`, `DocumentError`, `EditionError`."""
    for name in filters.services:
        if name not in run_file.services:
            raise UsageError(
                f"the run file declares no service '{name}'", next_step=f"choose of: {', '.join(run_file.services)}"
            )
    tested = frozenset(filters.services or run_file.services)
    declared = {name: entry for name, entry in run_file.services.items() if name in tested}
    found = [(published_service(name, entry.version), frozenset(entry.options)) for name, entry in declared.items()]
    options = frozenset(option for _, offered in found for option in offered)
    found += [(service, options) for service in _across(frozenset(declared))]
    editions = {service.name: load_edition(service.edition_path) for service, _ in found}
    check_filters([(service, editions[service.name]) for service, _ in found], filters)
    narrowed, plans = filters.among(len(found)), list[Plan]()
    for service, offered in found:
        situation = Situation(run_file.body.type, offered, run_file.upper_tester is not None, day, frozenset(declared))
        names = [name for name in declared if service.across or name == service.name]
        roles = {r for r in service.roles if all(run_file.role(name, r) in run_file.auth.roles for name in names)}
        first = sum(len(plan.edition.scripts) for plan in plans)
        plans.append(make_plan(service, editions[service.name], situation, roles, narrowed, first))
    return plans


def _across(tested: frozenset[str]) -> list[Service]:
    """What is published about several services together, where at least two of those are tested."""
    if len(tested) < 2:
        return []
    services = [published_service(name, versions[-1]) for name, versions in available().items()]
    return [service for service in services if service.across and len(tested & service.sources.keys()) > 1]


def settings(run_file: RunFile) -> dict[str, Any]:
    """What documents may ask of the run file: a code of addresses in this body, of another body, of a further ward."""
    bodies = json.loads((fixtures_dir() / "bodies.json").read_text("utf-8"))
    own: dict[str, Any] = next((body for body in bodies if body["code"] == run_file.body.code), {})
    other = next(body for body in bodies if body["code"] != run_file.body.code and body["type"] == "city")
    codes = sorted(ward["code"] for ward in own.get("wards") or []) or [run_file.body.code]
    return {"body_code": codes[0], "ward_code": codes[-1], "other_body_code": other["code"]}


def _role_names(run_file: RunFile) -> dict[str, str]:
    """The name in the run file of each role that the documents name, where it differs."""
    names: dict[str, str] = {}
    for declared in run_file.services.values():
        names.update(declared.roles)
    if run_file.upper_tester and run_file.upper_tester.role:
        names.setdefault("tester", run_file.upper_tester.role)
    return names


def prepare(run_file: RunFile, filters: Filters, seed: str | None = None, shuffle: str | None = None) -> Prepared:
    """Everything for a run, before the first request of a script. Raises `SuiteError`s with a next step.

    `shuffle` is the seed of another order of scripts.
    """
    now = dt.datetime.now(JST)
    chosen = seed or run_file.generation.seed or new_seed()
    plans = load_plans(run_file, filters, now.date())
    header = header_of(plans, _base_urls(run_file), chosen, without_secrets(run_file), filters, now)
    if shuffle is not None:
        plans = [plan.shuffled(shuffle) for plan in plans]
        header["shuffle"] = shuffle
    return prepared_from(run_file, plans, header, filters, secrets.token_bytes(32))


def prepared_from(
    run_file: RunFile, plans: list[Plan], header: dict[str, Any], filters: Filters, key: bytes
) -> Prepared:
    """What a run with this header needs: the seed is the header's, `key` that of the mapping of personal numbers."""
    redactor = Redactor(key)
    tokens = TokenSource(run_file, on_token=lambda token: conceal(redactor, token))
    stage = Stage(
        base_urls=_base_urls(run_file),
        tokens=RunTokens(tokens, _role_names(run_file)),
        seed=run_seed(header["seed"]),
        config=settings(run_file),
        clock_reset=_clock_reset(run_file),
        sitting=len(header.get("resumed", ())),
        numbering=Numbering.of((plan.first, plan.edition.scripts) for plan in plans),
    )
    context = tls.context(run_file.tls) if run_file.tls != Tls() else None
    door = Door(run_file.limits, context, urls=_base_urls(run_file).values())
    return Prepared(run_file, plans, stage, door, redactor, header, filters, tokens, key)


def conceal(redactor: Redactor, token: str) -> None:
    """Make a token known to the redactor, as it is and as it stands in a URL."""
    redactor.conceal(token)
    redactor.conceal(quote(token, safe=""))


def _base_urls(run_file: RunFile) -> dict[str, str]:
    base_urls = {name: declared.base_url for name, declared in run_file.services.items()}
    if run_file.upper_tester is not None:
        base_urls[UPPER_TESTER] = run_file.upper_tester.base_url
    return base_urls


def _clock_reset(run_file: RunFile) -> Sendable | None:
    if run_file.upper_tester is None:
        return None
    url = run_file.upper_tester.base_url.rstrip("/") + "/clock"
    return Sendable("PUT", url, (("Content-Type", "application/json"), ("Accept", "*/*")), None)


def preflight(prepared: Prepared, tell: Callable[[Result], None] | None = None) -> Report:
    """Look whether the run can begin; the stage learns how far the system's clock is off. Raises no failure."""
    services = [plan.service for plan in prepared.plans if not plan.service.across]
    paths = {
        service.name: next(o.path for o in service.operations.values() if o.method == "GET" and "{" not in o.path)
        for service in services
        if any(o.method == "GET" and "{" not in o.path for o in service.operations.values())
    }
    without_tester = prepared.run_file.upper_tester is None
    roles = {
        service.name: [role for role in service.roles if not (without_tester and role == "tester")]
        for service in services
    }
    report = look(prepared.run_file, roles, paths=paths, tokens=prepared.tokens, tell=tell)
    if report.clock_ahead is not None and abs(report.clock_ahead) > 1:
        prepared.stage.clock.ahead = dt.timedelta(seconds=report.clock_ahead)
    return report


def start(
    prepared: Prepared,
    folder: Path,
    progress: Callable[[Progress], None] | None = None,
    beyond: Beyond | None = None,
) -> RunResult:
    """Play and judge, then what is `beyond` the edition; or go on with it, where `resumption` prepared that.

    Raises `StoppedError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    memory = prepared.memory or Memory.begin(
        folder,
        Remembered(prepared.run_id, prepared.key, prepared.stage.clock.ahead.total_seconds(), prepared.run_file.path),
    )
    try:
        return run_now(
            prepared.plans,
            prepared.stage,
            prepared.door,
            prepared.redactor,
            prepared.header,
            folder,
            prepared.filters,
            progress,
            memory,
            beyond,
        )
    finally:
        memory.close()


def planned(prepared: Prepared) -> tuple[int, int]:
    """Scripts and requests at most."""
    return sum(len(p) for p in prepared.plans), sum(p.requests for p in prepared.plans)
