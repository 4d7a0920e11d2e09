"""The lines of `run.jsonl`: the header of a run, one verdict for each requirement, the footer with its figures."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import shlex
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from conformance import __version__
from conformance.archive import FORMAT, RUN_FILE, RunWriter
from conformance.catalogue.service import EDITION_FILE, Service
from conformance.closer import Closer
from conformance.created import Made, made_in, write_created
from conformance.errors import ArchiveError
from conformance.exercised import Exercised
from conformance.extras import EXPLORED, extras_digest
from conformance.judge import Judge
from conformance.model import Extra, Observation, Script, Text, Trace, Verdict, VerdictKind
from conformance.plan import Filters, Plan, open_reason, why_not_judged
from conformance.scorecard import Standing, figures, standing
from conformance.seen import look
from conformance.tally import Tally

SPEC = "spec"
_LIBRARIES = ("httptools", "hypothesis", "jsonschema-rs", "msgspec", "schemathesis", "zstandard")


@dataclass
class Bench:
    """One service of a run: its plan, judge and counts; `extras` are the scripts beyond its edition, by id."""

    plan: Plan
    judge: Judge
    tally: Tally
    exercised: Exercised
    closer: Closer
    extras: dict[str, Extra] = field(default_factory=dict)
    played: Counter[str] = field(default_factory=Counter)
    """Number of scripts played: of the edition, those in trouble, and of what is beyond it by its use."""
    _seen: set[str] = field(default_factory=set)
    created: dict[Made, str] = field(default_factory=dict)
    """The script of each thing that the system says it has made."""

    @classmethod
    def of(cls, plan: Plan, replay: Callable[[str], str]) -> Bench:
        """The bench of a plan."""
        judge = Judge(plan.service, plan.applicable)
        return cls(plan, judge, Tally(replay), Exercised(plan.service, judge.knowledge), Closer(replay))

    def script(self, identifier: str) -> Script | None:
        """A script of this run by its id, of the edition or beyond it."""
        extra = self.extras.get(identifier)
        return extra.script if extra else self.plan.script(identifier)

    def left(self, extra: Extra) -> bool:
        """Whether a script beyond the edition is still to be played."""
        return extra.script.id not in self._seen

    def take(self, trace: Trace) -> list[Observation]:
        """Judge one trace and count it. What only looks at a failure more closely counts for no verdict."""
        extra, script = self.extras.get(trace.script), self.script(trace.script)
        if script is None:
            raise ArchiveError(
                f"the evidence names the script '{trace.script}', which its edition does not have",
                next_step="take the run from its source again",
            )
        self.played[extra.use if extra else "edition"] += 1
        if extra is not None:
            self._seen.add(extra.script.id)
        if extra is None:
            self.played["troubled"] += any(exchange.trouble for exchange in trace.exchanges)
        seen = look(script, trace)
        earlier = look(script, msgspec.structs.replace(trace, exchanges=trace.earlier)) if trace.earlier else []
        for made, _ in made_in((*earlier, *seen)):
            self.created.setdefault(made, script.id)
        observed = self.judge.judge(script, trace, seen)
        if extra is not None and extra.use != "search":
            self.closer.take(extra, trace, observed)
            return observed
        self.tally.add(script, trace, observed)
        self.exercised.add(seen)
        return observed


@dataclass(frozen=True)
class RunResult:
    """What a run came to."""

    folder: Path
    standing: Standing
    verdicts: tuple[Verdict, ...]
    footer: Mapping[str, Any]


def libraries() -> dict[str, str]:
    """Versions of the libraries that matter for a verdict."""
    return {name: importlib.metadata.version(name) for name in _LIBRARIES}


def replay_command(header: Mapping[str, Any]) -> Callable[[str], str]:
    """The command that plays one script again, as it is told to a person; `header` is that of the run."""
    path = header["run_file"].get("path")
    reached = f" --run-file {shlex.quote(path)}" if path else ""
    return lambda script: f"conformance replay {shlex.quote(script)} --run {header['run_id']}{reached}"


def keep_documents(plans: list[Plan], folder: Path) -> None:
    """Copy the documents and editions of a run into its archive, so that it can be judged anywhere."""
    for plan in plans:
        root = plan.service.folder.parent.parent
        for name in plan.service.digests:
            target = folder / SPEC / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target)
        edition = folder / SPEC / plan.service.key / EDITION_FILE
        edition.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(plan.service.edition_path, edition)


def played_of(benches: Mapping[str, Bench], folder: Path) -> dict[str, Any]:
    """For the footer: how many scripts were planned and played, and what was played beyond the edition."""
    played = sum((bench.played for bench in benches.values()), Counter())
    planned = sum(len(bench.plan) for bench in benches.values())
    found: dict[str, Any] = {
        "scripts": {"planned": planned, "played": played["edition"], "troubled": played["troubled"]}
    }
    if (folder / EXPLORED).exists():
        uses = {use: played[use] for use in ("search", "again", "shrink")}
        found["explored"] = {**uses, "scripts": extras_digest(folder / EXPLORED)}
    return found


def verdicts_of(bench: Bench, filters: Filters) -> list[Verdict]:
    """One verdict for each requirement of the service, in the order of the catalogue."""
    found = []
    plan = bench.plan
    for requirement in plan.service.requirements:
        apart = why_not_judged(requirement, plan, filters)
        if apart is None:
            verdict = bench.tally.verdict(requirement, plan.service.name, open_reason(requirement, plan))
            verdict = bench.closer.told(verdict)
            if _had_no_occasion(bench, verdict):
                verdict = msgspec.structs.replace(verdict, verdict=VerdictKind.NOT_APPLICABLE, reason=_NO_OCCASION)
            asked_for = not filters.partial or requirement.id in filters.requirements
            if not asked_for and verdict.judged == 0 and verdict.inconclusive == 0:
                continue
            found.append(verdict)
        elif apart[0] != "skip":
            kind = VerdictKind(apart[0])
            found.append(Verdict(requirement.id, plan.service.name, kind, requirement.level, reason=apart[1]))
    return found


_NO_OCCASION = Text(
    ja="この要件の対象となる応答がありませんでした。", en="No answer was of the kind that this requirement is about."
)


def _had_no_occasion(bench: Bench, verdict: Verdict) -> bool:
    """Whether a requirement on others' documents found nothing to judge although all operations could be called.

    Our own documents see to it that there is an occasion; somebody else's system may never send a problem document.
    """
    if bench.plan.service.strict or bench.plan.unreachable or verdict.judged or verdict.inconclusive:
        return False
    return bench.exercised.figures()["operations"][0] > 0


def verdict_line(verdict: Verdict, service: Service) -> dict[str, Any]:
    """A verdict as a line of `run.jsonl`, with what a reader needs to know of its requirement."""
    requirement = service.requirement_ids[verdict.requirement]
    title = service.areas.get(requirement.area)
    line = msgspec.to_builtins(verdict)
    return {
        "type": "verdict",
        **line,
        "area": requirement.area,
        **({"area_title": msgspec.to_builtins(title)} if title else {}),
        "title": msgspec.to_builtins(requirement.title),
        "statement": msgspec.to_builtins(requirement.statement),
        "source": msgspec.to_builtins(requirement.source),
    }


def write_header(folder: Path, header: dict[str, Any]) -> None:
    """Write `run.jsonl` with nothing but the header: what a run is until it has come to its end."""
    writer = RunWriter(folder / RUN_FILE)
    writer.line(header)
    writer.close()


def write_verdicts(
    folder: Path, header: dict[str, Any], benches: Mapping[str, Bench], counts: dict[str, Any], filters: Filters
) -> RunResult:
    """Write `run.jsonl` whole: header, verdicts, footer; before it the list of what was created."""
    write_created(folder, {name: bench.created for name, bench in benches.items()})
    writer = RunWriter(folder / RUN_FILE)
    writer.line(header)
    everything: list[Verdict] = []
    for bench in benches.values():
        for verdict in verdicts_of(bench, filters):
            writer.line(verdict_line(verdict, bench.plan.service))
            everything.append(verdict)
    complete = not header["partial"] and counts["scripts"]["played"] == counts["scripts"]["planned"]
    stands = standing(everything, complete=complete)
    footer = {
        **counts,
        **figures(everything),
        "standing": stands.value,
        "exercised": {name: bench.exercised.figures() for name, bench in benches.items()},
        "created": {name: len(bench.created) for name, bench in benches.items()},
        "not_exercised": {name: bench.exercised.left_out() for name, bench in benches.items()},
    }
    writer.footer(footer)
    return RunResult(folder, stands, tuple(everything), footer)


def header_of(
    plans: list[Plan],
    base_urls: Mapping[str, str],
    seed: str,
    run_file: dict[str, Any],
    filters: Filters,
    now: dt.datetime,
) -> dict[str, Any]:
    """The header line of a run. `run_file` is without secrets."""
    digest = hashlib.sha256(f"{seed}{now.isoformat()}".encode()).hexdigest()[:6]
    return {
        "type": "header",
        "format": FORMAT,
        "suite": __version__,
        "created": now.isoformat(timespec="seconds"),
        "run_id": f"{now:%Y%m%d-%H%M%S}-{digest}",
        "seed": seed,
        "body": run_file["body"],
        "product": f"{run_file['product']['name']} {run_file['product']['version']}".strip(),
        "vendor": run_file["product"]["vendor"],
        "environment": run_file["environment"],
        "partial": filters.partial,
        "filters": {
            "services": list(filters.services),
            "requirements": list(filters.requirements),
            "operations": list(filters.operations),
            "scripts": list(filters.scripts),
            "max_requests": filters.max_requests,
        },
        "options": sorted({option for plan in plans for option in plan.situation.options}),
        "options_not_supported": {
            name: reason
            for service in run_file["services"].values()
            for name, reason in service.get("options_not_supported", {}).items()
        },
        "services": [_service_header(plan, base_urls.get(plan.service.name, "")) for plan in plans],
        "libraries": libraries(),
        "run_file": run_file,
    }


def _service_header(plan: Plan, base_url: str) -> dict[str, Any]:
    situation = plan.situation
    return {
        "service": plan.service.name,
        "version": plan.service.version,
        "title": msgspec.to_builtins(plan.service.title),
        "base_url": base_url,
        "edition": plan.edition.digest(),
        "documents": plan.service.digests,
        "scripts": len(plan.edition.scripts),
        "profile": "project" if plan.service.strict else "derived",
        "situation": {
            "body_type": situation.body_type,
            "options": sorted(situation.options),
            "upper_tester": situation.upper_tester,
            "day": situation.day.isoformat(),
            "services": sorted(situation.services),
        },
        "available_roles": sorted(plan.roles),
        "first": plan.first,
    }
