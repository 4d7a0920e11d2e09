"""Plays and judges a trial without writing an archive: there are thousands of trials, and most play a few scripts.

What is judged is what an archive would hold: traces as they are redacted. Judges only gather what they have worked out
of documents; they are made once in a process, and used for each trial in which the same requirements apply.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.interruption import termination_as_interrupt
from conformance.judge import Judge
from conformance.launch import Prepared
from conformance.model import Verdict, VerdictKind
from conformance.plan import Plan
from conformance.play import Player
from conformance.prove.wire import Difference, Witness
from conformance.session import in_turn, runner
from conformance.tally import Tally
from conformance.watch import Watch

_judges: dict[tuple[str, frozenset[str]], Judge] = {}
_SELDOM = (100_000, 50, 100)
"""How often a worker looks for cyclic garbage: what it keeps is large and stays, a trial leaves little."""


@dataclass(frozen=True)
class Played:
    """What came of playing: verdicts that say that something failed or stays open, and counts.

    `differences` is None where the wire was not judged.
    """

    failed: tuple[Verdict, ...]
    inconclusive: tuple[str, ...]
    scripts: int
    exchanges: int
    differences: tuple[Difference, ...] | None


def play(prepared: Prepared, *, wire: bool) -> Played:
    """Play all that is planned, and judge it; with `wire` each trace as it came, too. Raises `StoppedError`."""
    with termination_as_interrupt(), runner() as loop:
        return loop.run(_play(prepared, wire=wire))


async def _play(prepared: Prepared, *, wire: bool) -> Played:
    owner = {script: plan for plan in prepared.plans for script in plan.ordinals}
    tallies = {plan.service.name: Tally(str) for plan in prepared.plans}
    witness = Witness(prepared.redactor) if wire else None
    watch = Watch(prepared.door, prepared.stage.base_urls)
    scripts = exchanges = 0
    async with prepared.door.open():
        player = Player(prepared.door, prepared.stage, witness or prepared.redactor)
        shared = in_turn([plan.scripts() for plan in prepared.plans])
        alone = in_turn([plan.exclusive_scripts() for plan in prepared.plans])
        async for trace in player.play(shared, alone):
            plan = owner[trace.script]
            script = plan.script(trace.script)
            if script is None:
                continue
            judge = _judge(plan)
            observed = judge.judge(script, trace)
            if witness is not None:
                witness.compare(judge, script, observed)
            tallies[plan.service.name].add(script, trace, observed)
            scripts, exchanges = scripts + 1, exchanges + len(trace.exchanges)
            await watch.saw(trace)
    verdicts = [verdict for plan in prepared.plans for verdict in _verdicts(plan, tallies[plan.service.name])]
    return Played(
        failed=tuple(verdict for verdict in verdicts if verdict.verdict is VerdictKind.FAIL),
        inconclusive=tuple(
            verdict.requirement
            for verdict in verdicts
            if verdict.verdict is VerdictKind.INCONCLUSIVE and verdict.inconclusive
        ),
        scripts=scripts,
        exchanges=exchanges,
        differences=tuple(witness.differences) if witness else None,
    )


def _judge(plan: Plan) -> Judge:
    key = (plan.service.key, plan.applicable)
    known = _judges.get(key)
    if known is None or known.service is not plan.service:
        known = _judges[key] = Judge(plan.service, plan.applicable)
    return known


def _verdicts(plan: Plan, tally: Tally) -> Iterator[Verdict]:
    for requirement in plan.service.requirements:
        if requirement.id in tally:
            yield tally.verdict(requirement, plan.service.name, requirement.title)


def settle() -> None:
    """For a worker, after each trial: what the first has read and compiled is no more looked through as garbage."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_SELDOM)
