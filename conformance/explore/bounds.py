"""How far a run goes beyond its edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHRINK_PLAYS = 200
SHRINK_SECONDS = 60.0
REPLAYS = 3
"""How often a failure is played again, until it fails again, before it is told that it does not."""


@dataclass(frozen=True)
class Bounds:
    """Live search of `examples` scripts or `seconds` at most (0: no bound; both 0: no search), drawn from `seed`.

    What failed is shrunk with `shrink_plays` plays at most (0: it is not looked at again at all).
    """

    seed: str = ""
    examples: int = 0
    seconds: float = 0.0
    shrink_plays: int = SHRINK_PLAYS
    shrink_seconds: float = SHRINK_SECONDS

    @classmethod
    def of(cls, header: Mapping[str, Any]) -> Bounds:
        """The bounds that the header of a run tells."""
        told = header.get("explore")
        if told is None:
            return cls(shrink_plays=0)
        return cls(**{**told, "seed": told["seed"] or ""})

    @property
    def searches(self) -> bool:
        """Whether there is a live search."""
        return self.examples > 0 or self.seconds > 0

    def told(self) -> dict[str, Any]:
        """As it stands in the header of a run."""
        return {
            "seed": self.seed if self.searches else None,
            "examples": self.examples,
            "seconds": self.seconds,
            "shrink_plays": self.shrink_plays,
            "shrink_seconds": self.shrink_seconds,
        }
