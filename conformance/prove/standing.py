"""What of an earlier proof still stands, so that only what has changed is tried again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

import msgspec

from conformance.prove import sources
from conformance.prove.changes import Change
from conformance.prove.trial import Trial


class Earlier(Protocol):
    """A proof, as far as it says what its trials depend on."""

    @property
    def trials(self) -> tuple[Trial, ...]: ...
    @property
    def belongs_to(self) -> Mapping[str, str]: ...
    @property
    def made_of(self) -> Mapping[str, str]: ...


class Standing:
    """The trials of an earlier proof that come out the same: neither what they depend on has changed, nor a script that
    they play. Which those are is known of liberties, which play all, and of faults once they were `heard`. Where the
    `wire` is to be judged too, those stand of which it was.
    """

    def __init__(
        self, before: Earlier | None, wanted: Collection[Change], services: tuple[str, ...] = (), *, wire: bool = False
    ) -> None:
        self._scripts = sources.Scripts()
        self._whole = self._scripts.digest(self._scripts.all(services))
        self._played: dict[str, str] = {}
        unchanged = {} if before is None else unchanged_since(before)
        judged = {name: t for name, t in unchanged.items() if t.wire is not None or not wire}
        self._unchanged = _labelled(judged, wanted)
        same = before is not None and before.belongs_to == sources.common()
        self.trials = {name: t for name, t in self._unchanged.items() if same or t.played == self._whole}

    def left(self, changes: Iterable[Change]) -> list[Change]:
        """Those of some changes that have to be tried."""
        return [change for change in changes if change.name not in self.trials]

    def heard(self, reached: Mapping[str, Collection[str]]) -> None:
        """Which scripts each fault plays."""
        self._played = {name: self._scripts.digest(scripts) for name, scripts in reached.items()}
        again = {name: t for name, t in self._unchanged.items() if self._played.get(name) == t.played}
        self.trials |= again

    def marked(self, trial: Trial) -> Trial:
        """A new trial, with what it played."""
        return msgspec.structs.replace(trial, played=self._played.get(trial.name, self._whole))


def unchanged_since(before: Earlier) -> dict[str, Trial]:
    """The trials of an earlier proof that come out the same if they play the same scripts: nothing else has changed."""
    if sources.of_every_trial(before.belongs_to) != sources.of_every_trial(sources.common()):
        return {}
    made_of = sources.of_changes()
    return {t.name: t for t in before.trials if before.made_of.get(t.name) == made_of.get(t.name, "")}


def _labelled(trials: Mapping[str, Trial], known: Iterable[Change]) -> dict[str, Trial]:
    """Trials with what their changes are said to break now, and how they are described."""
    return {
        change.name: msgspec.structs.replace(trials[change.name], breaks=change.breaks, description=change.description)
        for change in known
        if change.name in trials
    }


def why_stale(proof: Earlier, known: Mapping[str, Change]) -> list[str]:
    """What has changed since a proof was made; nothing where it stands. `known` are the changes that there are."""
    now = {**sources.common(), **sources.of_changes()}
    then = {**proof.belongs_to, **proof.made_of}
    stale = {name for name in now.keys() | then.keys() if now.get(name) != then.get(name)}
    labels = {name: (change.breaks, change.description) for name, change in known.items()}
    stale |= {t.name for t in proof.trials if labels.get(t.name) != (t.breaks, t.description)}
    return sorted(stale)
