"""Taking back: one request for each thing, newest first, within the limits of the run file.

Things of one script may stand on each other, so they go one after the other; scripts share nothing that they change, so
they go side by side.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from conformance.archive import EVIDENCE, check_evidence
from conformance.catalogue.service import published_service
from conformance.catalogue.taking_back import KEY
from conformance.clearing.record import Cleared, Outcome, Record
from conformance.clearing.things import Thing, things
from conformance.errors import ArchiveError, UsageError
from conformance.interruption import termination_as_interrupt
from conformance.model import Script, Step
from conformance.play import Player
from conformance.seen import look
from conformance.session import open_archive
from conformance.stage import Stage
from conformance.sut.client import Door
from conformance.sut.redaction import Redactor
from conformance.watch import Watch

Tell = Callable[[int, int], None]
"""Told how many of how many things are done."""
_LONGEST = 100


def same_system(folder: Path, header: Mapping[str, Any], base_urls: Mapping[str, str]) -> None:
    """Raise `UsageError` where a run file reaches another system than the run did: its ids mean other things there."""
    for entry in header["services"]:
        then, now = entry["base_url"], base_urls.get(entry["service"])
        if then and then != now:
            raise UsageError(
                f"the run was made on {then}, and the run file has {now or 'no such service'} for {entry['service']}",
                where=str(folder),
                next_step="give --run-file the one of the run: what it created is nowhere else",
            )


def clear(
    folder: Path, stage: Stage, door: Door, redactor: Redactor, *, own: bool = False, tell: Tell | None = None
) -> Counter[Outcome]:
    """Take back what the run in a folder has created, as far as it is left; gives how many things had which outcome.

    `own`: the redactor is the one of the run itself. Raises `StoppedError` where the system is gone, `UsageError`,
    `ArchiveError`; what was done until then is kept, and not done again.
    """
    header, benches, _, footer = open_archive(folder, published_service)
    if footer is None:
        raise ArchiveError(
            "this run has not come to its end",
            where=str(folder),
            next_step=f"go on with it ('conformance run --resume {folder}'), or have it judged as it is "
            f"('conformance judge {folder}')",
        )
    check_evidence(folder / EVIDENCE, footer)
    same_system(folder, header, stage.base_urls)
    everything = things(folder, benches, redactor if own else None)
    with Record(folder) as record:
        left = [thing for thing in everything if not _settled(thing, record)]
        clearing = _Clearing(header["run_id"], record, Player(door, stage, redactor), len(left), tell)
        if left:
            with termination_as_interrupt():
                asyncio.run(clearing.all(left))
        places = {name: place for place, name in enumerate(benches)}
        return record.settle(sorted((t.id for t in everything), key=lambda each: (places[each[0]], *each)))


def _settled(thing: Thing, record: Record) -> bool:
    """Whether nothing is to be sent for a thing; what there is to say of it is noted."""
    before = record.lines.get(thing.id)
    if before is not None and before.outcome.settled:
        return True
    if thing.step is not None:
        return False
    outcome = Outcome.NOT_KNOWN if thing.by else Outcome.NO_WAY
    record.add(Cleared(*thing.id, thing.script, outcome, by=thing.by, why=thing.why))
    return True


class _Clearing:
    """One sitting."""

    def __init__(self, run_id: str, record: Record, player: Player, total: int, tell: Tell | None) -> None:
        self._run_id = run_id
        self._record = record
        self._player = player
        self._watch = Watch(player.door, player.stage.base_urls)
        self._total = total
        self._done = 0
        self._tell = tell
        self._stopping = False

    async def all(self, left: list[Thing]) -> None:
        """Take everything back that is left; as many chains at a time as there are connections."""
        chains = iter(_chains(left))
        async with self._player.door.open():
            workers = [
                asyncio.create_task(self._work(chains)) for _ in range(max(1, self._player.door.limits.connections))
            ]
            try:
                await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
            finally:
                self._stopping = True
                # Whoever interrupts waits for the requests under way: what came of them must be known.
                await asyncio.gather(*workers, return_exceptions=True)
            for worker in workers:
                worker.result()

    async def _work(self, chains: Iterator[list[Thing]]) -> None:
        for chain in chains:
            for thing in chain:
                if self._stopping:
                    return
                self._record.add(await self._one(thing))
                self._done += 1
                if self._tell:
                    self._tell(self._done, self._total)

    async def _one(self, thing: Thing) -> Cleared:
        before = self._record.lines.get(thing.id)
        tries = before.tries if before else 0
        line = Cleared(*thing.id, thing.script, Outcome.NOT_ANSWERED, by=thing.by, tries=tries)
        step = _with_key(thing, self._key(thing, tries))
        trace = await self._player.script(0, Script("take-back", thing.service, "take-back", "", (step,)))
        if not trace.exchanges:
            return msgspec.structs.replace(line, outcome=Outcome.NOT_KNOWN, why=trace.stopped or "")
        await self._watch.saw(trace)
        answer = look(Script("take-back", thing.service, "", "", (step,)), trace)[-1]
        if answer.status is None:
            return msgspec.structs.replace(line, why=answer.exchange.trouble or "")
        if answer.status < 300:
            return msgspec.structs.replace(line, outcome=Outcome.TAKEN_BACK, status=answer.status)
        code = answer.body.get("code") if isinstance(answer.body, dict) else None
        code = code[:_LONGEST] if isinstance(code, str) else ""
        before_now = code in thing.already
        outcome = Outcome.BEFORE if before_now else Outcome.REFUSED
        return msgspec.structs.replace(
            line, outcome=outcome, status=answer.status, code=code, tries=tries + (not before_now)
        )

    def _key(self, thing: Thing, tries: int) -> str:
        """The same for the same try, so that one whose answer was lost is not carried out twice."""
        told = "\0".join((self._run_id, *thing.id, str(tries)))
        return "take-back-" + hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _with_key(thing: Thing, key: str) -> Step:
    assert thing.step is not None, "what has no way is settled"  # noqa: S101  a mistake of ours only
    headers = tuple((n, {"$quote": key} if n.lower() == KEY.lower() else v) for n, v in thing.step.headers)
    return msgspec.structs.replace(thing.step, headers=headers)


def _chains(left: list[Thing]) -> list[list[Thing]]:
    """The things of each script, newest first; the script with the newest thing first.

    Within a script the order of its exchanges tells what is newer: the evidence tells times in milliseconds, and two
    exchanges may begin in one.
    """
    by_script: dict[tuple[str, str], list[Thing]] = defaultdict(list)
    for thing in reversed(left):
        by_script[thing.service, thing.script].append(thing)
    return sorted(by_script.values(), key=lambda chain: max(thing.at for thing in chain), reverse=True)
