"""The whole proof: a baseline, every liberty, every fault, and what they show of each requirement."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from typing import Any

import msgspec

from conformance.catalogue.service import Service, available, published_service
from conformance.errors import UsageError
from conformance.model import Level, Requirement, Text
from conformance.prove import sources, standing
from conformance.prove.changes import Change, changes, chosen
from conformance.prove.misses import misses
from conformance.prove.standing import Standing
from conformance.prove.trial import Trial, probe
from conformance.prove.worker import Task, begin, tried

FORMAT = "conformance-proof/1"
PROVABLE = frozenset({Level.MANDATORY, Level.PROHIBITED, Level.OPTIONAL})


class Proved(msgspec.Struct, frozen=True):
    """One requirement, and the faults that it catches."""

    id: str
    service: str
    area: str
    level: str
    title: Text
    tested: bool
    faults: tuple[str, ...]
    area_title: Text | None = None


class Proof(msgspec.Struct, frozen=True):
    """The result of a proof. `belongs_to` are digests of what every trial depends on, `made_of` of what each fault or
    liberty is made of; `partial`: it is a sample.
    """

    format: str
    partial: bool
    belongs_to: dict[str, str]
    baseline: Trial
    trials: tuple[Trial, ...]
    requirements: tuple[Proved, ...]
    made_of: dict[str, str] = {}
    misses: dict[str, str] = {}
    """Faults that are known not to be caught as they should be, with what it would take."""

    @property
    def faults(self) -> tuple[Trial, ...]:
        """The trials of faults."""
        return tuple(item for item in self.trials if item.kind == "fault")

    @property
    def liberties(self) -> tuple[Trial, ...]:
        """The trials of liberties."""
        return tuple(item for item in self.trials if item.kind == "liberty")

    @property
    def unproven(self) -> tuple[Proved, ...]:
        """Tested requirements, binding or optional, that no fault was seen to break."""
        return tuple(r for r in self.requirements if r.tested and r.level in PROVABLE and not r.faults)

    @property
    def holds(self) -> bool:
        """Everything is as it must be. Of a sample, requirements without a fault are not held against it."""
        return self.baseline.proven and not self.amiss and (self.partial or not self.unproven)

    @property
    def unwitnessed(self) -> tuple[Trial, ...]:
        """The trials whose traces were judged on the evidence alone, and not as they came."""
        return tuple(item for item in (self.baseline, *self.trials) if item.wire is None)

    @property
    def amiss(self) -> tuple[Trial, ...]:
        """The trials that are not as they must be: a fault that is known to be missed has to be, until it is not."""
        return tuple(item for item in self.trials if item.proven is (item.name in self.misses))

    def figures(self) -> dict[str, int]:
        """The figures that are told of a proof."""
        binding = [r for r in self.requirements if r.tested and r.level in PROVABLE]
        return {
            "faults": len(self.faults),
            "caught": sum(not fault.survived for fault in self.faults),
            "precisely": sum(fault.proven for fault in self.faults),
            "known_misses": sum(fault.name in self.misses for fault in self.faults),
            "liberties": len(self.liberties),
            "left_in_peace": sum(liberty.proven for liberty in self.liberties),
            "requirements": len(binding),
            "proven": sum(bool(r.faults) for r in binding),
            "judged_on_the_wire_too": sum(item.wire is not None for item in (self.baseline, *self.trials)),
            "judged_otherwise_there": sum(bool(item.wire) for item in (self.baseline, *self.trials)),
            "exchanges": round(
                sum(item.exchanges / (1 + len(item.together)) for item in (self.baseline, *self.trials))
            ),
        }


Probed = tuple[Trial, Mapping[str, Collection[str]]]
"""The reference without any change, and for faults the ids of the scripts that reach them."""
Tell = Callable[[int, int, Trial], None]
Keep = Callable[["Proof"], None]
_KEPT_EVERY = 50
_MANY = 200
"""Of more faults than this each worker listens to a part, though each has to play the baseline for it."""
_EARLY = 3
"""About so many whole runs can be played while the baseline is probed."""


def select(
    known: Mapping[str, Change],
    *,
    faults: tuple[str, ...] = (),
    liberties: tuple[str, ...] = (),
    requirements: tuple[str, ...] = (),
    sample: int | None = None,
    seed: str = "sample",
) -> list[Change]:
    """The changes that were asked for; all of them where nothing was. Raises `UsageError` for unknown names."""
    wanted = chosen(dict(known), "fault", faults) + chosen(dict(known), "liberty", liberties)
    for name in requirements:
        naming = [change for change in known.values() if name in change.breaks]
        if not naming:
            raise UsageError(f"no fault names the requirement '{name}'", next_step="see 'conformance list'")
        wanted += naming
    wanted = list(dict.fromkeys(wanted or known.values()))
    if sample is not None and sample < len(wanted):
        picked = set(random.Random(seed).sample([change.name for change in wanted], sample))  # noqa: S311  no secret
        wanted = [change for change in wanted if change.name in picked]
    return wanted


def prove(
    wanted: Iterable[Change],
    *,
    jobs: int,
    everything: bool = False,
    wire: bool = False,
    tell: Tell | None = None,
    before: Proof | None = None,
    services: tuple[str, ...] = (),
    keep: Keep | None = None,
) -> Proof:
    """Try every change; `everything` plays all scripts for each fault, not only those that could notice it.

    `wire` judges each trace as it came, too, and compares that with what is judged on the evidence. Liberties are
    tried together, as far as they are of different concerns; each alone where something fails then. What stands
    since the proof `before` is not tried again: nothing that it depends on has changed, and of the scripts none that it
    plays. `services` are those that are tested; none named: all. What is there so far is given to `keep` now and then:
    with it as `before` an interrupted proof goes on.
    """
    # As it is now: what is changed while the proof is made was not tried.
    made = partial(_made, sources.common(), sources.of_changes())
    everything_wanted = list(wanted)
    stands = Standing(before, everything_wanted, services, wire=wire)
    tasks_of = stands.left(everything_wanted)
    sample = bool(services) or len(everything_wanted) < len(changes())
    context = get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=begin) as pool:
        faults = [change for change in tasks_of if change.kind == "fault"]
        # Only to what is tried: to listen to all faults at once takes several times as long as the baseline itself.
        heard = [] if everything else [change.name for change in faults]
        # One server that listens to all is busy for long while the other workers wait.
        listeners = jobs if len(heard) > _MANY else 1
        parts = [heard[first::listeners] for first in range(listeners)]
        probing = [pool.submit(partial(probe, part, wire=wire, services=services)) for part in parts]
        # Liberties wait for nothing: some keep other workers busy while the baseline is played. The others come last:
        # they take longest, and a proof that is interrupted shall have told of the faults by then.
        left: list[Task] = [(group, ()) for group in groups(change for change in tasks_of if change.kind == "liberty")]
        most = _EARLY * (jobs - len(parts))
        early, left = left[:most], left[most:]
        waiting = {pool.submit(tried, task, everything, wire, services): task[0] for task in early}
        baseline, reached = _heard(each.result() for each in probing)
        stands.heard(reached)
        tasks_of = stands.left(tasks_of)
        tasks: list[Task] = [
            ((change,), () if everything else tuple(reached[change.name])) for change in stands.left(faults)
        ]
        # Of the faults the shortest first: a proof that is interrupted shall have told of many.
        tasks.sort(key=lambda task: len(task[1]))
        tasks += left
        found: dict[str, Trial] = {}
        while waiting or tasks:
            waiting |= {pool.submit(tried, task, everything, wire, services): task[0] for task in tasks}
            tasks = []
            for done in as_completed(waiting):
                results = done.result()
                if len(results) > 1 and not all(result.proven for result in results):
                    # Which of them it is: each alone.
                    tasks += [((change,), ()) for change in waiting[done]]
                    continue
                for result in results:
                    found[result.name] = stands.marked(result)
                    if tell:
                        tell(len(found), len(tasks_of), result)
                    if keep and len(found) % _KEPT_EVERY == 0:
                        keep(made(baseline, [*stands.trials.values(), *found.values()], in_part=True))
            waiting = {}
    return made(baseline, [*stands.trials.values(), *found.values()], in_part=sample)


def _heard(probed: Iterable[Probed]) -> Probed:
    """What all listeners have heard together, and one baseline: one that does not hold, where there is such a one."""
    baselines, heard = zip(*probed, strict=True)
    reached = {fault: scripts for each in heard for fault, scripts in each.items()}
    return next((baseline for baseline in baselines if not baseline.proven), baselines[0]), reached


def _made(
    belongs_to: dict[str, str], made_of: Mapping[str, str], baseline: Trial, found: Sequence[Trial], *, in_part: bool
) -> Proof:
    """The proof of what was tried; `in_part`: of a part of all there is."""
    trials = tuple(sorted(found, key=lambda trial: (trial.kind, trial.name)))
    told = {trial.name: made_of[trial.name] for trial in trials}
    known = {name: why for name, why in misses().items() if name in told}
    return Proof(FORMAT, in_part, belongs_to, baseline, trials, tuple(_proved(trials)), told, known)


def why_stale(proof: Proof, known: Mapping[str, Change]) -> list[str]:
    """What has changed since a proof was made; nothing where it stands. `known` are the changes that there are."""
    listed = {name: why for name, why in misses().items() if name in proof.made_of}
    return [*standing.why_stale(proof, known), *(() if proof.misses == listed else ("misses",))]


def groups(liberties: Iterable[Change]) -> list[tuple[Change, ...]]:
    """Liberties that are tried together: of each concern one, so that none hides another."""
    made: list[list[Change]] = []
    placed: Counter[str] = Counter()
    for liberty in liberties:
        place = placed[liberty.concern]
        placed[liberty.concern] += 1
        if place == len(made):
            made.append([])
        made[place].append(liberty)
    return [tuple(group) for group in made]


def _services() -> Iterator[Service]:
    return (published_service(name) for name in available())


def _proved(trials: Collection[Trial]) -> Iterator[Proved]:
    killed: dict[str, list[str]] = {}
    for item in trials:
        for name in set(item.breaks) & item.failed:
            killed.setdefault(name, []).append(item.name)
    told: set[str] = set()
    for service in _services():
        for requirement in service.requirements:
            if requirement.id not in told:
                told.add(requirement.id)
                yield _of(requirement, service, tuple(sorted(killed.get(requirement.id, ()))))


def _of(requirement: Requirement, service: Service, faults: tuple[str, ...]) -> Proved:
    return Proved(
        id=requirement.id,
        service="common" if requirement.id.startswith("COM-") else service.name,
        area=requirement.area,
        level=requirement.level.value,
        title=requirement.title,
        tested=requirement.not_tested is None and bool(requirement.verified_by),
        faults=faults,
        area_title=service.areas.get(requirement.area),
    )


def encode(proof: Proof) -> bytes:
    """The proof as JSON, with its figures."""
    content: dict[str, Any] = msgspec.to_builtins(proof)
    return msgspec.json.format(msgspec.json.encode({**content, "figures": proof.figures()}), indent=1) + b"\n"


def decode(data: bytes) -> Proof:
    """The proof that `encode` was given. Raises `msgspec.ValidationError`."""
    return msgspec.json.decode(data, type=Proof)
