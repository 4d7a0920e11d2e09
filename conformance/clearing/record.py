"""`cleared.jsonl`: what has become of each thing that a run has created, a line each.

While things are taken back, lines are added as they come, so that whoever goes on after an interruption knows; the last
line of a thing counts. At the end each has one line, in the order of `created.jsonl`.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from conformance.archive import PART
from conformance.errors import ArchiveError, UsageError
from conformance.json_lines import LineError, decode

CLEARED: Final = "cleared.jsonl"


class Outcome(StrEnum):
    """What has become of one thing."""

    TAKEN_BACK = "taken_back"
    BEFORE = "taken_back_before"
    """The system says that it was taken back already, by the run itself or somebody else."""
    REFUSED = "refused"
    NOT_ANSWERED = "not_answered"
    NOT_KNOWN = "not_known"
    """There is a way, but not all that it needs is known."""
    NO_WAY = "no_way"

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to do."""
        return self in {Outcome.TAKEN_BACK, Outcome.BEFORE, Outcome.NO_WAY}


class Cleared(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line. `by`: the operation that was called; `tries`: how many of its requests were refused before."""

    service: str
    operation: str
    location: str
    script: str
    outcome: Outcome
    by: str = ""
    status: int = 0
    code: str = ""
    why: str = ""
    tries: int = 0

    @property
    def id(self) -> tuple[str, str, str]:
        """What tells the thing from all others of the run."""
        return self.service, self.operation, self.location


_lines: Final = msgspec.json.Decoder(Cleared)


class Record:
    """The file while things are taken back, held locked; use with `with`. Raises `UsageError`, `ArchiveError`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / CLEARED
        self._file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.lines = self._kept()
        except BlockingIOError:
            self._file.close()
            raise UsageError(
                "what this run created is being taken back by another process",
                where=str(folder),
                next_step="wait for its end, or stop it first",
            ) from None
        except BaseException:
            self._file.close()
            raise

    def _kept(self) -> dict[tuple[str, str, str], Cleared]:
        """The lines of before; one that was not written to its end is cut off."""
        data = self._file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._file.truncate(len(whole))
        self._file.seek(len(whole))
        try:
            lines = [decode(line, _lines) for line in whole.splitlines()]
        except LineError as error:
            raise ArchiveError(
                f"is damaged ({error})", where=str(self._path), next_step="remove it: what is done is then tried again"
            ) from None
        return {line.id: line for line in lines}

    def __enter__(self) -> Record:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, line: Cleared) -> None:
        """Note what has become of a thing, at once."""
        self.lines[line.id] = line
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()

    def settle(self, everything: Iterable[tuple[str, str, str]]) -> Counter[Outcome]:
        """Write the file anew with one line for each thing, in this order; gives how many had which outcome."""
        lines = [self.lines[name] for name in everything]
        part = self._path.with_name(CLEARED + PART)
        part.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        part.replace(self._path)
        return Counter(line.outcome for line in lines)
