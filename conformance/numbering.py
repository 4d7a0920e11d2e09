"""Where in the range of Individual Numbers and resident codes each script of a run draws its own.

Only a thousand million resident codes begin with 9, and a system may hold what many runs have left. So the numbers of a
run are one stretch without gaps: two runs meet only where their stretches do, which is seldom, and then may meet often.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from conformance.edition_file import ScriptLines
from conformance.model import Script

MOST_ATTEMPTS: Final = 4
"""More often than this no script is played in one sitting."""
MOST_SCRIPTS: Final = 65_536
"""More scripts than this no run has."""
PERSONAL: Final = {"individual-number": 10, "resident-code": 9}
"""Kinds of numbers of persons, with their payload digits after the first."""
_DRAWN: Final = re.compile(
    rb'\{"\$fresh":"(' + "|".join(PERSONAL).encode() + rb')((?::\d+)?)"(?:,"key":("(?:[^"\\]|\\.)*"))?'
)
_MOST_OF_A_SCRIPT: Final = 256
_APART: Final = 1 << 28
"""Where scripts draw whose number of numbers is not known before: those that are not of the edition."""


@dataclass(frozen=True)
class Numbering:
    """Gives each number that is drawn a place of its own in the run.

    `before` is how many numbers the scripts before a script draw, `counts` how many it draws itself, both by the number
    of the script in the run; `total` is how many all of them draw.
    """

    before: Mapping[int, int] = field(default_factory=dict)
    counts: Mapping[int, int] = field(default_factory=dict)
    total: int = 0

    @classmethod
    def of(cls, editions: Iterable[tuple[int, Sequence[Script]]]) -> Numbering:
        """For editions, each with the number of its first script in the run."""
        before, counts, total = {}, {}, 0
        for first, scripts in editions:
            for ordinal, count in enumerate(numbers_drawn(scripts), first):
                before[ordinal], counts[ordinal] = total, count
                total += count
        return cls(before, counts, total)

    def place(self, ordinal: int, sitting: int, attempt: int, nth: int) -> int:
        """The place in the run of the `nth` number of a kind that a script draws, at this attempt in this sitting."""
        if nth < self.counts.get(ordinal, 0):
            return (sitting * MOST_ATTEMPTS + attempt) * self.total + self.before[ordinal] + nth
        attempts = (sitting * MOST_SCRIPTS + ordinal) * MOST_ATTEMPTS + attempt
        return _APART + attempts * _MOST_OF_A_SCRIPT + nth


_known: WeakKeyDictionary[ScriptLines, list[int]] = WeakKeyDictionary()
"""What editions that are still there draw: a proof plans each of them thousands of times."""


def numbers_drawn(scripts: Sequence[Script]) -> list[int]:
    """How many numbers of one kind each script draws at most: lines are not decoded for it, editions are long."""
    if isinstance(scripts, ScriptLines):
        if scripts not in _known:
            _known[scripts] = _drawn(scripts.lines)
        return _known[scripts]
    encode = msgspec.json.Encoder(order="deterministic").encode
    return _drawn([encode(script) for script in scripts])


def _drawn(lines: Iterable[bytes]) -> list[int]:
    return [max(Counter(drawn[0] for drawn in set(_DRAWN.findall(line))).values(), default=0) for line in lines]
