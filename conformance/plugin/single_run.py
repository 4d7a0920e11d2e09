"""The one run of a test session: made when the first item asks for a verdict, shared by all workers of pytest-xdist.

Workers meet in a folder that the controlling process made: whoever holds its lock first makes the run, and leaves word
of it for the others. A lock of the operating system ends with its holder, so a worker that dies holds up nobody.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from conformance.errors import SuiteError

if TYPE_CHECKING:
    from conformance.model import Requirement
    from conformance.plan import Filters
    from conformance.views.run_data import RunData, VerdictLine

_WORD: Final = "outcome.json"
_FEW: Final = 4
"""The run is narrowed where at most one requirement of so many was selected."""


class NotMadeError(Exception):
    """There is no run, as was told for another item already."""


class SingleRun:
    """Makes the run once and knows its verdicts. `shared` is the folder in which workers meet, where there are any."""

    def __init__(
        self, run_file: Path, *, output: str | None, seed: str | None, base: Path, shared: Path | None
    ) -> None:
        self.run_file = run_file
        self.base = base
        self.shared = shared
        self._output = output
        self._seed = seed
        self._run: RunData | None = None
        self._folder: Path | None = None
        self._refused = ""
        self._everything: dict[str, list[Requirement]] = {}

    def applicable(self) -> dict[str, list[Requirement]]:
        """The requirements of each service of the run file that apply and can be judged. Raises `SuiteError`."""
        import datetime as dt

        from conformance.expression import JST
        from conformance.launch import Published, load_plans
        from conformance.plan import Filters, why_not_judged
        from conformance.sut.run_file import load

        for plan in load_plans(load(self.run_file, Published()), Filters(), dt.datetime.now(JST).date()):
            judged = [each for each in plan.service.requirements if why_not_judged(each, plan, Filters()) is None]
            self._everything[plan.service.name] = judged
        return self._everything

    def verdict(self, service: str, requirement: str, selected: Mapping[str, Sequence[str]]) -> VerdictLine:
        """The verdict of one requirement, of a run of those that are selected.

        Raises `SuiteError` where the suite cannot run, once; after that `NotMadeError`.
        """
        if self._refused:
            raise NotMadeError(self._refused)
        run = self._run or self._load(selected)
        line = next((v for v in run.verdicts if (v.service, v.requirement) == (service, requirement)), None)
        if line is None:
            raise SuiteError(
                f"the run has no verdict for {requirement}", next_step=f"conformance run --requirement {requirement}"
            )
        return line

    def _load(self, selected: Mapping[str, Sequence[str]]) -> RunData:
        from conformance.views.run_data import load

        with self._alone():
            self._folder = self._told()
            if self._folder is None:
                try:
                    self._folder = self._make(selected)
                except SuiteError as error:
                    self._refused = "the suite could not run; the error stands at another requirement"
                    self._tell({"refused": self._refused})
                    raise error
                self._tell({"folder": str(self._folder)})
        self._run = load(self._folder / "run.jsonl")
        return self._run

    def _make(self, selected: Mapping[str, Sequence[str]]) -> Path:
        from conformance.launch import Published, preflight, prepare, start
        from conformance.sut.run_file import load
        from conformance.views import EVERY_RUN, write

        prepared = prepare(load(self.run_file, Published()), self._filters(selected), self._seed)
        preflight(prepared).raise_for_failures()
        folder = self.base / (self._output or Path("runs") / prepared.run_id)
        if (folder / "run.jsonl").exists():
            raise SuiteError(
                "this folder holds a run already", where=str(folder), next_step="give --run-output another folder"
            )
        start(prepared, folder)
        write(folder / "run.jsonl", folder, EVERY_RUN)
        return folder

    def _filters(self, selected: Mapping[str, Sequence[str]]) -> Filters:
        """Few requirements of one service narrow the run to them; else all is played, which judges more evidence."""
        from conformance.plan import Filters

        if len(selected) != 1:
            return Filters()
        ((service, wanted),) = selected.items()
        few = len(wanted) * _FEW <= len(self._everything[service])
        return Filters(
            services=(service,) if len(self._everything) > 1 else (), requirements=tuple(wanted) if few else ()
        )

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if self.shared is None:
            yield
            return
        with (self.shared / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _told(self) -> Path | None:
        """The folder of the run that another worker has made. Raises `NotMadeError` where it could not."""
        if self.shared is None or not (self.shared / _WORD).is_file():
            return None
        word = json.loads((self.shared / _WORD).read_text("utf-8"))
        if "refused" in word:
            self._refused = word["refused"]
            raise NotMadeError(self._refused)
        return Path(word["folder"])

    def _tell(self, word: Mapping[str, str]) -> None:
        if self.shared is not None:
            (self.shared / _WORD).write_text(json.dumps(word), "utf-8")

    def summary(self) -> list[str]:
        """What the run came to, for the end of the session; nothing where there is no run."""
        from conformance.views import translations
        from conformance.views.characters import one_line
        from conformance.views.run_data import load

        with contextlib.suppress(NotMadeError):
            self._folder = self._folder or self._told()
        if self._folder is None:
            return []
        run = self._run or load(self._folder / "run.jsonl")
        standing, meaning = translations.standing_word(run), translations.meaning(run)
        observations = [
            f"observation: {one_line(f'{line.requirement} {line.title.en} / {line.title.ja}')}"
            for line in run.observations
        ]
        return [
            *observations,
            f"{standing.en}. {meaning.en}",
            f"{standing.ja}。{meaning.ja}",
            f"scorecard: {self._folder / 'scorecard.html'}",
        ]
