"""What somebody who looked at the findings by hand wrote down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from benchmarks.foreign.findings import Found

FILE = Path(__file__).parent / "judgements.toml"


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One judgement. `operation` and `family` may be patterns; `breaks` is the sentence that the server breaks."""

    server: str
    requirement: str
    breaks: str
    seen: str
    operation: str = "*"
    family: str = "*"

    def fits(self, server: str, found: Found) -> bool:
        """Whether it is about this finding."""
        return (
            self.server == server
            and self.requirement == found.requirement
            and fnmatchcase(found.operation, self.operation)
            and fnmatchcase(found.family, self.family)
        )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    judgement: tuple[Judgement, ...]


def load(path: Path = FILE) -> tuple[Judgement, ...]:
    """All judgements. Raises `msgspec.ValidationError`."""
    return msgspec.toml.decode(path.read_bytes(), type=_File).judgement


def judged(
    server: str, found: Iterable[Found], judgements: Sequence[Judgement]
) -> Iterator[tuple[Found, Judgement | None]]:
    """Each finding with the first judgement that is about it; None: nobody has looked at it."""
    for item in found:
        yield item, next((judgement for judgement in judgements if judgement.fits(server, item)), None)


def unused(results: Iterable[tuple[str, Iterable[Found]]], judgements: Iterable[Judgement]) -> list[Judgement]:
    """Judgements of the servers that were tried which no finding needs: outdated, or of a suite that lost its sight."""
    all_found = [(server, list(found)) for server, found in results]
    tried = {server for server, _ in all_found}
    return [
        judgement
        for judgement in judgements
        if judgement.server in tried
        and not any(judgement.fits(server, item) for server, found in all_found for item in found)
    ]
