"""`conformance run --resume RUN`: an interrupted run is gone on with, from its archive and the run file.

Documents, edition, filters, day and seed are those of the archive; what is played differs in nothing from the run as it
would have gone on. What has changed since is refused, not guessed about.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from conformance import __version__
from conformance.archive import EVIDENCE, RUN_FILE, read_run, unfinished
from conformance.catalogue.service import published_service
from conformance.errors import ArchiveError, UsageError
from conformance.expression import JST
from conformance.interruption import Memory, Remembered, place
from conformance.launch import Prepared, Published, prepared_from
from conformance.plan import Filters, Plan
from conformance.session import open_archive
from conformance.sut.run_file import RunFile, load, without_secrets


def resumption(folder: Path, run_file: Path | None = None) -> Prepared:
    """What is needed to go on with the run in a folder; its lock is held from here on.

    `run_file` is asked for where it is not where it was. Raises `ArchiveError`, `UsageError`, `RunFileError`.
    """
    if not (folder / RUN_FILE).is_file():
        raise ArchiveError(
            "no run was begun here: it has no run.jsonl, so nothing was sent",
            where=str(folder),
            next_step="begin the run anew, with --output another folder",
        )
    memory = Memory.of(folder, _unfinished_header(folder)["run_id"])
    try:
        header = _unfinished_header(folder)
        if header["suite"] != __version__:
            raise ArchiveError(
                f"version {header['suite']} of the suite began this run, and this is {__version__}",
                where=str(folder),
                next_step=f"install version {header['suite']}, or begin the run anew",
            )
        _, benches, filters, _ = open_archive(folder, published_service)
        header.setdefault("resumed", []).append(_sitting(folder))
        plans = [bench.plan for bench in benches.values()]
        prepared = _prepared(plans, header, filters, memory.content, run_file)
        prepared.stage.clock.ahead = dt.timedelta(seconds=memory.content.ahead)
        return replace(prepared, memory=memory)
    except BaseException:
        memory.close()
        raise


def set_clock_right(prepared: Prepared) -> None:
    """Put the system's clock back: the script that had set it may have been cut off. Raises `SuiteError`."""

    async def restore() -> None:
        async with prepared.door.open():
            await prepared.stage.restore_clock(prepared.door)

    if prepared.stage.clock_reset is not None:
        asyncio.run(restore())


def _unfinished_header(folder: Path) -> dict[str, Any]:
    header, _, footer = read_run(folder / RUN_FILE)
    if footer is not None and "missing" not in footer and not footer["scripts"]["troubled"]:
        place(folder).unlink(missing_ok=True)  # it was killed between its last line and this
        raise UsageError(
            "this run has come to its end: there is nothing to resume",
            where=str(folder),
            next_step="see its scorecard; 'conformance run' begins a new run",
        )
    return header


def _sitting(folder: Path) -> dict[str, Any]:
    """What the header says of one resumption."""
    now = dt.datetime.now(JST).isoformat(timespec="seconds")
    return {"at": now, "cut_bytes": unfinished(folder / EVIDENCE)}


def _prepared(
    plans: list[Plan], header: dict[str, Any], filters: Filters, known: Remembered, given: Path | None
) -> Prepared:
    told = header["run_file"]
    if not told["path"]:  # a run with --spec has none: all that was given then stands in the header
        return prepared_from(msgspec.convert(told, RunFile), plans, header, filters, known.key)
    run_file = load(given or Path(known.run_file), Published())
    _check_same(without_secrets(run_file), told, run_file.path)
    return prepared_from(run_file, plans, header, filters, known.key)


def _check_same(now: Mapping[str, Any], then: Mapping[str, Any], where: str) -> None:
    """Raise `UsageError` where the run file is not the one that the run began with; its place may be another."""
    now = msgspec.json.decode(msgspec.json.encode(now))
    other = sorted(name for name in {*now, *then} - {"path"} if now.get(name) != then.get(name))
    if other:
        raise UsageError(
            f"the run began with another run file: these parts differ: {', '.join(other)}",
            where=where,
            next_step="put them back as they were, or give --run-file the one it began with, or begin the run anew",
        )
