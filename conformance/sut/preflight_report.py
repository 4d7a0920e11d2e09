"""What preflight found: results, each with the next step where one is needed."""

from __future__ import annotations

from typing import Any

import msgspec

from conformance.model import Text

from .not_ready import NotReadyError


class Result(msgspec.Struct, frozen=True):
    """One thing that was looked at. `about` is a host, service or role; a warning is ok, and worth knowing."""

    name: str
    about: str
    ok: bool
    detail: Text
    next_step: Text | None = None
    warning: bool = False

    @classmethod
    def of(cls, name: str, about: str, error: NotReadyError) -> Result:
        """What failed, from the error that told of it."""
        return cls(name, about, False, error.detail, error.advice)


class Report(msgspec.Struct, frozen=True):
    """All results, in order. `clock_ahead` is how many seconds the system's clock is before ours, where it told."""

    results: tuple[Result, ...]
    clock_ahead: float | None = None
    capabilities: dict[str, Any] | None = None

    @property
    def ok(self) -> bool:
        """Whether the run can begin."""
        return all(result.ok for result in self.results)

    @property
    def failures(self) -> tuple[Result, ...]:
        """What keeps the run from beginning."""
        return tuple(result for result in self.results if not result.ok)

    @property
    def warnings(self) -> tuple[Result, ...]:
        """What is worth knowing."""
        return tuple(result for result in self.results if result.ok and result.warning)

    def raise_for_failures(self) -> None:
        """Raise the first failure as a NotReadyError (a PreflightError) that says how many more there are."""
        if not self.failures:
            return
        first, more = self.failures[0], len(self.failures) - 1
        detail, advice = first.detail, first.next_step or Text(ja="-", en="-")
        if more:
            detail = Text(ja=f"{detail.ja}(ほか{more}件)", en=f"{detail.en} (and {more} more)")
        raise NotReadyError(detail, advice, where=f"{first.name} {first.about}")
