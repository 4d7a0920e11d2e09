"""What liberties showed: which are tried together, and that no script mixes the dates of two days."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter

import pytest

from conformance.expression import JST
from conformance.model import Exchange, OtherToken, Request, Script, Step, Trace
from conformance.play import Attempt, Player
from conformance.prove.changes import Change
from conformance.prove.proof import groups
from conformance.stage import Stage, SystemClock


def test_liberties_of_one_concern_are_not_taken_together() -> None:
    """Claim: liberties tried together are of different concerns, and none is left out. Stimulus: two concerns, one of
    three liberties. Expected: three groups, the first one of both concerns."""
    made = [Change(name, "liberty", (), "", concern) for name, concern in (*zip("abc", "xxx", strict=True), ("d", "y"))]
    assert [[liberty.name for liberty in group] for group in groups(made)] == [["a", "d"], ["b"], ["c"]]


class _Clock(SystemClock):
    """A clock that tells the moments that it is given, the last one for ever."""

    def __init__(self, *moments: str) -> None:
        super().__init__()
        self._moments = [dt.datetime.fromisoformat(moment).replace(tzinfo=JST) for moment in moments]

    def now(self) -> dt.datetime:
        return self._moments.pop(0) if len(self._moments) > 1 else self._moments[0]


@pytest.mark.parametrize(
    ("since", "now", "turned"),
    [
        ("2026-04-01T12:00:00", "2026-04-01T12:00:01", False),
        ("2026-04-01T23:59:57", "2026-04-01T23:59:57.5", False),
        ("2026-04-01T23:59:58", "2026-04-01T23:59:59", True),
        ("2026-04-01T23:59:50", "2026-04-02T00:00:10", True),
        ("2026-04-02T00:00:01", "2026-04-02T00:00:02", True),
        ("2026-04-02T00:00:03", "2026-04-02T00:00:04", False),
    ],
)
def test_midnight_is_noticed_as_exactly_as_the_time_is_known(since: str, now: str, turned: bool) -> None:
    """Claim: that another day may have begun is noticed two seconds before and after. Stimulus: times around it."""
    assert _Clock(now).turned(dt.datetime.fromisoformat(since).replace(tzinfo=JST)) is turned


class _Plays(Player):
    """A player whose attempts are counted in place of being played."""

    def __init__(self, clock: SystemClock) -> None:
        self.stage = Stage({}, _NoTokens(), b"", {}, clock)
        self.attempts: list[int] = []
        self._in_vain: Counter[str] = Counter()

    async def _attempt(self, ordinal: int, script: Script, attempt: int) -> Attempt:
        self.attempts.append(attempt)
        exchange = Exchange("step", Request("GET", "http://x/", (), b""), None, None, 0.0, 0.0)
        return Attempt(Trace(script.id, (exchange,), None, {}))


class _NoTokens:
    def token(self, role: str, other: OtherToken | None = None) -> str:
        return ""

    def lifetime(self, role: str) -> int | None:
        return None

    def renew_all(self) -> None:
        return None


@pytest.mark.parametrize(
    ("moments", "attempts"),
    [
        (["2026-04-01T12:00:00"], [0]),
        (["2026-04-01T23:59:59", "2026-04-02T00:00:01", "2026-04-02T00:00:03"], [0, 1]),
    ],
)
def test_a_script_in_which_midnight_came_is_played_again(moments: list[str], attempts: list[int]) -> None:
    """Claim: a script never mixes the dates of two days. Stimulus: the clock passes midnight while it is played.
    Expected: it is played once more, and not otherwise."""
    player = _Plays(_Clock(*moments))
    asyncio.run(player.script(0, Script("script", "service", "family", "title", (Step("step", "GET", "/"),))))
    assert player.attempts == attempts
